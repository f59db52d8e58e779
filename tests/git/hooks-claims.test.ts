// What an agent meets when it edits, by the hooks of two sessions: its file is claimed, refused or shared, as
// `claims.onConflict` says.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimPaths, listClaims } from "../../src/features/claims/ask.ts";
import type { Mode } from "../../src/features/claims/modes.ts";
import { answerHook } from "../../src/features/hooks/hooks.ts";
import { register } from "../../src/features/sessions/register.ts";
import { sleeper } from "../support/processes.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

function tell({ known, process }: AtWork, { world }: TwoSessions, told: object, event = "PreToolUse") {
  const input = JSON.stringify({ session_id: "c", cwd: known.worktree_path, hook_event_name: event, ...told });
  const here = world.as({ cwd: known.worktree_path, parentPid: process.pid, input });
  return answerHook({ ...here, env: { ...here.env, claudePid: process.pid } }, event);
}

const edit = (who: AtWork, scene: TwoSessions, path: string, tool: string = "Edit") => {
  const file = join(who.known.worktree_path, path);
  return tell(who, scene, { tool_name: tool, tool_input: { file_path: file, old_string: "a" } });
};

/** "refused", "told" or "free". */
async function met(...asked: Parameters<typeof edit>): Promise<string> {
  const { hookSpecificOutput: said } = (await edit(...asked)) ?? {};
  return said === undefined ? "free" : said.permissionDecision === "deny" ? "refused" : "told";
}

async function claim(who: AtWork, path: string, mode: Mode, reason?: string) {
  const asked = { paths: [path], mode, ttlHours: 24, reason };
  return claimPaths(who.world, await who.world.db(), who.known, asked).isGranted;
}

async function listed({ world, one }: TwoSessions): Promise<string[]> {
  const found = listClaims(world, await world.db(), { gitDirId: one.known.git_dir_id ?? "" });
  return found.map(({ claim: { file_path, claim_mode }, holder }) => `${holder?.name} ${claim_mode} ${file_path}`);
}

async function configured(scene: TwoSessions, settings: object): Promise<void> {
  mkdirSync(join(scene.place.home, ".parallel-cc"), { recursive: true });
  writeFileSync(scene.world.paths.config, JSON.stringify(settings));
}

describe("an edit", () => {
  test.each(["Edit", "Write", "MultiEdit"])("by %s claims its file INTENT, once", async (tool) => {
    await using scene = await twoSessions();
    expect(await met(scene.one, scene, "src/new.ts", tool)).toBe("free");
    expect(await met(scene.one, scene, "src/new.ts", tool)).toBe("free");
    expect(await listed(scene)).toEqual(["one INTENT src/new.ts"]);
  });

  test("of a notebook claims it", async () => {
    await using scene = await twoSessions();
    const path = join(scene.one.known.worktree_path, "a.ipynb");
    await tell(scene.one, scene, { tool_name: "NotebookEdit", tool_input: { notebook_path: path } });
    expect(await listed(scene)).toEqual(["one INTENT a.ipynb"]);
  });

  test("of what another session edits is told of it, the first time", async () => {
    await using scene = await twoSessions();
    await edit(scene.one, scene, "a.ts");
    expect(await met(scene.two, scene, "a.ts")).toBe("told");
    expect(await met(scene.two, scene, "a.ts")).toBe("free");
    expect(await met(scene.one, scene, "a.ts")).toBe("free");
  });

  test("of what another session has EXCLUSIVE is refused each time, in words that say who, where, since when and why", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "src/", "EXCLUSIVE", "the new\u001b[31m parser");
    scene.world.pass(5 * 60_000);
    for (let i = 0; i < 2; i++) {
      const said = (await edit(scene.two, scene, "src/a.ts"))?.hookSpecificOutput;
      expect(said).toEqual({
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: expect.stringContaining(
          'session "one" (on branch "main", in the main checkout) has claimed "src/" EXCLUSIVE 5m ago, ' +
            'for: "the new\\u{1b}[31m parser"',
        ),
      });
    }
    expect(await listed(scene)).toEqual(["one EXCLUSIVE src/"]);
  });

  test("of what one has claimed oneself needs nothing more", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "src/", "EXCLUSIVE");
    expect(await met(scene.one, scene, "src/a.ts")).toBe("free");
    expect(await listed(scene)).toEqual(["one EXCLUSIVE src/"]);
  });

  test("is free where the other session is dead", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.ts", "EXCLUSIVE");
    await scene.one.process.kill();
    expect(await met(scene.two, scene, "a.ts")).toBe("free");
  });

  test("by another's checkout is of the same file", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.ts", "EXCLUSIVE");
    const told = { tool_name: "Write", tool_input: { file_path: join(scene.repo.path, "a.ts") } };
    expect((await tell(scene.two, scene, told))?.hookSpecificOutput?.permissionDecision).toBe("deny");
  });

  test.each([
    ["outside of repositories", "/nowhere/at/all.txt"],
    ["in git's own directory", ".git/config"],
  ])("%s is nobody's business", async (_, path) => {
    await using scene = await twoSessions();
    const file_path = path.startsWith("/") ? path : join(scene.repo.path, path);
    expect(await tell(scene.one, scene, { tool_name: "Write", tool_input: { file_path } })).toBeUndefined();
    expect(await listed(scene)).toEqual([]);
  });

  test("of what tools generate is claimed by nobody, and met where it was asked for", async () => {
    await using scene = await twoSessions();
    for (const path of ["package-lock.json", "web/node_modules/x/a.js"]) {
      expect(await met(scene.one, scene, path)).toBe("free");
      expect(await met(scene.two, scene, path)).toBe("free");
    }
    expect(await listed(scene)).toEqual([]);
    await claim(scene.one, "package-lock.json", "EXCLUSIVE");
    expect(await met(scene.two, scene, "package-lock.json")).toBe("refused");
  });

  test.each([{}, { tool_name: "Edit" }, { tool_name: "Edit", tool_input: { file_path: 7 } }, { tool_input: "x" }])(
    "that tells nothing of a file (%j) is let through",
    async (told) => {
      await using scene = await twoSessions();
      expect(await tell(scene.one, scene, told)).toBeUndefined();
    },
  );
});

/** What it is told with the next prompt. */
const news = async (who: AtWork, scene: TwoSessions) =>
  (await tell(who, scene, {}, "UserPromptSubmit"))?.hookSpecificOutput?.additionalContext ?? "";

describe("who has a claim learns, once and with its own next prompt,", () => {
  test("of who edits there too", async () => {
    await using scene = await twoSessions();
    await news(scene.one, scene);
    await edit(scene.one, scene, "a.ts");
    for (let i = 0; i < 3; i++) await edit(scene.two, scene, "a.ts");
    const told = await news(scene.one, scene);
    expect(told.match(/session "two".* changes "a\.ts", which you have claimed INTENT\./g)).toHaveLength(1);
    expect(await news(scene.one, scene)).toBe("");
    expect(await news(scene.two, scene)).not.toContain("a.ts");
  });

  test("of who was refused", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "src/", "EXCLUSIVE");
    for (let i = 0; i < 3; i++) await edit(scene.two, scene, "src/a.ts");
    const told = await news(scene.one, scene);
    const words =
      /session "two".* wanted to change "src\/a\.ts", where you have "src\/" claimed EXCLUSIVE\. It was refused\./g;
    expect(told.match(words)).toHaveLength(1);
  });
});

describe("while another program holds the database's lock, an edit", () => {
  /** Somebody writes for longer than a hook waits. */
  async function locked(scene: TwoSessions): Promise<Disposable> {
    const other = new Database(scene.world.paths.database);
    other.run("BEGIN IMMEDIATE");
    return { [Symbol.dispose]: () => other.close() };
  }

  test("of what another session has EXCLUSIVE is refused all the same", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.ts", "EXCLUSIVE");
    using _ = await locked(scene);
    expect(await met(scene.two, scene, "a.ts")).toBe("refused");
  });

  test("of what another session edits is told", async () => {
    await using scene = await twoSessions();
    await edit(scene.one, scene, "a.ts");
    using _ = await locked(scene);
    expect(await met(scene.two, scene, "a.ts")).toBe("told");
    expect(await met(scene.two, scene, "b.ts")).toBe("free");
  });
});

describe("an edit by a claude that nothing is known of", () => {
  const asStranger = async (scene: TwoSessions, pid: number, path: string) => {
    const input = JSON.stringify({
      ...{ session_id: "c", cwd: scene.place.path, hook_event_name: "PreToolUse", tool_name: "Edit" },
      tool_input: { file_path: path },
    });
    const here = scene.world.as({ cwd: scene.place.path, parentPid: pid, input });
    const answer = await answerHook({ ...here, env: { ...here.env, claudePid: pid } }, "PreToolUse");
    return answer?.hookSpecificOutput?.permissionDecision ?? "free";
  };

  test("meets what others have EXCLUSIVE, and no other claim", async () => {
    await using scene = await twoSessions();
    await using stranger = sleeper();
    await claim(scene.one, "a.ts", "EXCLUSIVE");
    await claim(scene.one, "b.ts", "SHARED");
    const left = scene.place.at("repo-worktrees/nobodys");
    await scene.repo.git("worktree", "add", "--quiet", "--detach", left);
    expect(await asStranger(scene, stranger.pid, join(left, "a.ts"))).toBe("deny");
    expect(await asStranger(scene, stranger.pid, join(left, "b.ts"))).toBe("free");
  });

  test("is not made in the checkout of a session", async () => {
    await using scene = await twoSessions();
    await using stranger = sleeper();
    expect(await asStranger(scene, stranger.pid, join(scene.repo.path, "file-0.txt"))).toBe("deny");
  });

  test("counts as its agent's where a tool of one has started it", async () => {
    await using scene = await twoSessions();
    // This process stands for the claude, and its child for the one that has no session.
    await register(scene.world, { repo: scene.repo.path, pid: process.pid, noWorktree: true });
    await using child = sleeper();
    expect(await asStranger(scene, child.pid, join(scene.repo.path, "file-0.txt"))).toBe("free");
  });
});

test("an edit of a file in another's checkout is refused", async () => {
  await using scene = await twoSessions();
  const told = { tool_name: "Write", tool_input: { file_path: join(scene.repo.path, "file-0.txt") } };
  const said = (await tell(scene.two, scene, told))?.hookSpecificOutput;
  expect(said?.permissionDecision).toBe("deny");
  expect(said?.permissionDecisionReason).toContain('session "one"');
});

describe("claims.onConflict", () => {
  test("warn refuses nothing", async () => {
    await using scene = await twoSessions();
    await configured(scene, { claims: { onConflict: "warn" } });
    await claim(scene.one, "a.ts", "EXCLUSIVE");
    expect(await met(scene.two, scene, "a.ts")).toBe("told");
  });

  test("block refuses what is claimed in whatever mode", async () => {
    await using scene = await twoSessions();
    await configured(scene, { claims: { onConflict: "block" } });
    expect(await met(scene.one, scene, "a.ts")).toBe("free");
    expect(await met(scene.two, scene, "a.ts")).toBe("refused");
    expect(await met(scene.one, scene, "a.ts")).toBe("free");
    await claim(scene.one, "b.ts", "SHARED");
    expect(await met(scene.two, scene, "b.ts")).toBe("refused");
    expect(await listed(scene)).toEqual(["one INTENT a.ts", "one SHARED b.ts"]);
  });
});

test.each([
  ["a linked worktree's pointer to git", ".git/config"],
  ["a file", "file-0.txt/within.txt"],
  ["a NUL", "a\0b.txt"],
  ["a name that is too long", `${"x".repeat(300)}/y.txt`],
])("an edit of a path that leads through %s is nobody's", async (_, path) => {
  await using scene = await twoSessions();
  const file = join(scene.two.known.worktree_path, path);
  const told = { tool_name: "Write", tool_input: { file_path: file, content: "x\n" } };
  expect(await tell(scene.two, scene, told)).toBeUndefined();
  expect(await listed(scene)).toEqual([]);
  expect(existsSync(join(scene.world.paths.logs, "hooks.log"))).toBe(false);
});
