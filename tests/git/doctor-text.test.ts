// Doctor's answer for people: aligned, within the terminal, with what to do and one verdict.

import { describe, expect, test } from "bun:test";
import { PLAIN } from "../../src/cli/terminal.ts";
import type { Check } from "../../src/features/doctor/doctor.ts";
import { doctorText } from "../../src/features/doctor/text.ts";

const CHECKS: readonly Check[] = [
  { name: "git", status: "ok", detail: "2.52.0, /usr/bin/git" },
  { name: "claude-parallel", status: "warn", detail: "claude-parallel is not on PATH.", hint: "Put it there." },
  { name: "database", status: "fail", detail: "It is damaged.", hint: "Move it aside." },
  { name: "database", status: "warn", detail: "It is old as well." },
];

const text = (checks: readonly Check[], columns?: number) => doctorText(checks, { columns, paint: PLAIN });

test("stands in columns, with hints below, and ends with a verdict", () => {
  expect(text(CHECKS)).toBe(`✓ git              2.52.0, /usr/bin/git
! claude-parallel  claude-parallel is not on PATH.
                   → Put it there.
✗ database         It is damaged.
                   → Move it aside.
!                  It is old as well.

1 check failed, 2 warnings: mend what is marked ✗ first.
`);
});

describe("the verdict", () => {
  const verdict = (...checks: readonly Check[]) => text(checks).trimEnd().split("\n").at(-1);
  const [well, warned, failed] = CHECKS;

  test.each([
    ["All is well.", [well]],
    ["1 warning, no failure.", [well, warned]],
    ["2 warnings, no failure.", [warned, warned]],
    ["1 check failed: mend what is marked ✗ first.", [failed, well]],
    ["All is well.", []],
  ])("is %j", (words, checks) => {
    expect(verdict(...checks.filter((check) => check !== undefined))).toBe(words);
  });
});

describe("on a terminal", () => {
  const long: Check = {
    name: "hooks",
    status: "warn",
    detail: `PostToolUse in /home/somebody/.claude/settings.json runs /home/somebody/${"folder/".repeat(12)}parallel-cc-heartbeat.sh, which is not there.`,
    hint: `Mend the entry, or take it out of /home/somebody/.claude/settings.json. ${"x".repeat(150)} end`,
  };

  test.each([40, 80, 120])("of %p columns no line is longer", (columns) => {
    const lines = text([...CHECKS, long], columns).split("\n");
    expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(columns);
  });

  test("nothing is lost by that", () => {
    const bare = (shown: string) => shown.replaceAll(/[\s→]/g, "");
    expect(bare(text([long], 60))).toBe(bare(text([long])));
  });

  test("a path is broken after a slash", () => {
    const lines = text([long], 80).split("\n");
    expect(lines.filter((line) => line.endsWith("folder/"))).not.toEqual([]);
  });
});

test("what others named is shown as data", () => {
  expect(text([{ name: "alias", status: "ok", detail: "a\u001b[31mb\nc" }])).toContain("a\\u{1b}[31mb\\nc");
});
