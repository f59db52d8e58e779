// Asking for approval, from the inside: what the answer does.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { askForTrust } from "../../src/cli/commands/trust.ts";
import { loadConfig } from "../../src/features/config/config.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const own = join(repo.path, ".parallel-cc.json");
  await Bun.write(own, '{"worktree": {"postCreate": "make"}}');
  const commands = async () => (await loadConfig(world, repo.path)).settings["worktree.postCreate"];
  return { world, own, commands, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test.each([
  ["y", 0],
  [" YES ", 0],
  ["", 1],
  ["n", 1],
  ["yesterday", 1],
])("%j is exit %d", async (typed, exit) => {
  await using scene = await makeScene();
  expect(await askForTrust(scene.world, async () => typed)).toBe(exit);
  expect(await scene.commands()).toEqual(exit === 0 ? ["make"] : []);
});

test("what was shown is approved, not what the file has become meanwhile", async () => {
  await using scene = await makeScene();
  const typed = async () => {
    await Bun.write(scene.own, '{"worktree": {"postCreate": "evil"}}');
    return "y";
  };
  await askForTrust(scene.world, typed);
  expect(await scene.commands()).toEqual([]);
});

test("nobody is asked twice", async () => {
  await using scene = await makeScene();
  await askForTrust(scene.world, async () => "y");
  const never = () => Promise.reject(new Error("it asked"));
  expect(await askForTrust(scene.world, never)).toBe(0);
});
