// `worktree resume`: claude again in a kept worktree, with the caller's streams and exit status.

import { expect, test } from "bun:test";
import { v } from "../../src/core/shape.ts";
import { pcc, pccJson } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { failureOf, registered } from "../support/sessions.ts";
import { makeWrapper } from "../support/wrapper.ts";

const RESUMED = v.object({ path: v.string(), command: v.array(v.string()) });

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const input = { cwd: repo.path };
  await registered(place, stack.use(sleeper()), input);
  const owner = stack.use(sleeper());
  const { worktreePath } = await registered(place, owner, input, "--name", "left over");
  await Bun.write(`${worktreePath}/work.txt`, "not committed");
  const wrapper = await makeWrapper(place, { shell: "dash", claude: { stdout: "claude speaks\n", exit: 7 } });
  return { place, input, owner, worktreePath, wrapper, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("runs claude-parallel --continue there, and hands its exit status on", async () => {
  await using scene = await makeScene();
  await scene.owner.kill();
  const ran = await pcc(scene.place, ["worktree", "resume", "left over"], { ...scene.input, path: scene.wrapper.path });
  const [call] = await scene.wrapper.programs.expectCalled("claude", 1);
  expect({ cwd: call?.cwd, argv: call?.argv }).toEqual({ cwd: scene.worktreePath, argv: ["--continue"] });
  expect({ exit: ran.exit, stdout: ran.stdout }).toEqual({ exit: 7, stdout: "claude speaks\n" });
  expect(ran.stderr).toContain("1 uncommitted file: work.txt");
});

test("with --json says where that would be, and starts nothing", async () => {
  await using scene = await makeScene();
  await scene.owner.kill();
  const words = ["worktree", "resume", scene.worktreePath];
  const answer = await pccJson(scene.place, words, { ...scene.input, path: scene.wrapper.path });
  expect(v.parse(RESUMED, answer)).toEqual({ path: scene.worktreePath, command: ["claude-parallel", "--continue"] });
  expect(await scene.wrapper.programs.calls("claude")).toEqual([]);
});

test("leaves a worktree alone that a session works in", async () => {
  await using scene = await makeScene();
  const words = ["worktree", "resume", "left over"];
  expect((await failureOf(scene.place, words, scene.input)).code).toBe("worktree.live-session");
});

test("says what to do where claude-parallel is not installed", async () => {
  await using scene = await makeScene();
  await scene.owner.kill();
  const ran = await pcc(scene.place, ["worktree", "resume", "left over"], scene.input);
  expect(ran.exit).toBe(1);
  expect(ran.stderr).toContain('"claude-parallel" was not found on PATH');
});
