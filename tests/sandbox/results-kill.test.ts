// Killed at any moment and begun again, the way home ends where it would have ended. KILL_POINTS=all takes every git that
// the script inside starts.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deliver, gather } from "../../src/features/results/results.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";
import { fatedGit, momentsOfGit } from "../support/strace.ts";
import { testWorld } from "../support/world.ts";
import type { DriverInput } from "./results-driver.ts";
import { IDENTITY, makeRun, type Run, standing } from "./results-scene.ts";

const FILES = {
  "a.txt": "a\n",
  "b.txt": "b\n",
  "dir/c.txt": "c\n",
  ".gitattributes": "*.big filter=big\n",
  "old.big": "OLD\n",
};
const WORK = `echo one >>a.txt; git commit -qam one; echo new >new.big; echo newer >old.big; git add .; git commit -qm big
  git checkout -qb side HEAD~1; echo s >s.txt; git add .; git commit -qm side; git checkout -q --detach work
  echo l >l.txt; git add .; git commit -qm lost; git checkout -q work; git tag -am words tag; git worktree add -q ../run/beside; echo n >../run/beside/n
  git rm -q b.txt; mkdir b.txt; echo in >b.txt/in; rm -r dir; ln -s a.txt dir; chmod +x a.txt; echo u >u.txt`;

/** A git that kills whoever started it instead of being git, the `when`th time. */
async function killingGit(run: Run, { folder, when }: { folder: string; when: number }): Promise<string> {
  const programs = run.place.at(folder);
  await mkdir(programs, { recursive: true });
  const real = Bun.which("git", { PATH: run.place.env()["PATH"] ?? "" });
  await writeFile(join(programs, "count"), "0\n");
  const script = `#!/bin/sh
    read -r n <${programs}/count
    echo $((n + 1)) >${programs}/count
    if [ "$n" -eq ${when} ]; then kill -KILL $PPID; exit 1; fi
    exec ${real} "$@"\n`;
  await writeFile(join(programs, "git"), script);
  await chmod(join(programs, "git"), 0o755);
  return programs;
}

async function drive(run: Run, programs: Pick<DriverInput, "programs" | "inside">): Promise<string> {
  const input: DriverInput = {
    ...programs,
    path: run.place.path,
    base: run.base,
    sent: run.sent.commit,
    branch: "home",
  };
  const command = [process.execPath, join(import.meta.dir, "results-driver.ts"), JSON.stringify(input)];
  const child = Bun.spawn(command, { cwd: run.place.path, env: run.place.env(), stdout: "ignore", stderr: "pipe" });
  const stderr = await child.stderr.text();
  await child.exited;
  return child.signalCode === null ? `${child.exitCode}${stderr}` : String(child.signalCode);
}

async function makeFiltered(): Promise<Run> {
  const run = await makeRun({ files: FILES });
  await run.repo.git("config", "filter.big.clean", "tr a-z A-Z");
  await run.claude(WORK);
  return run;
}

/** All that is to be the same, however it came about. */
async function endOf(run: Run) {
  return {
    log: await run.repo.git("log", "--format=%T %P %an %s", "--name-only", `${run.base}..home~1`),
    last: await run.repo.git("log", "-1", "--format=%T %an %B", "home"),
    side: await run.repo.git(
      "log",
      "--format=%T %an %s",
      `${run.base}..refs/parallel-cc/sandbox-more/run-1/branch/side`,
    ),
    refs: await run.repo.git("for-each-ref", "--format=%(refname)"),
    status: await run.gitAt(run.worktree, "status", "--porcelain", "--branch"),
    files: await standing(run.worktree),
    beside: (await readdir(run.place.at("data"))).sort(),
    faults: await run.repo.git("fsck", "--no-dangling"),
  };
}

async function undisturbed() {
  await using run = await makeFiltered();
  expect(await drive(run, { programs: [], inside: [] })).toBe("0");
  return await endOf(run);
}

describe("the driver killed before each git that it starts,", () => {
  test("and started again each time, ends at the same", async () => {
    const expected = await undisturbed();
    expect(expected.beside).toEqual(["store.git"]);
    await using run = await makeFiltered();
    let ended = "SIGKILL";
    for (let when = 0; ended === "SIGKILL"; when++) {
      ended = await drive(run, { programs: [await killingGit(run, { folder: "programs", when })], inside: [] });
    }
    expect(ended).toBe("0");
    expect(await endOf(run)).toEqual(expected);
  }, 180_000);
});

test("the script inside killed at each git that it starts says so, or brings all there is", async () => {
  await using run = await makeFiltered();
  const whole = { ...(await run.gather()), isUnchanged: true };
  const stride = process.env["KILL_POINTS"] === "all" ? 1 : 4;
  let isHit = true;
  for (let when = 0; isHit; when += stride) {
    const programs = await killingGit(run, { folder: "inside", when });
    const sandbox = await plainSandbox(run.place, { path: [programs] });
    const asked = { store: run.store, sent: run.sent.commit, identity: IDENTITY, message: "Native execution: do it" };
    const came = await gather(run.world, sandbox, { runId: "run-1", ...asked }).catch((thrown: unknown) => {
      expect(thrown).toMatchObject({ code: expect.stringMatching(/^results\.(unreadable|garbled)$/) });
    });
    if (came !== undefined) expect({ ...came, isUnchanged: true, bundleBytes: whole.bundleBytes }).toEqual(whole);
    isHit = Number(await Bun.file(`${programs}/count`).text()) > when;
  }
  expect(await run.gather()).toEqual(whole);
}, 120_000);

describe("git killed while it", () => {
  test.each(["read-tree -m", "update-ref", "read-tree --reset", "symbolic-ref"])(
    "does its %s: delivery again ends at the same",
    async (command) => {
      await using run = await makeFiltered();
      const replayed = await run.replay();
      const message = "delivered";
      const input = { worktree: run.worktree, replayed, branch: "home", message };
      const back = async () => {
        await run.gitAt(run.worktree, "checkout", "-q", "--force", "--detach", run.base);
        await run.gitAt(run.worktree, "clean", "-fdq");
        await run.repo.git("update-ref", "-d", "refs/heads/home");
      };
      const fated = async (fate: Parameters<typeof fatedGit>[2]) =>
        testWorld(run.place, { env: await fatedGit(run.place, command, fate) });
      expect(await deliver(await fated("traced"), input)).toMatchObject({ form: "branch" });
      const expected = await endOf(run);
      const moments = await momentsOfGit(run.place);
      expect(moments.length).toBeGreaterThan(2);
      const some = moments.filter((_, index) => index % Math.ceil(moments.length / 12) === 0);
      for (const moment of some) {
        await back();
        await deliver(await fated({ moment, takes: "git" }), input).catch(() => undefined);
        // git asks its user to remove what a killed one has left.
        await Bun.$`find ${run.repo.path}/.git -name '*.lock' -delete`.quiet();
        expect(await run.deliver({ ...input })).toMatchObject({ form: "branch", left: [] });
        expect(await endOf(run)).toEqual(expected);
      }
    },
    120_000,
  );
});
