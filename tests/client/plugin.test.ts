// `install --plugin` for the real Claude Code: what the hooks and the server do when they are entered one by one, as one
// plugin, and its monitor, which wakes a session that somebody else comes to.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CLIENTS } from "../../scripts/dev/clients.ts";
import { jsonOf, PRINT, resultOf, stage } from "../support/client.ts";
import { install, shown, waitForNobody, waitForShown } from "../support/client-hooks.ts";
import { waitFor } from "../support/processes.ts";
import { gate } from "../support/servers/messages.ts";

const MINE = "mcp__plugin_parallel-cc_parallel-cc__get_my_session";
const TOLD = /other session of Claude Code at work in this repository/g;

test.each(CLIENTS)("the plugin has %s registered once, and its server knows the session", async (version) => {
  const asking = gate();
  const turns = [{ gate: asking, blocks: [{ tool: MINE }] }];
  await using on = await stage({ version, rules: [{ prompt: "who am I", turns }] });
  await install(on, "--plugin");
  const running = on.start(["claude", "-p", "who am I", ...PRINT]);
  await asking.reached;
  const known = await shown(on);
  expect(known).toMatchObject([{ isAlive: true, worktreePath: on.repo.path, activity: "working" }]);
  asking.open();
  resultOf(await running.exited);
  expect(jsonOf(await on.model.request("who am I", 1), MINE)).toMatchObject({ sessionId: known[0]?.sessionId });
  await waitForNobody(on);
});

test("one way replaces the other, and nothing is told twice", async () => {
  const first = gate();
  const rules = [
    { prompt: "be the first", turns: [{ gate: first, blocks: ["Done."] }] },
    { prompt: "be with the plugin", turns: ["Done."] },
    { prompt: "be with the hooks", turns: ["Done."] },
  ];
  await using on = await stage({ rules });
  await install(on, "--hooks", "--global", "--mcp");
  const one = on.start(["claude", "-p", "be the first", ...PRINT]);
  await first.reached;
  await install(on, "--plugin");
  resultOf(await on.run(["claude", "-p", "be with the plugin", ...PRINT]));
  await install(on, "--hooks", "--global", "--mcp");
  resultOf(await on.run(["claude", "-p", "be with the hooks", ...PRINT]));
  first.open();
  resultOf(await one.exited);
  const [plugin, hooks] = [
    await on.model.request("be with the plugin", 0),
    await on.model.request("be with the hooks", 0),
  ];
  expect([plugin.text.match(TOLD), hooks.text.match(TOLD)]).toMatchObject([{ length: 1 }, { length: 1 }]);
  expect(ours(plugin.tools)).toEqual(ours(plugin.tools).filter((tool) => tool.startsWith("mcp__plugin_")));
  expect(ours(hooks.tools)).toEqual(ours(hooks.tools).filter((tool) => !tool.startsWith("mcp__plugin_")));
  expect([ours(plugin.tools).length, ours(hooks.tools).length].map((count) => count > 0)).toEqual([true, true]);
});

test("/parallel-cc:parallel asks the model to look at who else is here", async () => {
  const rules = [{ prompt: "which other sessions are at work", turns: [{ tool: MINE }, "Nobody else is here."] }];
  await using on = await stage({ rules });
  await install(on, "--plugin");
  // Nothing but what the command itself allows is asked for.
  const ran = await on.run(["claude", "-p", "/parallel-cc:parallel", "--output-format", "json"]);
  expect(resultOf(ran)).toMatchObject({ result: "Nobody else is here.", permission_denials: [] });
});

test("the monitor wakes an idle session when another begins to work in its checkout", async () => {
  const working = gate();
  await using on = await stage({ rules: [{ prompt: "be the second", turns: [{ gate: working, blocks: ["Done."] }] }] });
  await install(on, "--plugin");
  const screen = await on.open(["claude", "--dangerously-skip-permissions"]);
  await waitForShown(on, "a session at its prompt", ([one]) => one?.activity === "idle");
  const second = on.start(["claude", "-p", "be the second", ...PRINT]);
  await working.reached;
  const [, other] = await shown(on);
  const event = `session ${other?.sessionId.slice(0, 8)} has begun to work in this same checkout, on branch "main".`;
  const woken = (): boolean => on.model.asked.some(({ text }) => text.includes(`<event>parallel-cc: ${event}</event>`));
  await waitFor(woken, "the monitor's line to reach the model", 20_000);
  working.open();
  resultOf(await second.exited);
  await waitForShown(on, "the end of the second, and of the turn", (all) => all.map(isIdle).join() === "true");
  expect(on.model.asked.filter(({ text }) => text.includes("<event>"))).toHaveLength(1);
  expect(await screen.exit()).toBe(0);
});

function isIdle({ activity }: { activity: string }): boolean {
  return activity === "idle";
}

test.each(CLIENTS)("taking it out leaves nothing of it in the files of %s", async (version) => {
  await using on = await stage({ version, rules: [{ prompt: "say hello", turns: ["Hello."] }] });
  const settings = join(on.place.home, ".claude/settings.json");
  await Bun.write(settings, '{"permissions":   {"deny": ["Bash(rm:*)"]}}');
  await install(on, "--plugin");
  resultOf(await on.run(["claude", "-p", "say hello", ...PRINT]));
  await install(on, "--uninstall");
  // It notes one of its own there.
  const { skipDangerousModePermissionPrompt: _, ...ofUser } = await Bun.file(settings).json();
  expect(ofUser).toEqual({ permissions: { deny: ["Bash(rm:*)"] } });
  expect(existsSync(join(on.place.home, ".parallel-cc/plugin"))).toBe(false);
  for (const name of ["installed_plugins.json", "known_marketplaces.json"]) {
    expect(await Bun.file(join(on.place.home, ".claude/plugins", name)).text()).not.toContain("parallel-cc");
  }
  expect(existsSync(join(on.place.home, ".claude/plugins/cache/parallel-cc"))).toBe(false);
});

function ours(tools: readonly string[]): string[] {
  return tools.filter((tool) => tool.includes("parallel-cc__"));
}
