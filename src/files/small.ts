// Small text files that somebody else may have put there: never a device, a pipe or something endless.

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Far more than anybody writes by hand. */
const LARGEST_BYTES = 1024 * 1024;

/** Follows a link. Throws what the file system says, or why it is not read. */
export function readSmallFile(file: string): string {
  return readSmallBytes(file)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}

/** As `readSmallFile`. */
export function readSmallBytes(file: string): Buffer {
  // Opening a pipe would wait for whoever writes to it.
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new Error(`${file} is no regular file`);
    if (stat.size > LARGEST_BYTES) throw new Error(`${file} is larger than 1 MB`);
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}
