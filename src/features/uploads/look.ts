// A file as it stands on the disk, read once and never held whole: its object id without any filter, and whether a
// credential stands in it. Nothing is opened but regular files, and no link is followed.

import { closeSync, fstatSync, lstatSync, readlinkSync, readSync, type Stats } from "node:fs";
import { fullPath } from "../../files/byte-paths.ts";
import { openFile } from "./blobs.ts";
import { credentialIn, isPublicPem, LONGEST, registryToken } from "./credential-contents.ts";
import { setsNoSecret } from "./environment-files.ts";
import { isUtf16, type Needle, needleIn, needlesOf, type Secret } from "./own-secrets.ts";

export type Look =
  | { is: "file"; mode: Mode; id: string; sizeBytes: number; credential: string | undefined; isPublic: boolean }
  | { is: "link"; mode: "120000"; id: string; sizeBytes: number; target: Buffer }
  | { is: "gone" }
  | { is: "directory" }
  | { is: "unreadable"; sizeBytes: number }
  | { is: "special" };

export type Mode = "100644" | "100755";
export type HashName = "sha1" | "sha256";

const CHUNK_BYTES = 256 * 1024;
/** Larger ones are no settings, and no file of keys. */
const LARGEST_SETTINGS_BYTES = 256 * 1024;
const TRIES = 3;
/** Of one file, before others have their turn. */
const BREATH_BYTES = 64 * 1024 * 1024;

export interface Looking {
  hash: HashName;
  secrets?: readonly Secret[] | undefined;
  signal?: AbortSignal | undefined;
}

export type LookAt = (top: string, path: string) => Promise<Look>;

/** Looks at one file after the other, never at two at once: with memory for one. Throws the signal's reason. */
export function looker({ hash, secrets = [], signal }: Looking): LookAt {
  const needles = needlesOf(secrets);
  // What stands at a chunk's end is seen once more, with what follows it. UTF-16 takes twice the room.
  const overlap = 2 * Math.max(LONGEST, ...needles.map(({ text }) => text.length));
  const memory = Buffer.allocUnsafeSlow(overlap + CHUNK_BYTES);
  return async (top, path) => {
    const full = fullPath(top, path);
    const stats = statsOf(full);
    if (stats === "hidden") return { is: "unreadable", sizeBytes: 0 };
    if (stats === undefined) return { is: "gone" };
    if (stats.isDirectory()) return { is: "directory" };
    if (stats.isSymbolicLink()) return lookAtLink(full, hash);
    if (!stats.isFile()) return { is: "special" };
    for (let tries = 0; tries < TRIES; tries++) {
      const look = await lookAtFile(full, { hash, memory, overlap, needles, path, signal });
      if (look !== undefined) return look;
    }
    // It never has as many bytes as it says: not to be had as a whole.
    return { is: "unreadable", sizeBytes: stats.size };
  };
}

function statsOf(full: Buffer): Stats | undefined | "hidden" {
  try {
    return lstatSync(full, { throwIfNoEntry: false });
  } catch (thrown) {
    // Behind a directory that may not be entered something may be; below what is no directory nothing is.
    return codeOf(thrown) === "EACCES" ? "hidden" : undefined;
  }
}

function lookAtLink(full: Buffer, hash: HashName): Look {
  try {
    const target = readlinkSync(full, { encoding: "buffer" });
    const hasher = blobHasher(hash, target.length);
    return { is: "link", mode: "120000", id: hasher.update(target).digest("hex"), sizeBytes: target.length, target };
  } catch (thrown) {
    return codeOf(thrown) === "ENOENT" ? { is: "gone" } : { is: "unreadable", sizeBytes: 0 };
  }
}

interface Reading {
  hash: HashName;
  memory: Buffer;
  overlap: number;
  needles: readonly Needle[];
  path: string;
  signal: AbortSignal | undefined;
}

/** Undefined when it grew or shrank meanwhile. */
async function lookAtFile(full: Buffer, reading: Reading): Promise<Look | undefined> {
  let handle: number;
  try {
    handle = openFile(full);
  } catch (thrown) {
    return codeOf(thrown) === "ENOENT" ? { is: "gone" } : { is: "unreadable", sizeBytes: 0 };
  }
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) return { is: "special" };
    return await readThrough(handle, stats, reading);
  } catch {
    reading.signal?.throwIfAborted();
    return { is: "unreadable", sizeBytes: 0 };
  } finally {
    closeSync(handle);
  }
}

async function readThrough(handle: number, stats: Stats, reading: Reading): Promise<Look | undefined> {
  const { hash, memory, overlap, needles, path, signal } = reading;
  const hasher = blobHasher(hash, stats.size);
  const isSmall = stats.size <= LARGEST_SETTINGS_BYTES;
  const isEnvironment = /\.env(rc)?$/i.test(path);
  let [kept, sizeBytes, isPublic] = [0, 0, false];
  let isWide = false;
  let credential: string | undefined;
  for (;;) {
    const count = readSync(handle, memory, kept, CHUNK_BYTES, null);
    if (count === 0) break;
    sizeBytes += count;
    hasher.update(memory.subarray(kept, kept + count));
    const bytes = memory.toString("latin1", 0, kept + count);
    if (kept === 0) isWide = isUtf16(bytes);
    const text = isWide ? bytes.replaceAll("\0", "") : bytes;
    credential ??= needleIn(needles, text) ?? credentialIn(text, path);
    if (isSmall && /(^|\/)\.(npmrc|yarnrc(\.yml)?)$/.test(path)) credential ??= registryToken(text);
    if (isSmall && count === stats.size) isPublic = isEnvironment ? setsNoSecret(text) : isPublicPem(text);
    const left = Math.min(overlap, kept + count);
    memory.copyWithin(0, kept + count - left, kept + count);
    kept = left;
    if (sizeBytes % BREATH_BYTES === 0) await turnOfOthers(signal);
  }
  if (sizeBytes !== stats.size) return undefined;
  const mode = (stats.mode & 0o100) === 0 ? "100644" : "100755";
  return { is: "file", mode, id: hasher.digest("hex"), sizeBytes, credential, isPublic };
}

function blobHasher(hash: HashName, sizeBytes: number) {
  return new Bun.CryptoHasher(hash).update(`blob ${sizeBytes}\0`);
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}

/** Throws the signal's reason. */
export async function turnOfOthers(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((done) => setImmediate(done));
  signal?.throwIfAborted();
}
