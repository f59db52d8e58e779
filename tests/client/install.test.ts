// `install --all` for the real Claude Code: its settings are honoured, the user's stay in force, and uninstalling leaves
// nothing of ours behind, also when the client has written its files in between.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { CLIENTS } from "../../scripts/dev/clients.ts";
import { v } from "../../src/core/shape.ts";
import { bash, jsonOf, PRINT, resultOf, type Stage, stage } from "../support/client.ts";
import { install, shown } from "../support/client-hooks.ts";
import { gate } from "../support/servers/messages.ts";

const [MINE, STATUS] = ["mcp__parallel-cc__get_my_session", "mcp__parallel-cc__get_parallel_status"] as const;
const ASKED = [MINE, STATUS] as const;

test.each(CLIENTS)(
  "%s asks our server whose session it is, and hears of the one that the hooks made",
  async (version) => {
    const asking = gate();
    const turns = [{ gate: asking, blocks: ASKED.map((tool) => ({ tool })) }];
    await using on = await stage({ version, rules: [{ prompt: "who is here", turns }] });
    await install(on, "--all");
    const running = on.start(["claude", "-p", "who is here", ...PRINT]);
    await asking.reached;
    const [mine] = await shown(on);
    asking.open();
    resultOf(await running.exited);
    expect((await on.model.request("who is here", 0)).tools).toEqual(expect.arrayContaining([...ASKED]));
    const answered = await on.model.request("who is here", 1);
    expect(jsonOf(answered, MINE)).toMatchObject({ sessionId: mine?.sessionId, worktreePath: on.repo.path });
    expect(jsonOf(answered, STATUS)).toMatchObject({ totalSessions: 1, sessions: [{ isAlive: true }] });
  },
);

test.each(CLIENTS)("what the user denied %s stays denied after install", async (version) => {
  const turns = [bash("rm file-0.txt"), "It may not go."];
  await using on = await stage({ version, rules: [{ prompt: "remove it", turns }] });
  await Bun.write(settingsOf(on), JSON.stringify({ permissions: { deny: ["Bash(rm:*)"] } }));
  await install(on, "--all");
  resultOf(await on.run(["claude", "-p", "remove it", ...PRINT]));
  expect((await on.model.request("remove it", 1)).results).toMatchObject([{ isError: true }]);
  expect(await Bun.file(join(on.repo.path, "file-0.txt")).exists()).toBe(true);
});

test.each(CLIENTS)("the user's own hooks of %s run beside ours", async (version) => {
  const working = gate();
  await using on = await stage({
    version,
    rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }],
  });
  const mark = on.place.at("mark");
  const hooks = { SessionStart: [{ hooks: [{ type: "command", command: `touch '${mark}'` }] }] };
  await Bun.write(settingsOf(on), JSON.stringify({ hooks }));
  await install(on, "--all");
  const running = on.start(["claude", "-p", "say hello", ...PRINT]);
  await working.reached;
  expect(await Bun.file(mark).exists()).toBe(true);
  expect(await shown(on)).toMatchObject([{ worktreePath: on.repo.path }]);
  working.open();
  resultOf(await running.exited);
});

test.each(CLIENTS)("uninstalling leaves what %s and the user have written, and nothing of ours", async (version) => {
  await using on = await stage({ version, rules: [{ prompt: "say hello", turns: ["Hello."] }] });
  const [settings, state, profile] = [
    settingsOf(on),
    join(on.place.home, ".claude.json"),
    join(on.place.home, ".bashrc"),
  ];
  // It takes "sonnet" for the name of an older model, and writes all of the file anew.
  await Bun.write(settings, '{\n    "permissions": {"deny": [ "Bash(rm:*)" ]},\n  "model": "sonnet" }');
  await Bun.write(profile, "PS1='> '");
  const before = Object.keys(await table(state));
  await install(on, "--all");
  resultOf(await on.run(["claude", "-p", "say hello", ...PRINT]));
  const [{ hooks, ...ofUser }, { mcpServers, ...ofClient }] = [await table(settings), await table(state)];
  expect([hooks, mcpServers]).toMatchObject([{ SessionEnd: [{}] }, { "parallel-cc": {} }]);
  expect(Object.keys(ofClient)).not.toEqual(before);
  await install(on, "--uninstall");
  expect(await table(settings)).toEqual(ofUser);
  expect(await table(state)).toEqual(ofClient);
  expect(await Bun.file(profile).text()).toBe("PS1='> '");
});

function settingsOf({ place }: Stage): string {
  return join(place.home, ".claude/settings.json");
}

async function table(file: string): Promise<Record<string, unknown>> {
  return v.parse(v.record(v.string(), v.unknown()), await Bun.file(file).json());
}
