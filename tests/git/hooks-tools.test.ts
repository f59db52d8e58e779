// What hooks do around the tools of an agent that works beside another: commands that write are noticed, those that would
// destroy the other's work are refused, and what was sent comes with the next prompt or tool.

import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimPaths, listClaims } from "../../src/features/claims/ask.ts";
import { answerHook } from "../../src/features/hooks/hooks.ts";
import { send } from "../../src/features/messages/send.ts";
import { release } from "../../src/features/sessions/release.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

async function tell(who: AtWork, scene: TwoSessions, event: string, told: object = {}) {
  const { known, process } = who;
  const input = JSON.stringify({ session_id: "c", cwd: known.worktree_path, hook_event_name: event, ...told });
  const here = scene.world.as({ cwd: known.worktree_path, parentPid: process.pid, input });
  return answerHook({ ...here, env: { ...here.env, claudePid: process.pid } }, event);
}

const context = async (...asked: Parameters<typeof tell>) =>
  (await tell(...asked))?.hookSpecificOutput?.additionalContext ?? "";

/** A command of an agent's shell, as its hooks see it: before, then what it does, then after. */
async function command(who: AtWork, scene: TwoSessions, text: string, does: () => void, isFailed = false) {
  const told = { tool_name: "Bash", tool_input: { command: text } };
  const before = (await tell(who, scene, "PreToolUse", told))?.hookSpecificOutput;
  if (before?.permissionDecision === "deny") return before.permissionDecisionReason ?? "";
  does();
  return context(who, scene, isFailed ? "PostToolUseFailure" : "PostToolUse", told);
}

async function listed({ world, one }: TwoSessions): Promise<string[]> {
  const found = listClaims(world, await world.db(), { gitDirId: one.known.git_dir_id ?? "" });
  return found.map(({ claim: { file_path, claim_mode, source }, holder }) => {
    return `${holder?.name} ${claim_mode} ${file_path} (${source})`;
  });
}

const writing = (who: AtWork, path: string) => () => {
  mkdirSync(join(who.known.worktree_path, path, ".."), { recursive: true });
  writeFileSync(join(who.known.worktree_path, path), `${Math.random()}\n`);
};

/** Everybody knows of everybody by now. */
async function settled(): Promise<TwoSessions> {
  const scene = await twoSessions();
  for (const who of [scene.one, scene.two]) await tell(who, scene, "UserPromptSubmit");
  return scene;
}

async function sendTo(scene: TwoSessions, to: string, body: string): Promise<void> {
  const { git_dir: gitDir, git_dir_id: gitDirId, repo_path: path } = scene.two.known;
  const repository = { gitDir: gitDir ?? "", gitDirId: gitDirId ?? "", path };
  send(scene.world, await scene.world.db(), { to, sender: scene.two.known, repository, body });
}

describe("a file that a command writes", () => {
  test("is claimed for its session, the first one too", async () => {
    await using scene = await settled();
    expect(await command(scene.one, scene, "make", writing(scene.one, "gen/a.ts"))).toBe("");
    expect(await listed(scene)).toEqual(["one INTENT gen/a.ts (shell)"]);
  });

  test("is claimed also when the command fails", async () => {
    await using scene = await settled();
    await command(scene.one, scene, "make", writing(scene.one, "a.ts"), true);
    expect(await listed(scene)).toEqual(["one INTENT a.ts (shell)"]);
  });

  test("and that another works on is told once, to both", async () => {
    await using scene = await settled();
    await command(scene.one, scene, "make", writing(scene.one, "a.ts"));
    const told = await command(scene.two, scene, "make", writing(scene.two, "a.ts"));
    expect(told).toContain('another session works on "a.ts" too');
    expect(await command(scene.two, scene, "make", writing(scene.two, "a.ts"))).toBe("");
    expect(await context(scene.one, scene, "UserPromptSubmit")).toContain(
      'changes "a.ts", which you have claimed INTENT',
    );
  });

  test("and that another has EXCLUSIVE stays that one's, and is told", async () => {
    await using scene = await settled();
    const asked = { paths: ["a.ts"], mode: "EXCLUSIVE", ttlHours: 1, reason: undefined } as const;
    claimPaths(scene.one.world, await scene.world.db(), scene.one.known, asked);
    const both = () => {
      for (const path of ["a.ts", "b.ts"]) writing(scene.two, path)();
    };
    expect(await command(scene.two, scene, "make", both)).toContain("EXCLUSIVE");
    expect(await listed(scene)).toEqual(["one EXCLUSIVE a.ts (asked)", "two INTENT b.ts (shell)"]);
  });

  test("of one that failed, and that another works on, is told with the next tool", async () => {
    await using scene = await settled();
    await command(scene.one, scene, "make", writing(scene.one, "a.ts"));
    expect(await command(scene.two, scene, "make", writing(scene.two, "a.ts"), true)).toBe("");
    expect(await context(scene.two, scene, "PostToolUse", { tool_name: "Read" })).toContain("another session works on");
  });

  test("by the one who shares the checkout, and has claimed it, is that one's", async () => {
    await using scene = await settled();
    const guest = await scene.share("guest");
    await tell(guest, scene, "UserPromptSubmit");
    const edits = { tool_name: "Edit", tool_input: { file_path: join(scene.repo.path, "a.ts") } };
    const waits = { tool_name: "Bash", tool_input: { command: "npm test" } };
    await tell(guest, scene, "PreToolUse", waits);
    await tell(scene.one, scene, "PreToolUse", edits);
    writing(scene.one, "a.ts")();
    expect(await context(guest, scene, "PostToolUse", waits)).toBe("");
    expect(await listed(scene)).toEqual(["one INTENT a.ts (edit)"]);
  });

  test("in great number is told in one line", async () => {
    await using scene = await settled();
    const many = Array.from({ length: 40 }, (_, i) => `gen/${String(i).padStart(2, "0")}.ts`);
    const all = (who: AtWork) => () => {
      for (const path of many) writing(who, path)();
    };
    await command(scene.one, scene, "make", all(scene.one));
    await command(scene.two, scene, "make", all(scene.two));
    const told = await context(scene.one, scene, "UserPromptSubmit");
    expect(told).toContain('changes "gen/00.ts", "gen/01.ts", "gen/02.ts", "gen/03.ts", "gen/04.ts" and 35 more');
    expect(told.length).toBeLessThan(700);
  });

  test("beyond those that are claimed is said", async () => {
    await using scene = await settled();
    const all = () => {
      for (let i = 0; i < 203; i++) writing(scene.one, `gen/${i}.ts`)();
    };
    expect(await command(scene.one, scene, "make", all)).toContain("wrote 3 files beyond those that were claimed");
    expect(await listed(scene)).toHaveLength(200);
  });

  test("is nobody's business while its session is alone", async () => {
    await using scene = await settled();
    await release(scene.world, { sessionId: scene.two.known.id });
    await tell(scene.one, scene, "UserPromptSubmit");
    await command(scene.one, scene, "make", writing(scene.one, "a.ts"));
    expect(await listed(scene)).toEqual([]);
  });
});

describe("a command that would destroy another's work", () => {
  test("is refused, and not one's own", async () => {
    await using scene = await settled();
    const { one, two } = scene;
    let hasRun = false;
    const runs = () => {
      hasRun = true;
    };
    expect(await command(one, scene, `rm -rf ${two.known.worktree_path}`, runs)).toContain('session "two"');
    expect(hasRun).toBe(false);
    await command(two, scene, `rm -rf ${two.known.worktree_path}/build`, runs);
    expect(hasRun).toBe(true);
  });

  test("runs where the other is over", async () => {
    await using scene = await settled();
    await scene.two.process.kill();
    const told = { tool_name: "Bash", tool_input: { command: `rm -rf ${scene.two.known.worktree_path}` } };
    expect(await tell(scene.one, scene, "PreToolUse", told)).toBeUndefined();
  });
});

describe("what a session was sent", () => {
  test.each(["UserPromptSubmit", "PostToolUse"])("comes with %s, once", async (event) => {
    await using scene = await settled();
    await sendTo(scene, "one", "the API\n\u001b[31mhas moved");
    const told = await context(scene.one, scene, event, { tool_name: "Read" });
    expect(told).toContain('From session "two"');
    expect(told).toMatch(/> the API\n.*> .*has moved/);
    expect(told).not.toContain("\u001b");
    expect(await context(scene.one, scene, event, { tool_name: "Read" })).toBe("");
  });

  test("waits for its session while a subagent works", async () => {
    await using scene = await settled();
    await sendTo(scene, "one", "hello");
    const bySubagent = { tool_name: "Read", agent_id: "a1" };
    expect(await context(scene.one, scene, "PostToolUse", bySubagent)).toBe("");
    expect(await context(scene.one, scene, "PostToolUse", { tool_name: "Read" })).toContain("hello");
  });

  test("makes an agent that is done go on only where its user says so, and once", async () => {
    await using scene = await settled();
    await sendTo(scene, "one", "hello");
    expect(await tell(scene.one, scene, "Stop")).toBeUndefined();
    writeFileSync(scene.world.paths.config, '{"messages": {"continueAtStop": true}}');
    expect(await tell(scene.one, scene, "Stop", { stop_hook_active: true })).toBeUndefined();
    expect(await tell(scene.one, scene, "Stop")).toEqual({
      decision: "block",
      reason: expect.stringContaining("hello"),
    });
    expect(await tell(scene.one, scene, "Stop")).toBeUndefined();
  });

  test("as news never makes an agent go on", async () => {
    await using scene = await settled();
    writeFileSync(scene.world.paths.config, '{"messages": {"continueAtStop": true}}');
    await scene.start("three");
    expect(await tell(scene.one, scene, "Stop")).toBeUndefined();
    expect(await context(scene.one, scene, "UserPromptSubmit")).toContain('session "three" has begun to work');
  });
});

test("a hook answers nothing where its directory is gone", async () => {
  await using scene = await settled();
  rmSync(scene.two.known.worktree_path, { recursive: true });
  expect(await command(scene.two, scene, "make", () => {})).toBe("");
});
