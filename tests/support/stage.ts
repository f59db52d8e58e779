// A repository with sessions in it that is put back as it was again and again: one crash each time.

import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import type { Place } from "./place.ts";

/** Put back where they were, since the paths in them are absolute. */
const KEPT = ["repo", "repo-worktrees", "home"];

/** Keeps a copy of the place's repository, worktrees and home. */
export async function keep(place: Place): Promise<void> {
  await rm(place.at("kept"), { recursive: true, force: true });
  await mkdir(place.at("kept"));
  await copy(KEPT.map((name) => place.at(name)).filter(existsSync), place.at("kept"));
}

export async function restore(place: Place): Promise<void> {
  await Promise.all(KEPT.map((name) => rm(place.at(name), { recursive: true, force: true })));
  await copy(KEPT.map((name) => place.at("kept", name)).filter(existsSync), place.path);
}

/** As they are: links, modes and times, which git's index knows as well. */
async function copy(from: readonly string[], to: string): Promise<void> {
  const copied = Bun.spawn(["cp", "-a", ...from, to], { stdio: ["ignore", "ignore", "inherit"] });
  if ((await copied.exited) !== 0) throw new Error(`cp -a to ${to} failed`);
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
