// Keys blanked out of a stream, byte for byte of the same length, so that a place in what is written is the same place in
// what came.

import type { Secret } from "../claude-runs/claude-runs.ts";

export interface Mask {
  /** What can be written by now: what could be the beginning of a key is kept until more is there. */
  push(chunk: Uint8Array): Uint8Array;
  /** The rest. */
  end(): Uint8Array;
}

/** Shorter values are words. */
const SHORTEST = 6;

export function makeMask(secrets: readonly Secret[]): Mask {
  const sought = [...new Set(secrets.flatMap(({ value }) => spellings(value)))].map((text) => Buffer.from(text));
  const longest = Math.max(0, ...sought.map((one) => one.length));
  let kept: Buffer = Buffer.alloc(0);
  return {
    push: (chunk) => {
      const all = kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([kept, chunk]);
      for (const one of sought) blank(all, one);
      const held = beginning(all, sought, longest);
      kept = Buffer.from(all.subarray(all.length - held));
      return all.subarray(0, all.length - held);
    },
    end: () => {
      const rest = kept;
      kept = Buffer.alloc(0);
      return rest;
    },
  };
}

/** As it is, and as JSON has it. */
function spellings(value: string): string[] {
  if (value.length < SHORTEST) return [];
  return [value, JSON.stringify(value).slice(1, -1)];
}

function blank(all: Buffer, sought: Buffer): void {
  for (let at = all.indexOf(sought); at !== -1; at = all.indexOf(sought, at + sought.length)) {
    all.fill("*", at, at + sought.length);
  }
}

/** How many bytes at the end may be the beginning of a key. */
function beginning(all: Buffer, sought: readonly Buffer[], longest: number): number {
  for (let length = Math.min(longest - 1, all.length); length > 0; length -= 1) {
    const end = all.subarray(all.length - length);
    if (sought.some((one) => one.length > length && one.subarray(0, length).equals(end))) return length;
  }
  return 0;
}
