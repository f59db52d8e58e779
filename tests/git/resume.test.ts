// Resuming in a kept worktree, from the inside: the status of what was started is the answer.

import { expect, test } from "bun:test";
import { resume } from "../../src/cli/commands/resume.ts";
import { register } from "../../src/features/sessions/register.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene(sh: string) {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const programs = await makePrograms(place, { "claude-parallel": { sh } });
  const world = stack.use(testWorld(place, { cwd: repo.path, path: [programs.folder] }));
  await register(world, { pid: stack.use(sleeper()).pid });
  const owner = stack.use(sleeper());
  const { session } = await register(world, { pid: owner.pid });
  await owner.kill();
  return { world, programs, path: session.worktree_path, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("the exit status of claude-parallel is the answer", async () => {
  await using scene = await makeScene("exit 3");
  expect(await resume(scene.world, { worktree: scene.path })).toBe(3);
  expect(await scene.programs.expectCalled("claude-parallel", 1)).toMatchObject([{ cwd: scene.path }]);
});

test("one that a signal ended is told as that", async () => {
  await using scene = await makeScene("kill -KILL $$");
  const ended = resume(scene.world, { worktree: scene.path });
  await expect(ended).rejects.toMatchObject({ code: "cancelled.signal", details: { signal: "SIGKILL" } });
});
