// Registering a first session, once in each of many small repositories, and again by the same process.

import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, timeOf } from "./spawn.ts";

const ROUNDS = 40;

/** As claude-parallel does it. */
const words = (pid: string): string[] => ["register", "--pid", pid, "--shell"];

export const registerFirst: Figure = {
  name: "register-first",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 6 },
  rounds: ROUNDS,
  async prepare(place, stack, clock) {
    const pid = String(stack.use(sleeper()).pid);
    const repos: string[] = [];
    // One more to warm up, and one whose registering makes the database.
    for (let each = 0; each < ROUNDS + 2; each++) repos.push((await makeRepo(place, { name: `repo-${each}` })).path);
    const next = () => pccCommand(place, words(pid), repos.pop());
    timeOf(next());
    return { ours: () => clock(next()), unit: () => clock(emptyCommand(pccCommand(place, []))) };
  },
};

export const registerAgain: Figure = {
  name: "register-again",
  unit: "empty binary",
  measures: "ms",
  bound: undefined,
  rounds: ROUNDS,
  async prepare(place, stack, clock) {
    const repo = await makeRepo(place);
    const ours = pccCommand(place, words(String(stack.use(sleeper()).pid)), repo.path);
    timeOf(ours);
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};
