// Cleanups, releases, registers and undos of one repository at the same time: none of them fails because of another,
// nothing is removed twice, nobody gets a place that goes, and everything that was there is there or comes back.
// RACE_SEED repeats who starts when.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { v } from "../../src/core/shape.ts";
import { parseAnswer, pcc, pccJson, type Ran } from "../support/cli.ts";
import { differences, type Picture, pictureOf, without } from "../support/picture.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRandom, type Random } from "../support/random.ts";
import { allEnded } from "../support/remains.ts";
import { halves, removalRows } from "../support/removal-remains.ts";
import { dirty, type Ended, ended, landed, makeScene, settings, unused } from "../support/removal-scenes.ts";
import { type Repo, runGit } from "../support/repo.ts";
import { registered, shownSessions } from "../support/sessions.ts";
import { keep, restore, shared } from "../support/stage.ts";

const TIMEOUT_MS = 600_000;
/** As long as a cleanup of these takes on a quick machine. */
const LATEST_MS = 150;
const SEED = Number(process.env["RACE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

interface Staged {
  repo: Repo;
  landed: Ended;
  unused: Ended;
  dirty: Ended;
  /** Its session is not recorded as dead yet. */
  last: Ended;
  before: Picture;
}

const ANSWERS = {
  cleanup: v.object({
    removals: v.array(v.object({ id: v.string(), path: v.nullable(v.string()) })),
    kept: v.array(v.object({ path: v.nullable(v.string()), reason: v.string(), keeps: v.unknown() })),
  }),
  release: v.object({ undo: v.nullable(v.string()), kept: v.nullable(v.object({ reason: v.string() })) }),
  register: v.object({ sessionId: v.string(), worktreePath: v.string(), isNew: v.literal(true) }),
  remove: v.object({ removed: v.array(v.object({ id: v.string() })) }),
  undo: v.object({ id: v.string(), path: v.string() }),
  failed: v.object({ error: v.object({ code: v.string() }) }),
};

test(
  "two cleanups, a release and a register at once, 100 times: no error, no loss",
  async () => {
    await using live = sleeper();
    await using owner = sleeper();
    await using free = await makePlace();
    await using held = await makePlace();
    const stages = new Map([
      [free, await stage(free, undefined)],
      [held, await stage(held, live)],
    ]);
    await rounds(stages, 100, (place, staged, random) => wrongWithRegister(place, staged, { owner, random }));
  },
  TIMEOUT_MS,
);

test(
  "two undos of one removal, a cleanup and a `worktree remove` at once, 30 times: one of each wins, no loss",
  async () => {
    await using one = await makePlace();
    await using other = await makePlace();
    const stages = new Map<Place, Staged>();
    for (const place of [one, other]) {
      const staged = await stage(place, undefined);
      await pccJson(place, ["worktree", "remove", staged.landed.path], { cwd: staged.repo.path });
      await keep(place);
      stages.set(place, staged);
    }
    await rounds(stages, 30, wrongWithUndo);
  },
  TIMEOUT_MS,
);

/** With somebody in the main checkout, or nobody. */
async function stage(place: Place, live: Sleeper | undefined): Promise<Staged> {
  const repo = await makeScene(place);
  const worktrees = {
    landed: await ended(place, repo, landed(place, repo)),
    dirty: await ended(place, repo, dirty(place)),
    unused: await ended(place, repo, unused),
    last: await ended(place, repo, landed(place, repo)),
  };
  if (live !== undefined) await registered(place, live, { cwd: repo.path });
  await settings(place, {});
  const paths = Object.values(worktrees).map(({ path }) => path);
  const before = await pictureOf(place, { repo: repo.path, worktrees: paths });
  await keep(place);
  return { repo, ...worktrees, before };
}

type Round = (place: Place, staged: Staged, random: Random) => Promise<string[]>;

async function rounds(stages: ReadonlyMap<Place, Staged>, count: number, round: Round): Promise<void> {
  const found: string[] = [];
  const seeds = Array.from({ length: count }, (_, index) => SEED + index);
  await shared([...stages.keys()], seeds, async (place, seed) => {
    const staged = stages.get(place);
    if (staged === undefined) throw new Error("nothing is staged");
    await restore(place);
    const wrong = await round(place, staged, makeRandom(seed));
    found.push(...wrong.map((what) => `round ${seed - SEED}: ${what}`));
  });
  process.stderr.write(`  ${count} rounds, RACE_SEED=${SEED}\n`);
  expect(found).toEqual([]);
}

/**
 * All at once, each by a seeded moment later than it could: else what is quick is always over before the others begin.
 * Nothing is waited for by that: whatever the order is, the round has to hold.
 */
function atOnce(place: Place, random: Random, commands: readonly { words: readonly string[]; cwd: string }[]) {
  const running = commands.map(async ({ words, cwd }) => {
    await Bun.sleep(random.int(0, LATEST_MS));
    return pcc(place, [...words, "--json"], { cwd });
  });
  return Promise.all(running);
}

async function wrongWithRegister(
  place: Place,
  staged: Staged,
  { owner, random }: { owner: Sleeper; random: Random },
): Promise<string[]> {
  const { repo } = staged;
  const cwd = repo.path;
  // In the main checkout's place or a new worktree, or in a free worktree that goes just now.
  const asked = random.pick([repo.path, staged.unused.path]);
  const ran = await atOnce(place, random, [
    { words: ["cleanup"], cwd },
    { words: ["cleanup", "--repo", cwd], cwd: place.path },
    { words: ["release", "--session-id", staged.last.sessionId], cwd },
    { words: ["register", "--pid", String(owner.pid), "--repo", asked], cwd },
  ]);
  await allEnded(place);
  const [first, second, release, register] = ran;
  const wrong = await halves(place, repo);
  const sessions = await shownSessions(place);
  const removed: string[] = [];
  for (const one of [first, second]) {
    const answer = understood(ANSWERS.cleanup, one, wrong);
    removed.push(...(answer?.removals ?? []).map(({ id }) => id));
    wrong.push(...failedAt(answer?.kept));
  }
  const released = understood(ANSWERS.release, release, wrong);
  if (released?.undo) removed.push(released.undo);
  if (released?.kept?.reason === "failed") wrong.push(`the release failed: ${release?.stdout}`);

  // Who asked for a directory that is gone by then is told so; else he has a place, and it stays.
  const isRefused = register?.exit === 1 && asked === staged.unused.path && !existsSync(asked);
  const got = isRefused ? undefined : understood(ANSWERS.register, register, wrong);
  const isThere = got === undefined || existsSync(`${got.worktreePath}/file-0.txt`);
  if (!isThere) wrong.push(`the session was given ${got.worktreePath}, which is gone`);
  if (got !== undefined && !sessions.some(({ worktreePath }) => worktreePath === got.worktreePath))
    wrong.push(`no session is at ${got.worktreePath}`);

  const given = got?.worktreePath ?? "";
  wrong.push(...removedTwice(place, removed), ...(await lost(place, staged, given)));
  return wrong;
}

async function wrongWithUndo(place: Place, staged: Staged, random: Random): Promise<string[]> {
  const { repo } = staged;
  const cwd = repo.path;
  const [{ id } = { id: "" }] = removalRows(place);
  const named = random.pick([staged.dirty, staged.landed, staged.last]);
  const ran = await atOnce(place, random, [
    { words: ["undo", id], cwd },
    { words: ["undo", id], cwd },
    { words: ["cleanup"], cwd },
    { words: ["worktree", "remove", "--force", named.branch], cwd },
  ]);
  await allEnded(place);
  const [first, second, cleanup, remove] = ran;
  const wrong = await halves(place, repo);
  const undone = [first, second].filter((one) => one?.exit === 0);
  if (undone.length !== 1) wrong.push(`${undone.length} undos: ${first?.stdout} and ${second?.stdout}`);
  for (const one of [first, second]) {
    if (one?.exit === 0) understood(ANSWERS.undo, one, wrong);
    else wrong.push(...failedOtherwise(one, ["undo.done", "undo.busy"]));
  }
  const cleaned = understood(ANSWERS.cleanup, cleanup, wrong);
  wrong.push(...failedAt(cleaned?.kept));
  const removed = (cleaned?.removals ?? []).map((one) => one.id);
  // The landed ones may be gone, or not be back yet; and a git that only looks counts as a process that works there.
  const others = ["unknown", "busy", "changed-meanwhile", "unreadable", "in-use"].map((why) => `worktree.${why}`);
  const mayFail = named === staged.dirty ? ["worktree.in-use"] : others;
  if (remove?.exit === 1) wrong.push(...failedOtherwise(remove, mayFail));
  else removed.push(...(understood(ANSWERS.remove, remove, wrong)?.removed ?? []).map((one) => one.id));
  wrong.push(...removedTwice(place, removed), ...(await lost(place, staged, "")));
  return wrong;
}

function failedAt(kept: v.InferOutput<typeof ANSWERS.cleanup>["kept"] = []): string[] {
  const failed = kept.filter(({ reason }) => reason === "failed");
  return failed.map(({ path, keeps }) => `the cleanup failed at ${path}: ${JSON.stringify(keeps)}`);
}

function failedOtherwise(ran: Ran | undefined, codes: readonly string[]): string[] {
  const failed = ran === undefined ? undefined : v.safeParse(ANSWERS.failed, parseAnswer(ran));
  const isKnown = ran?.exit === 1 && failed?.success === true && codes.includes(failed.output.error.code);
  return isKnown ? [] : [`exit ${ran?.exit}: ${ran?.stdout}${ran?.stderr}`];
}

/** The answer of a command that must have succeeded and said nothing else. */
function understood<Answer>(
  shape: v.GenericSchema<unknown, Answer>,
  ran: Ran | undefined,
  wrong: string[],
): Answer | undefined {
  const answer = ran?.exit === 0 && ran.stderr === "" ? v.safeParse(shape, parseAnswer(ran)) : undefined;
  if (answer?.success === true) return answer.output;
  wrong.push(`exit ${ran?.exit}: ${ran?.stdout}${ran?.stderr}`);
  return undefined;
}

/** `told` are the removals that commands said were theirs. */
function removedTwice(place: Place, told: readonly string[]): string[] {
  const rows = removalRows(place);
  const gone = rows.filter(({ state }) => state === "removed").map(({ path }) => path);
  const wrong: string[] = [];
  if (new Set(gone).size !== gone.length) wrong.push(`removed twice: ${gone}`);
  if (new Set(told).size !== told.length) wrong.push(`told twice: ${told}`);
  const unknown = told.filter((id) => !rows.some((row) => row.id === id));
  if (unknown.length > 0) wrong.push(`no row tells of ${unknown}`);
  return wrong;
}

/** What neither is there nor comes back. `given` is a worktree that was made meanwhile. */
async function lost(place: Place, { repo, before, ...worktrees }: Staged, given: string): Promise<string[]> {
  const wrong: string[] = [];
  await runGit(["prune", "--expire=now"], { cwd: repo.path, env: place.env() });
  for (const { id, state } of removalRows(place)) {
    if (state !== "removed") continue;
    const undone = await pcc(place, ["undo", id, "--json"], { cwd: repo.path });
    if (undone.exit !== 0) wrong.push(`undo ${id}: ${undone.stdout}${undone.stderr}`);
  }
  const paths = Object.values(worktrees).map(({ path }) => path);
  const after = await pictureOf(place, { repo: repo.path, worktrees: paths });
  const isNew = (key: string) => !paths.includes(given) && key.endsWith(`/${given.slice(given.lastIndexOf("/") + 1)}`);
  wrong.push(...differences(before, without(after, isNew)));
  return [...wrong, ...(await halves(place, repo)).map((what) => `brought back: ${what}`)];
}
