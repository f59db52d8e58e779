// A pre-commit hook on the disk, with the guard put in and taken out. What stands there stays what it is: a shell's
// script gets our lines in front; anything else is moved aside as it is, and called by a hook of ours.

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { dropUnfinished, removeUnchanged, replaceUnchanged } from "../../files/atomic.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import { type Found, look } from "./hook-place.ts";
import {
  ASIDE,
  guardIn,
  hookBefore,
  isGuardChanged,
  isHookBefore,
  isOwnHook,
  isShellScript,
  looksAtItsName,
  ownHook,
  withGuard,
  withoutGuard,
} from "./hook-text.ts";

export type Put =
  | { change: "none" | "made" | "written"; isAside: boolean }
  /** It was left alone. */
  | { change: "skipped"; why: string };

/** `lines`: what a hook gets. Errors: `install.unwritable`, `install.changed`. */
export function putGuard(file: string, lines: string): Put {
  const found = look(file);
  if (found.kind === "odd") return { change: "skipped", why: "git runs no hooks from there" };
  if (found.kind === "none") {
    replace(file, undefined, ownHook(lines));
    return { change: "made", isAside: false };
  }
  if (found.kind !== "text") return putBefore(file, found, lines);
  const { text, isExecutable } = found;
  const isAside = isHookBefore(text);
  const after = isAside ? hookBefore(lines) : withGuard(text, lines);
  if (guardIn(text) !== undefined && !isExecutable) {
    return { change: "skipped", why: "git passes over it, for it is not executable" };
  }
  if (isGuardChanged(text)) return { change: "skipped", why: CHANGED };
  if (after === text) return { change: "none", isAside };
  // One that is switched off stays so.
  if (!isExecutable || !isShellScript(text)) return putBefore(file, found, lines);
  replace(file, text, after);
  return { change: "written", isAside };
}

const CHANGED = "somebody has changed the lines of ours there";

export type Taken = { change: "none" | "written" | "removed" } | { change: "skipped"; why: string };

/** `wasMade`: there was none before. Errors as `putGuard`. */
export function takeGuard(file: string, { wasMade }: { wasMade: boolean }): Taken {
  const [found, before] = [look(file), file + ASIDE];
  if (found.kind === "odd") return { change: "none" };
  const isBefore = found.kind === "text" && isHookBefore(found.text);
  if (isThere(before) && (found.kind === "none" || isBefore)) {
    attempting(file, () => renameSync(before, file));
    return { change: "written" };
  }
  if (found.kind !== "text") return { change: "none" };
  const { text } = found;
  if (isGuardChanged(text)) return { change: "skipped", why: CHANGED };
  const after = withoutGuard(text);
  if (after === text) return { change: "none" };
  // What it called somebody has taken away.
  const isGone = isBefore || (wasMade && isOwnHook(text));
  replace(file, text, isGone ? undefined : after);
  return { change: isGone ? "removed" : "written" };
}

/** It would be called by another name. */
function putBefore(file: string, found: Found, lines: string): Put {
  const before = file + ASIDE;
  if (minds(file, found)) return { change: "skipped", why: "it goes by the name that it is called by" };
  if (isThere(before) && !isSame(file, before)) {
    return { change: "skipped", why: `there is ${basename(before)} already` };
  }
  attempting(file, () => {
    dropUnfinished(file);
    if (!isThere(before)) putAside(file, before);
    place(file, hookBefore(lines));
  });
  return { change: "written", isAside: true };
}

/** A program by another name that is linked to is often many in one. */
function minds(file: string, found: Found): boolean {
  if (found.kind === "text") return looksAtItsName(found.text);
  if (found.kind !== "link" || !existsSync(file)) return false;
  const target = realpathSync(file);
  const meant = look(target);
  return meant.kind === "text" ? looksAtItsName(meant.text) : !basename(target).startsWith("pre-commit");
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** What one that was killed in between has left. */
function isSame(file: string, before: string): boolean {
  const [one, other] = [lstatSync(file), lstatSync(before)];
  if (one.isSymbolicLink() && other.isSymbolicLink()) return readlinkSync(file) === readlinkSync(before);
  return one.ino === other.ino && one.dev === other.dev;
}

/** At no time is there no hook, where the file system can. */
function putAside(file: string, before: string): void {
  if (lstatSync(file).isSymbolicLink()) {
    symlinkSync(readlinkSync(file), before);
    return;
  }
  try {
    linkSync(file, before);
  } catch {
    renameSync(file, before);
  }
}

/** Over whatever is there; a link is replaced and not followed. */
function place(file: string, text: string): void {
  const fresh = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  try {
    const handle = openSync(fresh, "wx", 0o777);
    try {
      writeFileSync(handle, Buffer.from(text, "latin1"));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, file);
  } catch (thrown) {
    if (existsSync(fresh)) rmSync(fresh, { force: true });
    throw thrown;
  }
}

function replace(file: string, before: string | undefined, after: string | undefined): void {
  const was = before === undefined ? undefined : Buffer.from(before, "latin1");
  const isDone = attempting(file, () => {
    dropUnfinished(file);
    if (after === undefined) return was === undefined || removeUnchanged({ file, was });
    return replaceUnchanged({ file, text: Buffer.from(after, "latin1"), was, mode: 0o777, directoryMode: 0o777 });
  });
  if (isDone) return;
  throw new Failure({
    kind: "unavailable",
    code: "install.changed",
    message: `${file} was changed by another program just now, and was left as it is.`,
    hint: "Run the command again.",
  });
}

function attempting<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw unwritableFile({ file, code: "install.unwritable", cause });
  }
}
