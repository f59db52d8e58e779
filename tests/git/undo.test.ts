// What undo brings back: everything as it was, at its own place or another one.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { undo } from "../../src/features/cleanup/undo.ts";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { lastEnded } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { leftWithSubmodule } from "./removal-inner.ts";
import { isThere, makeScene, type Scene, standingOf, type Tree } from "./removal-scene.ts";

type Setup = (tree: Tree, scene: Scene) => Promise<unknown>;

/** Removed by force, whatever is in it. */
async function drop({ world }: Scene, tree: Tree): Promise<string> {
  const [removed] = await removeWorktrees(world, { worktree: [tree.path], force: true });
  expect(isThere(tree.path)).toBe(false);
  return removed?.id ?? "";
}

describe("undo brings back", () => {
  const fails = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable(),
      () => undefined,
    );
  const conflict = async ({ git, commit, branch }: Tree) => {
    await git("checkout", "--quiet", "-b", "other");
    await commit("file-0.txt", "theirs\n");
    await git("checkout", "--quiet", branch);
    await commit("file-0.txt", "ours\n");
  };
  const SETUPS: [string, Setup][] = [
    ["a worktree that nobody touched", async () => undefined],
    [
      "commits, amended ones and reset ones in both reflogs",
      async ({ git, commit }) => {
        await commit("a.txt");
        await git("commit", "--quiet", "--amend", "-m", "Amended");
        await commit("b.txt");
        await git("reset", "--quiet", "--hard", "HEAD~1");
      },
    ],
    [
      "a file that is staged in one version and stands there in another",
      async ({ write, git }) => {
        await write("file-0.txt", "staged\n");
        await git("add", "file-0.txt");
        await write("file-0.txt", "unstaged\n");
      },
    ],
    [
      "a file that git was told to add, and a deleted one",
      async ({ write, git }) => {
        await write("new", "new\n");
        await git("add", "--intent-to-add", "new");
        await git("rm", "--quiet", "file-0.txt");
      },
    ],
    [
      "flags in the index",
      async ({ git, write }) => {
        await git("update-index", "--assume-unchanged", "file-0.txt");
        await write("file-0.txt", "hidden\n");
      },
    ],
    [
      "untracked and ignored files, of any name",
      async ({ write }) => {
        for (const name of ["-n", "a b", "é漢", "new\nline", 'qu"ote', "back\\slash", "build/deep/x.log"]) {
          await write(name, `${name}\n`);
        }
      },
    ],
    [
      "modes, links and empty folders",
      async ({ path, write }) => {
        await write("run.sh", "#!/bin/sh\n");
        await chmod(join(path, "run.sh"), 0o755);
        await write("secret", "x");
        await chmod(join(path, "secret"), 0o600);
        await symlink("nowhere", join(path, "dangling"));
        await symlink("/", join(path, "root"));
        await mkdir(join(path, "empty/deep"), { recursive: true });
        await chmod(join(path, "empty"), 0o500);
      },
    ],
    [
      "a rebase that waits",
      async (tree) => {
        await conflict(tree);
        await fails(tree.git("rebase", "other"));
      },
    ],
    [
      "a merge in conflict",
      async (tree) => {
        await conflict(tree);
        await fails(tree.git("merge", "other"));
      },
    ],
    [
      "a bisect",
      async ({ git, commit }) => {
        await commit("a.txt");
        await git("bisect", "start", "HEAD", "HEAD~1");
      },
    ],
    [
      "a detached HEAD",
      async ({ git, commit }) => {
        await git("checkout", "--quiet", "--detach");
        await commit("a.txt");
      },
    ],
    ["a sparse checkout", ({ git }) => git("sparse-checkout", "set", "--no-cone", "/file-0.txt")],
    ["a split index", ({ git }) => git("update-index", "--split-index")],
    ["refs of its own", ({ git }) => git("update-ref", "refs/worktree/mine", "HEAD")],
  ];
  test.each(SETUPS)("%s", async (_name, setup) => {
    await using scene = await makeScene();
    const exclude = await scene.git("rev-parse", "--path-format=absolute", "--git-path", "info/exclude");
    await Bun.write(exclude, "*.log\n");
    const tree = await scene.left();
    await setup(tree, scene);
    const before = await standingOf(tree);
    await drop(scene, tree);
    expect(await scene.undo()).toMatchObject({ path: tree.path, missing: [], renamed: [] });
    expect(await standingOf(tree)).toEqual(before);
    await scene.git("fsck", "--strict", "--no-dangling");
    expect(await scene.git("for-each-ref", "refs/heads")).toContain(tree.branch);
  });

  test("a stash entry that was made there and dropped since", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.write("file-0.txt", "stashed\n");
    await tree.git("stash", "--quiet");
    const entry = await scene.git("rev-parse", "refs/stash");
    const id = await drop(scene, tree);
    await scene.git("stash", "drop", "--quiet");
    await scene.git("reflog", "expire", "--expire=now", "--all");
    await scene.git("gc", "--quiet", "--prune=now");
    expect(await scene.git("cat-file", "-t", entry)).toBe("commit");
    expect(await scene.git("rev-list", `refs/parallel-cc/rescue/${id}`)).toContain(entry);
  });

  test("commits that were amended or reset, whatever git throws away meanwhile", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const amended = await tree.commit("a.txt");
    await tree.git("commit", "--quiet", "--amend", "-m", "Amended");
    const reset = await tree.commit("b.txt");
    await tree.git("reset", "--quiet", "--hard", "HEAD~2");
    await drop(scene, tree);
    await scene.git("reflog", "expire", "--expire=now", "--all");
    await scene.git("gc", "--quiet", "--prune=now");
    await scene.undo();
    for (const commit of [amended, reset]) expect(await tree.git("cat-file", "-t", commit)).toBe("commit");
  });

  test("the worktree's place in the registry, so that the next cleanup keeps it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await scene.remove(tree);
    await scene.undo();
    expect(await scene.keeps(tree)).toEqual(["kept-on-request"]);
  });

  test("a branch that was removed alone", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const tip = await tree.commit("a.txt");
    await scene.git("worktree", "remove", tree.path);
    await scene.land(tree.branch);
    const { applied } = await scene.cleanup();
    expect(applied?.removed).toMatchObject([{ path: null, branch: tree.branch }]);
    expect(await scene.git("branch", "--list", tree.branch)).toBe("");
    expect(await scene.undo()).toMatchObject({ path: null, branch: tree.branch });
    expect(await scene.git("rev-parse", tree.branch)).toBe(tip);
  });

  test("a submodule with what is checked out in it", async () => {
    await using scene = await makeScene();
    const tree = (await leftWithSubmodule(scene)).tree;
    await tree.write("lib/module/module.txt", "changed\n");
    const before = await standingOf(tree);
    await drop(scene, tree);
    await scene.undo();
    expect(await standingOf(tree)).toEqual(before);
  });
});

describe("undo, when something is in the way,", () => {
  test("names a free path beside, brings it back there, and git works there, in submodules too", async () => {
    await using scene = await makeScene();
    const tree = (await leftWithSubmodule(scene)).tree;
    await tree.write("new", "");
    await drop(scene, tree);
    await Bun.write(join(tree.path, "theirs"), "");
    const failure = await scene.undo().then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(failure).toMatchObject({ code: "undo.place-taken", details: { path: tree.path } });
    const free: string = failure.details.free;
    expect(failure.hint).toContain(`--to ${free}`);
    expect(existsSync(free)).toBe(false);
    expect(await scene.undo({ to: free })).toMatchObject({ path: free });
    const git = (...args: string[]) => runGit(args, { cwd: free, env: scene.place.env() });
    expect(await git("status", "--porcelain")).toBe("?? new");
    expect(await git("submodule", "status")).toMatch(/^ [0-9a-f]+ lib\/module/);
    expect(await git("-C", "lib/module", "rev-parse", "--show-toplevel")).toBe(join(free, "lib/module"));
    expect(await scene.git("worktree", "list", "--porcelain")).toContain(`worktree ${free}\n`);
    expect(await Array.fromAsync(new Bun.Glob("*").scan({ cwd: tree.path, dot: true }))).toEqual(["theirs"]);
  });

  test("takes an empty folder for a free place", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await drop(scene, tree);
    await mkdir(tree.path, { recursive: true });
    expect(await scene.undo()).toMatchObject({ path: tree.path });
  });

  test("brings a branch whose name has another commit by now back under another name", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const tip = await tree.commit("a.txt");
    await drop(scene, tree);
    await scene.git("branch", tree.branch, "main");
    const { renamed, branch, id } = await scene.undo();
    expect(renamed).toEqual([{ from: tree.branch, to: `${tree.branch}-${id}` }]);
    expect(await tree.git("rev-parse", "HEAD")).toBe(tip);
    expect(await tree.git("symbolic-ref", "--short", "HEAD")).toBe(branch ?? "");
    expect(await tree.git("status", "--porcelain")).toBe("");
    expect(await scene.git("rev-parse", tree.branch)).toBe(await scene.git("rev-parse", "main"));
  });

  test("brings a branch that is checked out elsewhere by now back under another name", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await drop(scene, tree);
    await scene.git("worktree", "add", "--quiet", "-b", tree.branch, scene.place.at("elsewhere"), "main");
    const { renamed, id } = await scene.undo();
    expect(renamed).toEqual([{ from: tree.branch, to: `${tree.branch}-${id}` }]);
  });

  test("leaves a branch of the user's that has moved on where it is", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("checkout", "--quiet", "-b", "mine");
    const was = await tree.commit("a.txt");
    await drop(scene, tree);
    await scene.git("branch", "--force", "mine", "main");
    await scene.undo();
    expect(await scene.git("rev-parse", "mine")).toBe(await scene.git("rev-parse", "main"));
    expect(await tree.git("rev-parse", "HEAD")).toBe(was);
  });

  test("finds a branch below its name in the way as well", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("checkout", "--quiet", "-b", "a");
    await tree.commit("a.txt");
    await drop(scene, tree);
    await scene.git("branch", "--move", "a", "a/b");
    expect(await scene.undo()).toMatchObject({ renamed: [{ from: "a" }] });
    expect(await tree.git("status", "--porcelain")).toBe("");
  });

  test("takes another name below worktrees/", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.write("new", "");
    await drop(scene, tree);
    const other = scene.place.at(`other/${basename(tree.path)}`);
    await scene.git("worktree", "add", "--quiet", "-b", "other", other);
    expect(existsSync(tree.adminDir)).toBe(true);
    await scene.undo();
    expect(await tree.git("status", "--porcelain")).toBe("?? new");
    expect(await tree.git("rev-parse", "--absolute-git-dir")).not.toBe(tree.adminDir);
    await runGit(["status"], { cwd: other, env: scene.place.env() });
  });
});

describe("undo", () => {
  test("of what was brought back already says so", async () => {
    await using scene = await makeScene();
    const id = await scene.remove(await scene.left());
    await scene.undo({ id });
    await expect(scene.undo({ id })).rejects.toMatchObject({ code: "undo.done" });
    await expect(scene.undo()).rejects.toMatchObject({ code: "undo.none" });
  });

  test("without an id means the last one of the repository", async () => {
    await using scene = await makeScene();
    const [one, two] = [await scene.left(), await scene.left()];
    await drop(scene, two);
    await drop(scene, one);
    expect(await scene.undo()).toMatchObject({ path: one.path });
    expect(await scene.undo()).toMatchObject({ path: two.path });
  });

  test.each(["nothing", "", "-x"])("of %j, which nothing was removed as, is refused", async (id) => {
    await using scene = await makeScene();
    await scene.remove(await scene.left());
    await expect(scene.undo({ id })).rejects.toMatchObject({ code: "undo.unknown" });
  });

  test("by the beginning of an id is refused when more than one begins so", async () => {
    await using scene = await makeScene();
    const [one, two] = [await scene.left(), await scene.left()];
    const ids = [await drop(scene, one), await drop(scene, two)];
    await expect(scene.undo({ id: "0" })).rejects.toMatchObject({ code: "undo.ambiguous" });
    expect(ids.map((id) => id.slice(0, 7))).toEqual(["0000000", "0000000"]);
    expect(await scene.undo({ id: ids[0] })).toMatchObject({ path: one.path });
  });

  test("in a repository that was renamed since finds what was removed", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.write("new", "");
    await drop(scene, tree);
    const to = scene.place.at("renamed");
    await rename(scene.repo.path, to);
    await using world = testWorld(scene.place, { cwd: to });
    expect(await undo(world, {})).toMatchObject({ path: tree.path });
    expect(await tree.git("status", "--porcelain")).toBe("?? new");
  });
});

describe("register --continue", () => {
  test("brings the last session's worktree back and goes on in it", async () => {
    await using scene = await makeScene();
    const owner = scene.process();
    const { session } = await register(scene.world, { pid: owner.pid });
    await owner.kill();
    expect(await release(scene.world, { sessionId: session.id })).toMatchObject({ worktreeRemoved: true });
    const again = await register(scene.world, { pid: scene.process().pid, continue: true });
    expect(again.session.worktree_path).toBe(session.worktree_path);
    expect(existsSync(join(session.worktree_path, "file-0.txt"))).toBe(true);
    expect(
      lastEnded(await scene.world.db(), { gitDir: join(scene.repo.path, ".git"), path: scene.repo.path })?.id,
    ).toBe(session.id);
  });

  test("and its end removes it again", async () => {
    await using scene = await makeScene();
    const owner = scene.process();
    const { session } = await register(scene.world, { pid: owner.pid });
    await owner.kill();
    await release(scene.world, { sessionId: session.id });
    const next = scene.process();
    const again = await register(scene.world, { pid: next.pid, continue: true });
    await next.kill();
    expect(await release(scene.world, { sessionId: again.session.id })).toMatchObject({ worktreeRemoved: true });
    expect(isThere(dirname(session.worktree_path))).toBe(false);
  });
});
