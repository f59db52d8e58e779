// What a cleanup looks at and does: plans agree with deeds, dry runs change nothing, leftovers go by the same rules.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmod, mkdir, readdir, rename, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { applyPlan } from "../../src/features/cleanup/apply.ts";
import { type Cleaned, cleanup } from "../../src/features/cleanup/cleanup.ts";
import { goes, planCleanup } from "../../src/features/cleanup/plan.ts";
import { repositoryAt } from "../../src/features/cleanup/scope.ts";
import { session } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { worktreesOf } from "../../src/features/worktrees/worktrees.ts";
import { makeRepo } from "../support/repo.ts";
import { contentOf, DAY_MS, isThere, makeScene, type Scene, type Tree } from "./removal-scene.ts";

function removedPaths({ applied }: Cleaned): (string | null)[] {
  return applied?.removed.map(({ path }) => path) ?? [];
}

/** One that goes, one with changes, one that has not landed, one that has, a branch alone, one that is gone. */
async function mixed(scene: Scene): Promise<void> {
  await scene.left();
  await (await scene.left()).write("new", "");
  await (await scene.left()).commit("a.txt");
  const landed = await scene.left();
  await landed.commit("b.txt");
  await scene.land(landed.branch);
  const alone = await scene.left();
  await scene.git("worktree", "remove", alone.path);
  const gone = await scene.left();
  await rm(gone.path, { recursive: true });
}

/** What a cleanup may write without being asked: what was judged, and what it says of itself. */
const CACHES = ["landing_verdicts", "checkout_changes"];

function rowsOf(file: string): Record<string, unknown[]> {
  using db = new Database(file, { readonly: true });
  const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = tables.map(({ name }) => name).filter((name) => !CACHES.includes(name));
  return Object.fromEntries(names.map((name) => [name, db.query(`SELECT * FROM "${name}"`).all()]));
}

describe("cleanup --dry-run", () => {
  test("changes nothing, in the repository, its worktrees and the database", async () => {
    await using scene = await makeScene();
    await mixed(scene);
    const look = () => ({
      repo: contentOf(scene.repo.path),
      worktrees: contentOf(`${scene.repo.path}-worktrees`),
      rows: rowsOf(scene.world.paths.database),
      tmp: contentOf(scene.place.tmp),
    });
    const before = look();
    const { applied, plans } = await cleanup(scene.world, { repo: scene.repo.path, dryRun: true });
    expect(applied).toBeUndefined();
    expect(plans[0]?.items.filter(goes).length).toBeGreaterThan(2);
    expect(look()).toEqual(before);
  });

  test("says what cleanup then does", async () => {
    await using scene = await makeScene();
    await mixed(scene);
    const { plans } = await cleanup(scene.world, { repo: scene.repo.path, dryRun: true });
    const items = plans.flatMap((plan) => plan.items).filter(({ kind }) => kind !== "session");
    const named = ({ path, name }: { path: string | null; name: string }) => path ?? name;
    const cleaned = await scene.cleanup();
    expect(cleaned.applied?.removed.map(named).sort()).toEqual(items.filter(goes).map(named).sort());
    const kept = cleaned.applied?.kept.map(({ item, keeps }) => [named(item), keeps.map(({ reason }) => reason)]);
    const planned = items.filter((one) => !goes(one)).map((one) => [named(one), one.keeps.map(({ reason }) => reason)]);
    expect(kept).toEqual(planned);
    expect(removedPaths(cleaned)).toHaveLength(4);
  });
});

describe("cleanup", () => {
  test("a second time has nothing left to do", async () => {
    await using scene = await makeScene();
    await mixed(scene);
    await scene.cleanup();
    expect((await scene.cleanup()).applied).toMatchObject({ sessions: [], removed: [] });
  });

  test("ends a dead session in the main checkout, and leaves one that lives", async () => {
    await using scene = await makeScene();
    const other = await makeRepo(scene.place, { name: "other" });
    const owner = scene.process();
    const { session: dead } = await register(scene.world, { pid: owner.pid, repo: other.path });
    const tree = await scene.live();
    await owner.kill();
    const { applied } = await cleanup(scene.world, {});
    expect(applied?.sessions).toEqual([dead.id]);
    expect(session(await scene.world.db(), tree.sessionId)).toBeDefined();
  });

  /** A second repository with a worktree that may go. */
  const beside = async (scene: Scene, name = "other") => {
    const other = await makeRepo(scene.place, { name });
    await register(scene.world, { pid: scene.process().pid, repo: other.path });
    const tree = await scene.left({ repo: other.path });
    return { other, tree };
  };

  test("without a repository named goes through all that are known, from anywhere", async () => {
    await using scene = await makeScene();
    const [mine, { tree }] = [await scene.left(), await beside(scene)];
    const cleaned = await cleanup(scene.world.as({ cwd: scene.place.path }), {});
    expect(removedPaths(cleaned).sort()).toEqual([mine.path, tree.path].sort());
  });

  test("with one named leaves all others alone", async () => {
    await using scene = await makeScene();
    const [mine, { tree, other }] = [await scene.left(), await beside(scene)];
    expect(removedPaths(await cleanup(scene.world, { repo: other.path }))).toEqual([tree.path]);
    expect(isThere(mine.path)).toBe(true);
  });

  test("passes over a repository that is gone or broken", async () => {
    await using scene = await makeScene();
    const [mine, gone, broken] = [await scene.left(), await beside(scene, "gone"), await beside(scene, "broken")];
    await rename(gone.other.path, scene.place.at("elsewhere"));
    await Bun.write(join(broken.other.path, ".git/HEAD"), "");
    expect(removedPaths(await cleanup(scene.world, {}))).toEqual([mine.path]);
    expect(isThere(gone.tree.path)).toBe(true);
    expect(isThere(broken.tree.path)).toBe(true);
    expect(worktreesOf(await scene.world.db(), join(gone.other.path, ".git"))).toHaveLength(1);
  });

  test("leaves nothing in the temporary folder, and no empty folder beside the repository", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.git("update-index", "--assume-unchanged", "file-0.txt");
    expect(await scene.keeps(tree)).toEqual([]);
    expect(await readdir(scene.place.tmp)).toEqual([]);
    expect(isThere(dirname(tree.path))).toBe(false);
  });

  test("does not touch the user's branches, tags, stash, index and settings", async () => {
    await using scene = await makeScene();
    await mixed(scene);
    await Bun.write(join(scene.repo.path, "file-0.txt"), "stashed\n");
    await scene.git("stash", "--quiet");
    await scene.git("tag", "v1");
    await scene.git("branch", "mine");
    const settings = await Bun.file(join(scene.repo.path, ".git/config")).text();
    const look = async () => [
      await scene.git("for-each-ref", "refs/heads/main", "refs/heads/mine", "refs/tags", "refs/stash"),
      await scene.git("status", "--porcelain"),
      await Bun.file(join(scene.repo.path, ".git/config")).text(),
      await scene.git("reflog", "main"),
    ];
    const before = await look();
    await scene.cleanup();
    expect(await look()).toEqual(before);
    expect(settings).toBe(before[2] ?? "");
  });
});

describe("of a worktree whose directory is gone", () => {
  const lost = async (scene: Scene, tree: Tree) => {
    await rm(tree.path, { recursive: true });
    // As old as the world's clock says.
    const now = scene.world.now();
    for (const name of ["HEAD", "index", "gitdir", "logs/HEAD"]) await utimes(join(tree.adminDir, name), now, now);
  };
  const reasons = async (scene: Scene) =>
    (await scene.cleanup()).applied?.kept.flatMap(({ item, keeps }) =>
      item.kind === "registration" ? keeps.map(({ reason }) => reason) : [],
    );

  test("the record stays for a day, and goes then", async () => {
    await using scene = await makeScene();
    await scene.live();
    const tree = await scene.left();
    await lost(scene, tree);
    expect(await reasons(scene)).toEqual(["recently-used"]);
    scene.world.pass(DAY_MS);
    expect(await scene.cleanup()).toMatchObject({ applied: { removed: [{ path: tree.path, branch: tree.branch }] } });
    expect(isThere(tree.adminDir)).toBe(false);
    expect(await scene.git("branch", "--list", tree.branch)).toBe("");
  });

  test("the record stays with what was staged", async () => {
    await using scene = await makeScene();
    await scene.live();
    const tree = await scene.left();
    await tree.write("new", "");
    await tree.git("add", "new");
    await lost(scene, tree);
    scene.world.pass(2 * DAY_MS);
    expect(await reasons(scene)).toEqual(["uncommitted-changes"]);
  });

  test("the record stays with commits that have not landed", async () => {
    await using scene = await makeScene();
    await scene.live();
    const tree = await scene.left();
    await tree.commit("a.txt");
    await lost(scene, tree);
    scene.world.pass(2 * DAY_MS);
    expect(await reasons(scene)).toEqual(["unlanded-commits"]);
  });

  test("the record stays while the folder above is not there, whose disk may be away", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await lost(scene, tree);
    await rm(dirname(tree.path), { recursive: true });
    scene.world.pass(2 * DAY_MS);
    expect(await reasons(scene)).toEqual(["missing"]);
  });

  test("the record stays when it is locked", async () => {
    await using scene = await makeScene();
    await scene.live();
    const tree = await scene.left();
    await scene.git("worktree", "lock", tree.path);
    await lost(scene, tree);
    scene.world.pass(2 * DAY_MS);
    expect(await reasons(scene)).toEqual(["locked"]);
  });

  test("the record stays with a rebase under way", async () => {
    await using scene = await makeScene();
    await scene.live();
    const tree = await scene.left();
    await tree.git("-c", "sequence.editor=echo break >", "rebase", "--interactive", "HEAD");
    await lost(scene, tree);
    scene.world.pass(2 * DAY_MS);
    expect(await reasons(scene)).toEqual(["operation-under-way"]);
  });

  test("a record that is not ours is never touched", async () => {
    await using scene = await makeScene();
    const path = scene.place.at("foreign");
    await scene.git("worktree", "add", "--quiet", "-b", "foreign", path);
    await rm(path, { recursive: true });
    scene.world.pass(900 * DAY_MS);
    await scene.cleanup();
    expect(await scene.git("worktree", "list", "--porcelain")).toContain("prunable");
  });
});

describe("of a branch of ours without a worktree", () => {
  const alone = async (scene: Scene, tree: Tree) => {
    await scene.git("worktree", "remove", "--force", tree.path);
    return scene.cleanup();
  };

  test("nothing stays when it has landed", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.commit("a.txt");
    await scene.land(tree.branch);
    expect((await alone(scene, tree)).applied?.removed).toMatchObject([{ path: null, branch: tree.branch }]);
    expect(worktreesOf(await scene.world.db(), join(scene.repo.path, ".git"))).toEqual([]);
  });

  test("it stays when it has not landed", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await tree.commit("a.txt");
    expect((await alone(scene, tree)).applied?.removed).toEqual([]);
    expect(await scene.git("branch", "--list", tree.branch)).not.toBe("");
  });

  test("it stays when somebody has it checked out", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await scene.git("worktree", "remove", tree.path);
    await scene.git("worktree", "add", "--quiet", scene.place.at("theirs"), tree.branch);
    await scene.cleanup();
    expect(await scene.git("branch", "--list", tree.branch)).not.toBe("");
  });

  test("it stays when the user kept the worktree", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await release(scene.world, { sessionId: tree.sessionId, keep: true });
    await alone(scene, tree);
    expect(await scene.git("branch", "--list", tree.branch)).not.toBe("");
  });

  test("nothing is remembered when the branch is gone as well", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    await scene.git("worktree", "remove", tree.path);
    await scene.git("branch", "--quiet", "-D", tree.branch);
    await scene.cleanup();
    expect(worktreesOf(await scene.world.db(), join(scene.repo.path, ".git"))).toEqual([]);
  });
});

describe("what happens while a worktree is removed is seen:", () => {
  /** A hook of git's that runs while the rescue ref is written: after the look, before the directory goes. */
  const meanwhile = async (scene: Scene, lines: string) => {
    const hook = join(scene.repo.path, ".git/hooks/reference-transaction");
    await mkdir(dirname(hook), { recursive: true });
    await Bun.write(
      hook,
      `#!/bin/sh\n[ "$1" = committed ] || exit 0\ngrep -q refs/parallel-cc/rescue || exit 0\n${lines}\n`,
    );
    await chmod(hook, 0o755);
    return hook;
  };
  const CASES: [string, (tree: Tree) => string][] = [
    ["a new file", ({ path }) => `echo new > '${path}/new'`],
    ["a changed file", ({ path }) => `echo changed > '${path}/file-0.txt'`],
    [
      "a commit",
      ({ path }) =>
        `unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE GIT_COMMON_DIR; rm "$0"; cd '${path}' && git commit -q --allow-empty -m x`,
    ],
    [
      "a branch that was moved",
      ({ path }) =>
        `unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE GIT_COMMON_DIR; rm "$0"; cd '${path}' && git update-ref refs/heads/"$(git branch --show-current)" "$(git commit-tree -m x 'HEAD^{tree}')"`,
    ],
  ];
  test.each(CASES)("%s", async (_name, lines) => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const hook = await meanwhile(scene, lines(tree));
    expect(await scene.keeps(tree)).toEqual(["changed-meanwhile"]);
    await rm(hook, { force: true });
    expect(await tree.git("rev-parse", "--absolute-git-dir")).toBe(tree.adminDir);
    expect(await tree.git("branch", "--show-current")).toBe(tree.branch);
    expect(await scene.git("for-each-ref", "refs/parallel-cc")).toBe("");
    expect(isThere(join(scene.repo.path, ".git/parallel-cc/trash"))).toBe(false);
    expect(await scene.undo().catch(({ code }) => code)).toBe("undo.none");
  });

  test("a hook that forbids it", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const hook = join(scene.repo.path, ".git/hooks/reference-transaction");
    await Bun.write(hook, "#!/bin/sh\nexit 1\n");
    await chmod(hook, 0o755);
    expect(await scene.keeps(tree)).toEqual(["failed"]);
    await rm(hook);
    expect(await tree.git("status", "--porcelain")).toBe("");
  });

  test("what was planned and is no longer there", async () => {
    await using scene = await makeScene();
    const tree = await scene.left();
    const plan = await planCleanup(scene.world, await repositoryAt(scene.world, undefined));
    await scene.git("worktree", "remove", tree.path);
    expect(await applyPlan(scene.world, plan)).toMatchObject({ removed: [] });
    expect(await scene.git("branch", "--list", tree.branch)).not.toBe("");
  });
});
