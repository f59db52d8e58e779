// Where a removed worktree comes back to: its own place, or another one that its user names, on the same file system.

import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { shellWord } from "../../core/text.ts";
import { isEmptyDirectory, isThere } from "./place.ts";
import type { Removal } from "./store.ts";
import { trashOf } from "./trash.ts";

/** Errors: `undo.place-taken`, `undo.bad-place`. */
export function destinationOf(removed: Removal, named: string | undefined): string {
  const { above, path } = located(named ?? removed.path ?? "");
  if (!statSync(above).isDirectory()) throw badPlace(removed, path, `${above} is no directory`);
  if (isBelow(path, removed.git_dir)) throw badPlace(removed, path, "that is inside the repository's git directory");
  if (isThere(path) && !isEmptyDirectory(path)) throw placeTaken(removed, path);
  const device = (at: string) => statSync(at, { bigint: true }).dev;
  const { tree } = trashOf(removed);
  if (isThere(tree) && device(tree) !== device(above)) {
    throw badPlace(removed, path, "that is another file system than the one it is kept on");
  }
  return path;
}

/** With the symbolic links above it resolved, as git will name it. */
function located(path: string): { above: string; path: string } {
  const rest: string[] = [];
  let above = path;
  for (; !isThere(above) || isBroken(above); above = dirname(above)) rest.unshift(basename(above));
  const real = realpathSync(above);
  return { above: real, path: join(real, ...rest) };
}

function isBroken(path: string): boolean {
  try {
    realpathSync(path);
    return false;
  } catch {
    return true;
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function badPlace({ id, name }: Removal, path: string, why: string): Failure {
  return new Failure({
    code: "undo.bad-place",
    message: `${name} cannot be brought back to ${path}: ${why}.`,
    hint: `Nothing was changed. Name another place: parallel-cc undo ${id} --to <path>`,
    details: { path },
  });
}

function placeTaken({ id, name }: Removal, path: string): Failure {
  let free = `${path}-${id}`;
  for (let n = 2; isThere(free); n++) free = `${path}-${id}-${n}`;
  return new Failure({
    code: "undo.place-taken",
    message: `${name} cannot be brought back to ${path}: something is there.`,
    hint: `Bring it back elsewhere: parallel-cc undo ${id} --to ${shellWord(free)}`,
    details: { path, free },
  });
}
