// SIGKILL right before each system call by which release, cleanup, `worktree remove` and undo change the disk or start a
// process; then one ordinary command. Afterwards everything is in its place byte for byte, or is removed whole and
// comes back byte for byte with undo. KILL_POINTS=all takes every moment of the longer ones too, KILL_SEED repeats a run.

import { expect, test } from "bun:test";
import { pcc, pccJson } from "../support/cli.ts";
import { differences, type Picture, pictureOf, without } from "../support/picture.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRandom } from "../support/random.ts";
import { allEnded } from "../support/remains.ts";
import { halves, removalRows } from "../support/removal-remains.ts";
import { dirty, ended, IGNORED, landed, makeScene, settings, unused } from "../support/removal-scenes.ts";
import { type Repo, runGit } from "../support/repo.ts";
import { keep, restore, shared } from "../support/stage.ts";
import { killAt, type Moment, momentsOf } from "../support/strace.ts";

const TIMEOUT_MS = 1_200_000;

interface Staged {
  repo: Repo;
  /** What is killed. */
  args: readonly string[];
  /** All there are when nothing was removed. */
  worktrees: readonly string[];
  /** As it was before anything was removed. */
  before: Picture;
  /** What cannot come back any more. */
  isLost?: (key: string) => boolean;
}

type Scene = (place: Place) => Promise<Staged>;

const RELEASE: Scene = async (place) => {
  const repo = await makeScene(place);
  const { sessionId, path } = await ended(place, repo, landed(place, repo));
  return staged(place, repo, { args: ["release", "--session-id", sessionId, "--json"], worktrees: [path] });
};

const CLEANUP: Scene = async (place) => {
  const repo = await makeScene(place);
  await ended(place, repo, async (made) => {
    await landed(place, repo)(made);
    await repo.git("worktree", "remove", "--force", made.path);
  });
  const gone = [await ended(place, repo, dirty(place)), await ended(place, repo, unused)];
  const last = await ended(place, repo, landed(place, repo));
  const worktrees = [...gone, last].map(({ path }) => path);
  return staged(place, repo, { args: ["cleanup", "--repo", repo.path, "--json"], worktrees });
};

const FORCED: Scene = async (place) => {
  const repo = await makeScene(place);
  const { path } = await ended(place, repo, dirty(place));
  return staged(place, repo, { args: ["worktree", "remove", "--force", path, "--json"], worktrees: [path] });
};

const UNDO: Scene = async (place) => {
  const forced = await FORCED(place);
  await pccJson(place, forced.args.slice(0, -1), { cwd: forced.repo.path });
  return { ...forced, args: ["undo", "--json"] };
};

/** Killed when the branch is deleted already and nobody has written that down. */
const HALF_REMOVED: Scene = async (place) => {
  const release = await RELEASE(place);
  const cwd = release.repo.path;
  await keep(place);
  const moments = await momentsOf(place, release.args, { cwd });
  await restore(place);
  const last = moments.findLastIndex(({ call }) => call === "vfork");
  const moment = moments.slice(last).find(({ call }) => call === "pwrite64");
  if (moment === undefined) throw new Error("nothing is written at the end of a release");
  expect((await killAt(place, release.args, { cwd }, moment)).reached).toBe(true);
  return { ...release, args: ["status", "--json"] };
};

const UNDO_PRUNED: Scene = async (place) => {
  const removed = await UNDO(place);
  await settings(place, { keepDays: 0 });
  await pccJson(place, ["cleanup"], { cwd: removed.repo.path });
  await settings(place, {});
  return { ...removed, isLost: (key) => new RegExp(`^tree [^/]*/${IGNORED}`).test(key) };
};

test("a release killed anywhere loses nothing and leaves nothing half", () => everyMoment(RELEASE), TIMEOUT_MS);

test("a cleanup killed anywhere loses nothing and leaves nothing half", () => someMoments(CLEANUP, 30), TIMEOUT_MS);

test(
  "a forced removal of a dirty worktree killed anywhere loses nothing and leaves nothing half",
  () => someMoments(FORCED, 35),
  TIMEOUT_MS,
);

test(
  "what puts a half-removed worktree back, killed anywhere itself, loses nothing and leaves nothing half",
  () => someMoments(HALF_REMOVED, 35),
  TIMEOUT_MS,
);

test("an undo killed anywhere loses nothing and leaves nothing half", () => someMoments(UNDO, 35), TIMEOUT_MS);

test(
  "an undo after the trash was pruned killed anywhere loses nothing that git saved and leaves nothing half",
  () => someMoments(UNDO_PRUNED, 35),
  TIMEOUT_MS,
);

async function staged(place: Place, repo: Repo, made: Pick<Staged, "args" | "worktrees">): Promise<Staged> {
  await settings(place, {});
  return { repo, ...made, before: await pictureOf(place, { repo: repo.path, worktrees: made.worktrees }) };
}

const SEED = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const isWhole = process.env["KILL_POINTS"] === "all";

function everyMoment(scene: Scene): Promise<void> {
  return someMoments(scene, Number.POSITIVE_INFINITY);
}

/** Those at which something moves, and of the others so many that it is `most` of them. */
async function someMoments(scene: Scene, most: number): Promise<void> {
  await using owner = sleeper();
  await using one = await makePlace();
  await using other = await makePlace();
  const stages = new Map<Place, Staged>();
  for (const place of [one, other]) {
    stages.set(place, await scene(place));
    await keep(place);
  }
  const all = await momentsOf(one, stages.get(one)?.args ?? [], { cwd: one.at("repo") });
  const random = makeRandom(SEED);
  const moments = isWhole || most > all.length ? all : chosen(all, most, random.next);
  const jobs = moments.map((moment) => ({ moment, next: random.pick(NEXT)(owner.pid) }));
  const found: string[] = [];
  let reached = 0;
  const started = performance.now();
  await shared([one, other], jobs, async (place, { moment, next }) => {
    const stage = stages.get(place);
    if (stage === undefined) throw new Error("nothing is staged");
    await restore(place);
    if ((await killAt(place, stage.args, { cwd: stage.repo.path }, moment)).reached) reached++;
    await allEnded(place);
    const wrong = await wrongAfterwards(place, stage, next);
    found.push(...wrong.map((what) => `killed at ${moment.call} ${moment.when}, then ${next.join(" ")}: ${what}`));
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const of = `${moments.length} of ${all.length} moments`;
  process.stderr.write(`  killed at ${reached} of ${of} in ${seconds} s, KILL_SEED=${SEED}\n`);
  expect(found).toEqual([]);
  // A few calls (of threads that start, of pipes) are not made in every run.
  expect(reached).toBeGreaterThan(moments.length * 0.8);
}

/** Any one of them puts right what was left half-way. */
const NEXT: [(pid: number) => string[], ...((pid: number) => string[])[]] = [
  () => ["status"],
  () => ["cleanup"],
  () => ["undo", "--list"],
  () => ["worktree", "list"],
  (pid) => ["register", "--pid", String(pid)],
];

const MOVING = /^(rename|mkdir|rmdir|unlink)/;

function chosen(all: readonly Moment[], most: number, next: () => number): Moment[] {
  const others = all.filter(({ call }) => !MOVING.test(call));
  const taken = new Set(all.filter(({ call }) => MOVING.test(call)));
  for (const moment of others.toSorted(() => next() - 0.5)) if (taken.size < most) taken.add(moment);
  return all.filter((moment) => taken.has(moment));
}

async function wrongAfterwards(place: Place, stage: Staged, next: readonly string[]): Promise<string[]> {
  const { repo, worktrees, before, isLost = () => false } = stage;
  const { path: cwd } = repo;
  const ran = await pcc(place, [...next, "--json"], { cwd });
  await allEnded(place);
  const wrong = await halves(place, repo);
  if (ran.exit !== 0) wrong.push(`exit ${ran.exit}: ${ran.stdout}${ran.stderr}`);
  // Were anything not saved, it would be gone now.
  await runGit(["prune", "--expire=now"], { cwd, env: place.env() });
  for (const { id, state } of removalRows(place)) {
    if (state !== "removed") continue;
    const undone = await pcc(place, ["undo", id, "--json"], { cwd });
    if (undone.exit !== 0) wrong.push(`undo: exit ${undone.exit}: ${undone.stdout}${undone.stderr}`);
  }
  const after = await pictureOf(place, { repo: cwd, worktrees });
  wrong.push(...differences(without(before, isLost), without(after, isLost)));
  wrong.push(...(await halves(place, repo)).map((what) => `brought back: ${what}`));
  return wrong;
}
