// The gits that save a worktree and delete its branch, killed right before each of their system calls that change the
// disk or start a process: alone, and together with the parallel-cc that started them.

import { expect, test } from "bun:test";
import { chmod, rm } from "node:fs/promises";
import { PROGRAM, pcc, pccJson, type Ran } from "../support/cli.ts";
import { differences, type Picture, pictureOf } from "../support/picture.ts";
import { makePlace, type Place } from "../support/place.ts";
import { allEnded } from "../support/remains.ts";
import { halves, removalRows } from "../support/removal-remains.ts";
import { dirty, ended, makeScene, settings } from "../support/removal-scenes.ts";
import type { Repo } from "../support/repo.ts";
import { keep, restore, shared } from "../support/stage.ts";
import { fatedGit, type Moment, momentsOfGit } from "../support/strace.ts";

const TIMEOUT_MS = 600_000;
/** By words of their command lines. */
const COMMANDS = ["write-tree", "fast-import", "update-ref -d"];

interface Staged {
  repo: Repo;
  path: string;
  before: Picture;
}

async function stage(place: Place): Promise<Staged> {
  const repo = await makeScene(place);
  const { path } = await ended(place, repo, dirty(place));
  await settings(place, {});
  await keep(place);
  return { repo, path, before: await pictureOf(place, { repo: repo.path, worktrees: [path] }) };
}

function removing({ path }: Staged): string[] {
  return ["worktree", "remove", "--force", path, "--json"];
}

test(
  "a git killed anywhere while a worktree is removed leaves it in its place and says so, or removed whole",
  async () => {
    await everyMoment(async (place, staged, { command, moment }) => {
      const env = await fatedGit(place, command, { moment, takes: "git" });
      const ran = await pcc(place, removing(staged), { cwd: staged.repo.path, env });
      return { ran, expected: ran.exit === 0 ? "removed" : "" };
    });
  },
  TIMEOUT_MS,
);

test(
  "a git killed anywhere together with its parallel-cc leaves nothing that the next command does not put right",
  async () => {
    await everyMoment(async (place, staged, { command, moment }) => {
      const env = await fatedGit(place, command, { moment, takes: "group" });
      const group = Bun.spawn([PROGRAM, ...removing(staged)], {
        cwd: staged.repo.path,
        env: place.env({ extra: env }),
        stdio: ["ignore", "ignore", "ignore"],
        detached: true,
      });
      await group.exited;
      return { ran: undefined, expected: group.signalCode === "SIGKILL" ? "" : "removed" };
    });
  },
  TIMEOUT_MS,
);

for (const command of ["fast-import", "update-ref -d --end-of-options refs/heads/"]) {
  test(`a git ${command} that outlives its parallel-cc undoes nothing of what the next command puts right`, async () => {
    await using place = await makePlace();
    const staged = await stage(place);
    const { path: cwd } = staged.repo;
    // It ends the one who started it, and goes on when the next command has long ended.
    const script = `#!/bin/sh\ncase "$*" in *"${command}"*) kill -KILL $PPID; sleep 1 ;; esac\nexec ${Bun.which("git")} "$@"\n`;
    await Bun.write(place.at("bin", "git"), script);
    await chmod(place.at("bin", "git"), 0o755);
    const killed = await pcc(place, removing(staged), { cwd, path: [place.at("bin")] });
    expect(killed.signal).toBe("SIGKILL");
    await pccJson(place, ["status"], { cwd });
    await allEnded(place);
    await pccJson(place, ["status"], { cwd });
    expect(await halves(place, staged.repo)).toEqual([]);
    const after = await pictureOf(place, { repo: cwd, worktrees: [staged.path] });
    expect(differences(staged.before, after)).toEqual([]);
  });
}

interface Job {
  command: string;
  moment: Moment;
}

interface Killed {
  /** What the parallel-cc said whose git was killed, if it could. */
  ran: Ran | undefined;
  /** The states of removals afterwards. */
  expected: string;
}

async function everyMoment(kill: (place: Place, staged: Staged, job: Job) => Promise<Killed>): Promise<void> {
  await using one = await makePlace();
  await using other = await makePlace();
  const stages = new Map<Place, Staged>();
  for (const place of [one, other]) stages.set(place, await stage(place));
  const jobs = await allMoments(one, stages.get(one));
  const found: string[] = [];
  await shared([one, other], jobs, async (place, job) => {
    const staged = stages.get(place);
    if (staged === undefined) throw new Error("nothing is staged");
    await restore(place);
    const { ran, expected } = await kill(place, staged, job);
    await allEnded(place);
    // The lock of the whole repository: git tells its user to take it away, and may not be ours.
    await rm(`${staged.repo.path}/.git/packed-refs.lock`, { force: true });
    const next = await pcc(place, ["status", "--json"], { cwd: staged.repo.path });
    const wrong = await halves(place, staged.repo);
    if (ran !== undefined && ran.exit !== 0 && ran.exit !== 1) wrong.push(`exit ${ran.exit}: ${ran.stdout}`);
    if (next.exit !== 0 || next.stderr !== "") wrong.push(`status: exit ${next.exit}, ${next.stdout}${next.stderr}`);
    // What was put back is known as that while its rescue ref could not go: packed-refs was locked.
    const states = removalRows(place).flatMap(({ state }) => (expected === "" && state === "restored" ? [] : [state]));
    if (states.join() !== expected) wrong.push(`removals: ${states}, not ${expected}`);
    for (const { id, state } of removalRows(place)) {
      if (state !== "removed") continue;
      const undone = await pcc(place, ["undo", id, "--json"], { cwd: staged.repo.path });
      if (undone.exit !== 0) wrong.push(`undo: ${undone.stdout}${undone.stderr}`);
    }
    const after = await pictureOf(place, { repo: staged.repo.path, worktrees: [staged.path] });
    wrong.push(...differences(staged.before, after));
    const { command, moment } = job;
    found.push(...wrong.map((what) => `git ${command} killed at ${moment.call} ${moment.when}: ${what}`));
  });
  process.stderr.write(`  killed git at ${jobs.length} moments\n`);
  expect(found).toEqual([]);
  expect(jobs.length).toBeGreaterThan(COMMANDS.length * 3);
}

async function allMoments(place: Place, staged: Staged | undefined): Promise<Job[]> {
  if (staged === undefined) throw new Error("nothing is staged");
  const found: Job[] = [];
  for (const command of COMMANDS) {
    await restore(place);
    const env = await fatedGit(place, command, "traced");
    expect((await pcc(place, removing(staged), { cwd: staged.repo.path, env })).stderr).toBe("");
    found.push(...(await momentsOfGit(place)).map((moment) => ({ command, moment })));
  }
  return found;
}
