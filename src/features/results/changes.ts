// Which paths differ between two trees, as a stream: a tree may be made so that it names more paths than any disk holds.

import { Failure } from "../../core/failure.ts";
import { readerOf, streamOf } from "./byte-reader.ts";
import { outputOf, type Pipes, pipeGit, requireDone } from "./piped-git.ts";

export interface Side {
  mode: string;
  id: string;
}

/** One path; undefined: nothing stands there. Its name has one character for each byte. */
export interface Change {
  path: string;
  old: Side | undefined;
  now: Side | undefined;
}

export interface Pair {
  from: string;
  to: string;
}

/** More is no project any more. */
export const MOST_PATHS = 500_000;

const COLON = 58;
const NEWLINE = 10;

/**
 * For each pair of trees its changes, in the order of the pairs; without renames, directories as their files. Errors:
 * `results.too-many`, `git.failed`.
 */
export async function* changesOf(
  world: Pipes,
  { store, pairs, signal }: { store: string; pairs: readonly Pair[]; signal?: AbortSignal | undefined },
): AsyncGenerator<Change[]> {
  if (pairs.length === 0) return;
  const args = ["diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff"];
  const input = Buffer.from(pairs.map(({ from, to }) => `${from} ${to}\n`).join(""));
  const piped = pipeGit(world, { store, args, input, signal });
  const reader = readerOf(piped.stdout);
  let isRead = false;
  try {
    for (let index = 0; index < pairs.length; index++) {
      if ((await reader.until(NEWLINE)) === undefined) break;
      const changes: Change[] = [];
      while ((await reader.peek()) === COLON) {
        if (changes.length >= MOST_PATHS) throw tooMany();
        const words = (await reader.until(0))?.toString("latin1").split(" ") ?? [];
        const path = (await reader.until(0))?.toString("latin1") ?? "";
        changes.push(changeFrom(words, path));
      }
      yield changes;
    }
    isRead = true;
  } finally {
    await reader.cancel().catch(() => undefined);
    if (!isRead) await piped.stop();
  }
  requireDone(args, await piped.ended);
}

/** Of one pair. */
export async function changesBetween(
  world: Pipes,
  { store, from, to, signal }: Pair & { store: string; signal?: AbortSignal | undefined },
): Promise<Change[]> {
  for await (const changes of changesOf(world, { store, pairs: [{ from, to }], signal })) return changes;
  return [];
}

// ":100644 100755 <old> <new> M"
function changeFrom([oldMode = "", mode = "", oldId = "", id = ""]: readonly string[], path: string): Change {
  return { path, old: sideOf(oldMode.slice(1), oldId), now: sideOf(mode, id) };
}

function sideOf(mode: string, id: string): Side | undefined {
  return mode === "000000" ? undefined : { mode, id };
}

export interface Sought {
  store: string;
  tree: string;
  among: ReadonlySet<string>;
  signal: AbortSignal | undefined;
}

/** What a tree has at these paths. */
export async function sidesIn(world: Pipes, { store, tree, among, signal }: Sought): Promise<Map<string, Side>> {
  const args = ["ls-tree", "-r", "-z", "--full-tree", tree];
  const reader = readerOf(streamOf(outputOf(world, { store, args, signal })));
  const found = new Map<string, Side>();
  for (let record = await reader.until(0); record !== undefined; record = await reader.until(0)) {
    const [, mode = "", id = "", path = ""] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(record.toString("latin1")) ?? [];
    if (among.has(path)) found.set(path, { mode, id });
  }
  return found;
}

export function isSame(one: Side | undefined, other: Side | undefined): boolean {
  return one?.mode === other?.mode && one?.id === other?.id;
}

export function isFile({ mode }: Side): boolean {
  return mode === "100644" || mode === "100755";
}

export const LINK = "120000";
export const GITLINK = "160000";

function tooMany(): Failure {
  return new Failure({
    kind: "unavailable",
    code: "results.too-many",
    message: `The sandbox has changed more than ${MOST_PATHS} paths.`,
    hint: "Nothing of it was taken into the repository; what came home is kept.",
  });
}
