// The git that makes a worktree is killed right before each of its system calls that change the disk or start a
// process: alone, and together with the parallel-cc that started it.

import { expect, test } from "bun:test";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { orphansEnded, remainsOf } from "../support/remains.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { keep, restore, shared } from "../support/stage.ts";
import { fatedGit, type Moment, momentsOfGit } from "../support/strace.ts";

const TIMEOUT_MS = 300_000;
/** What `register` runs to make a worktree, and what that runs in turn, by words of their command lines. */
const COMMANDS = ["worktree add", "branch parallel", "symbolic-ref HEAD", "reset --hard", "hook run"];
/** A git that dies in this one may leave a repository whose worktrees cannot be listed. */
const WORST = "worktree add";

test(
  "a git killed anywhere while it makes a worktree makes register fail with nothing left, or succeed",
  async () => {
    await using second = sleeper();
    await everyMoment(["none"], async (place, repo, { command, moment }) => {
      const env = await fatedGit(place, command, { moment, takes: "git" });
      const ran = await pcc(place, register(second.pid), { cwd: repo.path, env });
      const { wrong, worktrees } = await remainsOf(place, repo);
      if (worktrees.length !== (ran.exit === 0 ? 1 : 0)) wrong.push(`exit ${ran.exit}, worktrees ${worktrees}`);
      if (ran.exit !== 0 && ran.exit !== 1) wrong.push(`exit ${ran.exit}: ${ran.stdout}`);
      return wrong;
    });
  },
  TIMEOUT_MS,
);

test(
  "a git killed anywhere together with its parallel-cc leaves nothing that the next command does not take back",
  async () => {
    await using second = sleeper();
    await using third = sleeper();
    const ordinary = { status: ["status"], register: register(third.pid), "status --repo": ["status", "--repo", "."] };
    await everyMoment(Object.keys(ordinary), async (place, repo, { command, moment, next }) => {
      const env = await fatedGit(place, command, { moment, takes: "group" });
      const group = Bun.spawn([PROGRAM, ...register(second.pid)], {
        cwd: repo.path,
        env: place.env({ extra: env }),
        stdio: ["ignore", "ignore", "ignore"],
        detached: true,
      });
      await group.exited;
      await orphansEnded(place);
      const ran = await pcc(place, new Map(Object.entries(ordinary)).get(next) ?? [], { cwd: repo.path });
      if (ran.exit !== 0 || ran.stderr !== "") return [`exit ${ran.exit}: ${ran.stdout}${ran.stderr}`];
      const { wrong, worktrees } = await remainsOf(place, repo);
      const expected = (group.signalCode === "SIGKILL" ? 0 : 1) + (next === "register" ? 1 : 0);
      if (worktrees.length !== expected) wrong.push(`worktrees ${worktrees}, not ${expected}`);
      return wrong;
    });
  },
  TIMEOUT_MS,
);

function register(pid: number): string[] {
  return ["register", "--pid", String(pid), "--json"];
}

interface Job {
  command: string;
  moment: Moment;
  /** The command that comes next, by its name. */
  next: string;
}

/** Every moment of each command once, and of the worst one with each of the commands that may come next. */
async function everyMoment(
  nexts: readonly string[],
  wrongAt: (place: Place, repo: Repo, job: Job) => Promise<string[]>,
): Promise<void> {
  await using first = sleeper();
  await using one = await makePlace();
  await using other = await makePlace();
  const repos = new Map<Place, Repo>();
  for (const place of [one, other]) {
    const repo = await makeRepo(place, { files: 20 });
    repos.set(place, repo);
    await pcc(place, register(first.pid), { cwd: repo.path });
    await keep(place);
  }
  const moments = await allMoments(one);
  const jobs = moments.flatMap(({ command, moment }, index) => {
    const some = command === WORST ? nexts : nexts.slice(index % nexts.length).slice(0, 1);
    return some.map((next) => ({ command, moment, next }));
  });
  const found: string[] = [];
  await shared([one, other], jobs, async (place, job) => {
    const repo = repos.get(place);
    if (repo === undefined) throw new Error("no repository");
    await restore(place);
    const wrong = await wrongAt(place, repo, job);
    const { command, moment, next } = job;
    found.push(...wrong.map((what) => `git ${command} killed at ${moment.call} ${moment.when}, ${next}: ${what}`));
  });
  process.stderr.write(`  killed git at ${moments.length} moments\n`);
  expect(found).toEqual([]);
  expect(moments.length).toBeGreaterThan(COMMANDS.length * 3);
}

async function allMoments(place: Place): Promise<{ command: string; moment: Moment }[]> {
  await using second = sleeper();
  const found: { command: string; moment: Moment }[] = [];
  for (const command of COMMANDS) {
    await restore(place);
    const env = await fatedGit(place, command, "traced");
    const ran = await pcc(place, register(second.pid), { cwd: place.at("repo"), env });
    expect(ran.stderr).toBe("");
    found.push(...(await momentsOfGit(place)).map((moment) => ({ command, moment })));
  }
  return found;
}
