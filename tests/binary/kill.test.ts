// SIGKILL right before each system call by which register, and a release that keeps its worktree, change the disk or
// start a process; then one ordinary command, and what is left must fit together.

import { expect, test } from "bun:test";
import { pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { allEnded, orphansEnded, remainsOf } from "../support/remains.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { keep, restore, shared } from "../support/stage.ts";
import { killAt, type Moment, momentsOf } from "../support/strace.ts";

/** Killing and healing once takes a tenth of a second on a quick core. */
const TIMEOUT_MS = 300_000;

/** Pids of three living processes. */
type Owners = readonly [number, number, number];

interface Scene {
  /** Makes what is there before the killed command runs. */
  prepare(place: Place, repo: Repo, owners: Owners): Promise<void>;
  args(owners: Owners): readonly string[];
}

const register = (pid: number) => ["register", "--pid", String(pid), "--json"];

const FIRST: Scene = {
  prepare: async () => undefined,
  args: ([first]) => register(first),
};
const WITH_WORKTREE: Scene = {
  prepare: async (place, repo, [first]) => {
    await pcc(place, register(first), { cwd: repo.path });
  },
  args: ([, second]) => register(second),
};
const RELEASE_KEEPING: Scene = {
  prepare: async (place, repo, owners) => {
    await WITH_WORKTREE.prepare(place, repo, owners);
    await pcc(place, register(owners[1]), { cwd: repo.path });
  },
  args: ([, second]) => ["release", "--pid", String(second), "--keep", "--json"],
};

test(
  "a first register killed anywhere leaves a session or nothing",
  async () => {
    await everyMoment(FIRST, 0);
  },
  TIMEOUT_MS,
);

test(
  "a register killed anywhere while it makes a worktree leaves a whole one or nothing",
  async () => {
    await everyMoment(WITH_WORKTREE, 0);
  },
  TIMEOUT_MS,
);

test(
  "a release with --keep killed anywhere leaves the worktree",
  async () => {
    await everyMoment(RELEASE_KEEPING, 1);
  },
  TIMEOUT_MS,
);

async function everyMoment(scene: Scene, leastWorktrees: number): Promise<void> {
  await using first = sleeper();
  await using second = sleeper();
  await using third = sleeper();
  const owners: Owners = [first.pid, second.pid, third.pid];
  await using one = await makePlace();
  await using other = await makePlace();
  const repos = new Map<Place, Repo>();
  for (const place of [one, other]) {
    const repo = await makeRepo(place);
    repos.set(place, repo);
    await scene.prepare(place, repo, owners);
    await keep(place);
  }
  const moments = await momentsOf(one, scene.args(owners), { cwd: one.at("repo") });
  const found: string[] = [];
  let reached = 0;
  const started = performance.now();
  await shared([one, other], moments, async (place, moment, index) => {
    const repo = repos.get(place);
    if (repo === undefined) throw new Error("no repository");
    await restore(place);
    if ((await killAt(place, scene.args(owners), { cwd: repo.path }, moment)).reached) reached++;
    await orphansEnded(place);
    const wrong = await wrongAfterwards({ place, repo, owners, index, leastWorktrees });
    found.push(...wrong.map((what) => `${told(moment)}: ${what}`));
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stderr.write(`  killed at ${reached} of ${moments.length} moments in ${seconds} s\n`);
  expect(found).toEqual([]);
  // A few calls (of threads that start, of pipes) are not made in every run.
  expect(reached).toBeGreaterThan(moments.length * 0.9);
}

interface Afterwards {
  place: Place;
  repo: Repo;
  owners: Owners;
  /** Chooses the command that comes next. */
  index: number;
  leastWorktrees: number;
}

async function wrongAfterwards({ place, repo, owners, index, leastWorktrees }: Afterwards): Promise<string[]> {
  const ordinary = [["status", "--json"], register(owners[2]), ["release", "--session-id", "nobody", "--json"]];
  const next = await pcc(place, ordinary[index % ordinary.length] ?? [], { cwd: repo.path });
  await allEnded(place);
  const { wrong, worktrees } = await remainsOf(place, repo);
  if (next.exit !== 0 || next.stderr !== "") wrong.push(`the next command: exit ${next.exit}, ${next.stderr}`);
  if (worktrees.length < leastWorktrees) wrong.push(`${worktrees.length} worktrees are left`);
  for (const pid of owners) await pcc(place, ["release", "--pid", String(pid)], { cwd: repo.path });
  const again = await pcc(place, register(owners[2]), { cwd: repo.path });
  if (!again.stdout.includes('"isMainRepo":true')) wrong.push(`nobody lives, yet: ${again.stdout}${again.stderr}`);
  await allEnded(place);
  return wrong;
}

function told({ call, when }: Moment): string {
  return `killed at ${call} ${when}`;
}
