// The server of `mcp serve` as the real Claude Code starts, asks and ends it.

import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { jsonOf, PRINT, resultOf, type Stage, stage } from "../support/client.ts";
import { waitFor } from "../support/processes.ts";
import { gate } from "../support/servers/messages.ts";
import { sessions } from "../support/wrapper.ts";

const [MINE, STATUS] = ["mcp__parallel-cc__get_my_session", "mcp__parallel-cc__get_parallel_status"] as const;
const ASKED = [MINE, STATUS] as const;

/** The words that tell claude of the server, which leaves its pid in a file. */
async function serverWords({ place }: Stage, pidFile: string): Promise<string[]> {
  const command = place.at("server");
  await Bun.write(command, `#!/bin/sh\necho $$ >'${pidFile}'\nexec parallel-cc mcp serve\n`);
  await chmod(command, 0o755);
  const config = place.at("mcp.json");
  await Bun.write(config, JSON.stringify({ mcpServers: { "parallel-cc": { command } } }));
  return ["--mcp-config", config];
}

test("the model is told its own session and the others, by tools that it has from the start", async () => {
  const asking = gate();
  const turns = [{ gate: asking, blocks: ASKED.map((tool) => ({ tool })) }];
  await using on = await stage({ rules: [{ prompt: "who is here", turns }] });
  const pidFile = on.place.at("pid");
  const words = await serverWords(on, pidFile);
  const running = on.start(["claude-parallel", "--name", "asker", "-p", "who is here", ...PRINT, ...words]);
  await asking.reached;
  const [mine] = await sessions(on.place);
  asking.open();
  resultOf(await running.exited);
  expect((await on.model.request("who is here", 0)).tools).toEqual(expect.arrayContaining([...ASKED]));
  const answered = await on.model.request("who is here", 1);
  expect(jsonOf(answered, MINE)).toMatchObject({
    sessionId: mine?.sessionId,
    worktreePath: on.repo.path,
    parallelSessions: 1,
  });
  expect(jsonOf(answered, STATUS)).toMatchObject({ totalSessions: 1, sessions: [{ name: "asker", isAlive: true }] });
});

test("the server ends with the client", async () => {
  const asking = gate();
  const turns = [{ gate: asking, blocks: ["Nobody."] }];
  await using on = await stage({ rules: [{ prompt: "who is here", turns }] });
  const pidFile = on.place.at("pid");
  const words = await serverWords(on, pidFile);
  const running = on.start(["claude-parallel", "-p", "who is here", ...PRINT, ...words]);
  await asking.reached;
  const pid = Number(await Bun.file(pidFile).text());
  expect(lives(pid)).toBe(true);
  asking.open();
  resultOf(await running.exited);
  await waitFor(() => !lives(pid), "the end of the server");
});

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
