// Where repositories of thousands of files are measured: in memory, where the machine has a file system there. On disk
// their time is that of everything else being written, and ext4 without a journal searches past each file that was
// deleted in the last minute, as the round before did: 4 s of kernel time instead of 0.1 for 5,000 files.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../support/place.ts";

const MEMORY = "/dev/shm";

/** The same place with its paths in memory; its home, and with it the database, stays on disk. */
export async function inMemory(place: Place, stack: AsyncDisposableStack): Promise<Place> {
  if (!existsSync(MEMORY)) return place;
  const path = await mkdtemp(join(MEMORY, "parallel-cc-bench-"));
  stack.defer(() => rm(path, { recursive: true, force: true }));
  return { ...place, path, at: (...parts) => join(path, ...parts) };
}

/** The same where sandboxes can stand too, whose /dev is their own: in memory for who may mount it, else on disk. */
export async function inMountedMemory(place: Place, stack: AsyncDisposableStack): Promise<Place> {
  const path = place.at("memory");
  await mkdir(path);
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "mode=700", "parallel-cc-bench", path]);
  if (mounted.exitCode !== 0) return place;
  stack.defer(() => {
    Bun.spawnSync(["umount", "--lazy", path]);
  });
  return { ...place, path, at: (...parts) => join(path, ...parts) };
}
