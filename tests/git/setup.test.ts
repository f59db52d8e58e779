// What a new worktree gets beside what git tracks: files, shared directories, and what commands make.

import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdir, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setUpAgain } from "../../src/features/cleanup/set-up.ts";
import { setSetting } from "../../src/features/config/change.ts";
import { waitFor } from "../support/processes.ts";
import { isThere, makeScene, type Scene, type SceneInput, type Tree } from "./removal-scene.ts";

const set = (scene: Scene, key: string, ...words: string[]) =>
  setSetting(scene.world, { key, words, isOfRepository: false });

/** In the main checkout, ignored there. */
async function ignored(scene: Scene, files: Record<string, string>): Promise<void> {
  const patterns = Object.keys(files).map((path) => `/${path.split("/")[0]}`);
  await Bun.write(join(scene.repo.path, ".git/info/exclude"), `${patterns.join("\n")}\n`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(scene.repo.path, path)), { recursive: true });
    await Bun.write(join(scene.repo.path, path), text);
  }
}

const read = (tree: Tree, path: string) => Bun.file(join(tree.path, path)).text();
const has = (tree: Tree, path: string) => lstatSync(join(tree.path, path), { throwIfNoEntry: false }) !== undefined;

async function withScene(work: (scene: Scene) => Promise<void>, input: SceneInput = {}): Promise<void> {
  await using scene = await makeScene(input);
  await work(scene);
}

describe("worktree.copyFiles", () => {
  test("brings ignored files along, as they are, and no others", () =>
    withScene(async (scene) => {
      await ignored(scene, { ".env.local": "KEY=1\n", ".claude/settings.local.json": "{}\n", "other.log": "log\n" });
      await chmod(join(scene.repo.path, ".env.local"), 0o600);
      await utimes(join(scene.repo.path, ".env.local"), 1e9, 1e9);
      await set(scene, "worktree.copyFiles", ".env.local, .claude/settings.local.json");
      const tree = await scene.live();
      expect(await read(tree, ".env.local")).toBe("KEY=1\n");
      expect(statSync(join(tree.path, ".env.local"))).toMatchObject({ mode: 0o100600, mtimeMs: 1e12 });
      expect(await read(tree, ".claude/settings.local.json")).toBe("{}\n");
      expect(has(tree, "other.log")).toBe(false);
    }));

  test("takes patterns, whole directories, and files that are untracked without being ignored", () =>
    withScene(async (scene) => {
      await ignored(scene, { "apps/a/.env": "a\n", "apps/b/.env": "b\n", "vendor/lib/x": "x\n", "vendor/y": "y\n" });
      await Bun.write(join(scene.repo.path, "notes.txt"), "notes\n");
      await Bun.write(join(scene.repo.path, "drafts.txt"), "drafts\n");
      await set(scene, "worktree.copyFiles", "apps/*/.env,vendor/,/notes.txt");
      const tree = await scene.live();
      expect(await read(tree, "apps/a/.env")).toBe("a\n");
      expect(await read(tree, "apps/b/.env")).toBe("b\n");
      expect(await read(tree, "vendor/lib/x")).toBe("x\n");
      expect(await read(tree, "vendor/y")).toBe("y\n");
      expect(await read(tree, "notes.txt")).toBe("notes\n");
      expect(has(tree, "drafts.txt")).toBe(false);
    }));

  test("does not look into directories that are ignored as a whole for a name alone", () =>
    withScene(async (scene) => {
      await ignored(scene, { ".env": "own\n", "node_modules/pkg/.env": "theirs\n" });
      await set(scene, "worktree.copyFiles", ".env");
      const tree = await scene.live();
      expect(await read(tree, ".env")).toBe("own\n");
      expect(has(tree, "node_modules")).toBe(false);
    }));

  test("keeps links as they are, also broken ones and those to directories", () =>
    withScene(async (scene) => {
      await ignored(scene, { "data/real/file": "x\n" });
      await symlink("real", join(scene.repo.path, "data/near"));
      await symlink("../../nowhere", join(scene.repo.path, "data/gone"));
      await symlink("/etc/hostname", join(scene.repo.path, "data/far"));
      await set(scene, "worktree.copyFiles", "data/");
      const tree = await scene.live();
      const links = ["near", "gone", "far"].map((name) => readlinkSync(join(tree.path, "data", name)));
      expect(links).toEqual(["real", "../../nowhere", "/etc/hostname"]);
    }));

  test("writes nothing over what the branch tracks, and nothing through a link that it tracks", () =>
    withScene(async (scene) => {
      await mkdir(scene.place.at("outside"));
      await scene.git("checkout", "-q", "-b", "odd");
      await Bun.write(join(scene.repo.path, ".env"), "tracked\n");
      await symlink(scene.place.at("outside"), join(scene.repo.path, "config"));
      await scene.git("add", "-f", ".env", "config");
      await scene.git("commit", "-qm", "Odd");
      await scene.git("checkout", "-q", "main");
      await ignored(scene, { ".env": "mine\n", "config/secret": "secret\n" });
      await set(scene, "worktree.copyFiles", ".env,config/");
      const tree = await scene.live({ base: "odd" });
      expect(await read(tree, ".env")).toBe("tracked\n");
      expect(existsSync(scene.place.at("outside/secret"))).toBe(false);
    }));

  test("leaves out what cannot be copied, and says so", () =>
    withScene(async (scene) => {
      await ignored(scene, { "run/keep": "x\n" });
      Bun.spawnSync(["mkfifo", join(scene.repo.path, "run/pipe")]);
      await set(scene, "worktree.copyFiles", "run/");
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings, session } = await register(scene.world, { pid: scene.process().pid });
      expect(warnings).toEqual(["Not copied: run/pipe (it is no file, link or directory)."]);
      expect(existsSync(join(session.worktree_path, "run/keep"))).toBe(true);
    }));
});

describe(".worktreeinclude", () => {
  test("brings ignored files along, and no untracked ones", () =>
    withScene(async (scene) => {
      await ignored(scene, { ".env": "own\n", "keys/a.pem": "a\n", "keys/b.pem": "b\n" });
      await Bun.write(join(scene.repo.path, "draft.pem"), "draft\n");
      await Bun.write(join(scene.repo.path, ".worktreeinclude"), "# needed\n.env\nkeys/*.pem\n!keys/b.pem\n*.pem.x\n");
      const tree = await scene.live();
      expect(await read(tree, ".env")).toBe("own\n");
      expect(await read(tree, "keys/a.pem")).toBe("a\n");
      expect([has(tree, "keys/b.pem"), has(tree, "draft.pem")]).toEqual([false, false]);
    }));
});

describe("worktree.symlinkDirs", () => {
  test("shares a directory, in a way that nobody commits it", () =>
    withScene(async (scene) => {
      await Bun.write(join(scene.repo.path, ".gitignore"), "node_modules/\n");
      await scene.git("add", ".gitignore");
      await scene.git("commit", "-qm", "Ignore");
      await mkdir(join(scene.repo.path, "node_modules"));
      await set(scene, "worktree.symlinkDirs", "node_modules/, missing");
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings, session } = await register(scene.world, { pid: scene.process().pid });
      const top = session.worktree_path;
      expect(readlinkSync(join(top, "node_modules"))).toBe(join(scene.repo.path, "node_modules"));
      expect(await scene.world.git(top).output(["status", "--porcelain"])).toBe("");
      expect(warnings).toEqual([]);
    }));
});

describe("a shared directory that git does not ignore", () => {
  test("is hidden from nobody, and told of", () =>
    withScene(async (scene) => {
      await mkdir(join(scene.repo.path, "assets"));
      await Bun.write(join(scene.repo.path, "assets/logo.svg"), "logo\n");
      await set(scene, "worktree.symlinkDirs", "assets");
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings } = await register(scene.world, { pid: scene.process().pid });
      expect(warnings).toEqual([expect.stringContaining("git does not ignore assets")]);
      expect(await scene.git("status", "--porcelain")).toBe("?? assets/");
      const tree = await scene.left();
      expect(await scene.keeps(tree)).toEqual([]);
    }));

  test("is its user's work where the link was replaced by a directory", () =>
    withScene(async (scene) => {
      await mkdir(join(scene.repo.path, "assets"));
      await set(scene, "worktree.symlinkDirs", "assets");
      const tree = await scene.left();
      await rm(join(tree.path, "assets"));
      await tree.write("assets/new.svg", "work\n");
      expect(await scene.keeps(tree)).toEqual(["uncommitted-changes"]);
    }));

  test("is entered once, also by many at a time", () =>
    withScene(async (scene) => {
      await ignored(scene, { "cache/x": "x\n" });
      await Bun.write(join(scene.repo.path, ".git/info/exclude"), "/cache/\n");
      await set(scene, "worktree.symlinkDirs", "cache");
      await Promise.all([1, 2, 3, 4].map(() => scene.live()));
      const lines = (await Bun.file(join(scene.repo.path, ".git/info/exclude")).text()).split("\n");
      expect(lines.filter((line) => line === "/cache")).toHaveLength(1);
    }));
});

describe("worktree.postCreate", () => {
  test("runs in the worktree, in order, told where it is and what it is for", () =>
    withScene(async (scene) => {
      const said = 'echo "$PARALLEL_CC_REPO|$PARALLEL_CC_WORKTREE|$PARALLEL_CC_BRANCH|$PWD" > out.txt';
      await set(scene, "worktree.postCreate", said, "cat out.txt > again.txt && ls >> again.txt");
      const tree = await scene.live();
      const line = `${scene.repo.path}|${tree.path}|${tree.branch}|${tree.path}\n`;
      expect((await read(tree, "again.txt")).startsWith(line)).toBe(true);
    }));

  test("that fails keeps the worktree, runs nothing more, and says how to go on", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", "echo one >> log", "test -e ready", "echo two >> log");
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings, session } = await register(scene.world, { pid: scene.process().pid });
      const name = session.worktree_name ?? "";
      expect(warnings).toEqual([
        expect.stringContaining(`"test -e ready" failed (exit 1). Go on with: parallel-cc worktree setup ${name}`),
      ]);
      const log = join(session.worktree_path, "log");
      expect(await Bun.file(log).text()).toBe("one\n");
      await Bun.write(join(session.worktree_path, "ready"), "");
      expect(await setUpAgain(scene.world, { worktree: name })).toMatchObject({ warnings: [] });
      expect(await Bun.file(log).text()).toBe("one\none\ntwo\n");
    }));

  test("has a time limit, and ends what it started", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.commandTimeout", "1");
      await set(scene, "worktree.postCreate", "sleep 300 & echo $! > pid; wait");
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings, session } = await register(scene.world, { pid: scene.process().pid });
      expect(warnings).toEqual([expect.stringContaining("took longer than 1 s")]);
      const pid = Number(await Bun.file(join(session.worktree_path, "pid")).text());
      expect(existsSync(`/proc/${pid}`)).toBe(false);
    }));

  test("of the repository is named and skipped before it is approved", () =>
    withScene(async (scene) => {
      const text = JSON.stringify({ worktree: { postCreate: "echo theirs > made" } });
      await Bun.write(join(scene.repo.path, ".parallel-cc.json"), text);
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings, session } = await register(scene.world, { pid: scene.process().pid });
      expect(warnings).toEqual([expect.stringContaining('parallel-cc config trust): "echo theirs > made"')]);
      expect(existsSync(join(session.worktree_path, "made"))).toBe(false);
    }));
});

describe("what setting up left", () => {
  const COMMANDS = ["echo gen > generated.txt", "mkdir -p out/deep && echo x > out/deep/x", "echo more >> file-0.txt"];

  test("does not keep a worktree", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", ...COMMANDS);
      expect(await scene.keeps(await scene.left())).toEqual([]);
    }));

  const CHANGES: [string, (tree: Tree) => Promise<unknown>][] = [
    ["a new file", ({ write }) => write("new.txt", "x")],
    ["a new file beside what it made", ({ write }) => write("out/deep/y", "x")],
    ["another content of what it made", ({ write }) => write("generated.txt", "mine")],
    ["another content of a tracked file that it changed", ({ write }) => write("file-0.txt", "mine")],
    ["its file staged", ({ git }) => git("add", "generated.txt")],
    ["its file taken away", ({ git }) => git("clean", "-fdq")],
    ["its change taken back", ({ git }) => git("checkout", "-q", "--", "file-0.txt")],
  ];
  // What is as it was committed is nobody's work, whoever made it so.
  const NO_WORK = ["its file taken away", "its change taken back"];
  test.each(CHANGES)("%s is its user's, or nothing", (name, change) =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", ...COMMANDS);
      const tree = await scene.left();
      await change(tree);
      expect(await scene.keeps(tree)).toEqual(NO_WORK.includes(name) ? [] : ["uncommitted-changes"]);
    }),
  );

  test("comes back with undo, and still is nobody's work", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", ...COMMANDS);
      const tree = await scene.left();
      const id = await scene.remove(tree);
      await scene.undo({ id });
      expect(await read(tree, "generated.txt")).toBe("gen\n");
      expect(await read(tree, "file-0.txt")).toContain("more\n");
      const { removeWorktrees } = await import("../../src/features/cleanup/worktrees.ts");
      expect(await removeWorktrees(scene.world, { worktree: [tree.path] })).toHaveLength(1);
    }));
});

describe("setting up again", () => {
  const again = (scene: Scene, { path }: Tree) => setUpAgain(scene.world, { worktree: path });

  test("takes none of its user's work for its own", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", "echo made > made.txt; echo more >> file-0.txt");
      const tree = await scene.left();
      await tree.write("feature.txt", "work\n");
      await tree.write("made.txt", "mine\n");
      await again(scene, tree);
      expect(await scene.keeps(tree)).toEqual(["uncommitted-changes"]);
      const { applied } = await scene.cleanup();
      const kept = applied?.kept.find(({ item }) => item.path === tree.path);
      expect(kept?.keeps[0]?.detail).toContain("feature.txt");
    }));

  test("knows what it makes where nobody works", () =>
    withScene(async (scene) => {
      const tree = await scene.left();
      await set(scene, "worktree.postCreate", "echo made > made.txt");
      await again(scene, tree);
      expect(await scene.keeps(tree)).toEqual([]);
    }));

  test("claims nothing where a session works, whose it may be", () =>
    withScene(async (scene) => {
      const owner = scene.process();
      const { register } = await import("../../src/features/sessions/register.ts");
      const { session } = await register(scene.world, { pid: owner.pid });
      await set(scene, "worktree.postCreate", "echo made > made.txt");
      await setUpAgain(scene.world, { worktree: session.worktree_path });
      await owner.kill();
      await scene.cleanup();
      expect(existsSync(join(session.worktree_path, "made.txt"))).toBe(true);
    }));
});

describe("an interrupted set-up", () => {
  test("claims nothing, and says where the worktree is and how to go on", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", "echo made > made.txt", `touch ${scene.place.at("running")}; sleep 300`);
      const { register } = await import("../../src/features/sessions/register.ts");
      const owner = scene.process();
      const controller = new AbortController();
      const registering = register({ ...scene.world, signal: () => controller.signal }, { pid: owner.pid });
      await waitFor(() => existsSync(scene.place.at("running")), "the second command");
      controller.abort();
      await expect(registering).rejects.toMatchObject({ code: "proc.cancelled" });
      expect(scene.world.said.at(-1)).toContain("go on with: parallel-cc worktree setup parallel-");
      const again = await register(scene.world, { pid: owner.pid });
      expect(again.warnings).toEqual([expect.stringContaining("did not end well")]);
      await owner.kill();
      await scene.cleanup();
      expect(existsSync(join(again.session.worktree_path, "made.txt"))).toBe(true);
    }));
});

test("a set-up that cannot be done at all is told, and the session has its worktree", () =>
  withScene(async (scene) => {
    await ignored(scene, { "cache/x": "x\n" });
    await Bun.write(join(scene.repo.path, ".git/info/exclude"), "/cache/\n");
    await set(scene, "worktree.symlinkDirs", "cache");
    // Where its lock should be is a file.
    const paths = { ...scene.world.paths, locks: join(scene.world.paths.config, "locks") };
    const { setUp } = await import("../../src/features/setup/setup.ts");
    const { loadConfig } = await import("../../src/features/config/config.ts");
    const tree = await scene.live();
    await rm(join(tree.path, "cache"));
    await Bun.write(join(scene.repo.path, ".git/info/exclude"), "/cache/\n");
    const input = { path: tree.path, name: "it", from: scene.repo.path, variables: {}, who: "alone" as const };
    const config = await loadConfig(scene.world, scene.repo.path);
    const warnings = await setUp({ ...scene.world, paths }, await scene.world.db(), { ...input, config });
    expect(warnings).toEqual([expect.stringContaining("Go on with: parallel-cc worktree setup it")]);
  }));

describe("names that are not UTF-8", () => {
  const odd = (tree: Tree, name: number) => Buffer.concat([Buffer.from(`${tree.path}/caf`), Buffer.from([name])]);
  const make = (byte: string) => `printf generated > "$(printf 'caf\\${byte}')"`;

  test("are told apart", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.postCreate", make("351"));
      expect(await scene.keeps(await scene.left())).toEqual([]);
      const [edited, added] = [await scene.left(), await scene.left()];
      writeFileSync(odd(edited, 0xe9), "three hours");
      writeFileSync(odd(added, 0xe8), "generated");
      await scene.cleanup();
      expect([isThere(edited.path), isThere(added.path)]).toEqual([true, true]);
    }));
});

describe("a copy", () => {
  test("that its user changed keeps the worktree, although git ignores it", () =>
    withScene(async (scene) => {
      await ignored(scene, { ".env.local": "A=1\n", "other/x": "x\n" });
      await set(scene, "worktree.copyFiles", ".env.local,other/");
      const [edited, left] = [await scene.left(), await scene.left()];
      await edited.write(".env.local", "A=1\nKEY=new\n");
      expect(await scene.keeps(edited)).toEqual(["uncommitted-changes"]);
      expect(isThere(left.path)).toBe(false);
    }));

  test("that was taken away, or that git does not ignore any longer, is no work", () =>
    withScene(async (scene) => {
      await ignored(scene, { ".env.local": "A=1\n" });
      await set(scene, "worktree.copyFiles", ".env.local");
      const [gone, untracked] = [await scene.left(), await scene.left()];
      await rm(join(gone.path, ".env.local"));
      await Bun.write(join(scene.repo.path, ".git/info/exclude"), "");
      await scene.cleanup();
      expect([isThere(gone.path), isThere(untracked.path)]).toEqual([false, false]);
    }));
});

describe("an odd .worktreeinclude", () => {
  const ODD: [string, (file: string) => Promise<unknown>][] = [
    ["a directory", (file) => mkdir(file)],
    ["endless", (file) => symlink("/dev/zero", file)],
    ["a pipe", async (file) => Bun.spawnSync(["mkfifo", file])],
    ["a dangling link", (file) => symlink("nowhere", file)],
  ];
  test.each(ODD)("that is %s copies nothing, and is told of", (_what, make) =>
    withScene(async (scene) => {
      await make(join(scene.repo.path, ".worktreeinclude"));
      const { register } = await import("../../src/features/sessions/register.ts");
      const { warnings } = await register(scene.world, { pid: scene.process().pid });
      expect(warnings).toEqual([expect.stringMatching(/^No file was copied: /)]);
    }),
  );
});

test("what setting up left is saved with a removed worktree, and comes back when the trash is gone", () =>
  withScene(async (scene) => {
    await set(scene, "worktree.postCreate", "echo made > made.txt; echo more >> file-0.txt");
    const tree = await scene.left();
    const id = await scene.remove(tree);
    await rm(join(scene.repo.path, ".git/parallel-cc/trash"), { recursive: true });
    await scene.undo({ id });
    expect(await read(tree, "made.txt")).toBe("made\n");
    expect(await read(tree, "file-0.txt")).toEndWith("more\n");
  }));

describe("worktree.preRemove", () => {
  test("runs in the worktree before it goes", () =>
    withScene(async (scene) => {
      await set(scene, "worktree.preRemove", `pwd > ${scene.place.at("said")}`);
      const tree = await scene.left();
      expect(await scene.keeps(tree)).toEqual([]);
      expect(await Bun.file(scene.place.at("said")).text()).toBe(`${tree.path}\n`);
    }));

  test("that fails keeps it, unless it is forced", () =>
    withScene(async (scene) => {
      const { removeWorktrees } = await import("../../src/features/cleanup/worktrees.ts");
      await set(scene, "worktree.preRemove", "false");
      const tree = await scene.left();
      expect(await scene.keeps(tree)).toEqual(["pre-remove-failed"]);
      await removeWorktrees(scene.world, { worktree: [tree.path], force: true });
      expect(isThere(tree.path)).toBe(false);
    }));

  test("that fails does not keep the session, which is over", () =>
    withScene(async (scene) => {
      const { release } = await import("../../src/features/sessions/release.ts");
      await set(scene, "worktree.preRemove", "false");
      const { sessionId } = await scene.live();
      const released = await release(scene.world, { sessionId });
      expect(released).toMatchObject({ released: true, kept: { reason: "pre-remove-failed" } });
    }));

  test.each([
    ["a file", "echo x > left.txt"],
    ["a commit", "git commit -q --allow-empty -m x"],
  ])("that leaves %s keeps it", (_what, command) =>
    withScene(async (scene) => {
      await set(scene, "worktree.preRemove", command);
      const tree = await scene.left();
      await scene.cleanup();
      expect(isThere(tree.path)).toBe(true);
    }),
  );
});
