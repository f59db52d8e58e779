// The test runner's own parts: what it counts, what it leaves out, and what coverage it reads from several runs.

import { describe, expect, test } from "bun:test";
import { judgeAudit } from "../../scripts/dev/audit.ts";
import { addLcov, type Coverage, total, unloaded } from "../../scripts/dev/coverage.ts";
import { parseReport } from "../../scripts/dev/junit.ts";
import { choose, findSuites } from "../../scripts/dev/suites.ts";
import { makePlace } from "../support/place.ts";
import { runGit } from "../support/repo.ts";

describe("the report of a run", () => {
  test("counts what bun itself counts, and names the files that loaded", async () => {
    await using place = await makePlace();
    await Bun.write(
      place.at("a.test.ts"),
      'import { test } from "bun:test"; test("<&>", () => {}); test.todo("later");',
    );
    await Bun.write(
      place.at("b.test.ts"),
      'import { test } from "bun:test"; test("b", () => { throw new Error("no"); });',
    );
    await Bun.write(place.at("c.test.ts"), 'throw new Error("does not load");');
    const report = place.at("report.xml");
    const command = [process.execPath, "test", "--reporter=junit", `--reporter-outfile=${report}`];
    const child = Bun.spawn(command, { cwd: place.path, env: place.env(), stdio: ["ignore", "ignore", "ignore"] });
    expect(await child.exited).toBe(1);
    const { files, ...counts } = parseReport(await Bun.file(report).text());
    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 1 });
    expect([...files].sort()).toEqual(["a.test.ts", "b.test.ts"]);
  });

  test("what is no report is refused", () => {
    expect(() => parseReport("")).toThrow("not a JUnit report");
  });
});

describe("suites", () => {
  test("are the folders that hold test files", async () => {
    await using place = await makePlace();
    for (const path of ["git/a.test.ts", "git/deep/b.test.ts", "unit/c.test.ts", "support/d.ts"]) {
      await Bun.write(place.at("tests", path), "");
    }
    expect(await findSuites(place.path)).toEqual([
      { name: "git", files: ["tests/git/a.test.ts", "tests/git/deep/b.test.ts"] },
      { name: "unit", files: ["tests/unit/c.test.ts"] },
    ]);
  });

  test("are left out, whole or by the file, where the machine lacks what they need", () => {
    const suites = [
      { name: "git", files: ["tests/git/a.test.ts", "tests/git/trace.test.ts"] },
      { name: "terminal", files: ["tests/terminal/b.test.ts"] },
    ];
    const missing = (need: string) => (need === "git" ? undefined : `${need} is not installed`);
    const needed = { git: ["git"], "git/trace.test.ts": ["strace"], terminal: ["tmux", "zsh"] } as const;
    expect(choose(suites, missing, needed)).toEqual({
      run: [{ name: "git", files: ["tests/git/a.test.ts"] }],
      left: [
        { name: "git/trace.test.ts", reason: "strace is not installed" },
        {
          name: "terminal",
          reason: "tmux is not installed; zsh is not installed",
        },
      ],
    });
  });
});

describe("coverage", () => {
  const lcov = (hits: string, functions: number) =>
    `TN:\nSF:src/a.ts\nFNF:3\nFNH:${functions}\n${hits}\nLF:3\nLH:1\nend_of_record\n`;

  test("a line hit in any run is hit", () => {
    const coverage: Coverage = new Map();
    addLcov(coverage, lcov("DA:1,1\nDA:2,0\nDA:3,0", 1));
    addLcov(coverage, lcov("DA:1,0\nDA:2,5\nDA:3,0", 2));
    expect(total(coverage.values())).toEqual({ functions: 3, functionsHit: 2, lines: 3, linesHit: 2 });
  });

  test("a source with code that nothing loaded is named; one of types alone is not", () => {
    const sources = new Map([
      ["src/a.ts", "export const a = 1;"],
      ["src/b.ts", "export const b = 1;"],
      ["src/c.ts", 'import type { A } from "./a.ts"; export interface C { a: A }'],
    ]);
    expect(unloaded(new Map([["src/a.ts", { functions: 0, functionsHit: 0, lines: new Map() }]]), sources)).toEqual([
      "src/b.ts",
    ]);
  });
});

describe("the audit", () => {
  test("no advisories is 0, some are 1, no answer is 3", () => {
    expect(judgeAudit({ stdout: "{}", stderr: "", exit: 0 }).exit).toBe(0);
    const advisory = { severity: "high", title: "Bad", vulnerable_versions: "<2", url: "https://example.com/1" };
    const some = judgeAudit({
      stdout: JSON.stringify({ thing: [advisory] }),
      stderr: "",
      exit: 1,
    });
    expect(some).toEqual({
      exit: 1,
      lines: ["1 known vulnerabilities:", "  thing: high · <2 · Bad · https://example.com/1"],
    });
    for (const stdout of ["", "<html>", "[]", '{"error":"no"}']) {
      expect(judgeAudit({ stdout, stderr: "405", exit: 1 }).exit).toBe(3);
    }
    expect(judgeAudit({ stdout: "{}", stderr: "405", exit: 1 }).exit).toBe(3);
    expect(judgeAudit({ stdout: "", stderr: "", exit: 0 }).exit).toBe(3);
  });
});

test("a test runs in a home of its own, without the machine's git and claude settings", () => {
  expect(process.env["HOME"]).toContain("parallel-cc-home-");
  const foreign = Object.keys(process.env).filter((name) => /^(CLAUDE|PARALLEL_CC_)/.test(name));
  expect(foreign).toEqual([]);
  expect(process.env["GIT_CONFIG_GLOBAL"]).toStartWith(`${process.env["HOME"]}/`);
});

test("git in a place sees no settings but its own, and its commits repeat", async () => {
  await using place = await makePlace();
  const env = place.env();
  await runGit(["init", "--quiet", place.at("repo")], { cwd: place.path, env });
  const shown = await runGit(["config", "--list", "--show-scope"], { cwd: place.at("repo"), env });
  expect(shown.split("\n").filter((line) => !line.startsWith("local\t"))).toEqual([]);
  const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
  const commit = () => runGit(["commit-tree", "-m", "one", emptyTree], { cwd: place.at("repo"), env });
  expect(await commit()).toBe(await commit());
});
