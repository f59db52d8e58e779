// Where a new worktree starts, and where its work is meant to land.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { register } from "../../src/features/sessions/register.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  /** Registers a further session; where it starts and where it is meant to land. */
  start(base?: string): Promise<{ commit: string | null; target: string | null }>;
}

/** `main` with three commits, `side` at its second, the tag `v1` at its first, a remote with `main` at its second. */
async function makeScene(): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { commits: 3 });
  await repo.git("branch", "side", "HEAD~1");
  await repo.git("tag", "-a", "-m", "one", "v1", "HEAD~2");
  await repo.git("update-ref", "refs/remotes/origin/main", "HEAD~1");
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  await register(world, { pid: stack.use(sleeper()).pid });
  const start = async (base?: string) => {
    const { session } = await register(world, { pid: stack.use(sleeper()).pid, base });
    return { commit: session.fork_commit, target: session.target_branch };
  };
  return { place, repo, world, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a base that is not there", () => {
  test("is told to the first session, which needs none, and refuses the next", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await Bun.write(`${repo.path}/.parallel-cc.json`, '{"worktree": {"base": "gone"}}');
    await using world = testWorld(place, { cwd: repo.path });
    await using first = sleeper();
    await using second = sleeper();
    const { session, warnings } = await register(world, { pid: first.pid });
    expect(session.is_main_repo).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('There is no commit "gone"')]);
    await expect(register(world, { pid: second.pid })).rejects.toMatchObject({ code: "base.unknown" });
  });

  test("so is a settings file that cannot be read", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await Bun.write(`${repo.path}/.parallel-cc.json`, "{bad");
    await using world = testWorld(place, { cwd: repo.path });
    await using first = sleeper();
    await using second = sleeper();
    const { warnings } = await register(world, { pid: first.pid });
    expect(warnings).toEqual([expect.stringContaining(".parallel-cc.json:1:2 cannot be used")]);
    await expect(register(world, { pid: second.pid })).rejects.toMatchObject({ code: "config.broken" });
  });
});

describe("--base", () => {
  test.each([
    [undefined, "main", "main"],
    ["side", "side", "side"],
    ["refs/heads/side", "side", "side"],
    ["origin/main", "main~1", "origin/main"],
    ["v1", "main~2", "main"],
    ["main~1", "main~1", "main"],
    ["HEAD", "main", "main"],
  ])("%s starts at %s, to land on %s", async (base, commit, target) => {
    await using scene = await makeScene();
    expect(await scene.start(base)).toEqual({
      commit: await scene.repo.git("rev-parse", `${commit}^{commit}`),
      target,
    });
  });

  test("may be a commit's id, whole or short", async () => {
    await using scene = await makeScene();
    const commit = await scene.repo.git("rev-parse", "main~1");
    expect(await scene.start(commit)).toEqual({ commit, target: "main" });
    expect(await scene.start(commit.slice(0, 10))).toEqual({ commit, target: "main" });
  });

  test.each(["gone", "-x", "--all", "HEAD:file-0.txt", "main..side", "", "a\nb", "@{u}"])(
    "%j is no commit, and nothing is made",
    async (base) => {
      await using scene = await makeScene();
      await expect(scene.start(base)).rejects.toMatchObject({ kind: "user", code: "base.unknown" });
      expect(readdirSync(scene.place.path)).not.toContain("repo-worktrees");
      expect(await scene.repo.git("branch", "--list", "parallel-*")).toBe("");
    },
  );

  test("is told to be of no use where no worktree is made", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using world = testWorld(place, { cwd: repo.path });
    await using claude = sleeper();
    const { warnings } = await register(world, { pid: claude.pid, base: "main" });
    expect(warnings).toEqual(["--base was not used: no new worktree was needed."]);
  });
});

describe("the setting worktree.base", () => {
  test("of the repository wins over the user's", async () => {
    await using scene = await makeScene();
    await Bun.write(scene.world.paths.config, JSON.stringify({ worktree: { base: "v1" } }));
    await Bun.write(scene.place.at("repo/.parallel-cc.json"), JSON.stringify({ worktree: { base: "side" } }));
    expect((await scene.start()).target).toBe("side");
  });

  test("gives way to --base", async () => {
    await using scene = await makeScene();
    await Bun.write(scene.world.paths.config, JSON.stringify({ worktree: { base: "v1" } }));
    expect((await scene.start("side")).target).toBe("side");
  });

  test("that names nothing is refused like --base", async () => {
    await using scene = await makeScene();
    await Bun.write(scene.world.paths.config, JSON.stringify({ worktree: { base: "gone" } }));
    await expect(scene.start()).rejects.toMatchObject({ code: "base.unknown" });
  });
});
