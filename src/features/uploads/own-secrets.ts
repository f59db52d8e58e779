// The values of a run's own keys, searched for in what would be sent: each in the forms that files write it in. A run is
// given other values as well (a mode, a host), and these stand in half of its files: they are no reason to hold one.

import { credentialIn } from "./credential-contents.ts";
import { isKeyLike, SECRET_NAME } from "./environment-files.ts";

export interface Secret {
  name: string;
  value: string;
}

/** Texts here are of one character for each byte. */
export interface Needle {
  name: string;
  text: string;
}

/** Shorter ones stand everywhere by chance. */
const LEAST_CHARACTERS = 8;

export function needlesOf(secrets: readonly Secret[]): Needle[] {
  return secrets.flatMap(({ name, value }) => {
    // Keys are often read from files, with the line's end.
    const plain = value.trim();
    if (plain.length < LEAST_CHARACTERS || !isKey(name, plain)) return [];
    const forms = new Set([plain, JSON.stringify(plain).slice(1, -1), encodeURIComponent(plain)]);
    return [...forms].map((form) => ({ name, text: Buffer.from(form).toString("latin1") }));
  });
}

/** By what it is called, or by what it looks like. */
function isKey(name: string, value: string): boolean {
  if (SECRET_NAME.test(name) || /\b(key|login)$/i.test(name)) return true;
  const isOneWord = /^(?=.*\d)(?=.*[A-Za-z])\w{12,}$/.test(value);
  return isOneWord || isKeyLike(value) || credentialIn(value) !== undefined;
}

/** What a user reads of the first that is found; never the value. */
export function needleIn(needles: readonly Needle[], text: string): string | undefined {
  const found = needles.find((needle) => text.includes(needle.text));
  return found && `the value of ${found.name}`;
}

/** By its first bytes. Without the NULs its ASCII reads as any other's. */
export function isUtf16(start: string): boolean {
  return /^(?:\xff\xfe|\xfe\xff|(?:[\t-~]\0){8}|(?:\0[\t-~]){8})/.test(start);
}
