// A user's own git settings change neither what is made nor what counts as work.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { measureChanges } from "../../src/features/worktrees/changes.ts";
import { discardHalfMade } from "../../src/features/worktrees/create.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const SETTINGS: Record<string, string> = {
  "no git directory that is merely found": "[safe]\n bareRepository = explicit",
  "no untracked files in status": "[status]\n showUntrackedFiles = no",
  "another form of status": "[status]\n short = true\n branch = true\n showStash = true\n relativePaths = true",
  "colours and columns everywhere": "[color]\n ui = always\n[column]\n ui = always\n[core]\n quotePath = true",
  "branches that track": "[branch]\n autoSetupMerge = always\n[worktree]\n guessRemote = true",
  "line ends of another system": "[core]\n autocrlf = true",
  "submodules always": "[submodule]\n recurse = true",
  "hooks in a folder that is not there": "[core]\n hooksPath = hooks",
};

describe.each(Object.entries(SETTINGS))("with %s", (_what, text) => {
  const makeScene = async () => {
    const stack = new AsyncDisposableStack();
    const place = stack.use(await makePlace());
    const repo = await makeRepo(place, { files: 3 });
    await Bun.write(place.at("gitconfig"), text);
    const env = { GIT_CONFIG_GLOBAL: place.at("gitconfig") };
    const world = stack.use(testWorld(place, { cwd: repo.path, env }));
    await register(world, { pid: stack.use(sleeper()).pid });
    const owner = stack.use(sleeper());
    const { session } = await register(world, { pid: owner.pid });
    const made = { path: session.worktree_path, branch: String(session.branch), commit: String(session.fork_commit) };
    const discard = () => discardHalfMade(world, `${repo.path}/.git`, made);
    return { world, owner, session, discard, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  };

  test("a worktree is made, clean, and can be taken back", async () => {
    await using scene = await makeScene();
    expect(await discardedState(scene)).toEqual({ discarded: "gone", stands: false });
  });

  test("a new file in it is work", async () => {
    await using scene = await makeScene();
    await Bun.write(`${scene.session.worktree_path}/new`, "work");
    await scene.owner.kill();
    const { kept } = await release(scene.world, { sessionId: scene.session.id });
    expect(kept).toMatchObject({ reason: "uncommitted-changes", dirtyFiles: 1, commits: 0 });
    expect(await discardedState(scene)).toEqual({ discarded: "kept", stands: true });
  });
});

async function discardedState(scene: { session: { worktree_path: string }; discard(): Promise<string> }) {
  return { discarded: await scene.discard(), stands: existsSync(scene.session.worktree_path) };
}

test("a changed submodule is work, whatever diff.ignoreSubmodules says", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await makeRepo(place, { name: "inner" });
  await repo.git("submodule", "--quiet", "add", place.at("inner"), "sub");
  await repo.git("commit", "-qm", "a submodule");
  await Bun.write(place.at("gitconfig"), "[diff]\n ignoreSubmodules = all");
  await Bun.write(place.at("repo/sub/new"), "work");
  const world = testWorld(place, { env: { GIT_CONFIG_GLOBAL: place.at("gitconfig") } });
  const checkout = { path: repo.path, forkCommit: null, targetBranch: null };
  expect(await measureChanges(world.git(repo.path), checkout)).toMatchObject({ dirtyFiles: 1 });
});

test("a bare repository is not used where the user forbids what git merely finds", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place, { bare: true });
  await Bun.write(place.at("gitconfig"), "[safe]\n bareRepository = explicit");
  const world = testWorld(place, { env: { GIT_CONFIG_GLOBAL: place.at("gitconfig") } });
  await expect(locate(world.git(repo.path))).rejects.toMatchObject({ code: "repository.none" });
});
