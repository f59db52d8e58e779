// Two real clients in one repository, as their models are told of each other: what one has claimed, the other learns of
// before it edits there.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CLIENTS } from "../../scripts/dev/clients.ts";
import { bash, PRINT, resultOf, type Stage, stage } from "../support/client.ts";
import { HOOKS, install, shown } from "../support/client-hooks.ts";
import { type Block, gate, type Turn } from "../support/servers/messages.ts";

const FIRST = "be the first";
const SECOND = "be the second";

/** The first one does something; then the second, in a worktree, writes `file` there. */
async function meeting(version: string, file: string, firstDoes: (on: Stage) => Block) {
  await using stack = new AsyncDisposableStack();
  const [started, first, second] = [gate(), gate(), gate()];
  const [does, writes]: [Block[], Block[]] = [[], []];
  const rules: { prompt: string; turns: Turn[] }[] = [
    {
      prompt: FIRST,
      turns: [
        { gate: started, blocks: does },
        { gate: first, blocks: ["Done."] },
      ],
    },
    { prompt: SECOND, turns: [{ gate: second, blocks: writes }] },
  ];
  const on = stack.use(await stage({ version, rules }));
  await install(on, ...HOOKS);
  const one = on.start(["claude-parallel", "--name", "one", "-p", FIRST, ...PRINT]);
  await started.reached;
  does.push(firstDoes(on));
  started.open();
  await first.reached;
  const two = on.start(["claude-parallel", "--name", "two", "-p", SECOND, ...PRINT]);
  await second.reached;
  const worktree = (await shown(on)).find(({ name }) => name === "two")?.worktreePath ?? "";
  writes.push({ tool: "Write", input: { file_path: join(worktree, file), content: "of two\n" } });
  second.open();
  const after = await on.model.request(SECOND, 1);
  resultOf(await two.exited);
  first.open();
  resultOf(await one.exited);
  const owned = stack.move();
  const isWritten = existsSync(join(worktree, file));
  return { on, after, isWritten, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test.each(CLIENTS)(
  "%s is refused an edit of what another session has EXCLUSIVE, and told who and why",
  async (version) => {
    const claims = () => bash("parallel-cc claims claim api.txt --reason 'a new form of orders'");
    await using met = await meeting(version, "api.txt", claims);
    expect(met.after.results).toMatchObject([{ tool: "Write", isError: true }]);
    expect(met.isWritten).toBe(false);
    const [{ text } = { text: "" }] = met.after.results;
    expect(text).toContain('session "one" (on branch "main", in the main checkout) has claimed it EXCLUSIVE');
    expect(text).toContain('for: "a new form of orders"');
  },
);

test.each(CLIENTS)(
  "%s edits what another session edits too, and is told so once, with whose lines conflict",
  async (version) => {
    const edits = ({ repo }: Stage): Block => {
      return { tool: "Write", input: { file_path: join(repo.path, "both.txt"), content: "of one\n" } };
    };
    await using met = await meeting(version, "both.txt", edits);
    expect(met.after.results).toMatchObject([{ tool: "Write", isError: false }]);
    expect(met.isWritten).toBe(true);
    expect(met.after.text.match(/another session works on "both\.txt" too/g)).toHaveLength(1);
    expect(met.after.text.match(/What you are writing to "both\.txt" will conflict with/g)).toHaveLength(1);
    expect(met.after.text).toContain('- session "one", on branch "main": your line 1, its line 1.\n');
  },
);
