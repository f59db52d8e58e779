// Status for people: at any width each line fits, nothing in a name acts, and the facts are the JSON's.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import type { Page } from "../../src/core/operation.ts";
import { printable } from "../../src/core/text.ts";
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
    waitingFor: null,
    conversationId: null,
    executionMode: "local",
    sandboxId: null,
    status: null,
    isMissing: false,
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

  test("says of a checkout that somebody removed that it is gone", () => {
    const text = statusText(status([session({ isMissing: true })]), page());
    expect(text).toContain("gone: /src/shop-worktrees/parallel-auth-00000001");
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

describe("kept worktrees", () => {
  const kept = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ path: `/k/${i + 1}`, name: "", branch: null, sessionName: null }));
  const told = (count: number) =>
    lines(statusText(status([session()], { keptWorktrees: kept(count) }), page())).slice(3);

  test("are told newest first", () => {
    expect(told(3)).toEqual(["Kept worktrees (3)", "  /k/3", "  /k/2", "  /k/1"]);
  });

  test("are all told up to ten", () => expect(told(10)).toHaveLength(11));

  test("beyond the newest ten are counted", () => {
    const shown = [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((i) => `  /k/${i}`);
    const rest = "  … and 2 more (parallel-cc status --json lists all)";
    expect(told(12)).toEqual(["Kept worktrees (12)", ...shown, rest]);
  });

  test("keep the end of their path and the place of their line", () => {
    const path = `/home/${"x".repeat(80)}/parallel-auth-00000001`;
    const one = { path, name: "", branch: null, sessionName: null };
    expect(statusText(status([session()], { keptWorktrees: [one] }), page(40))).toMatch(
      /\n {2}…x+\/parallel-auth-00000001\n$/,
    );
  });
});

const HOSTILE = [
  "\x1b[2Jgone",
  "a\nb",
  "\u202egnp.exe",
  "漢字漢字漢字",
  "🙂🙂🙂",
  "e\u0301e\u0301",
  "漢".repeat(60),
  "👍🏽".repeat(30),
  "🇩🇪".repeat(30),
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

test("every line fits every terminal of 1 to 200 columns, whatever the names", async () => {
  await forAll(
    "fits",
    made,
    (from) => {
      for (let columns = 1; columns <= 200; columns++) {
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

describe("a table in a terminal", () => {
  const LONG = {
    ascii: `make-the-${"very-".repeat(8)}long`,
    longer: `a-name-of-one-hundred-and-ten-${"x".repeat(80)}`,
    wide: "日本語の名前".repeat(10),
    "of clusters": "👍🏽".repeat(40),
    hostile: "\x1b[2J".repeat(12),
  };
  const ID = "00000002";
  const long = (name: string) =>
    session({
      name,
      branch: `parallel-make-the-very-very-very-very-very-${ID}`,
      worktreePath: `/home/someone/src/shop-worktrees/parallel-make-the-very-very-very-very-very-${ID}`,
    });
  const table = (columns: number, ...sessions: SessionStatus[]) =>
    lines(statusText(status(sessions), page(columns))).slice(1);
  const heads = (columns: number, ...sessions: SessionStatus[]) =>
    (table(columns, ...sessions)[0] ?? "").trim().split(/ +/);

  for (const [kind, name] of Object.entries(LONG)) {
    test(`keeps mark and names of every session beside a name that is ${kind}`, () => {
      for (let columns = 20; columns <= 200; columns++) {
        const [head, first, second] = table(columns, long(name), session({ isAlive: false }));
        expect(head).toStartWith("   NAME");
        expect(first).toStartWith(`●  ${[...printable(name)].slice(0, 2).join("")}`);
        expect(second).toStartWith("○  auth");
      }
    });

    test(`ends a name that is ${kind} in an ellipsis, and its branch in the id`, () => {
      for (const columns of [20, 40, 60, 80, 100]) {
        const [, row = ""] = table(columns, long(name));
        const [, shown = "", branch = ""] = row.split(/ {2,}/);
        expect(shown).toEndWith("…");
        expect(Bun.stringWidth(shown)).toBeLessThanOrEqual(24);
        expect(branch).toMatch(new RegExp(`^…?.*${ID}$`));
      }
    });
  }

  test.each([
    [160, ["NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES", "PLACE"]],
    [100, ["NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES", "PLACE"]],
    [80, ["NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES"]],
    [60, ["NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES"]],
    [46, ["NAME", "BRANCH", "ACTIVITY", "CHANGES"]],
    [40, ["NAME", "BRANCH", "CHANGES"]],
    [20, ["NAME", "BRANCH"]],
    [19, ["NAME"]],
  ])("of %d columns with a long name has %j", (columns, shown) => {
    expect(heads(columns, long(LONG.ascii))).toEqual(shown);
  });

  test("with short names keeps the place where the branch needs no cut", () => {
    expect(table(80, session())[1]).toBe(
      "●  auth  parallel-auth-00000001  running   5m   ~3 +2 -1  …arallel-auth-00000001",
    );
    expect(heads(70, session())).toEqual(["NAME", "BRANCH", "ACTIVITY", "AGE", "CHANGES"]);
  });

  test("of 100 columns and more always has the place, whatever stands beside it", () => {
    const changes = { dirtyFiles: 123_456, ahead: 123_456, behind: 123_456, checkedAt: "" };
    for (let columns = 100; columns <= 200; columns++) {
      const one = { ...long(LONG.longer), changes, createdAt: "2000-01-01T00:00:00.000Z" };
      expect(heads(columns, one)).toContain("PLACE");
    }
  });

  test("cuts nothing where all of it fits", () => {
    const [, row = ""] = table(300, long(LONG.ascii));
    expect(row).not.toContain("…");
  });

  test("keeps the mark on the narrowest of terminals", () => {
    for (const columns of [1, 2, 3, 5, 8]) expect(table(columns, long(LONG.ascii))[1]).toStartWith("●");
  });

  test("cuts nothing that is no terminal", () => {
    expect(statusText(status(Object.values(LONG).map(long)), page())).not.toContain("…");
  });
});

describe("a screen of some rows", () => {
  const kept = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ path: `/k/${i + 1}`, name: "", branch: null, sessionName: null }));
  const named = (name: string, isAlive: boolean, repoPath = "/src/shop") => session({ name, isAlive, repoPath });
  const shown = (all: Status, rows: number) => lines(statusText(all, page(100), { rows }));
  const marks = (all: readonly string[]) => all.flatMap((line) => /^[●○] {2}\S+/.exec(line)?.[0] ?? []);
  const some = (count: number, isAlive: boolean) => Array.from({ length: count }, (_, i) => named(`s${i}`, isAlive));

  test("leaves its last line to the cursor, and says how much is missing", () => {
    for (let rows = 2; rows <= 40; rows++) {
      const all = status([...some(8, true), ...some(8, false)], { keptWorktrees: kept(6) });
      const whole = lines(statusText(all, page(100)));
      const told = shown(all, rows);
      expect(told.length).toBeLessThan(rows);
      if (rows > whole.length) expect(told).toHaveLength(whole.length);
      else {
        const missing = whole.length - (told.length - 1);
        expect(told.at(-1)).toBe(`… ${missing} more lines`);
      }
    }
  });

  test("gives kept worktrees up first, the oldest first of them", () => {
    const all = status(some(3, true), { keptWorktrees: kept(6) });
    expect(shown(all, 10).slice(5)).toEqual(["Kept worktrees (6)", "  /k/6", "  /k/5", "… 4 more lines"]);
    expect(shown(all, 7)).toHaveLength(6);
    expect(marks(shown(all, 7))).toHaveLength(3);
  });

  test("shows the living before the dead", () => {
    const all = status([named("dead-1", false), named("dead-2", false), named("live-1", true), named("live-2", true)]);
    expect(marks(shown(all, 20))).toEqual(["●  live-1", "●  live-2", "○  dead-1", "○  dead-2"]);
    expect(marks(shown(all, 6))).toEqual(["●  live-1", "●  live-2"]);
  });

  test("shows the living of every repository before the dead of any", () => {
    const all = status([named("dead-1", false), named("dead-2", false), named("live-1", true, "/src/blog")]);
    const told = shown(all, 6);
    expect(marks(told)).toEqual(["●  live-1"]);
    expect(told.at(-1)).toBe("… 4 more lines");
  });

  test("counts all sessions of a repository above the few that are shown", () => {
    const told = shown(status(some(20, true)), 10);
    expect(told[0]).toBe("/src/shop  (20 sessions)");
    expect(told.at(-1)).toBe("… 14 more lines");
  });

  test("that is not known is shown everything, in the order of the registry", () => {
    const all = status([named("dead-1", false), named("live-1", true)]);
    expect(marks(lines(statusText(all, page(100))))).toEqual(["○  dead-1", "●  live-1"]);
  });
});

test("paint stands around a line and takes no room in it", () => {
  const paint = { ...PLAIN, green: (text: string) => `<g>${text}</g>`, bold: (text: string) => `<b>${text}</b>` };
  const text = statusText(status([session()]), { ...page(60), paint });
  expect(text).toContain("<b>/src/shop  (1 session)</b>\n");
  expect(text).toContain("\n<g>●</g>  auth");
});
