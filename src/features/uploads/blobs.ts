// The bytes of files: read where they stand, never through a link, and put into a run's store as objects.

import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { bytesOf, fullPath } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

/** Which of these the store does not have, nor the repository. */
export async function missingIn(store: Git, ids: readonly string[]): Promise<Set<string>> {
  const input = ids.map((id) => `${id}\n`).join("");
  const said = await store.output(["cat-file", "--batch-check=%(objectname)", "--buffer"], { input });
  return new Set([...said.matchAll(/^([0-9a-f]{40,64}) missing$/gm)].map(([, id = ""]) => id));
}

interface Storing {
  world: Pick<World, "startPiped" | "env">;
  store: Git;
  blobs: readonly { top: string; path: string; sizeBytes: number; content: Buffer | undefined }[];
  signal: AbortSignal | undefined;
}

/** Byte for byte, as one pack. One that changed meanwhile is another object than it was to be. */
export async function storeBlobs({ world, store, blobs, signal }: Storing): Promise<void> {
  if (blobs.length === 0) return;
  const settings = ["core.compression=1", "pack.compression=1", "core.hooksPath=/dev/null"];
  const piped = world.startPiped({
    command: "git",
    args: [
      ...settings.flatMap((one) => ["-c", one]),
      `--git-dir=${store.directory}`,
      "fast-import",
      "--quiet",
      "--done",
    ],
    directory: store.directory,
    only: { PATH: world.env.path, LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
    input: streamOf(blobs),
    ...(signal && { signal }),
  });
  for await (const _ of piped.stdout);
  const { exit, stderr } = await piped.ended;
  if (exit === 0) return;
  throw new Failure({
    kind: "unavailable",
    code: "upload.not-stored",
    message: `git fast-import failed (exit ${exit}): ${stderr.trim().split("\n")[0] ?? ""}`,
    hint: "Look whether the disk is full, and run the command again.",
  });
}

const CHUNK_BYTES = 512 * 1024;

function streamOf(blobs: Storing["blobs"]): ReadableStream<Uint8Array> {
  const parts = partsOf(blobs);
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = parts.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    cancel() {
      parts.return();
    },
  });
}

function* partsOf(blobs: Storing["blobs"]): Generator<Uint8Array, void> {
  for (const { top, path, sizeBytes, content } of blobs) {
    yield bytesOf(`blob\ndata ${sizeBytes}\n`);
    if (content === undefined) yield* bytesIn(fullPath(top, path), sizeBytes);
    else yield content;
    yield bytesOf("\n");
  }
  yield bytesOf("done\n");
}

/** So many bytes, whatever stands there now. */
function* bytesIn(full: Buffer, sizeBytes: number): Generator<Uint8Array, void> {
  let left = sizeBytes;
  const handle = openIfThere(full);
  try {
    while (left > 0) {
      const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES));
      if (handle !== undefined) readInto(handle, chunk);
      yield chunk;
      left -= chunk.length;
    }
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Zeros where the file has ended. */
function readInto(handle: number, chunk: Buffer): void {
  for (let filled = 0; filled < chunk.length; ) {
    const count = readSync(handle, chunk, filled, chunk.length - filled, null);
    if (count === 0) return;
    filled += count;
  }
}

function openIfThere(full: Buffer): number | undefined {
  try {
    const handle = openFile(full);
    if (fstatSync(handle).isFile()) return handle;
    closeSync(handle);
  } catch {
    // It has gone, or changed into something else: what is stored is not what was to be, and the sandbox will tell.
  }
  return undefined;
}

/** A small file. Throws what the file system says. */
export function readWhole(top: string, path: string): Buffer {
  const handle = openFile(fullPath(top, path));
  try {
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A pipe that took its place would wait for whoever writes to it. */
export function openFile(full: Buffer): number {
  return openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}
