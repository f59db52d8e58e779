// Disks that are full at different moments, read-only, or closed to us: small file systems of the test's own, in a mount
// namespace that is gone with its process. Root may do that as it is; anybody else becomes root of a user namespace.

import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { v } from "../../src/core/shape.ts";
import { PROGRAM } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { remainsOf } from "../support/remains.ts";
import { makeRepo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";

const INSIDE = join(import.meta.dir, "disaster-inside.ts");
const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
const TOLD = v.array(
  v.object({
    roomKib: v.number(),
    exit: v.number(),
    stdout: v.string(),
    stderr: v.string(),
    wrong: v.array(v.string()),
    sessions: v.number(),
    worktrees: v.number(),
    afterwards: v.number(),
  }),
);
const FAILED = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

/** Runs a shell script in a mount namespace of its own; `$0`, `$1`, … are `words`. */
async function inNamespace(place: Place, script: string, words: readonly string[], cwd = place.path) {
  const child = Bun.spawn(["unshare", ...NAMESPACE, "sh", "-euc", script, ...words], {
    cwd,
    env: place.env(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit: child.exitCode, stdout, stderr };
}

async function withoutRoom(scenario: string): Promise<v.InferOutput<typeof TOLD>> {
  await using place = await makePlace();
  const small = place.at("small");
  await mkdir(small);
  await mkdir(place.at("large"));
  const script = 'mount -t tmpfs -o size=6m,mode=0700 tmpfs "$3"; exec "$0" "$1" "$2" "$3" "$4"';
  const ran = await inNamespace(place, script, [process.execPath, INSIDE, scenario, small, place.at("large")]);
  if (ran.exit !== 0) throw new Error(ran.stderr);
  return v.parse(TOLD, JSON.parse(ran.stdout));
}

/** Failures come first, then successes; each failure is one of `codes`, told as JSON alone, and leaves nothing. */
function expectCleanFailures(told: v.InferOutput<typeof TOLD>, codes: readonly string[]): void {
  const failed = told.filter((one) => one.exit !== 0);
  for (const one of failed) {
    const { error } = v.parse(FAILED, JSON.parse(one.stdout));
    expect({ room: one.roomKib, exit: one.exit, known: codes.includes(error.code), code: error.code }).toEqual({
      room: one.roomKib,
      exit: 1,
      known: true,
      code: error.code,
    });
    expect({ sessions: one.sessions, worktrees: one.worktrees }).toEqual({ sessions: 1, worktrees: 0 });
    expect([error.message === "", one.stderr]).toEqual([false, ""]);
  }
  expect(told.flatMap((one) => one.wrong.map((what) => `${one.roomKib} KiB: ${what}`))).toEqual([]);
  expect(told.filter((one) => one.afterwards !== 0)).toEqual([]);
  expect([failed.length > 0, failed.length < told.length]).toEqual([true, true]);
}

const TIMEOUT_MS = 120_000;

test(
  "a worktree that finds no room leaves nothing, and is made when there is room",
  async () => {
    expectCleanFailures(await withoutRoom("worktree without room"), ["worktree.failed", "git.failed"]);
  },
  TIMEOUT_MS,
);

test(
  "a new database that finds no room is a clear error, and is made when there is room",
  async () => {
    expectCleanFailures(await withoutRoom("new database without room"), ["db.full"]);
  },
  TIMEOUT_MS,
);

test(
  "a register whose database finds no room leaves nothing, and works when there is room",
  async () => {
    expectCleanFailures(await withoutRoom("database without room"), ["db.full"]);
  },
  TIMEOUT_MS,
);

const READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$0" "$@"';

for (const words of [["register"], ["status"], ["heartbeat"], ["release"]]) {
  test(`${words} with a read-only home says so`, async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const ran = await inNamespace(place, READ_ONLY, [PROGRAM, place.home, ...words, "--json"], repo.path);
    expect(v.parse(FAILED, JSON.parse(ran.stdout)).error.code).toMatch(/^db\.(readonly|unwritable)$/);
    expect([ran.exit, ran.stderr]).toEqual([1, ""]);
  });

  test(`${words} with a read-only database that is there says so or answers`, async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await makeRepo(place);
    await registered(place, owner, { cwd: repo.path });
    const ran = await inNamespace(place, READ_ONLY, [PROGRAM, place.home, ...words, "--json"], repo.path);
    const answer: unknown = JSON.parse(ran.stdout);
    if (ran.exit === 0) expect(words).toEqual(["status"]);
    else expect(v.parse(FAILED, answer).error.code).toBe("db.readonly");
    expect(ran.stderr).toBe("");
  });
}

test("a worktree whose parent may not be written is a clear error that leaves nothing", async () => {
  await using place = await makePlace();
  await using first = sleeper();
  await using second = sleeper();
  const repo = await makeRepo(place, { name: "closed/repo" });
  await registered(place, first, { cwd: repo.path });
  const script =
    'mount --bind "$2" "$2"; mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; mount --bind "$2" "$2"; shift 2; exec "$0" "$@"';
  const command = ["register", "--repo", repo.path, "--pid", String(second.pid), "--json"];
  const words = [PROGRAM, place.at("closed"), repo.path, ...command];
  const ran = await inNamespace(place, script, words);
  expect(v.parse(FAILED, JSON.parse(ran.stdout)).error.code).toBe("worktree.unwritable");
  const { wrong, sessions } = await remainsOf(place, repo);
  expect({ wrong, sessions: sessions.length }).toEqual({ wrong: [], sessions: 1 });
});

test("a repository that may not be written is a clear error that leaves nothing", async () => {
  await using place = await makePlace();
  await using first = sleeper();
  await using second = sleeper();
  const repo = await makeRepo(place);
  await registered(place, first, { cwd: repo.path });
  const words = [PROGRAM, repo.path, "register", "--repo", repo.path, "--pid", String(second.pid), "--json"];
  const ran = await inNamespace(place, READ_ONLY, words);
  expect(v.parse(FAILED, JSON.parse(ran.stdout)).error.code).toBe("worktree.failed");
  const { wrong, sessions } = await remainsOf(place, repo);
  expect({ wrong, sessions: sessions.length }).toEqual({ wrong: [], sessions: 1 });
});
