// What changed in a sandbox into a directory of the user's, as files: nothing that stands there is written over, no link
// is followed, and nothing comes to stand outside of it.

import { mkdirSync, realpathSync } from "node:fs";
import type { World } from "../../world.ts";
import { changesBetween } from "./changes.ts";
import { type Gathered, openKept, treesBetween } from "./kept.ts";
import { type Blocked, type Disk, place, planPlacement, told } from "./place-files.ts";
import { shown } from "./raw-paths.ts";

export interface TakeInput {
  store: string;
  sent: string;
  gathered: Pick<Gathered, "tip">;
  /** Made when it is not there. */
  output: string;
  signal?: AbortSignal;
}

export interface Taken {
  files: number;
  /** In the sandbox they are gone. */
  deleted: string[];
  left: Blocked[];
}

/** Idempotent. Errors: those of git and of the file system. */
export async function takeTo(world: Pick<World, "git" | "startPiped" | "env">, input: TakeInput): Promise<Taken> {
  const { store, sent, gathered, output, signal } = input;
  const kept = await openKept(world, { store, sent });
  mkdirSync(output, { recursive: true });
  const all = await changesBetween(world, {
    store,
    ...(await treesBetween(kept, { from: sent, to: gathered.tip })),
    signal,
  });
  const changes = all.flatMap((one) => (one.now === undefined ? [] : [{ ...one, old: undefined }]));
  const disk: Disk = { top: realpathSync(output), knowsModes: true, knowsLinks: true, ignoresCase: false };
  const placing = { kept, store, disk, changes };
  const plan = await planPlacement(world, placing);
  await place(world, placing, plan);
  return {
    files: changes.length - plan.blocked.length,
    deleted: all.flatMap(({ path, now }) => (now === undefined ? [shown(path)] : [])),
    left: told(plan),
  };
}
