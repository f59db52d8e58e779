// claude-parallel with the real Claude Code: in print mode, two at once, and in a terminal.

import { expect, test } from "bun:test";
import { CLIENTS } from "../../scripts/dev/clients.ts";
import { bash, PRINT, resultOf, stage } from "../support/client.ts";
import { gate } from "../support/servers/messages.ts";
import { sessions } from "../support/wrapper.ts";

test.each(CLIENTS)("claude -p of %s is registered while it works, and released at its end", async (version) => {
  const working = gate();
  const turns = [{ gate: working, blocks: [bash("echo made > made.txt")] }, "It is made."];
  await using on = await stage({ version, rules: [{ prompt: "make the file", turns }] });
  const running = on.start(["claude-parallel", "-p", "make the file", ...PRINT]);
  await working.reached;
  expect(await sessions(on.place)).toMatchObject([{ isAlive: true, worktreePath: on.repo.path }]);
  working.open();
  expect(resultOf(await running.exited)).toMatchObject({ subtype: "success", result: "It is made." });
  expect(await Bun.file(`${on.repo.path}/made.txt`).text()).toBe("made\n");
  expect(await sessions(on.place)).toEqual([]);
});

test("claude's own exit status is handed on", async () => {
  await using on = await stage({ rules: [] });
  const words = ["-p", "hello", "--resume", "00000000-0000-4000-8000-000000000000"] as const;
  const plain = await on.run(["claude", ...words]);
  expect(plain.exit).toBeGreaterThan(0);
  expect((await on.run(["claude-parallel", ...words])).exit).toBe(plain.exit);
});

test("a second claude -p works in a worktree of its own", async () => {
  const first = gate();
  const rules = [
    { prompt: "be the first", turns: [{ gate: first, blocks: [bash("pwd -P")] }] },
    { prompt: "be the second", turns: [bash("pwd -P; git branch --show-current")] },
  ];
  await using on = await stage({ rules });
  const one = on.start(["claude-parallel", "-p", "be the first", ...PRINT]);
  await first.reached;
  resultOf(await on.run(["claude-parallel", "--name", "two", "-p", "be the second", ...PRINT]));
  first.open();
  resultOf(await one.exited);
  const [inFirst] = (await on.model.request("be the first", 1)).results;
  expect(inFirst).toMatchObject({ text: on.repo.path, isError: false });
  const [folder = "", branch = ""] = (await on.model.request("be the second", 1)).results[0]?.text.split("\n") ?? [];
  expect(folder).toBe(`${on.repo.path}-worktrees/${branch}`);
  expect(branch).toStartWith("parallel-two-");
});

test("in a terminal claude is registered from the start, and released after /exit", async () => {
  const working = gate();
  const turns = [{ gate: working, blocks: [bash("echo made > made.txt")] }, "It is made."];
  await using on = await stage({ rules: [{ prompt: "make the file", turns }] });
  const screen = await on.open(["claude-parallel", "--dangerously-skip-permissions"]);
  expect(await sessions(on.place)).toMatchObject([{ isAlive: true, worktreePath: on.repo.path }]);
  await screen.tell("make the file");
  await working.reached;
  working.open();
  await screen.waitForScreen(/It is made\./);
  expect(await Bun.file(`${on.repo.path}/made.txt`).text()).toBe("made\n");
  expect(await screen.exit()).toBe(0);
  expect(await sessions(on.place)).toEqual([]);
});
