// Secrets in what came home: values that the run was given, and what looks like a credential. Every new object is read,
// also of commits whose files were changed again, the words of commits, and the names of files, branches and tags;
// nothing that is found is ever repeated.

import { bytesOf } from "../../files/byte-paths.ts";
import { credentialIn, LONGEST } from "../uploads/uploads.ts";
import { readerOf, streamOf } from "./byte-reader.ts";
import type { Side } from "./changes.ts";
import { type Needle, namesIn, withoutValues } from "./needles.ts";
import { outputOf, type Pipes, pipeGit, requireDone } from "./piped-git.ts";
import { shown } from "./raw-paths.ts";

export interface SecretFound {
  name: string;
  /** A path, "commit <id>", or what a name is of. */
  where: string;
}

export interface SecretSearch {
  store: string;
  sent: string;
  tips: readonly string[];
  /** Of branches and tags inside. */
  refNames: readonly string[];
  needles: readonly Needle[];
  /** What stood at a path when it was sent. */
  before(paths: ReadonlySet<string>): Promise<ReadonlyMap<string, Side>>;
  signal: AbortSignal | undefined;
}

const NEWLINE = 10;
const WINDOW_BYTES = 1024 * 1024;
const MOST_COMPARED_BYTES = 8 * 1024 * 1024;
const MOST_FOUND = 1000;

interface Hit {
  name: string;
  id: string;
  path: string | undefined;
}

export async function findSecrets(world: Pipes, search: SecretSearch): Promise<SecretFound[]> {
  const { needles, refNames } = search;
  const inRefs = refNames.flatMap((ref) => namesIn(needles, Buffer.from(ref)).map((name) => ({ name, where: IN_REF })));
  return [
    ...new Map(
      [...inRefs, ...(await inObjects(world, search))].map((one) => [`${one.name}\0${one.where}`, one]),
    ).values(),
  ];
}

const IN_REF = "the name of a branch or tag";

async function inObjects(world: Pipes, search: SecretSearch): Promise<SecretFound[]> {
  const { store, needles, signal } = search;
  const paths = await newObjects(world, search);
  if (paths.size === 0) return [];
  const named: SecretFound[] = [];
  const known = await knownNames(world, search);
  const args = ["cat-file", "--batch", "--buffer"];
  const input = Buffer.from([...paths.keys()].map((id) => `${id}\n`).join(""));
  const piped = pipeGit(world, { store, args, input, signal });
  const reader = readerOf(piped.stdout);
  const hits: Hit[] = [];
  const overlap = Math.max(LONGEST, ...needles.map(({ bytes }) => bytes.length));
  for (const [id, path] of paths) {
    const header = (await reader.until(NEWLINE))?.toString("latin1") ?? "";
    const [, type = "", size = "0"] = / (\w+) (\d+)$/.exec(header) ?? [];
    const names = new Set<string>();
    let held: Buffer = Buffer.alloc(0);
    const look = (): void => {
      for (const name of namesIn(needles, held)) names.add(name);
      const rule = names.size === 0 || path !== undefined ? credentialIn(held.toString("latin1")) : undefined;
      if (rule !== undefined) names.add(rule);
    };
    if (type === "tree") {
      const entries = entriesOf(Buffer.from(await reader.exactly(Number(size))), id.length / 2);
      for (const entry of entries) {
        const here = path === undefined || path === "" ? "" : `${path}/`;
        const where = `the name ${withoutValues(needles, shown(`${here}${entry}`))}`;
        if (known.has(entry) || named.length >= MOST_FOUND) continue;
        named.push(...namesIn(needles, bytesOf(entry)).map((name) => ({ name, where })));
      }
      await reader.exactly(1);
      continue;
    }
    const isRead = type === "blob" || type === "commit";
    for await (const chunk of reader.chunks(Number(size))) {
      if (!isRead) continue;
      held = Buffer.concat([held, chunk]);
      if (held.length < WINDOW_BYTES) continue;
      look();
      held = held.subarray(held.length - overlap);
    }
    await reader.exactly(1);
    if (isRead) look();
    for (const name of names)
      if (hits.length < MOST_FOUND) hits.push({ name, id, path: type === "commit" ? undefined : path });
  }
  await reader.cancel().catch(() => undefined);
  requireDone(args, await piped.ended);
  return [...named, ...(await newOnes(world, search, hits))];
}

/** Names that were sent, where a value is in one. */
async function knownNames(world: Pipes, { store, sent, needles, signal }: SecretSearch): Promise<Set<string>> {
  const args = ["ls-tree", "-r", "-t", "-z", "--full-tree", "--name-only", sent];
  const reader = readerOf(streamOf(outputOf(world, { store, args, signal })));
  const found = new Set<string>();
  for (let record = await reader.until(0); record !== undefined; record = await reader.until(0)) {
    const name = record.subarray(record.lastIndexOf("/") + 1);
    if (namesIn(needles, Buffer.from(name)).length > 0) found.add(Buffer.from(name).toString("latin1"));
  }
  return found;
}

function* entriesOf(tree: Buffer, idBytes: number): Generator<string> {
  for (let at = 0; at < tree.length; ) {
    const end = tree.indexOf(0, at);
    if (end < 0) return;
    yield tree.subarray(tree.indexOf(" ", at) + 1, end).toString("latin1");
    at = end + 1 + idBytes;
  }
}

/** With the path that each was met at first; a commit has none. */
async function newObjects(
  world: Pipes,
  { store, tips, sent, signal }: SecretSearch,
): Promise<Map<string, string | undefined>> {
  const args = ["rev-list", "--objects", "--stdin"];
  const input = Buffer.from([...tips, `^${sent}`].map((line) => `${line}\n`).join(""));
  const reader = readerOf(streamOf(outputOf(world, { store, args, input, signal })));
  const found = new Map<string, string | undefined>();
  for (let line = await reader.until(NEWLINE); line !== undefined; line = await reader.until(NEWLINE)) {
    // A path may have line breaks in it; what follows one names no object.
    const [, id, path] = /^([0-9a-f]{40}(?:[0-9a-f]{24})?)(?: (.*))?$/s.exec(line.toString("latin1")) ?? [];
    if (id !== undefined) found.set(id, path);
  }
  return found;
}

/** Without what stood there when it was sent. */
async function newOnes(
  world: Pipes,
  { store, needles, before }: SecretSearch,
  hits: readonly Hit[],
): Promise<SecretFound[]> {
  const sides = await before(new Set(hits.flatMap(({ path }) => path ?? [])));
  const found = new Map<string, SecretFound>();
  for (const { name, id, path } of hits) {
    const old = path === undefined ? undefined : sides.get(path);
    if (old !== undefined && !(await isNew(world, { store, needles, name, id, old: old.id }))) continue;
    const where = path === undefined ? `commit ${id}` : withoutValues(needles, shown(path));
    found.set(`${name}\0${where}`, { name, where });
  }
  return [...found.values()];
}

interface Compared {
  store: string;
  needles: readonly Needle[];
  name: string;
  id: string;
  old: string;
}

/** In a line that was not there before. */
async function isNew(world: Pipes, { store, needles, name, id, old }: Compared): Promise<boolean> {
  const [before, now] = [await contentOf(world, store, old), await contentOf(world, store, id)];
  if (before === undefined || now === undefined) return true;
  const known = new Set(before.toString("latin1").split("\n"));
  const added = Buffer.from(
    now
      .toString("latin1")
      .split("\n")
      .filter((line) => !known.has(line))
      .join("\n"),
    "latin1",
  );
  const own = needles.filter((needle) => needle.name === name);
  if (own.length > 0) return namesIn(own, added).length > 0;
  return credentialIn(added.toString("latin1")) !== undefined;
}

async function contentOf(world: Pipes, store: string, id: string): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of outputOf(world, { store, args: ["cat-file", "blob", id] })) {
    size += part.length;
    if (size > MOST_COMPARED_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
