// What git's index remembers of files on the disk: whether one is just as it was when git last looked. Reads versions 2 to
// 4 (gitformat-index); of anything else, or of a broken one, nothing is known.

import type { BigIntStats } from "node:fs";

/** As the index keeps them: 32 bits of each. */
export interface IndexStat {
  ctimeS: number;
  ctimeNs: number;
  mtimeS: number;
  mtimeNs: number;
  ino: number;
  size: number;
}

export interface IndexQuery {
  /** 20 for SHA-1, 32 for SHA-256. */
  hashBytes: number;
  /** Paths have one character for each byte. */
  isWanted: (path: string) => boolean;
}

const HEADER_BYTES = 12;
const STAT_BYTES = 40;
const LONG_NAME = 0xfff;
const EXTENDED = 0x4000;
const STAGE = 0x3000;

export function statsOfIndex(bytes: Buffer, { hashBytes, isWanted }: IndexQuery): Map<string, IndexStat> | undefined {
  const found = new Map<string, IndexStat>();
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "DIRC") return undefined;
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) return undefined;
  const count = bytes.readUInt32BE(8);
  let at = HEADER_BYTES;
  let path = "";
  for (let entry = 0; entry < count; entry++) {
    const flagsAt = at + STAT_BYTES + hashBytes;
    if (flagsAt + 4 > bytes.length) return undefined;
    const flags = bytes.readUInt16BE(flagsAt);
    const nameAt = flagsAt + ((flags & EXTENDED) === 0 ? 2 : 4);
    if (version === 4) {
      const { value: dropped, next } = readOffset(bytes, nameAt);
      const end = bytes.indexOf(0, next);
      if (end < 0) return undefined;
      path = path.slice(0, path.length - dropped) + bytes.toString("latin1", next, end);
      if ((flags & STAGE) === 0 && isWanted(path)) found.set(path, statAt(bytes, at));
      at = end + 1;
    } else {
      const length = flags & 0xfff;
      const end = length < LONG_NAME ? nameAt + length : bytes.indexOf(0, nameAt);
      if (end < 0) return undefined;
      path = bytes.toString("latin1", nameAt, end);
      if ((flags & STAGE) === 0 && isWanted(path)) found.set(path, statAt(bytes, at));
      // One to eight NULs, up to a multiple of eight.
      at += (end - at + 8) & ~7;
    }
  }
  return found;
}

/** As in pack files: each further byte counts from one more. */
function readOffset(bytes: Buffer, start: number): { value: number; next: number } {
  let next = start;
  let byte = bytes[next++] ?? 0;
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0 && next < bytes.length) {
    byte = bytes[next++] ?? 0;
    value = ((value + 1) << 7) + (byte & 0x7f);
  }
  return { value, next };
}

function statAt(bytes: Buffer, at: number): IndexStat {
  const field = (index: number) => bytes.readUInt32BE(at + 4 * index);
  return {
    ctimeS: field(0),
    ctimeNs: field(1),
    mtimeS: field(2),
    mtimeNs: field(3),
    // Between them: the device and the mode; the owner.
    ino: field(5),
    size: field(9),
  };
}

const BITS = 0xffff_ffffn;
const NS = 1_000_000_000n;

export function isAsInIndex(stat: IndexStat, now: BigIntStats): boolean {
  return (
    stat.mtimeS === Number((now.mtimeNs / NS) & BITS) &&
    stat.mtimeNs === Number(now.mtimeNs % NS) &&
    stat.ctimeS === Number((now.ctimeNs / NS) & BITS) &&
    stat.ctimeNs === Number(now.ctimeNs % NS) &&
    stat.ino === Number(now.ino & BITS) &&
    stat.size === Number(now.size & BITS)
  );
}
