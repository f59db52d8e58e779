// A repository with sessions in it that is put back as it was again and again: one crash each time.

import { cp, rm } from "node:fs/promises";
import type { Place } from "./place.ts";

/** Put back where they were, since the paths in them are absolute. */
const KEPT = ["repo", "repo-worktrees", "home"];

/** Keeps a copy of the place's repository, worktrees and home. */
export async function keep(place: Place): Promise<void> {
  for (const name of KEPT) await copyIfThere(place.at(name), place.at("kept", name));
}

export async function restore(place: Place): Promise<void> {
  for (const name of KEPT) {
    await rm(place.at(name), { recursive: true, force: true });
    await copyIfThere(place.at("kept", name), place.at(name));
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await cp(from, to, { recursive: true });
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT")) throw thrown;
  }
}

/** Works through all of `jobs`, one at a time in each of the places. */
export async function shared<Job>(
  places: readonly Place[],
  jobs: readonly Job[],
  work: (place: Place, job: Job, index: number) => Promise<void>,
): Promise<void> {
  const left = jobs.map((job, index) => ({ job, index }));
  await Promise.all(
    places.map(async (place) => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await work(place, next.job, next.index);
    }),
  );
}
