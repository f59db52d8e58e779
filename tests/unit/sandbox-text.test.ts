// How runs in sandboxes are shown to people.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import { keptView, newView } from "../../src/features/claude-runs/claude-runs.ts";
import type { Listed, RunAnswer } from "../../src/features/sandboxes/answers.ts";
import type { StateAnswer } from "../../src/features/sandboxes/state.ts";
import { dryRunText, endText, listText, statusText } from "../../src/features/sandboxes/text.ts";

const NOW = new Date("2030-01-01T12:10:00Z");
const PAGE = { columns: 80, now: NOW, paint: PLAIN };
const PLACE = "/src/shop-worktrees/parallel-fix";
const ENDED: RunAnswer = {
  ...{ success: true, sessionId: "1a2b3c4d-0000", name: "fix", provider: "native", sandboxId: "f00", exitCode: 0 },
  ...{ status: "COMPLETED", executionTime: 65_000, worktreePath: PLACE, branch: null, filesChanged: 2 },
  ...{ commits: [{ id: "abc", subject: "Fix it" }], resultRef: "refs/parallel-cc/sandbox/1", heldBack: null },
  ...{
    runsOnHost: [],
    escaping: [],
    left: [],
    remarks: [],
    weaknesses: [],
    warnings: [],
    undelivered: null,
    question: null,
    waitsFor: null,
    error: null,
    sent: null,
  },
  ...{ cost: { sandbox: 0, model: 0.254, total: 0.254 }, logPath: "/logs/1", next: [] },
};
const AT_WORK: StateAnswer = {
  ...{ ...ENDED, success: false, status: "RUNNING", exitCode: null, filesChanged: 0, commits: [], resultRef: null },
  ...{ step: "started", title: "Fix the tests", createdAt: "2030-01-01T12:00:00.000Z", elapsedMinutes: 10 },
  ...{ executionTime: 600_000, limitAt: "2030-01-01T13:00:00.000Z", isDriven: true, lastCheckpointAt: null },
  health: { isHealthy: true, message: "It runs." },
  usage: { cpuPercent: 12.4, memoryBytes: 100 * 1024 * 1024, diskBytes: null },
  view: JSON.parse(
    JSON.stringify({ ...newView(), turns: 3, doing: { tool: "Bash", about: "npm test" }, lastAt: NOW.toISOString() }),
  ),
  next: ["parallel-cc sandbox logs 1a2b3c4d --follow"],
};

describe("a run that has ended", () => {
  test("says what it made, where that is, and what to do with it from there", () => {
    const next = [`cd ${PLACE}`, `git -C ${PLACE} add -A`, `git -C ${PLACE} diff --cached`];
    expect(endText({ ...ENDED, next }, PAGE).split("\n")).toEqual([
      "fix (1a2b3c4d): completed after 1m 05s, $0.25",
      "  2 files changed, 1 commit of claude's; uncommitted in",
      `  ${PLACE}`,
      "    Fix it",
      "",
      "Next:",
      `  cd ${PLACE}`,
      "  git add -A",
      "  git diff --cached",
      "",
    ]);
  });

  test("whose result is not in the worktree says why, and where it is", () => {
    const ref = `${ENDED.resultRef}`;
    const error = { code: "sandbox.undelivered", message: `It is under ${ref}: it is locked.`, hint: null };
    const kept = { ...ENDED, success: false, undelivered: "it is locked", commits: [], error };
    const told = ["  2 files changed; not in the worktree, but under", `  ${ref}`, ""];
    expect(
      endText({ ...kept, worktreePath: null }, PAGE)
        .split("\n")
        .slice(1),
    ).toEqual([`  ${error.message}`, ...told]);
    expect(endText({ ...kept, branch: "feature/x" }, PAGE)).toContain(
      "; not in the worktree, but on the branch\n  feature/x\n",
    );
    const other = { ...error, code: "claude.failed", message: "It failed." };
    expect(endText({ ...kept, error: other }, PAGE)).toContain("; not in the worktree (it is locked), but under\n");
  });

  test("whose result is kept nowhere of its own any more says so", () => {
    expect(endText({ ...ENDED, resultRef: null, commits: [] }, PAGE)).toContain("2 files changed; its ref has gone");
  });

  test("says what to do when its time was up", () => {
    const text = endText({ ...ENDED, status: "TIMEOUT", success: false }, PAGE);
    expect(text).toStartWith("fix (1a2b3c4d): out of time after 1m 05s, $0.25\n  Its time was up. Look at");
  });

  test("quotes the question that it ended in line by line, its end before its beginning", () => {
    const question = `${"It is long. ".repeat(100)}\nA or\x1b[2J B?`;
    const lines = endText({ ...ENDED, question }, PAGE).split("\n");
    expect(lines).toContain("  > A or\\u{1b}[2J B?");
    expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([
      "  It ended in a question, and nobody answers inside. Run it again with the answer in the task:",
    ]);
  });
});

describe("how a run goes", () => {
  test("is what its claude does, what time is left, and what its sandbox uses", () => {
    expect(statusText(AT_WORK, PAGE).split("\n")).toEqual([
      "running 1a2b3c4d (native): Fix the tests",
      "[#######.................................] 10m 00s, 50m 00s left",
      "Bash npm test",
      "3 turns · 0 files · 0 tokens in, 0 out, 0 cached",
      "The sandbox uses cpu 12 %, memory 100 MB.",
      "",
      "Next:",
      "  parallel-cc sandbox logs 1a2b3c4d --follow",
      "",
    ]);
  });

  test("is told also when nothing, or something unknown, was kept of its claude", () => {
    expect(statusText({ ...AT_WORK, view: null }, PAGE)).toContain("Silent for 10m 00s.");
    expect(statusText({ ...AT_WORK, view: keptView({ turns: "many" }) }, PAGE)).toContain("0 turns");
  });

  test("of a sandbox that is gone is that, and what is here already", () => {
    const health = { isHealthy: false, message: "The sandbox is gone." };
    const lost = { ...AT_WORK, health, usage: null, lastCheckpointAt: "2030-01-01 12:06:00" };
    const text = statusText(lost, PAGE);
    expect(text).toContain("fix (1a2b3c4d): running after 10m 00s");
    expect(text).toContain("  The sandbox is gone.\nWhat it had done 4m ago is here already.\n");
  });
});

test("a run that nobody can take on but its user is told so", () => {
  const error = { code: "sandbox.keys-missing", message: "There is no key.", hint: "Set it." };
  const parked = {
    ...AT_WORK,
    error,
    waitsFor: error.message,
    step: "sent",
    next: ["parallel-cc sandbox attach 1a2b3c4d"],
  };
  expect(statusText({ ...parked, status: "INITIALIZING", executionTime: 0, usage: null }, PAGE).split("\n")).toEqual([
    "fix (1a2b3c4d): waits for you, $0.25",
    "  There is no key.",
    "  Set it.",
    "",
    "Next:",
    "  parallel-cc sandbox attach 1a2b3c4d",
    "",
  ]);
});

const LISTED: Listed = {
  ...{ sessionId: "1a2b3c4d-0000", name: "größe-日本語の長い名前-and-more", provider: "native", sandboxId: null },
  ...{ repoPath: "/r", status: "RUNNING" as const, step: "started", title: "長い道".repeat(30), endedAt: null },
  ...{ createdAt: "2030-01-01T12:00:00.000Z", worktreePath: null, resultRef: null, error: null, cost: ENDED.cost },
  ...{ question: null, waitsFor: null, next: [] },
};

test.each([120, 80, 60, 40])("a list fits into %d columns, whatever its names are of", (columns) => {
  const asks = { ...LISTED, name: null, title: "x", status: "COMPLETED" as const, question: "Which?" };
  const lines = listText([LISTED, asks, { ...LISTED, waitsFor: "It." }], { ...PAGE, columns }).split("\n");
  expect(lines.slice(0, 4).filter((line) => Bun.stringWidth(line) > columns)).toEqual([]);
});

test("a list marks what asks its user something, and tells what a run waits for and how it goes on", () => {
  const error = { code: "sandbox.repository-gone", message: "The repository\x1b is gone.", hint: "Move it back." };
  const parked = { ...LISTED, name: "away", title: "Do it", step: "home", error, waitsFor: error.message };
  const failed = { ...LISTED, name: "b", title: "Do it", status: "FAILED" as const, step: "ended", error };
  const asks = { ...LISTED, name: "c", title: "Do it", status: "COMPLETED" as const, question: "Which?" };
  expect(listText([parked, failed, asks], { ...PAGE, columns: 40 }).split("\n")).toEqual([
    "ID        NAME  STATE          AGE  TASK",
    "1a2b3c4d  away  waits for you  10m  Do …",
    "1a2b3c4d  b     failed         10m  Do …",
    "1a2b3c4d  c     asks you       10m  Do …",
    "",
    "1a2b3c4d waits for you: The repository\\u{1b} is gone.",
    "  Move it back.",
    "",
  ]);
});

test("a dry run says what went, what stayed and why", () => {
  const list = [
    { path: "src/a.ts", sizeBytes: 2048, why: "tracked" },
    { path: "CLAUDE.md", sizeBytes: 10, why: "claude" },
  ];
  const held = [{ path: "deploy/.env", sizeBytes: 20, reason: "credential-name", rule: ".env" }];
  const warnings = ["3 uncommitted files are not sent."];
  const text = dryRunText({ ...ENDED, warnings, sent: { files: 2, bytes: 2058, list, held } }, PAGE);
  expect(text).toContain("Sent 2 files, 2.0 kB.");
  expect(text).toContain("  CLAUDE.md  (claude)\n");
  expect(text).toContain("Stayed here: 1 file (--include <path> sends one)\n  deploy/.env  (.env)\n");
  expect(text).toContain("3 uncommitted files are not sent.\n");
});
