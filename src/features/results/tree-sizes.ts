// How many paths new trees have, counted without walking them: a few trees that name each other over and over are more
// paths than any program can list.

import { type ByteReader, readerOf, streamOf } from "./byte-reader.ts";
import { MOST_PATHS } from "./changes.ts";
import { outputOf, type Pipes, pipeGit, requireDone } from "./piped-git.ts";

const NEWLINE = 10;
const MOST_TREE_BYTES = 64 * 1024 * 1024;

interface Tree {
  files: number;
  trees: string[];
}

/** Of what is reachable from the tips and from nothing that is known: whether one tree has more than a project has. */
export async function hasTooManyPaths(
  world: Pipes,
  { store, revisions, signal }: { store: string; revisions: string; signal: AbortSignal | undefined },
): Promise<boolean> {
  const listing = ["rev-list", "--objects", "--no-object-names", "--filter=blob:none", "--stdin"];
  const listed = outputOf(world, { store, args: listing, input: Buffer.from(revisions), signal });
  const lines = readerOf(streamOf(listed));
  const ids: string[] = [];
  for (let line = await lines.until(NEWLINE); line !== undefined; line = await lines.until(NEWLINE)) {
    ids.push(line.toString("latin1"));
  }
  if (ids.length === 0) return false;
  const args = ["cat-file", "--batch", "--buffer"];
  const piped = pipeGit(world, { store, args, input: Buffer.from(`${ids.join("\n")}\n`), signal });
  const reader = readerOf(piped.stdout);
  const trees = new Map<string, Tree>();
  for (const id of ids) {
    const tree = await readTree(reader, id.length / 2);
    if (tree !== undefined) trees.set(id, tree);
  }
  await reader.cancel().catch(() => undefined);
  requireDone(args, await piped.ended);
  return [...countsOf(trees).values()].some((count) => count > MOST_PATHS);
}

/** The next object, when it is a tree. */
async function readTree(reader: ByteReader, idBytes: number): Promise<Tree | undefined> {
  const header = (await reader.until(NEWLINE))?.toString("latin1") ?? "";
  const [, type, size = "0"] = / (\w+) (\d+)$/.exec(header) ?? [];
  if (Number(size) > MOST_TREE_BYTES) throw new RangeError("a tree of more than 64 MiB");
  const content = await reader.exactly(Number(size));
  const tree: Tree | undefined = type === "tree" ? { files: 0, trees: [] } : undefined;
  for (let at = 0; tree !== undefined && at < content.length; ) {
    const end = content.indexOf(0, at);
    const isTree = content.subarray(at, at + 6).toString("latin1") === "40000 ";
    if (isTree) tree.trees.push(content.subarray(end + 1, end + 1 + idBytes).toString("hex"));
    else tree.files++;
    at = end + 1 + idBytes;
  }
  await reader.exactly(1);
  return tree;
}

/** Those that were there before count as nothing: they are what somebody's disk had. */
function countsOf(trees: ReadonlyMap<string, Tree>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const top of trees.keys()) {
    const open = [top];
    for (let id = open.at(-1); id !== undefined; id = open.at(-1)) {
      const tree = trees.get(id);
      const left = tree?.trees.filter((inner) => trees.has(inner) && !counts.has(inner)) ?? [];
      if (left.length > 0) {
        open.push(...left);
        continue;
      }
      counts.set(
        id,
        (tree?.trees ?? []).reduce((sum, inner) => sum + (counts.get(inner) ?? 0), tree?.files ?? 0),
      );
      open.pop();
    }
  }
  return counts;
}
