// Replacing a file as a whole: whoever reads it sees all of the old text or all of the new one, also after a crash. A
// symbolic link stays one, also when nothing is there yet that it points to; other hard links keep the old text.

import {
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export interface Replacement {
  file: string;
  text: string | Uint8Array;
  /** Of a new file, before the umask; one that is there keeps its own. */
  mode: number;
  /** Of a new directory for it. */
  directoryMode: number;
}

/** Owner and mode stay. Throws what the file system says, also when the owner may not be kept. */
export function replaceFile(replacement: Replacement): void {
  replace(replacement, () => true);
}

/**
 * As `replaceFile`, but only while the file still holds the bytes that were read (undefined: while there is none);
 * false when another program was faster. It is looked at right before the rename: no file system compares and renames
 * in one step, so that who writes without looking may still lose or win within some microseconds.
 */
export function replaceUnchanged(replacement: Replacement & { was: Uint8Array | undefined }): boolean {
  return replace(replacement, (target) => isSame(readBytes(target), replacement.was));
}

/** Takes a file away while it still holds these bytes; false when it does not. A symbolic link to it stays. */
export function removeUnchanged({ file, was }: { file: string; was: Uint8Array }): boolean {
  const target = targetOf(file);
  if (!isSame(readBytes(target), was)) return false;
  rmSync(target);
  return true;
}

/** Undefined where there is no file. Throws what the file system says of one that cannot be read. */
export function readBytes(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw cause;
  }
}

/** What somebody who was killed in the middle has left beside that very file; for who is alone in replacing it. */
export function dropUnfinished(file: string): void {
  const [folder, start] = [dirname(file), `.${basename(file)}.`];
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const isLeft = name.startsWith(start) && /^\d+\.new$/.test(name.slice(start.length));
    if (isLeft) rmSync(join(folder, name), { force: true });
  }
}

function replace({ file, text, mode, directoryMode }: Replacement, isWanted: (target: string) => boolean): boolean {
  const target = targetOf(file);
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true, mode: directoryMode });
  const fresh = join(folder, `.${basename(target)}.${process.pid}.new`);
  const kept = statSync(target, { throwIfNoEntry: false });
  try {
    const handle = openSync(fresh, "wx", kept === undefined ? mode : kept.mode & 0o777);
    try {
      writeFileSync(handle, text);
      if (kept !== undefined) {
        keepOwner(fresh, kept);
        // The umask took some away from the one it was opened with.
        fchmodSync(handle, kept.mode & 0o7777);
      }
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (isWanted(target)) {
      renameSync(fresh, target);
      return true;
    }
  } catch (thrown) {
    // A read-only file system refuses to remove even what is not there.
    if (existsSync(fresh)) rmSync(fresh, { force: true });
    throw thrown;
  }
  rmSync(fresh, { force: true });
  return false;
}

function keepOwner(fresh: string, kept: Stats): void {
  const made = statSync(fresh);
  if (made.uid === kept.uid && made.gid === kept.gid) return;
  try {
    chownSync(fresh, kept.uid, kept.gid);
  } catch (cause) {
    // A group that one is not in cannot be kept; a file that would change hands is left alone.
    if (made.uid !== kept.uid) throw cause;
  }
}

function isSame(now: Uint8Array | undefined, was: Uint8Array | undefined): boolean {
  if (now === undefined || was === undefined) return now === was;
  return Buffer.compare(now, was) === 0;
}

/** Links to what is not there are followed by hand, as far as systems do. */
const MAX_LINKS = 40;

/** What the file's links end at, be it there or not. */
export function targetOf(file: string): string {
  let target = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      return realpathSync(target);
    } catch {
      if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target;
      target = resolve(dirname(target), readlinkSync(target));
    }
  }
  return target;
}
