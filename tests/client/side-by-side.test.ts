// Two real clients at work in one repository, one at a terminal and one in print mode, as their models see it: an edit is
// refused, another is warned of, a write by a command is noticed, a stash is saved from the neighbour, and a message and a
// note reach the other once each.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bash, PRINT, resultOf, stage } from "../support/client.ts";
import { HOOKS, install, shown } from "../support/client-hooks.ts";
import { type Block, gate } from "../support/servers/messages.ts";

const FIRST = "be the first";
const SECOND = "be the second";
const THIRD = "be the third";

const times = (text: string, sign: RegExp): number => text.match(new RegExp(sign, "g"))?.length ?? 0;

test("two clients, at a terminal and in print mode, do not get into each other's way", async () => {
  const [begun, met, placed, over] = [gate(), gate(), gate(), gate()];
  const [edits, writes]: [Block[], Block[]] = [[], []];
  const rules = [
    {
      prompt: FIRST,
      turns: [
        { gate: begun, blocks: edits },
        bash("parallel-cc claims claim schema.sql --reason 'a new column'"),
        bash("echo mine > file-0.txt && git stash push -m 'half done'"),
        { gate: met, blocks: [bash("echo by the shell > report.txt")] },
        "Done with the first part.",
      ],
    },
    {
      prompt: SECOND,
      turns: [
        { gate: placed, blocks: writes },
        bash("git stash pop"),
        bash("parallel-cc messages send --to one 'the report is mine' && parallel-cc notes add 'ids are UUIDs'"),
        { gate: over, blocks: ["Done with the second part."] },
      ],
    },
    { prompt: "go on", turns: ["Went on."] },
    { prompt: THIRD, turns: [{ tool: "mcp__parallel-cc__read_notes", input: {} }] },
  ];
  await using on = await stage({ rules });
  await install(on, ...HOOKS, "--mcp");
  const write = (top: string, name: string): Block => {
    return { tool: "Write", input: { file_path: join(top, name), content: "text\n" } };
  };

  // At the terminal, in the main checkout.
  const screen = await on.open(["claude-parallel", "--name", "one", "--dangerously-skip-permissions"]);
  await screen.tell(FIRST);
  await begun.reached;
  edits.push(write(on.repo.path, "orders.ts"));
  begun.open();
  await met.reached;

  // In print mode, in a worktree.
  const second = on.start(["claude-parallel", "--name", "two", "-p", SECOND, ...PRINT]);
  await placed.reached;
  const worktree = (await shown(on)).find(({ name }) => name === "two")?.worktreePath ?? "";
  writes.push(...["schema.sql", "orders.ts", "report.txt"].map((name) => write(worktree, name)));
  placed.open();
  const [afterWrites, afterPop, afterSend] = [
    await on.model.request(SECOND, 1),
    await on.model.request(SECOND, 2),
    await on.model.request(SECOND, 3),
  ];

  // An edit is refused, another warned of.
  expect(afterWrites.results.map(({ isError }) => isError)).toEqual([true, false, false]);
  expect(afterWrites.results[0]?.text).toMatch(/session "one" .* has claimed it EXCLUSIVE .*, for: "a new column"/);
  expect(["schema.sql", "orders.ts"].map((name) => existsSync(join(worktree, name)))).toEqual([false, true]);
  expect(times(afterSend.text, /another session works on "orders\.ts" too/)).toBe(1);

  // The stash is not popped.
  expect(afterPop.results).toMatchObject([{ tool: "Bash", isError: true }]);
  expect(afterPop.results[0]?.text).toContain('session "one"');
  expect(await on.repo.git("stash", "list")).toContain("half done");
  expect(afterSend.results).toMatchObject([{ tool: "Bash", isError: false }]);

  // A write by a command is noticed, and what was sent comes along.
  met.open();
  const afterCommand = await on.model.request(FIRST, 4);
  expect(times(afterCommand.text, /another session works on "report\.txt" too/)).toBe(1);
  await screen.waitForScreen(/Done with the first part/);
  await screen.tell("go on");
  const after = await on.model.request("go on", 0);
  await screen.waitForScreen(/Went on/);
  expect(times(after.text, /the report is mine/)).toBe(1);
  expect(times(after.text, /session "two".* wanted to change "schema\.sql"/)).toBe(1);
  expect(times(after.text, /session "two".* changes "orders\.ts"/)).toBe(1);
  over.open();
  resultOf(await second.exited);

  resultOf(await on.run(["claude-parallel", "-p", THIRD, ...PRINT]));
  const [atStart, afterRead] = [await on.model.request(THIRD, 0), await on.model.request(THIRD, 1)];
  expect(times(atStart.text, /have left 1 note/)).toBe(1);
  expect(times(afterRead.results[0]?.text ?? "", /ids are UUIDs/)).toBe(1);
  expect(await screen.exit()).toBe(0);
});
