// Why a step of a run failed, in words that its user can act on: without its repository nothing works, and without room
// on a disk neither, and each thing fails with words of its own then.

import { statfs } from "node:fs/promises";
import { asFailure, Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Driving, requireRepository } from "./driving.ts";

export async function causeOf(driving: Driving, thrown: unknown): Promise<Failure> {
  const failure = asFailure(thrown);
  if (failure.kind === "cancelled" || ["sandbox.gone", "disk.full"].includes(failure.code)) return failure;
  const { git_dir: gitDir, id } = driving.run();
  try {
    requireRepository(driving.run());
  } catch (moved) {
    return asFailure(moved);
  }
  for (const directory of [driving.place.directory, gitDir]) {
    if (!(await isFull(directory))) continue;
    return new Failure({
      kind: "unavailable",
      code: "disk.full",
      message: `There is no room left on the disk of ${printable(directory)}: ${failure.message}`,
      hint: `Make room there, and go on: parallel-cc sandbox attach ${id.slice(0, 8)}`,
      cause: thrown,
    });
  }
  return failure;
}

/** Less than what a step needs to write at all. */
const LEAST_BYTES = 1024 * 1024;

async function isFull(directory: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}
