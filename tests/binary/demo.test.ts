// `parallel-cc demo` as a newcomer types it: what it tells is so, and whatever happens to it, nothing of it stays.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { README, withoutIds } from "../../scripts/dev/docs.ts";
import { v } from "../../src/core/shape.ts";
import { operations } from "../../src/features/demo/operations.ts";
import { PROGRAM, parseAnswer, pcc, pccJson } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { makeRandom } from "../support/random.ts";
import { runGit } from "../support/repo.ts";

const TIMEOUT_MS = 120_000;

/** Processes that were started in this place, or by what was. */
function processesOf(place: Place): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(place.path);
    } catch {
      return false; // It ended meanwhile.
    }
  });
}

function expectNothingLeft(place: Place): void {
  expect({ tmp: readdirSync(place.tmp), home: readdirSync(place.home), processes: processesOf(place) }).toEqual({
    ...{ tmp: [], home: [], processes: [] },
  });
}

describe("the story", () => {
  test("is told in under 20 lines of 80 columns, as in the README, ends with what to type, and leaves nothing", async () => {
    await using place = await makePlace();
    const ran = await pcc(place, ["demo"]);
    expect([ran.exit, ran.stderr]).toEqual([0, ""]);
    const lines = ran.stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThan(20);
    expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
    expect(lines.at(-1)).toBe("  claude-parallel");
    expectNothingLeft(place);
    expect(await Bun.file(README).text()).toContain(`\n$ parallel-cc demo\n${withoutIds(ran.stdout)}\`\`\`\n`);
  });

  test("is the same for two at once, each with its own end", async () => {
    await using place = await makePlace();
    const [one, other] = await Promise.all([pcc(place, ["demo"]), pcc(place, ["demo"])]);
    expect([one.exit, other.exit]).toEqual([0, 0]);
    expect(one.stdout).not.toBe(other.stdout);
    expect(withoutIds(one.stdout)).toBe(withoutIds(other.stdout));
    expectNothingLeft(place);
  });

  test("is the same whatever its user has told git, parallel-cc and the shell", async () => {
    await using place = await makePlace();
    const hook = place.at("hooks", "hooks", "post-checkout");
    await mkdir(place.at("hooks", "hooks"), { recursive: true });
    await writeFile(hook, `#!/bin/sh\ntouch ${place.at("hook-ran")}\nexit 1\n`);
    await chmod(hook, 0o755);
    const settings = place.at("settings");
    await writeFile(
      settings,
      `[core]\n\thooksPath = ${place.at("hooks", "hooks")}\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n[user]\n\tuseConfigOnly = true\n[diff]\n\texternal = false\n\tnoprefix = true\n`,
    );
    const env = {
      ...{ GIT_CONFIG_GLOBAL: settings, GIT_TEMPLATE_DIR: place.at("hooks"), GIT_DIR: "/nowhere", GIT_EDITOR: "false" },
      ...{ GIT_AUTHOR_NAME: undefined, GIT_AUTHOR_EMAIL: undefined, GIT_COMMITTER_NAME: undefined },
      ...{ PARALLEL_CC_HOME: place.at("data"), PARALLEL_CC_SESSION_ID: "x", PARALLEL_CC_LOG_LEVEL: "debug" },
      ...{ CDPATH: place.path, ENV: place.at("none"), LC_ALL: "de_DE.UTF-8" },
    };
    const plain = await pcc(place, ["demo"]);
    const ran = await pcc(place, ["demo"], { env });
    expect({ ...ran, stdout: withoutIds(ran.stdout) }).toEqual({ ...plain, stdout: withoutIds(plain.stdout) });
    expect([existsSync(place.at("hook-ran")), existsSync(place.at("data"))]).toEqual([false, false]);
    expectNothingLeft(place);
  });

  test("needs git alone on PATH, and neither a home nor a reader", async () => {
    await using place = await makePlace();
    await mkdir(place.at("only-git"));
    await symlink(Bun.which("git") ?? "/usr/bin/git", place.at("only-git", "git"));
    const env = { PATH: place.at("only-git"), HOME: undefined, SHELL: undefined, LOGNAME: undefined, USER: undefined };
    expect(await pcc(place, ["demo"], { env })).toMatchObject({ exit: 0, stderr: "" });
    const script = '"$0" demo | { read -r line && echo "$line"; }';
    const child = Bun.spawn(["/bin/sh", "-c", script, PROGRAM], { cwd: place.path, env: place.env(), stdout: "pipe" });
    expect((await child.stdout.text()).split("\n")).toHaveLength(2);
    await waitFor(() => processesOf(place).length === 0, "the demo ends");
    expectNothingLeft(place);
  });
});

const [operation] = operations;
const FACTS = v.object({
  start: v.object({ agents: v.array(v.object({ name: v.string(), pid: v.number(), checkout: v.string() })) }),
  crash: v.object({ agent: v.string(), signal: v.string() }),
  finish: v.object({ ended: v.array(v.object({ agent: v.string(), commits: v.number() })) }),
  land: v.object({ branch: v.string(), commit: v.string(), isMergedForGit: v.boolean() }),
  cleanup: v.object({
    sessionsEnded: v.number(),
    removed: v.array(v.object({ path: v.string(), verdict: v.string(), undo: v.string() })),
    kept: v.array(v.object({ path: v.string(), why: v.array(v.string()) })),
  }),
});
const KEPT = v.object({
  keptIn: v.object({ directory: v.string(), repository: v.string(), dataDirectory: v.string() }),
  steps: v.array(v.object({ step: v.string(), facts: v.unknown() })),
});

describe("the facts of --json, looked at in a place that is kept, are so:", () => {
  async function kept(place: Place) {
    const answer = await pccJson(place, ["demo", "--keep"]);
    expect(v.is(operation?.output() ?? v.never(), answer)).toBe(true);
    const { keptIn, steps } = v.parse(KEPT, answer);
    const facts = v.parse(FACTS, Object.fromEntries(steps.map(({ step, facts: found }) => [step, found])));
    const git = (...args: string[]) => runGit(args, { cwd: keptIn.repository, env: place.env() });
    return { ...keptIn, facts, git };
  }

  test("the squashed commit is on main, the crashed worktree is there with its change, the landed one is gone", async () => {
    await using place = await makePlace();
    const { directory, facts, git } = await kept(place);
    expect(readdirSync(place.tmp)).toEqual([directory.slice(place.tmp.length + 1)]);
    const { start, crash, finish, land, cleanup } = facts;
    expect(await git("rev-parse", "main")).toBe(land.commit);
    expect(await git("show", "--format=", "--name-only", land.commit)).toBe("search_test.py\nshop.py");
    expect(await git("log", "--format=%s", "main")).toContain("Ask who logs in");
    expect(finish.ended).toEqual([
      { agent: "login", commits: 1 },
      { agent: "search", commits: 2 },
    ]);
    expect(land.isMergedForGit).toBe(false);
    expect(await git("branch", "--list", land.branch)).toBe("");
    const [removed, ...others] = cleanup.removed;
    expect([removed?.verdict, existsSync(removed?.path ?? place.path), others]).toEqual(["squashed", false, []]);
    const crashed = start.agents.find(({ name }) => name === crash.agent);
    expect([crash.signal, cleanup.sessionsEnded]).toEqual(["SIGKILL", 1]);
    expect(cleanup.kept).toEqual([{ path: crashed?.checkout ?? "", why: ["1 uncommitted file: shop.py"] }]);
    expect(await Bun.file(join(crashed?.checkout ?? "", "shop.py")).text()).toContain("return PRICES[item]");
    expect(start.agents.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);
  });

  test("undo brings the landed worktree back, with its branch", async () => {
    await using place = await makePlace();
    const { facts, git, repository, dataDirectory } = await kept(place);
    const [removed] = facts.cleanup.removed;
    const env = { PARALLEL_CC_HOME: dataDirectory };
    const ran = await pcc(place, ["undo", removed?.undo ?? ""], { cwd: repository, env });
    expect([ran.exit, ran.stderr]).toEqual([0, ""]);
    expect(existsSync(join(removed?.path ?? "", "search_test.py"))).toBe(true);
    expect(await git("rev-list", "--count", `main..${facts.land.branch}`)).toBe("2");
  });
});

describe("ended early,", () => {
  async function ended(moments: readonly number[], end: (pid: number) => void, judge: (place: Place) => Promise<void>) {
    await using place = await makePlace();
    for (const afterMs of moments) {
      const child = Bun.spawn([PROGRAM, "demo"], {
        cwd: place.path,
        env: place.env(),
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      });
      const timer = setTimeout(() => end(child.pid), afterMs);
      await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      clearTimeout(timer);
      expect(child.signalCode ?? child.exitCode).toBeOneOf([0, "SIGINT", 130, "SIGTERM", 143, "SIGKILL"]);
      await judge(place);
    }
  }
  const random = makeRandom(4);
  const moments = Array.from({ length: 12 }, (_, i) => (i + random.next()) * 75);
  const send = (signal: NodeJS.Signals) => (pid: number) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended already.
    }
  };

  test.each(["SIGINT", "SIGTERM"] as const)(
    "by %s at any moment, it leaves nothing",
    (signal) => ended(moments, send(signal), async (place) => expectNothingLeft(place)),
    TIMEOUT_MS,
  );

  test("by Ctrl-C pressed twice, it leaves nothing", () => {
    const twice = (pid: number) => {
      send("SIGINT")(pid);
      send("SIGINT")(pid);
    };
    return ended([60, 300, 500], twice, async (place) => expectNothingLeft(place));
  });

  test(
    "by SIGKILL at any moment, it leaves at most a directory, and no process",
    () =>
      ended(moments, send("SIGKILL"), async (place) => {
        await waitFor(() => processesOf(place).length === 0, "its agents end");
        expect(readdirSync(place.home)).toEqual([]);
        expect(readdirSync(place.tmp).filter((name) => !name.startsWith("parallel-cc-demo-"))).toEqual([]);
      }),
    TIMEOUT_MS,
  );
});

describe("it says clearly", () => {
  const FAILED = v.object({ error: v.object({ code: v.string(), message: v.string(), hint: v.string() }) });

  test.each([
    ["that git is missing", { PATH: "/nowhere" }, "git.missing", "git was not found on PATH."],
    ["that TMPDIR is not there", { TMPDIR: "/nowhere/at all" }, "demo.no-place", "cannot write to /nowhere/at all:"],
    ["that TMPDIR is no directory", { TMPDIR: "/dev/null" }, "demo.no-place", "cannot write to /dev/null:"],
  ])("%s", async (_, env, code, message) => {
    await using place = await makePlace();
    const ran = await pcc(place, ["demo", "--json"], { env });
    const { error } = v.parse(FAILED, parseAnswer(ran));
    expect([ran.exit, ran.stderr, error.code]).toEqual([1, "", code]);
    expect(error.message).toContain(message);
    expect((await pcc(place, ["demo"], { env })).stdout).toBe("");
    expectNothingLeft(place);
  });
});
