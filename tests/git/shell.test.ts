// What people and shells are told of a session: the lines for eval are read by a real sh.

import { describe, expect, test } from "bun:test";
import { realpath } from "node:fs/promises";
import { PLAIN } from "../../src/cli/terminal.ts";
import { v } from "../../src/core/shape.ts";
import { operations } from "../../src/features/sessions/operations.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

const ANSWER = v.looseObject({
  sessionId: v.string(),
  worktreePath: v.string(),
  startDirectory: v.string(),
  unsetVariables: v.array(v.string()),
});

/** Registers, and gives the answer with what stands on stdout and stderr. */
async function registered(world: TestWorld, input: Record<string, unknown>) {
  const register = operations.find((one) => one.name === "sessions.register");
  if (register === undefined) throw new Error("no register");
  const output: unknown = await register.run(world, input);
  const page = { columns: undefined, now: world.now(), paint: PLAIN };
  const stdout = register.text(output, page, input);
  return { answer: v.parse(ANSWER, output), stdout, stderr: register.narration?.(output, page, input) ?? "" };
}

async function evaluated(place: Place, lines: string, env: Record<string, string> = {}) {
  const script = 'eval "$1"; pwd -P; printf "%s:%s" "$PARALLEL_CC_SESSION_ID" "$GIT_DIR"';
  const options = { cwd: place.path, env: place.env({ extra: env }), stdout: "pipe" } as const;
  return Bun.spawn(["sh", "-c", script, "sh", lines], options).stdout.text();
}

describe("register --shell", () => {
  test("prints lines that put a shell into the session, whatever the path", async () => {
    await using place = await makePlace('it\'s $(touch x)\n"odd"');
    const repo = await makeRepo(place);
    await using claude = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    const { answer, stdout } = await registered(world, { pid: claude.pid, shell: true });
    expect(await evaluated(place, stdout)).toBe(`${repo.path}\n${answer.sessionId}:`);
  });

  test("takes git's variables away, which the session does not follow", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using claude = sleeper();
    await using world = testWorld(place, { cwd: repo.path, env: { GIT_DIR: "/x" } });
    const { answer, stdout, stderr } = await registered(world, { pid: claude.pid, shell: true });
    expect(answer.unsetVariables).toEqual(["GIT_DIR"]);
    expect(await evaluated(place, stdout, { GIT_DIR: "/x" })).toEndWith(":");
    expect(stderr).toContain("warning: GIT_DIR is set and was not followed");
  });

  test("tells on stderr where the work happens", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using first = sleeper();
    await using second = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    expect((await registered(world, { pid: first.pid, shell: true })).stderr).toBe(
      "parallel-cc: working in the main checkout on branch main.\n",
    );
    const { answer, stderr } = await registered(world, { pid: second.pid, shell: true });
    expect(stderr).toBe(
      `parallel-cc: working in ${answer.worktreePath} on branch parallel-00000002 beside 1 other session.\n`,
    );
  });
});

describe("register", () => {
  test("tells people and old scripts where the worktree is", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { detached: true });
    await using claude = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    const { stdout, stderr } = await registered(world, { pid: claude.pid });
    expect(stdout).toContain("Registered in the main checkout.");
    expect(stdout).toContain("(detached)");
    expect(stdout).toEndWith(`\nWORKTREE_PATH=${repo.path}\n`);
    expect(stderr).toBe("");
  });

  test("starts in the same subdirectory, or at the top where the worktree has none such", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { files: 3 });
    await Bun.write(place.at("repo/untracked/file"), "");
    await using first = sleeper();
    await using second = sleeper();
    await using third = sleeper();
    await using world = testWorld(place, { cwd: repo.path });
    await registered(world, { pid: first.pid });
    const tracked = await registered(world.as({ cwd: place.at("repo/folder-0") }), { pid: second.pid });
    expect(tracked.answer.startDirectory).toBe(`${tracked.answer.worktreePath}/folder-0`);
    const untracked = await registered(world.as({ cwd: place.at("repo/untracked") }), { pid: third.pid });
    expect(untracked.answer.startDirectory).toBe(await realpath(untracked.answer.worktreePath));
  });
});
