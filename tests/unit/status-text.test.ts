// Status for people: at any width each line fits, nothing in a name acts, and the facts are the JSON's.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import type { Page } from "../../src/core/operation.ts";
import { statusText } from "../../src/features/sessions/sessions.ts";
import type { SessionStatus, Status } from "../../src/features/sessions/status.ts";
import { forAll, gen } from "../support/random.ts";

const NOW = new Date("2030-01-01T12:00:00Z");

function page(columns?: number): Page {
  return { columns, now: NOW, paint: PLAIN };
}

function session(made: Partial<SessionStatus> = {}): SessionStatus {
  return {
    sessionId: "00000001-0000-4000-8000-000000000000",
    pid: 4242,
    name: "auth",
    repoPath: "/src/shop",
    worktreePath: "/src/shop-worktrees/parallel-auth-00000001",
    worktreeName: "parallel-auth-00000001",
    isMainRepo: false,
    branch: "parallel-auth-00000001",
    targetBranch: "main",
    createdAt: "2030-01-01T11:55:00.000Z",
    lastHeartbeat: "2030-01-01T11:59:00.000Z",
    isAlive: true,
    durationMinutes: 5,
    activity: "running",
    executionMode: "local",
    sandboxId: null,
    status: null,
    changes: { dirtyFiles: 3, ahead: 2, behind: 1, checkedAt: NOW.toISOString() },
    ...made,
  };
}

function status(sessions: SessionStatus[], made: Partial<Status> = {}): Status {
  return { repoPath: "all", totalSessions: sessions.length, sessions, keptWorktrees: [], ...made };
}

const lines = (text: string) => text.slice(0, -1).split("\n");

describe("a table", () => {
  test("tells name, branch, activity, age, changes and place", () => {
    const main = { name: null, isMainRepo: true, worktreePath: "/src/shop", branch: null, changes: null };
    expect(statusText(status([session(), session({ ...main, isAlive: false, activity: "gone" })]), page())).toBe(
      [
        "/src/shop  (2 sessions)",
        "   NAME  BRANCH                  ACTIVITY  AGE  CHANGES   PLACE",
        "●  auth  parallel-auth-00000001  running   5m   ~3 +2 -1  /src/shop-worktrees/parallel-auth-00000001",
        "○  -     (detached)              gone      5m   ?         main checkout",
        "",
      ].join("\n"),
    );
  });

  test("stands below the repository whose sessions it shows", () => {
    const text = statusText(status([session(), session({ repoPath: "/src/blog" }), session()]), page());
    expect(lines(text).filter((line) => line.startsWith("/"))).toEqual([
      "/src/shop  (2 sessions)",
      "/src/blog  (1 session)",
    ]);
  });

  test.each([
    [{ dirtyFiles: 0, ahead: 0, behind: 0 }, "none"],
    [{ dirtyFiles: 7, ahead: 0, behind: 0 }, "~7"],
    [{ dirtyFiles: 0, ahead: 4, behind: 0 }, "+4"],
    [{ dirtyFiles: 0, ahead: 0, behind: 9 }, "-9"],
  ])("%j is told as %s", (changes, told) => {
    const text = statusText(status([session({ changes: { ...changes, checkedAt: "" } })]), page());
    expect(text).toContain(`  5m   ${told}`);
  });
});

describe("no session", () => {
  test("is said, and how to start one", () => {
    expect(statusText(status([]), page())).toBe("No sessions.\nStart one: claude-parallel\n");
  });

  test("of a repository names it, escaped", () => {
    expect(statusText(status([], { repoPath: "/a\nb" }), page())).toStartWith("No sessions in /a\\nb.\n");
  });
});

test("kept worktrees are shown as a shell takes them", () => {
  const kept = { path: "/a b", name: "parallel-1", branch: null, sessionName: null };
  expect(statusText(status([session()], { keptWorktrees: [kept] }), page())).toEndWith(
    "Kept worktrees (1)\n  '/a b'\n",
  );
});

const HOSTILE = [
  "\x1b[2Jgone",
  "a\nb",
  "\u202egnp.exe",
  "漢字漢字漢字",
  "🙂🙂🙂",
  "e\u0301e\u0301",
  "",
  "x".repeat(200),
] as const;
const names = gen.pick<string>(...HOSTILE, "auth", "fix-the-thing");
const sessions = gen.list(
  gen.record({
    name: names,
    branch: names,
    repoPath: names,
    worktreePath: names,
    isMainRepo: gen.pick(true, false),
    isAlive: gen.pick(true, false),
    dirtyFiles: gen.pick(0, 5, 123_456),
  }),
  5,
);
const made = gen.record({ sessions, kept: gen.list(names, 3), repoPath: names });

function generated(from: {
  sessions: (Partial<SessionStatus> & { dirtyFiles: number })[];
  kept: string[];
  repoPath: string;
}) {
  return status(
    from.sessions.map(({ dirtyFiles, ...one }) =>
      session({ ...one, changes: { dirtyFiles, ahead: dirtyFiles, behind: dirtyFiles, checkedAt: "" } }),
    ),
    {
      repoPath: from.repoPath,
      keptWorktrees: from.kept.map((path) => ({ path, name: path, branch: null, sessionName: null })),
    },
  );
}

test("every line fits every terminal of 30 to 200 columns, whatever the names", async () => {
  await forAll(
    "fits",
    made,
    (from) => {
      for (let columns = 30; columns <= 200; columns++) {
        for (const line of lines(statusText(generated(from), page(columns)))) {
          const width = Bun.stringWidth(line);
          if (width > columns) throw new Error(`${width} > ${columns}: ${line}`);
        }
      }
    },
    { runs: 15 },
  );
});

test("nothing in a name acts on the terminal or breaks a line", async () => {
  await forAll("inert", made, (from) => {
    const text = statusText(generated(from), page(80));
    return lines(text).every((line) => !/[\p{Cc}\p{Cf}]/u.test(line));
  });
});

test("a session keeps its mark and its name on the narrowest of terminals", () => {
  const [, head, row] = lines(statusText(status([session()]), page(30)));
  expect(head).toStartWith("   NAME");
  expect(row).toStartWith("●  auth");
});

test("paint stands around a line and takes no room in it", () => {
  const paint = { ...PLAIN, green: (text: string) => `<g>${text}</g>`, bold: (text: string) => `<b>${text}</b>` };
  const text = statusText(status([session()]), { ...page(60), paint });
  expect(text).toContain("<b>/src/shop  (1 session)</b>\n");
  expect(text).toContain("\n<g>●</g>  auth");
});
