// What an agent reads of an edit that others' work will conflict with: whole, in little room.

import { expect, test } from "bun:test";
import { MOST_CHARACTERS } from "../../src/features/messages/delivery-text.ts";
import { editWords } from "../../src/features/radar/edit-words.ts";

const named = (made: { name: string; branch: string | null }) => ({ id: "11111111-0000", ...made });

const meeting = (at: number) => ({
  ...{ ours: { from: 10_000 + at, to: 20_000 + at }, theirs: { from: 30_000 + at, to: 40_000 + at } },
  theirChange: String(at),
});
const lines = (count: number) => ({
  kind: "lines" as const,
  movedTo: undefined,
  meetings: Array.from({ length: count }, (_, at) => meeting(at)),
});

test("five sessions with long names, paths and many places fit into what a session is told at once", () => {
  const peer = named({ name: "n".repeat(100), branch: "b".repeat(100) });
  const what = { ...lines(20), movedTo: `to/${"m".repeat(3000)}/file.ts` };
  const met = Array.from({ length: 9 }, () => ({ peer, beside: [], what }));
  const words = editWords(`src/${"p".repeat(3000)}/file.ts`, met);
  expect(words.length).toBeLessThan(MOST_CHARACTERS - 100);
  expect(words.split("\n")).toHaveLength(8);
  expect(words).toMatch(/^parallel-cc: What you are writing to "src\/p+…p+\/file\.ts" will conflict/);
  expect(words).toContain("- and 4 more: get_conflict_radar.");
  for (const line of words.split("\n").slice(1)) expect(line).toEndWith(".");
});

test("of few sessions more places are told, and how many there are beside", () => {
  const peer = named({ name: "one", branch: null });
  const [, line] = editWords("a.ts", [{ peer, beside: [], what: lines(7) }]).split("\n");
  expect(line).toStartWith(
    `- session "one", on no branch: your lines 10000-20000, its lines 30000-40000; your lines 10001`,
  );
  expect(line).toEndWith("; and 2 more places.");
});
