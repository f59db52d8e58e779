// The hooks of Claude Code on a real registry: processes stand for the clients, and what they say is what the client says.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { answerHook, statusLine } from "../../src/features/hooks/hooks.ts";
import { session as sessionById } from "../../src/features/roster/roster.ts";
import { heartbeat } from "../../src/features/sessions/heartbeat.ts";
import { register } from "../../src/features/sessions/register.ts";
import { status } from "../../src/features/sessions/status.ts";
import { makePlace } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

/** An event of the client with that pid, which stands where the world does. */
function tell(world: TestWorld, pid: number, event: string, told: object = {}) {
  const input = JSON.stringify({ session_id: `conversation-${pid}`, cwd: world.cwd, hook_event_name: event, ...told });
  return answerHook(world.as({ parentPid: pid, input }), event);
}

/** A client in the main checkout of a repository. */
async function makeScene() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const claude = stack.use(sleeper());
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const owned = stack.move();
  return { place, repo, claude, world, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const activities = async (world: TestWorld) =>
  (await status(world, {})).sessions.map(({ activity, waitingFor }) => waitingFor ?? activity);

describe("a session without the wrapper", () => {
  test("becomes known at its start, where it stands, and nothing is said while it is alone", async () => {
    await using scene = await makeScene();
    const { world, claude } = scene;
    expect(await tell(world, claude.pid, "SessionStart", { source: "startup" })).toBeUndefined();
    const { sessions } = await status(world, {});
    expect(sessions).toMatchObject([
      {
        pid: claude.pid,
        isMainRepo: true,
        activity: "idle",
        conversationId: `conversation-${claude.pid}`,
        isAlive: true,
      },
    ]);
  });

  test("is told who else is at work, and that both share the checkout", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using first = sleeper();
    await using second = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    await tell(world, first.pid, "SessionStart");
    const answer = await tell(world, second.pid, "SessionStart");
    expect(answer?.hookSpecificOutput?.hookEventName).toBe("SessionStart");
    expect(answer?.hookSpecificOutput?.additionalContext).toContain("in this same checkout");
    expect(answer?.systemMessage).toContain("claude-parallel");
    expect((await status(world, {})).totalSessions).toBe(2);
  });

  test("is told what the others have changed since they began", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using first = sleeper();
    await using second = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    await tell(world, first.pid, "SessionStart");
    await Bun.write(`${repo.path}/file-0.txt`, "changed\n");
    await Bun.write(`${repo.path}/new.txt`, "new\n");
    await Bun.write(`${repo.path}/committed.txt`, "committed\n");
    await repo.git("add", "committed.txt");
    await repo.git("commit", "--quiet", "-m", "Committed");
    const answer = await tell(world, second.pid, "SessionStart");
    expect(answer?.hookSpecificOutput?.additionalContext).toContain(
      ': idle; changed "file-0.txt", "new.txt", "committed.txt"',
    );
  });

  test("works, waits for its user, idles and ends, as its events tell", async () => {
    await using scene = await makeScene();
    const { world, claude } = scene;
    const events = [
      ["SessionStart", {}, "idle"],
      ["UserPromptSubmit", {}, "working"],
      ["PermissionRequest", { tool_name: "Bash" }, "approval of Bash"],
      ["PostToolUse", { tool_name: "Bash" }, "working"],
      ["Stop", {}, "idle"],
      ["SessionEnd", { reason: "other" }, "ended"],
    ] as const;
    for (const [event, told, activity] of events) {
      await tell(world, claude.pid, event, told);
      expect(await activities(world)).toEqual([activity]);
    }
    const [{ sessionId } = { sessionId: "" }] = (await status(world, {})).sessions;
    expect(world.started.at(-1)).toEqual(["release", "--session-id", sessionId, "--when-over"]);
  });

  test("stays one session over /clear and another conversation in the same process", async () => {
    await using scene = await makeScene();
    const { world, claude } = scene;
    await tell(world, claude.pid, "SessionStart");
    await tell(world, claude.pid, "SessionEnd", { reason: "clear" });
    await tell(world, claude.pid, "SessionStart", { source: "clear", session_id: "another" });
    expect((await status(world, {})).sessions).toMatchObject([{ conversationId: "another", activity: "idle" }]);
  });

  test("gets its ports for the shells of its claude", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using claude = sleeper();
    const file = place.at("env-file");
    await using world = testWorld(place, { cwd: repo.path, env: { CLAUDE_ENV_FILE: file } });
    await Bun.write(world.paths.config, '{"worktree": {"ports": 1}}');
    await tell(world, claude.pid, "SessionStart");
    expect(readFileSync(file, "utf8")).toMatch(/^export PARALLEL_CC_PORT='\d+'$/m);
  });

  test("is told of the others also when its ports cannot be handed over", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using first = sleeper();
    await using second = sleeper();
    await using world = testWorld(place, { cwd: repo.path, env: { CLAUDE_ENV_FILE: place.at("none/env-file") } });
    await Bun.write(world.paths.config, '{"worktree": {"ports": 1}}');
    await tell(world, first.pid, "SessionStart");
    const answer = await tell(world, second.pid, "SessionStart");
    expect(answer?.hookSpecificOutput?.additionalContext).toContain("in this same checkout");
    expect(readFileSync(`${world.paths.logs}/hooks.log`, "utf8")).toContain("env-file");
  });

  test("that could not be noted at its start is registered in the background at its first prompt", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using world = testWorld(place, { cwd: repo.path });
    await world.db();
    await tell(world, process.pid, "PostToolUse");
    expect(world.started).toEqual([]);
    await tell(world, process.pid, "UserPromptSubmit");
    expect(world.started).toEqual([["register", "--repo", repo.path, "--pid", String(process.pid), "--no-worktree"]]);
  });

  test("of an older client is that of its hook's parent, or of the shell's that runs the hook", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using world = testWorld(place, { cwd: repo.path });
    // This test stands for the claude; dash stays between it and its hook.
    await using shell = Bun.spawn(["sh", "-c", "read -r line; true"], { stdin: "pipe" });
    await waitFor(() => world.processes.nameOf(shell.pid) === "sh", "the shell runs");
    await tell(world, shell.pid, "SessionStart");
    expect((await status(world, {})).sessions).toMatchObject([{ pid: process.pid }]);
  });

  test("outside of a repository nothing is said, known or started", async () => {
    await using place = await makePlace();
    await using claude = sleeper();
    await using world = testWorld(place);
    for (const event of ["SessionStart", "UserPromptSubmit", "PostToolUse", "SessionEnd"]) {
      expect(await tell(world, claude.pid, event)).toBeUndefined();
    }
    expect((await status(world, {})).totalSessions).toBe(0);
    expect(world.started).toEqual([]);
  });
});

describe("a session of the wrapper", () => {
  test("is the one its claude belongs to, and its end is left to the wrapper", async () => {
    await using scene = await makeScene();
    const { world, claude } = scene;
    // The wrapper is a process around the claude.
    const { session } = await register(world, { pid: process.pid });
    await heartbeat(world, { sessionId: session.id, claudePid: claude.pid });
    const releases = () => world.started.filter(([word]) => word === "release");
    await tell(world, claude.pid, "SessionStart");
    await tell(world, claude.pid, "SessionEnd", { reason: "other" });
    expect((await status(world, {})).sessions).toMatchObject([{ sessionId: session.id, activity: "ended" }]);
    expect(releases()).toEqual([]);
  });

  test("is not that of a claude which its own claude has started", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using outer = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    const { session } = await register(world, { pid: process.pid });
    await heartbeat(world, { sessionId: session.id, claudePid: outer.pid });
    await tell(world, outer.pid, "UserPromptSubmit");
    // Below this test, as the outer claude is: found among the ancestors, and not meant.
    await using nested = sleeper();
    await tell(world, nested.pid, "SessionStart");
    expect((await status(world, {})).totalSessions).toBe(2);
    await tell(world, nested.pid, "SessionEnd", { reason: "other" });
    expect(await activities(world)).toEqual(["working", "ended"]);
  });
});

describe("the registry", () => {
  test("is written once in half a minute while nothing changes", async () => {
    await using scene = await makeScene();
    const { world, claude } = scene;
    await tell(world, claude.pid, "SessionStart");
    await tell(world, claude.pid, "PostToolUse");
    const db = await world.db();
    const [{ sessionId } = { sessionId: "" }] = (await status(world, {})).sessions;
    const seen = () => sessionById(db, sessionId)?.last_heartbeat;
    const first = seen();
    world.pass(25_000);
    await tell(world, claude.pid, "PostToolUse");
    expect(seen()).toBe(first);
    world.pass(10_000);
    await tell(world, claude.pid, "PostToolUse");
    expect(seen()).not.toBe(first);
  });

  test("is never made by a tool call", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    await tell(world, process.pid, "PostToolUse");
    expect(existsSync(world.paths.database)).toBe(false);
  });
});

describe("the status line", () => {
  test("counts the sessions and tells where this one works", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using first = sleeper();
    await using second = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    await tell(world, first.pid, "SessionStart");
    const lineOf = (pid: number) => statusLine(world.as({ parentPid: pid, input: JSON.stringify({ cwd: repo.path }) }));
    expect(await lineOf(first.pid)).toBe("parallel-cc: 1 session · main checkout\n");
    await tell(world, second.pid, "SessionStart");
    await tell(world, second.pid, "PermissionRequest", { tool_name: "Bash" });
    expect(await lineOf(first.pid)).toBe(
      "parallel-cc: 2 sessions · 1 waiting for you · main checkout · shared with 1 other\n",
    );
  });

  test("is empty where no session is known", async () => {
    await using place = await makePlace();
    await using world = testWorld(place);
    expect(await statusLine(world)).toBe("");
    await world.db();
    expect(await statusLine(world)).toBe("");
  });
});
