// `claude -p` as it is, after the hooks are installed: what parallel-cc comes to know of it, and tells it.

import { expect, test } from "bun:test";
import { CLIENTS } from "../../scripts/dev/clients.ts";
import { bash, PRINT, resultOf, stage } from "../support/client.ts";
import { HOOKS, install, shown, waitForNobody, waitForShown } from "../support/client-hooks.ts";
import { waitFor } from "../support/processes.ts";
import { gate } from "../support/servers/messages.ts";

test.each(CLIENTS)("claude -p of %s is known while it works, and no more at its end", async (version) => {
  const working = gate();
  await using on = await stage({
    version,
    rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }],
  });
  await install(on, ...HOOKS);
  const running = on.start(["claude", "-p", "say hello", ...PRINT]);
  await working.reached;
  expect(await shown(on)).toMatchObject([{ isAlive: true, worktreePath: on.repo.path, activity: "working" }]);
  working.open();
  expect(resultOf(await running.exited).result).toBe("Hello.");
  await waitForNobody(on);
});

test.each(CLIENTS)("a second claude of %s is told of the first, in whose checkout it works", async (version) => {
  const first = gate();
  const rules = [
    { prompt: "be the first", turns: [{ gate: first, blocks: ["Done."] }] },
    { prompt: "be the second", turns: ["Done."] },
  ];
  await using on = await stage({ version, rules });
  await install(on, ...HOOKS);
  const one = on.start(["claude", "-p", "be the first", ...PRINT]);
  await first.reached;
  resultOf(await on.run(["claude", "-p", "be the second", ...PRINT]));
  first.open();
  resultOf(await one.exited);
  const told = /other session.* in this repository|You share this checkout/g;
  expect((await on.model.request("be the first", 0)).text.match(told)).toBeNull();
  expect((await on.model.request("be the second", 0)).text.match(told)).toEqual([
    "other session of Claude Code at work in this repository",
    "You share this checkout",
  ]);
});

test("a second claude in a worktree of its own is told of the first by its name, and of no shared checkout", async () => {
  const first = gate();
  const rules = [
    { prompt: "be the first", turns: [{ gate: first, blocks: ["Done."] }] },
    { prompt: "be the second", turns: ["Done."] },
  ];
  await using on = await stage({ rules });
  await install(on, ...HOOKS);
  const one = on.start(["claude-parallel", "--name", "auth", "-p", "be the first", ...PRINT]);
  await first.reached;
  resultOf(await on.run(["claude-parallel", "-p", "be the second", ...PRINT]));
  first.open();
  resultOf(await one.exited);
  const { text } = await on.model.request("be the second", 0);
  expect(text.match(/^.*session "auth".*$/gm)).toEqual([
    '- session "auth", in the main checkout, on branch "main": working',
  ]);
  expect(text.match(/You share this checkout/)).toBeNull();
});

test.each(CLIENTS)("claude-parallel and the hooks of %s make one session, not two", async (version) => {
  const working = gate();
  await using on = await stage({
    version,
    rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }],
  });
  await install(on, ...HOOKS);
  const running = on.start(["claude-parallel", "--name", "wrapped", "-p", "say hello", ...PRINT]);
  await working.reached;
  expect(await shown(on)).toMatchObject([{ name: "wrapped", isAlive: true, activity: "working" }]);
  working.open();
  resultOf(await running.exited);
  expect(await shown(on)).toEqual([]);
});

test("a claude in a tool is working", async () => {
  await using on = await stage({
    rules: [{ prompt: "wait", turns: [bash("touch begun; until [ -e go ]; do sleep 0.05; done")] }],
  });
  await install(on, ...HOOKS);
  const running = on.start(["claude", "-p", "wait", ...PRINT]);
  await waitFor(() => Bun.file(`${on.repo.path}/begun`).exists(), "the tool");
  expect(await shown(on)).toMatchObject([{ activity: "working" }]);
  await Bun.write(`${on.repo.path}/go`, "");
  resultOf(await running.exited);
});

test("a claude that has ended is shown so until its wrapper releases the session", async () => {
  const working = gate();
  await using on = await stage({ rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }] });
  await install(on, ...HOOKS);
  const running = on.start(["claude-parallel", "-p", "say hello", ...PRINT]);
  await working.reached;
  running.kill("SIGSTOP");
  working.open();
  const ended = await waitForShown(on, "the end of claude", ([one]) => one?.activity === "ended");
  expect(ended).toMatchObject([{ isAlive: true }]);
  running.kill("SIGCONT");
  resultOf(await running.exited);
  expect(await shown(on)).toEqual([]);
});

test.each(["claude", "claude-parallel"] as const)(
  "a claude that a tool of %s starts is a session of its own, whose end does not touch the other",
  async (starter) => {
    const [alone, inner, outer] = [gate(), gate(), gate()];
    const command = ["claude", "-p", "'be the child'", ...PRINT].join(" ");
    const rules = [
      {
        prompt: "be the parent",
        turns: [
          { gate: alone, blocks: [bash(command)] },
          { gate: outer, blocks: ["Done."] },
        ],
      },
      { prompt: "be the child", turns: [{ gate: inner, blocks: ["The child is done."] }] },
    ];
    await using on = await stage({ rules });
    await install(on, ...HOOKS);
    const running = on.start([starter, "-p", "be the parent", ...PRINT]);
    await alone.reached;
    const [parent] = await shown(on);
    alone.open();
    await inner.reached;
    expect((await shown(on)).map(({ isAlive, activity }) => ({ isAlive, activity }))).toEqual([
      { isAlive: true, activity: "working" },
      { isAlive: true, activity: "working" },
    ]);
    inner.open();
    await outer.reached;
    expect((await on.model.request("be the parent", 1)).results[0]?.text).toContain("The child is done.");
    expect(await waitForShown(on, "the end of the child", ({ length }) => length === 1)).toEqual(
      parent ? [parent] : [],
    );
    outer.open();
    resultOf(await running.exited);
    await waitForNobody(on);
  },
);

test("a claude that was killed is shown as gone", async () => {
  const working = gate();
  await using on = await stage({ rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }] });
  await install(on, ...HOOKS);
  const running = on.start(["claude", "-p", "say hello", ...PRINT]);
  await working.reached;
  const [alive] = await shown(on);
  running.kill("SIGKILL");
  await running.exited;
  expect(await shown(on)).toMatchObject([{ sessionId: alive?.sessionId, isAlive: false, activity: "gone" }]);
});

test("hooks in a repository's own settings are honoured there", async () => {
  const working = gate();
  await using on = await stage({ rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }] });
  await install(on, "--hooks", "--local");
  const running = on.start(["claude", "-p", "say hello", ...PRINT]);
  await working.reached;
  expect(await shown(on)).toMatchObject([{ isAlive: true, activity: "working" }]);
  working.open();
  resultOf(await running.exited);
  await waitForNobody(on);
});
