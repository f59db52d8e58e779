// Sessions whose worktrees gtr makes: where, with its copies and hooks, and what happens where it cannot.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setSetting } from "../../src/features/config/change.ts";
import { register } from "../../src/features/sessions/register.ts";
import { release } from "../../src/features/sessions/release.ts";
import { type InstallGtr, standInGtr, writeProgram } from "../support/gtr.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene(install: InstallGtr) {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { files: 3 });
  await mkdir(place.at("programs"));
  await install(place.at("programs"));
  const world = stack.use(testWorld(place, { cwd: repo.path, path: [place.at("programs")] }));
  const process = () => stack.use(sleeper());
  await register(world, { pid: process().pid });
  const set = (key: string, word: string) => setSetting(world, { key, words: [word], isOfRepository: false });
  const start = () => register(world, { pid: process().pid });
  return { place, repo, world, set, start, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const read = (...parts: string[]) =>
  Bun.file(join(...parts))
    .text()
    .catch(() => undefined);

describe.each(["1.0.0", "2.11.0"])("gtr %s", (version) => {
  test("makes the worktree where its user wants them, with its copies and hooks, and none of it is work", async () => {
    await using scene = await makeScene(standInGtr(version));
    const { repo, place, world } = scene;
    await repo.git("config", "gtr.worktrees.dir", place.at("theirs"));
    await repo.git("config", "gtr.copy.include", ".env.sample");
    await repo.git("config", "gtr.hook.postCreate", "echo made > hook.txt");
    await Bun.write(join(repo.path, ".env.sample"), "SAMPLE=1\n");
    const { session, warnings } = await scene.start();
    expect(warnings).toEqual([]);
    expect(dirname(session.worktree_path)).toBe(place.at("theirs"));
    expect(basename(session.worktree_path)).toBe(session.branch ?? "");
    expect(await read(session.worktree_path, ".env.sample")).toBe("SAMPLE=1\n");
    expect(await read(session.worktree_path, "hook.txt")).toBe("made\n");
    expect(await release(world, { sessionId: session.id })).toMatchObject({ worktreeRemoved: true, kept: null });
  });
});

describe("gtr 2.11.0", () => {
  test("has its hooks run around a removal, and one that fails keeps the worktree", async () => {
    await using scene = await makeScene(standInGtr("2.11.0"));
    const { repo, place, world } = scene;
    await repo.git("config", "gtr.hook.preRemove", `test -e ${place.at("ready")}`);
    await repo.git("config", "gtr.hook.postRemove", `echo "$BRANCH" > ${place.at("gone")}`);
    const [first, second] = [await scene.start(), await scene.start()];
    expect(await release(world, { sessionId: first.session.id })).toMatchObject({
      kept: { reason: "pre-remove-failed", why: [expect.stringContaining("gtr's preRemove hook")] },
    });
    expect(await read(place.at("gone"))).toBeUndefined();
    await Bun.write(place.at("ready"), "");
    expect(await release(world, { sessionId: second.session.id })).toMatchObject({ worktreeRemoved: true });
    expect(await read(place.at("gone"))).toBe(`${second.session.branch}\n`);
  });

  test("is not asked where its user wants git", async () => {
    await using scene = await makeScene(standInGtr("2.11.0"));
    await scene.repo.git("config", "gtr.hook.postCreate", "echo made > hook.txt");
    await scene.set("worktree.backend", "git");
    const { session } = await scene.start();
    expect(await read(session.worktree_path, "hook.txt")).toBeUndefined();
  });
});

const broken: InstallGtr = (folder) =>
  writeProgram(
    join(folder, "git-gtr"),
    '#!/bin/sh\nGTR_VERSION=9\n[ "$1" = version ] || { echo "[x] no luck" >&2; exit 3; }\n',
  );
const brokenLate: InstallGtr = (folder) =>
  writeProgram(
    join(folder, "git-gtr"),
    '#!/bin/sh\nGTR_VERSION="2.11.0"\ngit branch "$2" HEAD\necho "[x] no luck" >&2\nexit 3\n',
  );

describe("a gtr that fails", () => {
  test("is said, and git makes the worktree", async () => {
    await using scene = await makeScene(brokenLate);
    const { session, warnings } = await scene.start();
    expect(warnings).toEqual([expect.stringMatching(/^git made this worktree, since gtr did not: .*no luck/)]);
    expect(await read(session.worktree_path, "file-0.txt")).toBeDefined();
  });

  test("is an error where its user wants gtr alone, and leaves nothing", async () => {
    await using scene = await makeScene(brokenLate);
    await scene.set("worktree.backend", "gtr");
    await expect(scene.start()).rejects.toMatchObject({ code: "gtr.failed" });
    expect(await scene.repo.git("branch", "--list", "parallel-*")).toBe("");
  });

  test("that is not there is an error where its user wants it", async () => {
    await using scene = await makeScene(async () => undefined);
    await scene.set("worktree.backend", "gtr");
    await expect(scene.start()).rejects.toMatchObject({ code: "gtr.none" });
  });

  test("is not run at all where it does not tell its version", async () => {
    await using scene = await makeScene(broken);
    const { session, warnings } = await scene.start();
    expect(warnings).toEqual([]);
    expect(await read(session.worktree_path, "file-0.txt")).toBeDefined();
  });
});

describe("names and places", () => {
  test("worktree.directory and worktree.prefix say where worktrees are and what they are called", async () => {
    await using scene = await makeScene(async () => undefined);
    await scene.set("worktree.directory", "../elsewhere/deep");
    await scene.set("worktree.prefix", "pc");
    const { session } = await scene.start();
    expect(dirname(session.worktree_path)).toBe(scene.place.at("elsewhere/deep"));
    expect(session.branch).toMatch(/^pc-[0-9a-f]{8}$/);
    expect(await release(scene.world, { sessionId: session.id })).toMatchObject({ worktreeRemoved: true });
  });
});
