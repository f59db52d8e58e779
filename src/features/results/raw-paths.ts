// Names that came out of a sandbox, as paths of one character for each byte (`files/byte-paths.ts`).

import { printable } from "../../core/text.ts";
import { bytesOf } from "../../files/byte-paths.ts";

/** As people read it: a name from a sandbox is data. */
export function shown(raw: string): string {
  return printable(bytesOf(raw).toString());
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
