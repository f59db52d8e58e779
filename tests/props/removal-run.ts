// A course from its beginning to its end: its steps, then everything that is left is removed by force and brought back.

import type { Place } from "../support/place.ts";
import { forAll, makeRandom } from "../support/random.ts";
import { cleanup, die, prune, register, release, remove, removeTree, undo, undoRemoval } from "./removal-commands.ts";
import { collectGarbage, land, moveMain } from "./removal-landing.ts";
import { count, makeScene, ours, type Scene, type Tally, treeOf } from "./removal-scene.ts";
import { type Course, courses, type Doing, type Step, shownStep } from "./removal-steps.ts";
import { makeTemplate } from "./removal-template.ts";
import { WORKS, work } from "./removal-work.ts";

const OTHERS: Partial<Record<Doing, (scene: Scene, step: Step) => Promise<boolean>>> = {
  register,
  crash: die,
  reuse: die,
  release,
  cleanup,
  remove,
  undo,
  prune,
  land: (scene, { who, how }) => land(scene, treeOf(scene, who), how),
  main: (scene, { how }) => moveMain(scene, how),
  gc: (scene) => collectGarbage(scene),
};

/** Throws what does not hold. Steps that did something are counted in `tally` as "steps". */
export async function runCourse(template: Place, course: Course, tally: Tally): Promise<void> {
  await using scene = await makeScene(template, course.sessions, tally);
  for (const [index, step] of course.steps.entries()) {
    try {
      const isDone = step.what in WORKS ? await work(scene, step) : await OTHERS[step.what]?.(scene, step);
      if (isDone !== true) continue;
    } catch (cause) {
      throw new Error(`step ${index + 1}, ${shownStep(step)}: ${messageOf(cause)}`, { cause });
    }
    count(scene, "steps");
    count(scene, step.what);
  }
  try {
    await finish(scene, course);
  } catch (cause) {
    throw new Error(`at the end: ${messageOf(cause)}`, { cause });
  }
}

/** Everybody dies; what may go goes, all else by force; git forgets what it can; and everything comes back. */
async function finish(scene: Scene, { steps }: Course): Promise<void> {
  for (const who of scene.sessions.keys()) await die(scene, { what: "crash", who, how: 0 });
  await cleanup(scene, { what: "cleanup", who: 0, how: steps.length });
  for (const tree of ours(scene)) {
    await scene.try(scene.place.at("repo"), "worktree", "unlock", tree.path);
    await removeTree(scene, tree, true);
  }
  await collectGarbage(scene);
  const order = makeRandom(steps.length);
  for (let left = [...scene.removals.values()]; left.length > 0; left = [...scene.removals.values()]) {
    const next = left[order.int(0, left.length - 1)];
    if (next !== undefined) await undoRemoval(scene, next);
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export interface Soak {
  /** Until so many steps did something. */
  steps: number;
  /** At most so many courses. */
  courses: number;
  seed: number;
  /** Courses that run at once. */
  lanes: number;
  /** Of a failure, so many simpler courses are tried. */
  shrinks: number;
  /** After each course. */
  told?: (tally: Tally) => void;
  /** At once, before the smallest course is looked for. */
  failed?: (seed: number, why: string) => void;
}

/** Course after course, each with the next seed; throws the first failure with the smallest course that shows it. */
export async function soak(input: Soak): Promise<Tally> {
  await using template = await makeTemplate();
  const tally: Tally = new Map();
  const failing = new Set<number>();
  let next = 0;
  const run = async (course: Course, seed: number): Promise<void> => {
    try {
      await runCourse(template, course, tally);
    } catch (thrown) {
      if (!failing.has(seed)) input.failed?.(seed, messageOf(thrown));
      failing.add(seed);
      throw thrown;
    }
  };
  const lane = async () => {
    while (failing.size === 0 && next < input.courses && (tally.get("steps") ?? 0) < input.steps) {
      const seed = input.seed + next++;
      const runs = { runs: 1, seed, shrinks: input.shrinks };
      await forAll("no step loses anything", courses, (course) => run(course, seed), runs);
      input.told?.(tally);
    }
  };
  // All of them end before the template goes.
  const ended = await Promise.allSettled(Array.from({ length: input.lanes }, lane));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return tally;
}
