// A result that cannot be delivered just now: the worktree, its head, its index and the branches are as they were, why is
// told, and the next try delivers.

import { expect, test } from "bun:test";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deliver } from "../../src/features/results/results.ts";
import { fatedGit, momentsOfGit } from "../support/strace.ts";
import { testWorld } from "../support/world.ts";
import { makeRun, type Run, standing } from "./results-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", "e.txt": "e\n" };
const WORK = `echo one >>a.txt; git commit -qam one; git rm -q b.txt; mkdir b.txt n; echo in >b.txt/in; echo n >n/n.txt
  rm -r dir; ln -s a.txt dir; chmod +x e.txt; head -c 300000 /dev/urandom >large`;

async function stateOf(run: Run) {
  return {
    files: await standing(run.worktree),
    status: await run.gitAt(run.worktree, "status", "--porcelain", "--branch"),
    head: await run.gitAt(run.worktree, "rev-parse", "HEAD"),
    branches: await run.repo.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"),
  };
}

async function worked(): Promise<Run> {
  const run = await makeRun({ files: FILES });
  await run.claude(WORK);
  return run;
}

async function expectDelivered(run: Run): Promise<void> {
  expect(await run.deliver({ branch: "home" })).toMatchObject({ form: "branch", left: [] });
  expect(await run.gitAt(run.worktree, "status", "--porcelain", "--branch")).toBe("## home");
  expect(await standing(run.worktree)).toEqual(await standing(run.sandbox.places.workspace));
}

test.concurrent.each([
  ["its index", ".git/worktrees/run/index.lock"],
  ["its head", ".git/worktrees/run/HEAD.lock"],
  ["the branch", ".git/refs/heads/home.lock"],
])("a lock of %s that stays is told of, and nothing has changed", async (_, lock) => {
  await using run = await worked();
  const before = await stateOf(run);
  await writeFile(join(run.repo.path, lock), "");
  expect(await run.deliver({ branch: "home" }).catch((thrown: unknown) => thrown)).toMatchObject({
    code: "results.locked",
    message: expect.stringContaining(lock),
  });
  await rm(join(run.repo.path, lock));
  expect(await stateOf(run)).toEqual(before);
  await expectDelivered(run);
});

test.concurrent("a lock that goes in time is waited for", async () => {
  await using run = await worked();
  const lock = join(run.repo.path, ".git/worktrees/run/index.lock");
  await writeFile(lock, "");
  const { world } = run;
  const sleep = async (ms: number) => {
    await rm(lock, { force: true });
    await world.sleep(ms);
  };
  const replayed = await run.replay();
  const asked = { worktree: run.worktree, replayed, branch: "home", message: "m\n" };
  const delivered = await deliver({ git: world.git, startPiped: world.startPiped, env: world.env, sleep }, asked);
  expect(delivered).toMatchObject({ form: "branch" });
  expect(await run.gitAt(run.worktree, "status", "--porcelain", "--branch")).toBe("## home");
});

/** A git that at this command does what it is asked, leaves a file too short and says so many times that there is no room. */
async function fullAt(run: Run, command: string, times: number) {
  const programs = run.place.at("programs");
  await mkdir(programs);
  const real = Bun.which("git", { PATH: run.place.env()["PATH"] ?? "" });
  const script = `#!/bin/sh
    case "$*" in *"${command}"*)
      echo >>${programs}/times
      if [ "$(wc -l <${programs}/times)" -le ${times} ]; then
        ${real} "$@"
        head -c 1000 ${run.worktree}/large >${programs}/part
        cat ${programs}/part >${run.worktree}/large
        echo 'error: unable to write${command.includes("reset") ? ": No space left on device" : " file large"}' >&2
        exit 128
      fi;;
    esac
    exec ${real} "$@"\n`;
  await writeFile(join(programs, "git"), script);
  await chmod(join(programs, "git"), 0o755);
  return testWorld(run.place, { path: [programs] });
}

test.concurrent.each([
  ["read-tree -m -u", undefined, 1],
  ["read-tree -m -u", "home", 1],
  ["read-tree --reset", "home", 3],
])("no room at git %s (branch: %s): it is put back, and told", async (command, branch, times) => {
  await using run = await worked();
  const before = await stateOf(run);
  const replayed = await run.replay();
  await using world = await fullAt(run, command, times);
  const trying = deliver(world, { worktree: run.worktree, replayed, branch, message: "m\n" });
  expect(await trying.catch((thrown: unknown) => thrown)).toMatchObject({ code: "disk.full", kind: "unavailable" });
  expect(await stateOf(run)).toEqual(before);
  await expectDelivered(run);
});

test.concurrent("until its index is right the head of the worktree is where it was, wherever git is killed", async () => {
  await using run = await worked();
  const replayed = await run.replay();
  const before = await run.gitAt(run.worktree, "symbolic-ref", "HEAD").catch(() => "detached");
  const input = { worktree: run.worktree, replayed, branch: "home", message: "m\n" };
  await using traced = testWorld(run.place, { env: await fatedGit(run.place, "read-tree --reset", "traced") });
  await deliver(traced, input);
  await run.gitAt(run.worktree, "checkout", "-q", "--force", "--detach", run.base);
  await run.repo.git("branch", "-qD", "home");
  const moments = await momentsOfGit(run.place);
  const moment = moments[0];
  if (moment === undefined) throw new Error("git did nothing");
  await using fated = testWorld(run.place, {
    env: await fatedGit(run.place, "read-tree --reset", { moment, takes: "git" }),
  });
  await deliver(fated, input).catch(() => undefined);
  expect(await run.gitAt(run.worktree, "symbolic-ref", "HEAD").catch(() => "detached")).toBe(before);
});

test.concurrent("the branch is made also where the worktree is its user's by now, or gone; again it is the same", async () => {
  await using run = await worked();
  const replayed = await run.replay();
  await writeFile(join(run.worktree, "mine.txt"), "mine\n");
  await run.gitAt(run.worktree, "add", "mine.txt");
  await run.gitAt(run.worktree, "commit", "-qm", "Mine");
  const mine = await standing(run.worktree);
  const asked = { replayed, branch: "home", repository: join(run.repo.path, ".git") };
  const delivered = await run.deliver(asked);
  const why = "the worktree stands at another commit than it was made from";
  expect(delivered).toMatchObject({ form: "ref", branch: "home", why });
  expect(await standing(run.worktree)).toEqual(mine);
  expect(await run.repo.git("show", "home:b.txt/in")).toBe("in");
  await rm(run.worktree, { recursive: true });
  const gone = { why: "the worktree is not there any more", left: [] };
  expect(await run.deliver(asked)).toEqual({ ...delivered, ...gone });
  const other = await run.deliver({ ...asked, repository: undefined });
  expect(other).toEqual({ form: "ref", ...gone, branch: null, commit: null });
});

test.concurrent("a branch of that name that another one made meanwhile is told, and nothing is touched", async () => {
  await using run = await worked();
  await run.repo.git("branch", "home");
  const before = await stateOf(run);
  expect(await run.deliver({ branch: "home" }).catch((thrown: unknown) => thrown)).toMatchObject({
    code: "results.branch-exists",
  });
  expect(await stateOf(run)).toEqual(before);
});
