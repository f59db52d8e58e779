// Ctrl-C and other signals at any moment of register, and a parallel-cc that dies while its git works on.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRandom } from "../support/random.ts";
import { orphansEnded, processesIn, remainsOf } from "../support/remains.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { keep, restore, shared } from "../support/stage.ts";

const TIMEOUT_MS = 120_000;
const ROUNDS = 40;

/** The program in a process group of its own, as a terminal's foreground job is. */
function startGroup(place: Place, cwd: string, words: readonly string[]) {
  return Bun.spawn([PROGRAM, ...words], {
    cwd,
    env: place.env(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
}

/** Interrupts registers at moments spread over the time that one takes; what is wrong afterwards. */
async function interrupted(signal: NodeJS.Signals, withWorktree: boolean): Promise<string[]> {
  await using first = sleeper();
  await using second = sleeper();
  await using one = await makePlace();
  await using other = await makePlace();
  const repos = new Map<Place, Repo>();
  for (const place of [one, other]) {
    const repo = await makeRepo(place, { files: 100 });
    repos.set(place, repo);
    if (withWorktree) await pcc(place, ["register", "--pid", String(first.pid)], { cwd: repo.path });
    await keep(place);
  }
  const started = performance.now();
  await pcc(one, ["register", "--pid", String(second.pid)], { cwd: one.at("repo") });
  const tookMs = performance.now() - started;
  const random = makeRandom(7);
  const found: string[] = [];
  await shared(
    [one, other],
    Array.from({ length: ROUNDS }, () => random.next()),
    async (place, when) => {
      const repo = repos.get(place);
      if (repo === undefined) throw new Error("no repository");
      await restore(place);
      const child = startGroup(place, repo.path, ["register", "--pid", String(second.pid), "--json"]);
      const timer = setTimeout(() => killGroup(child.pid, signal), when * tookMs * 1.3);
      const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      clearTimeout(timer);
      await orphansEnded(place);
      const { wrong, sessions } = await remainsOf(place, repo);
      const isThere = sessions.some((row) => row.pid === second.pid);
      const status = child.signalCode ?? child.exitCode;
      // 130 either way: by a handler of ours, or by the signal itself, which a shell tells as 130 too.
      const expected = signal === "SIGINT" ? 130 : 143;
      if (status !== 0 && status !== signal && status !== expected) wrong.push(`ended with ${status}`);
      if (status === 0 ? !isThere || stdout === "" : isThere) wrong.push(`${status}, the session is there: ${isThere}`);
      found.push(...wrong.map((what) => `after ${(when * tookMs * 1.3).toFixed(1)} ms: ${what}; ${stderr}`));
    },
  );
  return found;
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

test(
  "Ctrl-C at any moment of a first register ends it with 130 and no session, or comes too late",
  async () => {
    expect(await interrupted("SIGINT", false)).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "Ctrl-C at any moment of a register with a worktree leaves nothing of it, or comes too late",
  async () => {
    expect(await interrupted("SIGINT", true)).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "SIGTERM to the whole group at any moment leaves nothing of a worktree either",
  async () => {
    expect(await interrupted("SIGTERM", true)).toEqual([]);
  },
  TIMEOUT_MS,
);

test("a git that outlives its parallel-cc is waited for, and then taken back with all it wrote", async () => {
  await using place = await makePlace();
  await using first = sleeper();
  await using second = sleeper();
  const repo = await makeRepo(place);
  await Bun.write(`${repo.path}/.gitattributes`, "*.txt filter=slow\n");
  await repo.git("add", ".");
  await repo.git("commit", "--quiet", "-m", "attributes");
  await repo.git(
    "config",
    "filter.slow.smudge",
    `touch ${place.at("writing")}; while [ ! -e ${place.at("go")} ]; do sleep 0.01; done; cat`,
  );
  await pcc(place, ["register", "--pid", String(first.pid)], { cwd: repo.path });
  const child = startGroup(place, repo.path, ["register", "--pid", String(second.pid)]);
  await waitFor(() => existsSync(place.at("writing")), "git writes files");
  process.kill(child.pid, "SIGKILL");
  await child.exited;
  const during = await pcc(place, ["status", "--json"]);
  expect([during.exit, during.stderr]).toEqual([0, ""]);
  expect((await remainsOf(place, repo)).worktrees).toHaveLength(1);
  expect(processesIn(place.path).length).toBeGreaterThan(0);
  await Bun.write(place.at("go"), "");
  await orphansEnded(place);
  expect((await pcc(place, ["status", "--json"])).stderr).toBe("");
  const { wrong, worktrees } = await remainsOf(place, repo);
  expect({ wrong, worktrees }).toEqual({ wrong: [], worktrees: [] });
});
