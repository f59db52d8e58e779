// claude-parallel with the real Claude Code.

import { expect, test } from "bun:test";
import { CLIENTS } from "../../scripts/dev/clients.ts";
import { resultOf, stage } from "../support/client.ts";
import { gate } from "../support/servers/messages.ts";
import { sessions } from "../support/wrapper.ts";

const PRINT = ["--output-format", "json", "--dangerously-skip-permissions"] as const;

test.each(CLIENTS)("claude -p of %s is registered while it works, and released at its end", async (version) => {
  const working = gate();
  await using on = await stage({
    version,
    rules: [
      {
        prompt: "make the file",
        turns: [
          {
            gate: working,
            blocks: [{ tool: "Bash", input: { command: "echo made > made.txt", description: "Make" } }],
          },
          "It is made.",
        ],
      },
    ],
  });
  const running = on.start(["claude-parallel", "-p", "make the file", ...PRINT]);
  await working.reached;
  expect(await sessions(on.place)).toMatchObject([{ isAlive: true, worktreePath: on.repo.path }]);
  working.open();
  expect(resultOf(await running.exited)).toMatchObject({ subtype: "success", result: "It is made." });
  expect(await Bun.file(`${on.repo.path}/made.txt`).text()).toBe("made\n");
  expect(await sessions(on.place)).toEqual([]);
});
