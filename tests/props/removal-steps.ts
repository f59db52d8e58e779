// Random sequences of what people and parallel-cc do, as plain data: a step that does not apply where it stands does
// nothing, so that any part of a failing sequence is a sequence too.

import type { Gen, Random } from "../support/random.ts";

/** How often each comes, beside the others. */
const WEIGHTS = {
  register: 11,
  edit: 10,
  stage: 7,
  commit: 12,
  amend: 4,
  stash: 3,
  nested: 3,
  submodule: 3,
  checkout: 4,
  rebase: 3,
  merge: 2,
  hide: 2,
  lock: 1,
  main: 2,
  land: 12,
  gc: 2,
  prune: 1,
  crash: 5,
  reuse: 3,
  release: 8,
  cleanup: 8,
  remove: 9,
  undo: 7,
} as const satisfies Record<string, number>;

export type Doing = keyof typeof WEIGHTS;

export interface Step {
  what: Doing;
  /** Whose session or worktree, counted round those that there are. */
  who: number;
  /** Which way of doing it. */
  how: number;
}

export interface Course {
  /** So many sessions live at once, at most. */
  sessions: number;
  steps: Step[];
}

const LEAST_STEPS = 20;
const MOST_STEPS = 48;

export const courses: Gen<Course> = {
  make(random) {
    const sessions = random.int(2, 5);
    const first = Array.from({ length: sessions }, (_, who): Step => ({ what: "register", who, how: 0 }));
    const rest = Array.from({ length: random.int(LEAST_STEPS, MOST_STEPS) }, () => makeStep(random));
    return { sessions, steps: [...first, ...rest] };
  },
  *shrink({ sessions, steps }) {
    // Large parts first, the last ones before the others: what follows a failure never matters.
    for (let size = steps.length >> 1; size >= 1; size >>= 1) {
      for (let end = steps.length; end > 0; end -= size) {
        yield { sessions, steps: steps.toSpliced(Math.max(0, end - size), Math.min(size, end)) };
      }
    }
    for (const [index, step] of steps.entries()) {
      if (step.who > 0) yield { sessions, steps: steps.with(index, { ...step, who: 0 }) };
      if (step.how > 0) yield { sessions, steps: steps.with(index, { ...step, how: 0 }) };
    }
  },
};

const TOTAL = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);

function makeStep(random: Random): Step {
  let left = random.int(0, TOTAL - 1);
  const who = random.int(0, 19);
  const how = random.int(0, 119);
  for (const [what, weight] of Object.entries(WEIGHTS)) {
    left -= weight;
    if (left < 0) return { what: what as Doing, who, how }; // Its own keys.
  }
  return { what: "edit", who, how };
}

export function shownStep({ what, who, how }: Step): string {
  return `${what}(${who}, ${how})`;
}
