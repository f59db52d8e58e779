// Copies of files and directories from one checkout into another: as clones where the file system can, links as they
// are, never over what is there and never through a link that leads out of the worktree.

import {
  constants,
  copyFileSync,
  type Dirent,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { World } from "../../world.ts";

export interface Copied {
  /** Files and links, from both tops. */
  copied: string[];
  /** What could not be copied, and why; not what was there already. */
  left: { path: string; why: string }[];
}

interface Copy {
  from: string;
  to: string;
  /** Below both; those of directories end in "/". */
  paths: readonly string[];
}

/** Goes on after what cannot be copied. Stops between directories when the signal says so. */
export async function copyAll(world: Pick<World, "signal" | "sleep">, { from, to, paths }: Copy): Promise<Copied> {
  const done: Copied = { copied: [], left: [] };
  const left = [...paths].reverse();
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    try {
      if (path.endsWith("/")) {
        // Signals are heard between turns of the event loop.
        await world.sleep(0);
        world.signal().throwIfAborted();
        makeDirectory(from, to, path);
        left.push(...readdirSync(join(from, path), { withFileTypes: true }).map((entry) => childOf(path, entry)));
      } else if (path.includes("\ufffd")) done.left.push({ path, why: "its name is not UTF-8" });
      else if (copyOne(from, to, path)) done.copied.push(path);
      else done.left.push({ path, why: "it is no file, link or directory" });
    } catch (thrown) {
      if (world.signal().aborted) throw thrown;
      // Gone since it was listed.
      if (codeOf(thrown) === "EEXIST") continue;
      if (codeOf(thrown) === "ENOENT" && lstatSync(join(from, path), { throwIfNoEntry: false }) === undefined) continue;
      done.left.push({ path, why: whyOf(thrown) });
    }
  }
  return done;
}

function childOf(directory: string | undefined, entry: Dirent): string {
  return `${directory}${entry.name}${entry.isDirectory() ? "/" : ""}`;
}

/** False for what is neither file nor link. */
function copyOne(from: string, to: string, path: string): boolean {
  const source = join(from, path);
  const target = join(to, path);
  const stat = lstatSync(source);
  if (!stat.isFile() && !stat.isSymbolicLink()) return false;
  makeDirectory(from, to, `${dirname(path)}/`);
  if (stat.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
  else copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  // Programs that build compare times.
  lutimesSync(target, stat.atime, stat.mtime);
  return true;
}

/** Each directory on the way, with the rights that it has there; a link on the way would lead elsewhere. */
function makeDirectory(from: string, to: string, path: string): void {
  let below = "";
  for (const name of path.split("/").filter((one) => one !== "" && one !== ".")) {
    below = join(below, name);
    const found = lstatSync(join(to, below), { throwIfNoEntry: false });
    if (found?.isDirectory() === true) continue;
    if (found !== undefined) throw new Error(`${below} is no directory there`);
    mkdirSync(join(to, below), { mode: lstatSync(join(from, below)).mode & 0o7777 });
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}

function whyOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
