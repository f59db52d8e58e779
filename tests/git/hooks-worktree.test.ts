// The two hooks that make Claude Code's own worktrees ours, on a real registry and a real repository.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { answerHook } from "../../src/features/hooks/hooks.ts";
import { register } from "../../src/features/sessions/register.ts";
import { status } from "../../src/features/sessions/status.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  claude: Sleeper;
  /** As the client calls it, where the conversation stands at `cwd`. */
  tell(event: string, told?: object, cwd?: string): ReturnType<typeof answerHook>;
  create(name: string): Promise<string>;
}

async function makeScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const claude = stack.use(sleeper());
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const tell: Scene["tell"] = (event, told = {}, cwd = repo.path) => {
    const input = JSON.stringify({ session_id: "c", cwd, hook_event_name: event, ...told });
    return answerHook(world.as({ cwd, parentPid: claude.pid, input }), event);
  };
  const create = async (name: string) => (await tell("WorktreeCreate", { name }))?.worktreePath ?? "";
  const owned = stack.move();
  return { place, repo, world, claude, tell, create, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("a worktree that the client asks for is ours, named and set up, and a session has it", async () => {
  await using scene = await makeScene();
  await Bun.write(scene.world.paths.config, '{"worktree": {"postCreate": "echo made > set-up.txt"}}');
  const path = await scene.create("feat one");
  expect(await Bun.file(join(path, "set-up.txt")).text()).toBe("made\n");
  const { sessions } = await status(scene.world, {});
  expect(sessions).toMatchObject([{ name: "feat one", worktreePath: path, pid: scene.claude.pid, isMainRepo: false }]);
});

test("the conversation that then starts there is that session, and the one of the main checkout stays", async () => {
  await using scene = await makeScene();
  await scene.tell("SessionStart");
  const path = await scene.create("agent");
  await scene.tell("SessionStart", {}, path);
  await scene.tell("UserPromptSubmit", {}, path);
  const { sessions } = await status(scene.world, {});
  expect(sessions.map(({ isMainRepo, activity }) => ({ isMainRepo, activity }))).toEqual([
    { isMainRepo: true, activity: "idle" },
    { isMainRepo: false, activity: "working" },
  ]);
});

test("one client may have many", async () => {
  await using scene = await makeScene();
  const paths = [await scene.create("one"), await scene.create("two"), await scene.create("two")];
  expect(new Set(paths).size).toBe(3);
  expect((await status(scene.world, {})).totalSessions).toBe(3);
});

test("what nobody used goes when the client lets go of it, though the client still runs", async () => {
  await using scene = await makeScene();
  const path = await scene.create("idle");
  await scene.tell("PostToolUse", {}, path);
  await scene.tell("WorktreeRemove", { worktree_path: path });
  expect(existsSync(path)).toBe(false);
  expect((await status(scene.world, {})).totalSessions).toBe(0);
});

test("those that are left when the client ends are released with it", async () => {
  await using scene = await makeScene();
  await scene.tell("SessionStart");
  await scene.create("agent");
  const ids = (await status(scene.world, {})).sessions.map(({ sessionId }) => sessionId);
  const before = scene.world.started.length;
  await scene.tell("SessionEnd", { reason: "other" });
  const newestFirst = ids.toReversed();
  expect(scene.world.started.slice(before)).toEqual(
    newestFirst.map((id) => ["release", "--session-id", id, "--when-over"]),
  );
});

test("work that has not landed stays, and is shown as a kept worktree", async () => {
  await using scene = await makeScene();
  const path = await scene.create("busy");
  await Bun.write(join(path, "new.txt"), "work\n");
  await scene.tell("WorktreeRemove", { worktree_path: path });
  expect(await Bun.file(join(path, "new.txt")).text()).toBe("work\n");
  expect((await status(scene.world, {})).keptWorktrees).toMatchObject([{ path, sessionName: "busy" }]);
});

test("one that was left is gone on in under its name, and by one client at a time", async () => {
  await using scene = await makeScene();
  await scene.tell("SessionStart");
  const path = await scene.create("feat");
  await Bun.write(join(path, "new.txt"), "work\n");
  await scene.tell("WorktreeRemove", { worktree_path: path });
  expect(await scene.create("feat")).toBe(path);
  expect(await Bun.file(join(path, "new.txt")).text()).toBe("work\n");
  expect(await scene.create("feat")).not.toBe(path);
  expect((await status(scene.world, {})).totalSessions).toBe(3);
});

test("a worktree of somebody else, or none at all, is left alone", async () => {
  await using scene = await makeScene();
  await scene.tell("SessionStart");
  await using other = sleeper();
  const { session } = await register(scene.world, { pid: other.pid });
  const foreign = scene.place.at("foreign");
  await scene.repo.git("worktree", "add", "--quiet", "-b", "foreign", foreign);
  for (const worktree_path of [foreign, "/nowhere", undefined, scene.repo.path, session.worktree_path]) {
    await scene.tell("WorktreeRemove", { worktree_path });
  }
  expect(existsSync(foreign)).toBe(true);
  expect((await status(scene.world, {})).totalSessions).toBe(2);
});
