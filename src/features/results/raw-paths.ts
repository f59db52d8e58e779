// Paths as git and the disk have them: bytes, which need not be UTF-8. Here a path is a text of one character for each byte.

import { printable } from "../../core/text.ts";

export function bytesOf(raw: string): Buffer {
  return Buffer.from(raw, "latin1");
}

export function rawFrom(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** As people read it: a name from a sandbox is data. */
export function shown(raw: string): string {
  return printable(bytesOf(raw).toString());
}

export function fullPath(top: string, raw: string): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), bytesOf(raw)]);
}

/** The directories above a path, the nearest first. */
export function* foldersOf(raw: string): Generator<string> {
  for (let at = raw.lastIndexOf("/"); at > 0; at = raw.lastIndexOf("/", at - 1)) yield raw.slice(0, at);
}

/** Whether it is one of these, or below one. */
export function isWithin(raw: string, places: ReadonlySet<string>): boolean {
  if (places.size === 0) return false;
  if (places.has(raw)) return true;
  for (const folder of foldersOf(raw)) if (places.has(folder)) return true;
  return false;
}
