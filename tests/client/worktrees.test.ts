// `claude --worktree` and agents that work apart, with the hooks that give them a worktree of ours.

import { expect, test } from "bun:test";
import { bash, PRINT, resultOf, stage } from "../support/client.ts";
import { HOOKS, install, shown, waitForNobody } from "../support/client-hooks.ts";
import { waitFor } from "../support/processes.ts";
import { gate } from "../support/servers/messages.ts";

test("claude -w works in a worktree of ours, as a session of that name, and both go with it", async () => {
  const working = gate();
  const turns = [bash("pwd -P"), { gate: working, blocks: ["Here."] }];
  await using on = await stage({ rules: [{ prompt: "say where", turns }] });
  await install(on, ...HOOKS, "--worktrees");
  const running = on.start(["claude", "-w", "feat", "-p", "say where", ...PRINT]);
  await working.reached;
  const [session, ...others] = await shown(on);
  expect(session).toMatchObject({ name: "feat", isAlive: true, activity: "working" });
  expect(others).toEqual([]);
  expect(session?.worktreePath).toStartWith(`${on.repo.path}-worktrees/parallel-feat-`);
  expect((await on.model.request("say where", 1)).results[0]?.text).toBe(session?.worktreePath ?? "");
  working.open();
  resultOf(await running.exited);
  await waitForNobody(on);
  const list = (): Promise<string> => on.repo.git("worktree", "list", "--porcelain");
  await waitFor(async () => !(await list()).includes("parallel-feat-"), "the removal of the worktree");
});

test("an agent that works apart is a session beside the one that started it", async () => {
  const working = gate();
  const agent = { description: "Says where", prompt: "say where", subagent_type: "general-purpose" };
  const rules = [
    { prompt: "be the parent", turns: [{ tool: "Agent", input: { ...agent, isolation: "worktree" } }] },
    { prompt: "say where", turns: [bash("pwd -P"), { gate: working, blocks: ["Here."] }] },
  ];
  await using on = await stage({ rules });
  await install(on, ...HOOKS, "--worktrees");
  const running = on.start(["claude", "-p", "be the parent", ...PRINT]);
  await working.reached;
  const [{ text: folder = "" } = {}] = (await on.model.request("say where", 1)).results;
  expect(folder).toStartWith(`${on.repo.path}-worktrees/parallel-agent-`);
  expect(await shown(on)).toMatchObject([
    { worktreePath: on.repo.path, isAlive: true },
    { worktreePath: folder, isAlive: true },
  ]);
  working.open();
  resultOf(await running.exited);
});
