// Rare things that a removal or an undo must see: each was lost, or stuck, before somebody looked for it.

import { describe, expect, test } from "bun:test";
import { lstatSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { applyPlan } from "../../src/features/cleanup/apply.ts";
import { planCleanup } from "../../src/features/cleanup/plan.ts";
import { repositoryAt } from "../../src/features/cleanup/scope.ts";
import { undo } from "../../src/features/cleanup/undo.ts";
import { listWorktrees, removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { whyFailed } from "../../src/features/removals/remove.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { deadPid } from "../support/processes.ts";
import { runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { ignore, nest, push, withSubmodule } from "./removal-inner.ts";
import { DAY_MS, isThere, makeScene, type Scene, type Tree } from "./removal-scene.ts";

describe("nested", () => {
  test("N1 a repository in a folder whose files are the outer one's keeps it", async () => {
    await using scene = await makeScene();
    await Bun.write(join(scene.repo.path, "package/nested.txt"), "nested\n");
    await scene.git("add", ".");
    await scene.git("commit", "--quiet", "-m", "A package");
    const tree = await scene.left();
    await nest(tree, scene, "package");
    expect(await scene.keeps(tree)).toEqual(["nested-work"]);
  });

  test("N2 below what git ignores, a repository with a change behind assume-unchanged keeps it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await ignore(scene, "build/");
    const git = await nest(tree, scene, "build/a");
    await push(git, scene);
    await git("update-index", "--assume-unchanged", "nested.txt");
    await tree.write("build/a/nested.txt", "hidden\n");
    expect(await scene.keeps(tree)).toEqual(["nested-work"]);
  });

  test("N3 below what git ignores, a bare repository with commits of its own keeps it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await ignore(scene, "build/");
    const at = { cwd: scene.place.path, env: scene.place.env() };
    await runGit(["clone", "--quiet", "--bare", scene.repo.path, join(tree.path, "build/mine.git")], at);
    expect(await scene.keeps(tree)).toEqual(["nested-work"]);
  });

  test("N4 another worktree of the repository below what git ignores keeps it", async () => {
    await using scene = await makeScene();
    await push(scene.git, scene);
    await ignore(scene, ".claude/");
    const tree = await scene.left();
    await tree.git("worktree", "add", "--quiet", "-b", "inner", ".claude/worktrees/inner");
    await tree.git("push", "--quiet", "origin", "--all");
    await scene.keeps(tree);
    expect(isThere(join(tree.path, ".claude/worktrees/inner/.git"))).toBe(true);
  });

  test("N5 a submodule with a repository of its own below what it ignores keeps it", async () => {
    const { scene, tree, module } = await withSubmodule();
    await using _ = scene;
    await Bun.write(await module("rev-parse", "--path-format=absolute", "--git-path", "info/exclude"), "build/\n");
    await nest(tree, scene, "lib/module/build/own");
    expect(await scene.keeps(tree)).toEqual(["nested-work"]);
  });

  test("N6 a submodule with a change behind assume-unchanged keeps it", async () => {
    const { scene, tree, module } = await withSubmodule();
    await using _ = scene;
    await module("update-index", "--assume-unchanged", "module.txt");
    await tree.write("lib/module/module.txt", "hidden\n");
    expect(await scene.keeps(tree)).toEqual(["nested-work"]);
  });

  test("N7 a live session in a worktree below what git ignores keeps the outer one", async () => {
    await using scene = await makeScene();
    await push(scene.git, scene);
    await ignore(scene, ".claude/");
    const tree = await scene.left();
    await tree.git("worktree", "add", "--quiet", "-b", "inner", ".claude/worktrees/inner");
    await tree.git("push", "--quiet", "origin", "--all");
    await register(scene.world.as({ cwd: join(tree.path, ".claude/worktrees/inner") }), { pid: scene.process().pid });
    await scene.keeps(tree);
    expect(isThere(join(tree.path, ".claude/worktrees/inner/.git"))).toBe(true);
  });

  test("N8 a nested repository whose remote-tracking refs name commits that were pushed, but with other refs (notes)", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await ignore(scene, "build/");
    const git = await nest(tree, scene, "build/a");
    await push(git, scene);
    await git("notes", "add", "-m", "a note");
    expect(await scene.keeps(tree)).toEqual(["nested-work"]);
  });

  test("N9 a tag with a message of its own in a nested repository", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await ignore(scene, "build/");
    const git = await nest(tree, scene, "build/a");
    await push(git, scene);
    await git("config", "status.submoduleSummary", "true");
    await git("config", "submodule.recurse", "true");
    await git("config", "core.worktree", "/nowhere");
    expect((await scene.keeps(tree)).length).toBeGreaterThan(0);
  });
});

describe("rows", () => {
  test("S1 while its session is one of a sandbox, which no process here decides, it stays", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const db = await scene.world.db();
    db.run("UPDATE sessions SET execution_mode = 'e2b' WHERE id = $id", { id: tree.sessionId });
    expect(await scene.keeps(tree)).toEqual(["live-session"]);
    expect(await scene.keeps(tree)).toEqual(["live-session"]);
  });

  test("S2 when somebody asked to keep it after it was planned to go, it stays", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const plan = await planCleanup(scene.world, await repositoryAt(scene.world, undefined));
    await release(scene.world, { sessionId: tree.sessionId, keep: true });
    await applyPlan(scene.world, plan);
    expect(isThere(tree.path)).toBe(true);
  });

  test("S3 when it was brought back after it was planned to go, it stays", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const plan = await planCleanup(scene.world, await repositoryAt(scene.world, undefined));
    await scene.remove(tree);
    await scene.undo();
    await applyPlan(scene.world, plan);
    expect(isThere(tree.path)).toBe(true);
  });

  test("S4 a moved worktree goes from its new place, and stays once it was brought back", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.commit("x.txt");
    await release(scene.world, { sessionId: tree.sessionId });
    const path = scene.place.at("moved here");
    await scene.git("worktree", "move", tree.path, path);
    await scene.land(tree.branch);
    await scene.remove({ ...tree, path });
    await scene.undo();
    expect(await scene.keeps({ ...tree, path })).toEqual(["kept-on-request"]);
  });

  test("S5 a branch alone is shown, and found, by its name", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.commit("a.txt");
    await scene.git("worktree", "remove", tree.path);
    const items = await listWorktrees(scene.world, undefined);
    expect(items.find(({ kind }) => kind === "branch")).toMatchObject({ branch: tree.branch });
  });

  test("S6 one that another command set aside and put back within the moment of a step is no failure", async () => {
    await using scene = await makeScene();
    const { path } = await scene.left();
    const missing = (at: string) =>
      Object.assign(new Error(`ENOENT: no such file, stat '${at}'`), { code: "ENOENT", path: at });
    const reason = (at: string) => whyFailed(scene.world, { row: { path } }, missing(at)).reason;
    expect(reason(path)).toBe("changed-meanwhile");
    expect(reason(join(path, "below"))).toBe("failed");
    await rm(path, { recursive: true });
    expect(reason(join(path, "below"))).toBe("changed-meanwhile");
  });

  test("S7 a lock made while it is removed is seen", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const hook = join(scene.repo.path, ".git/hooks/reference-transaction");
    const lines = `unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE GIT_COMMON_DIR; git -C '${tree.path}' worktree lock '${tree.path}'`;
    await Bun.write(
      hook,
      `#!/bin/sh\n[ "$1" = committed ] || exit 0\ngrep -q refs/parallel-cc/rescue || exit 0\n${lines}\n`,
    );
    await chmod(hook, 0o755);
    expect(await scene.keeps(tree)).toEqual(["changed-meanwhile"]);
  });
});

describe("undo", () => {
  const drop = async ({ world }: Scene, tree: Tree) => {
    const [removed] = await removeWorktrees(world, { worktree: [tree.path], force: true });
    return removed?.id ?? "";
  };

  test.each([
    ["where no folder can be made", () => "/proc/nowhere/x"],
    ["on another disk", () => `/dev/shm/parallel-cc-${crypto.randomUUID()}`],
    ["below a file", (scene: Scene) => join(scene.repo.path, "file-0.txt", "x")],
  ])("U1 to a path %s fails, and can be done again elsewhere", async (_name, to) => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.write("new", "");
    await drop(scene, tree);
    const failed = await scene.undo({ to: to(scene) }).then(
      () => "done",
      (thrown) => thrown,
    );
    if (failed === "done") return;
    expect(failed.code).toStartWith("undo.");
    const db = await scene.world.db();
    db.run("UPDATE removals SET pid = $pid WHERE state LIKE '%ing'", { pid: await deadPid() });
    await using world = testWorld(scene.place, { cwd: scene.repo.path });
    expect(await undo(world, {})).toMatchObject({ path: tree.path });
    expect(await tree.git("status", "--porcelain")).toBe("?? new");
  });

  test("U2 to a path below a symbolic link has the real one", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await drop(scene, tree);
    await mkdir(scene.place.at("real"));
    await symlink(scene.place.at("real"), scene.place.at("link"));
    await scene.undo({ to: scene.place.at("link/back") });
    expect(await scene.keeps({ ...tree, path: scene.place.at("real/back") })).toEqual(["kept-on-request"]);
  });

  test("U3 of a record whose directory was gone brings back what git has of it", async () => {
    await using scene = await makeScene();
    await scene.live();
    const tree = await scene.left();
    await tree.write("new", "new\n");
    await tree.git("add", "new");
    await runGit(["-c", "alias.x=!rm -rf .", "--version"], { cwd: scene.place.path, env: scene.place.env() });
    const { rm } = await import("node:fs/promises");
    await rm(tree.path, { recursive: true });
    await removeWorktrees(scene.world, { worktree: [tree.path], force: true });
    await scene.undo();
    expect(isThere(tree.path)).toBe(true);
    expect(await tree.git("diff", "--cached", "--name-only")).toBe("new");
  });

  test("U4 after pruning restores a file whose name is no text, or says that it is missing", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const name = Buffer.concat([Buffer.from(`${tree.path}/`), Buffer.from([0x66, 0xfc, 0x72])]);
    await writeFile(name, "latin1\n");
    await drop(scene, tree);
    scene.world.pass(15 * DAY_MS);
    await scene.cleanup();
    const { missing } = await scene.undo();
    expect(missing.length > 0 || lstatSync(name, { throwIfNoEntry: false }) !== undefined).toBe(true);
  });

  test("U5 to a path inside the repository or below another worktree's trash is refused", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const id = await drop(scene, tree);
    const to = join(scene.repo.path, ".git/parallel-cc/trash", id, "tree/inside");
    const failed = await scene.undo({ to }).catch((thrown) => thrown);
    expect(failed.code).toStartWith("undo.");
    expect(await scene.undo()).toMatchObject({ path: tree.path });
  });

  test("U6 of a branch that is in the user's way as a folder: ours `parallel-x`, theirs `parallel-x/y`", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await drop(scene, tree);
    await scene.git("branch", `${tree.branch}/y`);
    expect(await scene.undo()).toMatchObject({ renamed: [{ from: tree.branch }] });
    expect(await tree.git("status", "--porcelain")).toBe("");
  });

  test("U7 when HEAD stands on the user's branch that is the main checkout's by now", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("checkout", "--quiet", "-b", "mine");
    await tree.write("new", "");
    await drop(scene, tree);
    await scene.git("checkout", "--quiet", "mine");
    await scene.undo();
    expect(await tree.git("branch", "--show-current")).not.toBe("mine");
    expect(await tree.git("status", "--porcelain")).toBe("?? new");
  });
});

describe("core settings that hide changes", () => {
  test("C1 core.trustctime=false and a file of the same size and time", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("config", "core.trustctime", "false");
    const { utimes, stat } = await import("node:fs/promises");
    const file = join(tree.path, "file-0.txt");
    const { atime, mtime } = await stat(file);
    const text = await Bun.file(file).text();
    await writeFile(file, text.replace("f", "F"));
    await utimes(file, atime, mtime);
    expect(await scene.keeps(tree)).toEqual(["uncommitted-changes"]);
  });

  test("C2 core.fileMode=false and a mode, saved at least", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("config", "core.fileMode", "false");
    await chmod(join(tree.path, "file-0.txt"), 0o755);
    await tree.write("new", "");
    await removeWorktrees(scene.world, { worktree: [tree.path], force: true });
    await scene.undo();
    expect(lstatSync(join(tree.path, "file-0.txt")).mode & 0o777).toBe(0o755);
  });

  test("C3 a file of an assume-unchanged path below what is a file now", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.commit("dir/file.txt");
    await scene.land(tree.branch);
    await tree.git("update-index", "--assume-unchanged", "dir/file.txt");
    const { rm } = await import("node:fs/promises");
    await rm(join(tree.path, "dir"), { recursive: true });
    await writeFile(join(tree.path, "dir"), "a file now\n");
    expect(await scene.keeps(tree)).toEqual(["uncommitted-changes"]);
  });

  test("C4 a skip-worktree path that is a folder with files now", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("update-index", "--skip-worktree", "file-0.txt");
    const { rm } = await import("node:fs/promises");
    await rm(join(tree.path, "file-0.txt"));
    await tree.write("file-0.txt/precious", "");
    expect(await scene.keeps(tree)).toEqual(["uncommitted-changes"]);
  });

  test("C5 info/sparse-checkout hides files that are there", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("sparse-checkout", "set", "--no-cone", "/file-0.txt");
    await tree.write("folder-0/file-1.txt", "made anew\n");
    expect(await scene.keeps(tree)).toEqual(["uncommitted-changes"]);
  });

  test("C6 a file touched while another has a flag does not keep it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("update-index", "--assume-unchanged", "file-0.txt");
    const { utimes } = await import("node:fs/promises");
    await utimes(join(tree.path, "folder-0/file-1.txt"), 1, 1);
    expect(await scene.keeps(tree)).toEqual([]);
  });

  test("C7 an untracked directory that git may not read", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("config", "core.excludesFile", join(tree.path, "file-0.txt"));
    await tree.write(".gitignore", "*\n");
    await tree.write("thesis.txt", "only here\n");
    expect(await scene.keeps(tree)).toEqual([]);
  });
});
