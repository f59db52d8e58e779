// Replacing a file as a whole: whoever reads it sees all of the old text or all of the new one, also after a crash.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Replacement {
  file: string;
  text: string;
  /** Of a new file, before the umask; one that is there keeps its own. */
  mode: number;
  /** Of a new directory for it. */
  directoryMode: number;
}

/** A symbolic link stays one: what it points to is replaced. Throws what the file system says. */
export function replaceFile({ file, text, mode, directoryMode }: Replacement): void {
  const target = targetOf(file);
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true, mode: directoryMode });
  const fresh = join(folder, `.${basename(target)}.${process.pid}.new`);
  const kept = statSync(target, { throwIfNoEntry: false });
  try {
    const handle = openSync(fresh, "wx", kept === undefined ? mode : kept.mode & 0o7777);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, target);
  } catch (thrown) {
    rmSync(fresh, { force: true });
    throw thrown;
  }
}

function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
