// A landing in one line, whatever its names: what matters stands in it, and it is never longer than news may be.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import type { EventAnswer } from "../../src/features/arrivals/answers.ts";
import { eventLine, eventsText } from "../../src/features/arrivals/text.ts";
import { newsOf, type Part, type Told } from "../../src/features/arrivals/words.ts";

const TOLD: Told = {
  ...{ branches: ["feature"], place: "main", commit: "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d" },
  ...{ method: "squashed", mergedBy: "Jane" },
};
const BEHIND: Part = { is: "behind", mayRebase: true, shared: [], outlook: undefined };

test.each([
  ["ff", 'branch "feature" was fast-forwarded into "main" as 1a2b3c4 by "Jane".'],
  ["merged", 'branch "feature" was merged into "main" as 1a2b3c4 by "Jane".'],
  ["rebased", 'branch "feature" landed in "main" (the same change is there as of commit 1a2b3c4, by "Jane").'],
  ["squashed", 'branch "feature" was squashed into "main" as 1a2b3c4 by "Jane".'],
] as const)("%s is told as it happened", (method, sentence) => {
  expect(newsOf({ ...TOLD, method }, BEHIND)).toStartWith(sentence);
  expect(newsOf({ ...TOLD, method }, { is: "own" })).toBe(`your ${sentence}`);
});

test.each([
  [["a", "b"], 'branches "a" and "b" were'],
  [["a", "b", "c"], 'branches "a", "b" and "c" were'],
  [["a", "b", "c", "d", "e"], 'branches "a", "b", "c" and 2 more were'],
])("%j are told together", (branches, start) => {
  expect(newsOf({ ...TOLD, branches }, BEHIND)).toStartWith(start);
});

test("what was not found out is not told", () => {
  expect(newsOf(TOLD, BEHIND)).toBe(
    'branch "feature" was squashed into "main" as 1a2b3c4 by "Jane". Your branch does not have it. To take it in: ask ' +
      "your user, then call rebase_assist.",
  );
});

test("several that came as the same change are not said to have moved", () => {
  expect(newsOf({ ...TOLD, method: "rebased", branches: ["a", "b"] }, BEHIND)).toStartWith(
    'branches "a" and "b" landed in "main" (the same change is there as of commit 1a2b3c4, by "Jane"). ',
  );
});

test.each([
  ["committed", " With what you have committed it merges cleanly."],
  ["uncommitted", " Your uncommitted changes were not looked at: commit first, rebase_assist wants a clean checkout."],
  ["nothing", " You have no changes of your own, so it merges cleanly."],
] as const)("a clean merge with %s is told as what was looked at", (mine, sentence) => {
  expect(newsOf(TOLD, { ...BEHIND, outlook: { verdict: "clean", mine } })).toContain(sentence);
});

describe("with as many files as there may be", () => {
  const files = Array.from({ length: 40 }, (_, index) => `${"deep/".repeat(12)}file-${index}.ts`);
  const long = `${"x".repeat(90)}\u202e`;
  const told = { ...TOLD, branches: [long, long, long, long], place: long, mergedBy: long };

  test.each([
    ["short names", TOLD],
    ["long names", told],
  ])("and %s, it ends with what to do, and fits", (_, one) => {
    const outlook = { verdict: "conflict", files } as const;
    const text = newsOf(one, { ...BEHIND, shared: files, outlook });
    expect(text).toEndWith(" To take it in: ask your user, then call rebase_assist.");
    expect(text).toContain("40 files");
    expect(text.length).toBeLessThanOrEqual(400);
  });
});

test("people read of the same change by other commits as of what is there, not of a branch that moved", () => {
  const event: EventAnswer = {
    ...{ id: "1", repoPath: "/r", branchName: "work", sourceCommit: "a".repeat(40), targetBranch: "main" },
    ...{ targetCommit: TOLD.commit, method: "rebased", mergedBy: "Jane", notificationSent: false },
    ...{ mergedAt: "2030-01-01T00:00:00.000Z", detectedAt: "2030-01-01T00:00:00.000Z" },
  };
  expect(eventLine(event)).toBe("2030-01-01T00:00:00.000Z work landed in main (the same change as of 1a2b3c4) by Jane");
  const page = { columns: undefined, now: new Date("2030-01-01T01:00:00Z"), paint: PLAIN };
  expect(eventsText({ events: [event], total: 1 }, page)).toMatch(/work +landed in +main +1a2b3c4 +Jane/);
});
