// How an agent learns, by its hooks, of the work that its edit will conflict with: before the edit where its client takes
// a word there, and otherwise right after it, with the same words.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { answerHook } from "../../src/features/hooks/hooks.ts";
import { read } from "../../src/features/messages/inbox.ts";
import { send } from "../../src/features/messages/send.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const PATH = "file-0.txt";

/** What the model is given. */
async function heard({ known, process }: AtWork, { world }: TwoSessions, event: string, told: object = {}) {
  const file = join(known.worktree_path, PATH);
  const tool = { tool_name: "Write", tool_input: { file_path: file, content: `of ${known.name}\n` } };
  const input = JSON.stringify({
    ...{ session_id: "c", cwd: known.worktree_path, hook_event_name: event },
    ...tool,
    ...told,
  });
  const here = world.as({ cwd: known.worktree_path, parentPid: process.pid, input });
  const answer = await answerHook({ ...here, env: { ...here.env, claudePid: undefined } }, event);
  return answer?.hookSpecificOutput?.additionalContext;
}

function change({ known }: AtWork): void {
  writeFileSync(join(known.worktree_path, PATH), `of ${known.name}\n`);
}

/** Sessions with whose work an edit of the second one's conflicts. */
async function peers(scene: TwoSessions, count: number): Promise<AtWork[]> {
  const found = [scene.one];
  while (found.length < count) found.push(await scene.start(`of a rather long name, the ${found.length}th`));
  for (const one of found) change(one);
  await heard(scene.two, scene, "PostToolUse");
  return found;
}

describe("a client that takes no word before a tool is used", () => {
  test("is told after the edit: of every session its name, its branch and its lines", async () => {
    await using scene = await twoSessions();
    const others = await peers(scene, 5);
    expect(await heard(scene.two, scene, "PreToolUse")).toBeUndefined();
    const words = await heard(scene.two, scene, "PostToolUse");
    expect(words).toStartWith(`parallel-cc: What you are writing to "${PATH}" will conflict with`);
    const lines = words?.split("\n") ?? [];
    for (const { known } of others) {
      expect(lines).toContain(`- session "${known.name}", on branch "${known.branch}": your line 1, its line 1.`);
    }
    expect(lines).toContain(
      "It is not refused. Agree with them (send_message) who changes what of it, or keep out of it.",
    );
    expect(words?.length).toBeLessThanOrEqual(2000);
  });

  test("is told of it before all that others have sent", async () => {
    await using scene = await twoSessions();
    await peers(scene, 1);
    const db = await scene.world.db();
    const { git_dir: gitDir, git_dir_id: gitDirId, repo_path: path } = scene.one.known;
    const repository = { gitDir: gitDir ?? "", gitDirId: gitDirId ?? "", path };
    send(scene.world, db, { sender: scene.one.known, repository, to: "two", body: "word ".repeat(200) });
    await heard(scene.two, scene, "PreToolUse");
    const words = await heard(scene.two, scene, "PostToolUse");
    expect(words).toStartWith("parallel-cc: What you are writing to");
    expect(words).toContain(`- session "one", on branch "main": your line 1, its line 1.`);
    expect(words).toContain("word word");
  });

  test("that asks for its inbox gets it line by line", async () => {
    await using scene = await twoSessions();
    await peers(scene, 1);
    await heard(scene.two, scene, "PreToolUse");
    const { messages } = read(await scene.world.db(), scene.two.known.id);
    const conflict = messages.find(({ message }) => message.includes("What you are writing"));
    expect(conflict?.message.split("\n")).toHaveLength(3);
  });
});

test.each([["prompt_id"], ["effort"]])("a client that tells %s takes the words before the edit", async (field) => {
  await using scene = await twoSessions();
  await peers(scene, 1);
  const value = field === "effort" ? { level: "medium" } : "82f555fb";
  const words = await heard(scene.two, scene, "PreToolUse", { [field]: value });
  expect(words).toContain(`- session "one", on branch "main": your line 1, its line 1.`);
  expect(await heard(scene.two, scene, "PostToolUse")).toBeUndefined();
});
