// Sessions whose worktrees gtr makes: where, with its copies and hooks, and what happens where it cannot.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setUpAgain } from "../../src/features/cleanup/set-up.ts";
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

  test("has its hooks run again by worktree setup, which its failure names", async () => {
    await using scene = await makeScene(standInGtr(version));
    const { repo, place, world } = scene;
    const hook = `test -e ${place.at("ready")} && echo made > hook.txt`;
    await repo.git("config", "gtr.hook.postCreate", hook);
    await repo.git("config", "gtr.copy.include", ".env.sample");
    const { session, warnings } = await scene.start();
    const name = basename(session.worktree_path);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`"${hook}".*parallel-cc worktree setup ${name}$`))]);
    const again = await setUpAgain(world, { worktree: name });
    expect(again.warnings.join("\n")).toContain(`gtr's postCreate hook "${hook}" failed: exit 1. Go on with: `);
    await Bun.write(place.at("ready"), "");
    const { warnings: left } = await setUpAgain(world, { worktree: name });
    expect(await read(session.worktree_path, "hook.txt")).toBe("made\n");
    // 1.x cannot copy again.
    expect(left).toEqual(
      version === "1.0.0"
        ? []
        : [expect.stringMatching(new RegExp(`not run again.*: git gtr copy ${session.branch}$`))],
    );
  });
});

test("gtr 1.0.0 is given no longer for its hooks than worktree.commandTimeout, and what it made stays", async () => {
  await using scene = await makeScene(standInGtr("1.0.0"));
  await scene.set("worktree.commandTimeout", "1");
  await scene.repo.git("config", "gtr.hook.postCreate", "echo begun > hook.txt; sleep 60");
  const { session, warnings } = await scene.start();
  expect(warnings).toEqual([expect.stringContaining("it did not go on within 3000 ms and was stopped")]);
  expect(await read(session.worktree_path, "hook.txt")).toBe("begun\n");
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

  test("is not run at all where it does not tell its version, and that is said", async () => {
    await using scene = await makeScene(broken);
    const { session, warnings } = await scene.start();
    const why = `${scene.place.at("programs/git-gtr")} does not tell its version: exit 0`;
    expect(warnings).toEqual([`git makes this worktree, not gtr: ${why}.`]);
    expect(await read(session.worktree_path, "file-0.txt")).toBeDefined();
    const { warnings: again } = await setUpAgain(scene.world, { worktree: session.worktree_path });
    expect(again).toEqual([`gtr's postCreate hooks were not run: ${why}.`]);
    await release(scene.world, { sessionId: session.id });
    expect(scene.world.said).toContain(`Warning: gtr's preRemove hooks were not looked for: ${why}.`);
  });

  test("is not missed by worktree setup, unless its user wants gtr alone", async () => {
    await using scene = await makeScene(async () => undefined);
    const { session } = await scene.start();
    const again = () => setUpAgain(scene.world, { worktree: session.worktree_path });
    expect(await again()).toMatchObject({ warnings: [] });
    await scene.set("worktree.backend", "gtr");
    expect(await again()).toMatchObject({ warnings: [expect.stringContaining("it was not found on PATH")] });
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
