// Files of a result onto a disk: byte for byte as they stood in the sandbox, written by git, which follows no link and
// enters no `.git`. What is not as it was sent stays as it is. Again after it was killed, it goes on where it was; what
// fails is put back.

import { closeSync, lstatSync, openSync, readSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { bytesOf, fullPath } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import { type Change, GITLINK, type Side } from "./changes.ts";
import { type Look, lookerAt } from "./disk-look.ts";
import { outputOf, type Pipes } from "./piped-git.ts";
import { foldersOf, shown } from "./raw-paths.ts";
import { isFromGit, noRoom, unwritable } from "./unwritable.ts";

export interface Disk {
  top: string;
  /** What the repository says of this disk; default: it knows all of it. */
  knowsModes: boolean;
  knowsLinks: boolean;
  ignoresCase: boolean;
}

export interface Placement {
  change: Change;
  look: Look;
}

export interface PlacingInput {
  kept: Git;
  store: string;
  disk: Disk;
  changes: readonly Change[];
}

export interface Blocked {
  path: string;
  why: string;
}

export interface PlacementPlan {
  todo: Placement[];
  blocked: { change: Change; why: string }[];
  /** Directories that are not there yet. */
  folders: string[];
}

/** What there is to do, and what stands in the way of the rest. Changes nothing. */
export async function planPlacement(world: Pipes, { store, disk, changes }: PlacingInput): Promise<PlacementPlan> {
  const files = changes.filter(({ now, old }) => now?.mode !== GITLINK && old?.mode !== GITLINK);
  const lookAt = lookerAt({
    top: disk.top,
    changes: new Map(files.map((one) => [one.path, one])),
    knowsModes: disk.knowsModes,
  });
  const plan: PlacementPlan = { todo: [], blocked: [], folders: [] };
  for (const change of files) {
    const look = lookAt(change);
    const why = await whyNot(world, { store, disk, change, look });
    if (why !== undefined) plan.blocked.push({ change, why });
    else if (look.is !== "new" && !(look.is === "absent" && change.now === undefined)) plan.todo.push({ change, look });
  }
  const folders = new Set(
    plan.todo.flatMap(({ change: { path, now } }) => (now === undefined ? [] : [...foldersOf(path)])),
  );
  plan.folders = [...folders].filter((folder) => !isFolder(disk.top, folder));
  return plan;
}

function isFolder(top: string, folder: string): boolean {
  try {
    return lstatSync(fullPath(top, folder)).isDirectory();
  } catch {
    return false;
  }
}

const LONGEST_NAME = 255;
const LONGEST_PATH = 4000;

interface Judged {
  store: string;
  disk: Disk;
  change: Change;
  look: Look;
}

async function whyNot(world: Pipes, { store, disk, change, look }: Judged): Promise<string | undefined> {
  const { path, old, now } = change;
  if (now !== undefined && path.split("/").some((name) => name.length > LONGEST_NAME))
    return "its name is too long for a disk";
  if (path.length + disk.top.length > LONGEST_PATH) return "its path is too long for a disk";
  if (look.is === "other") return look.why;
  if (look.is !== "shorter" || now === undefined) return undefined;
  if (await isBeginning(world, { store, file: fullPath(disk.top, path), now, sizeBytes: look.sizeBytes }))
    return undefined;
  return old === undefined ? "something else stands there" : "it was changed here since";
}

/** Whether a file is the first part of what it is to be: of that, nothing is lost. */
async function isBeginning(
  world: Pipes,
  { store, file, now, sizeBytes }: { store: string; file: Buffer; now: Side; sizeBytes: number },
): Promise<boolean> {
  const handle = openSync(file, "r");
  try {
    let at = 0;
    for await (const chunk of outputOf(world, { store, args: ["cat-file", "blob", now.id] })) {
      const here = Buffer.alloc(Math.min(chunk.length, sizeBytes - at));
      const read = here.length === 0 ? 0 : readSync(handle, here, 0, here.length, at);
      if (Buffer.compare(here.subarray(0, read), chunk.subarray(0, read)) !== 0 || read < here.length) return false;
      at += read;
      if (at >= sizeBytes) return true;
    }
    return at >= sizeBytes;
  } finally {
    closeSync(handle);
  }
}

type Placing = Omit<PlacingInput, "changes">;

/** All of it, or none. Errors: `disk.full`, `results.unwritable`, `git.failed`. */
export async function place(world: Pipes, placing: Placing, plan: PlacementPlan): Promise<void> {
  try {
    await write(placing, plan.todo);
  } catch (thrown) {
    const why = unwritable(thrown, placing.disk.top);
    const { isCutShort } = await putBack(world, placing, plan);
    // git does not say why it could not write all of a file, and a quota is seen by nobody.
    throw isCutShort && isFromGit(thrown) ? noRoom(thrown, placing.disk.top) : why;
  }
}

/** What was planned as it stood before. What cannot be put back is known as ours by who delivers again. */
export async function putBack(
  world: Pipes,
  placing: Placing,
  { todo, folders }: PlacementPlan,
): Promise<{ isCutShort: boolean }> {
  const planned = todo.map(({ change }) => change);
  let isCutShort = false;
  try {
    isCutShort = await removeOurs(world, placing, { changes: planned, kinds: ["new", "shorter"] });
    for (const folder of folders.toSorted((a, b) => b.length - a.length))
      removeEmpty(fullPath(placing.disk.top, folder));
  } catch {
    return { isCutShort };
  }
  const changes = todo.flatMap(({ change: { path, old }, look }) =>
    look.is === "old" && old !== undefined ? [{ path, old: undefined, now: old }] : [],
  );
  try {
    const back = await planPlacement(world, { ...placing, changes });
    await write(placing, back.todo);
  } catch {
    await removeOurs(world, placing, { changes, kinds: ["shorter"] }).catch(() => undefined);
  }
  return { isCutShort };
}

interface Ours {
  changes: readonly Change[];
  kinds: readonly Look["is"][];
}

/** Whether one of them was only begun. */
async function removeOurs(world: Pipes, { store, disk }: Placing, { changes, kinds }: Ours): Promise<boolean> {
  const lookAt = lookerAt({
    top: disk.top,
    changes: new Map(changes.map((one) => [one.path, one])),
    knowsModes: disk.knowsModes,
  });
  let isCutShort = false;
  for (const change of changes) {
    const { now } = change;
    const look = lookAt(change);
    if (now === undefined || !kinds.includes(look.is)) continue;
    const file = fullPath(disk.top, change.path);
    if (look.is === "shorter") {
      if (!(await isBeginning(world, { store, file, now, sizeBytes: look.sizeBytes }))) continue;
      isCutShort = true;
    }
    rmSync(file, { force: true });
  }
  return isCutShort;
}

function removeEmpty(folder: Buffer): void {
  try {
    rmdirSync(folder);
  } catch {
    // It was never made, or somebody has put something there.
  }
}

/** By one git. */
async function write({ kept, store, disk }: Placing, todo: readonly Placement[]): Promise<void> {
  const index = join(dirname(store), "place-index");
  const clear = () => {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  };
  // Also what a killed one has left.
  clear();
  if (todo.length === 0) return;
  for (const { change, look } of todo) {
    if (look.is === "shorter") rmSync(fullPath(disk.top, change.path), { force: true });
  }
  const settings = {
    "core.fileMode": String(disk.knowsModes),
    "core.symlinks": String(disk.knowsLinks),
    "core.ignoreCase": String(disk.ignoresCase),
    "core.bare": "false",
  };
  const env = { GIT_WORK_TREE: disk.top, GIT_INDEX_FILE: index };
  const git = kept.at(disk.top).configured({ settings, env });
  const treeOf = async (sides: readonly (readonly [string, Side])[]): Promise<string> => {
    clear();
    const lines = sides.map(([path, { mode, id }]) => `${mode} ${id} 0\t${path}\0`).join("");
    await git.output(["update-index", "-z", "--index-info"], { input: bytesOf(lines) });
    return (await git.output(["write-tree"])).trim();
  };
  const to = await treeOf(
    todo.flatMap(({ change: { path, now } }) => (now === undefined ? [] : [[path, now] as const])),
  );
  const from = await treeOf(
    todo.flatMap(({ change: { path, old }, look }) =>
      look.is === "old" && old !== undefined ? [[path, old] as const] : [],
    ),
  );
  await git.attempt(["update-index", "-q", "--refresh"]);
  await git.output(["read-tree", "-m", "-u", from, to], { timeoutMs: WRITE_MS });
  clear();
}

const WRITE_MS = 30 * 60_000;

export function told({ blocked }: Pick<PlacementPlan, "blocked">): Blocked[] {
  return blocked.map(({ change, why }) => ({ path: shown(change.path), why }));
}
