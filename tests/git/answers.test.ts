// Every operation, run once on a real repository: what it answers is what its schema promises, and people can be told
// of it. An operation without a story here fails.

import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { PLAIN } from "../../src/cli/terminal.ts";
import type { AnyOperation } from "../../src/core/operation.ts";
import { v } from "../../src/core/shape.ts";
import { allOperations } from "../../src/registry.ts";
import type { World } from "../../src/world.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

interface Scene {
  /** Two processes that sessions can live by. */
  pids: readonly [number, number];
  /** Ends the second of them. */
  endSecond(): Promise<void>;
  /** In the main checkout. */
  git(...words: string[]): Promise<string>;
  /** Runs an operation, judges its answer and gives it; in the main checkout, or in the second session's worktree. */
  run(name: string, input: unknown, where?: "second"): Promise<unknown>;
}

/** What sandboxes run: it is done at once, and has changed a file. */
const CLAUDE = `#!/bin/sh
[ "$1" = --version ] && exec echo '2.1.328 (Claude Code)'
echo changed >file-0.txt
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done\\u001b[31m?","total_cost_usd":0.1}'
`;

/** Runs the operation it is about, in the states that make its answers differ. */
type Story = (scene: Scene) => Promise<void>;

const twoSessions = async ({ pids, run }: Scene): Promise<void> => {
  await run("sessions.register", { pid: pids[0] });
  await run("sessions.register", { pid: pids[1], name: "auth backend" });
};

/** What the second session has on a branch with an odd name. */
const landOdd = async ({ git }: Scene): Promise<void> => {
  const worktree = SECOND_WORKTREE;
  await git("-C", worktree, "checkout", "--quiet", "-b", "odd\u202e");
  await git("-C", worktree, "mv", "file-0.txt", "moved.txt");
  await git("-C", worktree, "commit", "--quiet", "-m", "Move it");
  await git("merge", "--quiet", "--no-ff", "-m", "Merge it", "odd\u202e");
};

const SECOND_WORKTREE = "../repo-worktrees/parallel-auth-backend-00000002";
const SECOND = "00000002-0000-4000-8000-000000000000";

const leftWorktrees = async (scene: Scene): Promise<void> => {
  await twoSessions(scene);
  await scene.endSecond();
};

/** The second session and `main` change the same line, each with a commit of an odd name. */
const changeBoth = async ({ git }: Scene): Promise<void> => {
  const commit = '!f() { echo "$1" >file-0.txt && git commit --quiet --all -m "odd \u202e $1"; }; f';
  for (const [directory, word] of [
    [SECOND_WORKTREE, "one"],
    [".", "other"],
  ] as const) {
    await git("-C", directory, "-c", `alias.change=${commit}`, "change", word);
  }
};

const STORIES: Readonly<Record<string, Story>> = {
  "sessions.register": async (scene) => {
    await twoSessions(scene);
    await scene.run("sessions.register", { pid: scene.pids[1] });
    await scene.run("sessions.register", { pid: process.pid, noWorktree: true, shell: true });
  },
  "sessions.release": async (scene) => {
    await twoSessions(scene);
    for (const pid of [...scene.pids, scene.pids[1]]) await scene.run("sessions.release", { pid });
  },
  "sessions.heartbeat": async (scene) => {
    await scene.run("sessions.heartbeat", { sessionId: "unknown" });
    await twoSessions(scene);
    await scene.run("sessions.heartbeat", { pid: scene.pids[1], claudePid: process.pid });
  },
  "sessions.status": async (scene) => {
    await scene.run("sessions.status", {});
    await twoSessions(scene);
    await scene.run("sessions.status", { repo: "." });
    await scene.run("sessions.release", { pid: scene.pids[1] });
    await scene.run("sessions.status", {});
    await scene.run("sessions.status", { sandboxOnly: true });
  },
  "radar.scan": async (scene) => {
    await scene.run("radar.scan", {});
    await twoSessions(scene);
    await scene.run("radar.scan", {});
    await scene.run("radar.scan", { repo: ".", unattended: true });
  },
  "conflicts.check": async (scene) => {
    await twoSessions(scene);
    await scene.run("conflicts.check", { branch: "parallel-auth-backend-00000002" });
    await changeBoth(scene);
    await scene.run("conflicts.check", { branch: "parallel-auth-backend-00000002", target: "main", exitCode: true });
  },
  "rebase.run": async (scene) => {
    await twoSessions(scene);
    await scene.run("rebase.run", { check: true }, "second");
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "empty");
    await scene.run("rebase.run", { check: true }, "second");
    await scene.run("rebase.run", {}, "second");
    await changeBoth(scene);
    await scene.run("rebase.run", { target: "main" }, "second");
    await scene.run("rebase.run", { stop: true }, "second");
  },
  "rebase.undo": async (scene) => {
    await twoSessions(scene);
    await scene.git("commit", "--quiet", "--allow-empty", "-m", "empty");
    await scene.run("rebase.run", { autostash: true }, "second");
    await scene.run("rebase.undo", {}, "second");
    const again = v.object({ undoId: v.string() });
    const { undoId } = v.parse(again, await scene.run("rebase.run", {}, "second"));
    await scene.run("removals.undo", { list: true });
    await scene.run("removals.undo", { id: undoId });
  },
  "watch.sessions": async (scene) => {
    await twoSessions(scene);
    await scene.run("watch.sessions", {});
  },
  "watch.merges": async (scene) => {
    await scene.run("watch.merges", { once: true });
    await twoSessions(scene);
    await landOdd(scene);
    await scene.run("watch.merges", { once: true });
    await scene.run("watch.merges", { once: true, unattended: true });
  },
  "arrivals.list": async (scene) => {
    await scene.run("arrivals.list", {});
    await scene.run("arrivals.list", { subscriptions: true });
    await twoSessions(scene);
    await landOdd(scene);
    await scene.run("watch.merges", { once: true });
    await scene.run("arrivals.list", { limit: 1 });
    await scene.run("arrivals.list", { repo: ".", branch: "main" });
  },
  "hooks.answer": async (scene) => {
    await scene.run("hooks.answer", { event: "Stop" });
    await scene.run("hooks.answer", { event: "SessionStart" });
    await twoSessions(scene);
    await scene.run("hooks.answer", { event: "SessionStart" });
  },
  "hooks.status-line": async (scene) => {
    await scene.run("hooks.status-line", {});
    await scene.run("sessions.register", { pid: scene.pids[0] });
    await scene.run("hooks.status-line", {});
  },
  "mcp.serve": async (scene) => {
    await scene.run("mcp.serve", {});
  },
  "leases.env": async (scene) => {
    await scene.run("sessions.register", { pid: scene.pids[0] });
    await scene.run("leases.env", {});
    await scene.run("leases.env", { pid: scene.pids[0], shell: true });
  },
  "claims.list": async (scene) => {
    await scene.run("claims.list", {});
    await twoSessions(scene);
    await scene.run("claims.claim", { paths: ["a.ts", "src/*.ts"], reason: "a new\u001b form" });
    await scene.run("claims.list", { all: true });
    await scene.run("claims.list", { file: "src/", session: "auth backend" });
  },
  "claims.claim": async (scene) => {
    await twoSessions(scene);
    await scene.run("claims.claim", { paths: ["a.ts"], mode: "exclusive", ttlHours: 1 });
    await scene.run("claims.claim", { paths: ["a.ts"], sessionId: SECOND });
  },
  "claims.release": async (scene) => {
    await twoSessions(scene);
    await scene.run("claims.claim", { paths: ["a.ts", "b.ts"] });
    await scene.run("claims.release", { paths: ["a.ts"] });
    await scene.run("claims.release", { paths: ["b.ts"], sessionId: SECOND, force: true });
    await scene.run("claims.release", { all: true });
  },
  "claims.check": async (scene) => {
    await scene.run("claims.check", { paths: ["a.ts"] });
    await twoSessions(scene);
    await scene.run("claims.claim", { paths: ["a.ts"], sessionId: SECOND });
    await scene.run("claims.check", { paths: ["*.ts"], exitCode: true });
    await scene.run("claims.check", { staged: true });
  },
  "messages.list": async (scene) => {
    await twoSessions(scene);
    await scene.run("messages.list", {});
    await scene.run("messages.send", { to: "all", message: ["first\r\nsecond\u001b[31m", "line"], sessionId: SECOND });
    await scene.run("messages.send", { to: "all", message: ["an answer\u2028"] });
    await scene.run("messages.list", {});
    await scene.run("messages.list", { limit: 1, sessionId: SECOND });
  },
  "messages.read": async (scene) => {
    await twoSessions(scene);
    await scene.run("messages.send", { to: "auth backend", message: ["look at a\tb"] });
    for (let times = 0; times < 2; times++) await scene.run("messages.read", { sessionId: SECOND });
  },
  "messages.send": async (scene) => {
    await scene.run("messages.send", { to: "all", message: ["nobody"] });
    await twoSessions(scene);
    await scene.run("messages.send", { to: "all", message: ["both"] });
    await scene.run("messages.send", { to: "auth backend", message: ["one"] });
  },
  "notes.read": async (scene) => {
    await scene.run("notes.read", {});
    await scene.run("notes.add", { note: ["by nobody,\n\u001b]8;;x\u0007", "in words"] });
    await scene.run("notes.add", { note: ["another"] });
    await scene.run("notes.read", { limit: 1 });
    await scene.run("notes.read", { search: "WORDS by" });
    await scene.run("notes.read", { search: "absent" });
  },
  "notes.add": async (scene) => {
    await scene.run("notes.add", { note: ["one\u001b"] });
    await scene.run("notes.add", { note: ["another"], replaces: "00000001" });
  },
  "notes.remove": async (scene) => {
    await scene.run("notes.add", { note: ["one\u001b"] });
    await scene.run("notes.remove", { note: "00000001" });
  },
  "cleanup.run": async (scene) => {
    await scene.run("cleanup.run", { dryRun: true, explain: true });
    await leftWorktrees(scene);
    await scene.run("cleanup.run", { dryRun: true });
    await scene.run("cleanup.run", { dryRun: true, explain: true });
    await scene.run("cleanup.run", { repo: "." });
    await scene.run("cleanup.run", { unattended: true });
  },
  "worktrees.list": async (scene) => {
    await scene.run("worktrees.list", {});
    await leftWorktrees(scene);
    await scene.run("worktrees.list", { repo: "." });
  },
  "worktrees.remove": async (scene) => {
    await leftWorktrees(scene);
    await scene.run("worktrees.remove", { worktree: ["parallel-auth-backend-00000002"], force: true });
  },
  "worktrees.setup": async (scene) => {
    await leftWorktrees(scene);
    await scene.run("config.set", { key: "worktree.postCreate", value: ["echo made > made.txt"] });
    await scene.run("worktrees.setup", { worktree: "parallel-auth-backend-00000002" });
  },
  "worktrees.resume": async (scene) => {
    await leftWorktrees(scene);
    await scene.run("worktrees.resume", { worktree: "parallel-auth-backend-00000002" });
  },
  "removals.undo": async (scene) => {
    await scene.run("removals.undo", { list: true });
    await leftWorktrees(scene);
    await scene.run("worktrees.remove", { worktree: ["parallel-auth-backend-00000002"], force: true });
    await scene.run("removals.undo", { list: true });
    await scene.run("removals.undo", {});
    await scene.run("removals.undo", { list: true });
  },
  "config.list": async (scene) => {
    await scene.run("config.list", {});
    await scene.run("config.set", { key: "worktree.postCreate", value: ["npm ci", "npm run build"] });
    await scene.run("config.list", {});
  },
  "config.get": async (scene) => {
    await scene.run("config.get", { key: "worktree.base" });
    await scene.run("config.get", { key: "cleanup.auto" });
  },
  "config.set": async (scene) => {
    await scene.run("config.set", { key: "worktree.ports", value: ["2"] });
    await scene.run("config.set", { key: "worktree.copyFiles", value: [".env,.npmrc"], repo: true });
  },
  "config.unset": async (scene) => {
    await scene.run("config.unset", { key: "worktree.base" });
    await scene.run("config.set", { key: "worktree.base", value: ["main"] });
    await scene.run("config.unset", { key: "worktree.base", global: true });
    await scene.run("config.unset", { key: "cleanup.keepDays" });
  },
  "config.trust": async (scene) => {
    await scene.run("config.trust", {});
    await scene.run("config.set", { key: "worktree.preRemove", value: ["true"], repo: true });
    await scene.run("config.trust", {});
    await scene.run("config.trust", { revoke: true });
    await scene.run("config.trust", { yes: true });
  },
  "merges.check": async (scene) => {
    await twoSessions(scene);
    await scene.run("merges.check", { branch: "parallel-auth-backend-00000002" });
    await scene.run("merges.check", { branch: "parallel-auth-backend-00000002", target: "main", fork: "main" });
  },
  "completions.print": async (scene) => {
    for (const shell of ["bash", "zsh", "fish"]) await scene.run("completions.print", { shell });
  },
  "install.run": async ({ run }) => {
    await run("install.run", { status: true });
    await run("install.run", { all: true, statusline: true });
    await run("install.run", { local: true, gitignore: true, guard: true });
    await run("install.run", { plugin: true });
    await run("install.run", { status: true, repo: "." });
    await run("install.run", { uninstall: true, mcp: true });
    await run("install.run", { uninstall: true, purge: true });
  },
  "doctor.examine": async ({ run }) => {
    await run("doctor.examine", {});
    await run("doctor.examine", { sandbox: true });
  },
  "demo.play": async ({ run }) => {
    await run("demo.play", {});
  },
  "providers.keep": async ({ git, run }) => {
    const limits = { memoryBytes: 1024 ** 3, processes: 100 };
    const of = { runId: "of-a-run", createdAt: "2030-01-01T00:00:00Z", hosts: [], objects: [], limits, isWeak: false };
    const write = '!f() { mkdir ../kept00000000 && printf %s "$1" >../kept00000000/sandbox.json; }; f';
    // Its time is over as soon as it is there.
    await git("-c", `alias.write=${write}`, "write", JSON.stringify({ ...of, minutes: 0 }));
    await run("providers.keep", { directory: "../kept00000000" });
  },
  "sandboxes.run": async ({ run }) => {
    await run("sandboxes.run", { prompt: "Do \u001b[31mit", branch: "auto", detach: true, env: ["A=1"] });
  },
  "sandboxes.attach": async ({ run }) => {
    await run("sandboxes.run", { prompt: "Do it", branch: "auto", detach: true });
    await run("sandboxes.attach", { unattended: true });
    await run("sandboxes.attach", {});
    await run("sandboxes.run", { dryRun: true, detach: true });
    await run("sandboxes.attach", { unattended: true });
  },
  "sandboxes.list": async ({ run }) => {
    await run("sandboxes.list", {});
    await run("sandboxes.run", { prompt: "Do \u001b[31mit", detach: true });
    await run("sandboxes.list", { repo: "." });
  },
  "sandboxes.status": async ({ run }) => {
    await run("sandboxes.run", { prompt: "Do it", detach: true });
    await run("sandboxes.status", {});
    await run("sandboxes.attach", { unattended: true });
    await run("sandboxes.status", { sessionId: "do-it" });
  },
  "sandboxes.logs": async ({ run }) => {
    await run("sandboxes.run", { prompt: "Do it", detach: true });
    await run("sandboxes.logs", {});
    await run("sandboxes.attach", { unattended: true });
    await run("sandboxes.logs", { lines: 2 });
  },
  "sandboxes.download": async ({ run }) => {
    await run("sandboxes.run", { prompt: "Do it", detach: true });
    await run("sandboxes.attach", { unattended: true });
    await run("sandboxes.download", {});
    await run("sandboxes.download", { output: "../so-far" });
  },
  "sandboxes.kill": async ({ run }) => {
    await run("sandboxes.run", { prompt: "Do it", detach: true });
    await run("sandboxes.attach", { unattended: true });
    await run("sandboxes.kill", { discard: true });
  },
  "database.update": async ({ run }) => {
    await run("database.update", {});
    await run("database.update", { version: "3.0" });
  },
};

const operations = await allOperations();

test("every operation has a story, and every story an operation", () => {
  expect(Object.keys(STORIES).toSorted()).toEqual(operations.map((one) => one.name).toSorted());
});

describe("the answers of", () => {
  test.each(Object.entries(STORIES))("%s are what its schema promises", async (name, story) => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using first = sleeper();
    await using second = sleeper();
    const claude = place.at("claude");
    await Bun.write(`${claude}/claude`, CLAUDE);
    await chmod(`${claude}/claude`, 0o755);
    const env = { ANTHROPIC_API_KEY: "sk-ant-of-a-story", ANTHROPIC_BASE_URL: "http://127.0.0.1:9" };
    const given = { cwd: repo.path, path: [claude], env };
    await using world = testWorld(place, { ...given, input: '{"session_id":"conversation"}' });
    const answered: string[] = [];
    const run: Scene["run"] = async (which, input, where) => {
      const one = operations.find((other) => other.name === which);
      if (one === undefined) throw new Error(`no operation ${which}`);
      answered.push(which);
      return judged(where === undefined ? world : world.as({ cwd: place.at("repo", SECOND_WORKTREE) }), one, input);
    };
    await story({ pids: [first.pid, second.pid], endSecond: () => second.kill(), git: repo.git, run });
    expect(answered).toContain(name);
  });
});

async function judged(world: World, one: AnyOperation<World>, given: unknown): Promise<unknown> {
  const input: unknown = v.parse(one.input(), given);
  const output: unknown = await one.run(world, input);
  expect(v.parse(one.output(), output)).toEqual(output);
  expect(JSON.parse(JSON.stringify(output))).toEqual(output);
  if (one.runForPeople !== undefined) v.parse(one.output(), await one.runForPeople(world, input));
  for (const columns of [undefined, 30, 100]) {
    const page = { columns, now: world.now(), paint: PLAIN };
    for (const text of [one.text(output, page, input), one.narration?.(output, page, input) ?? ""]) {
      if (text !== "") expect(text).toEndWith("\n");
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  }
  expect([0, 1]).toContain(one.exitCode?.(output, input) ?? 0);
  return output;
}
