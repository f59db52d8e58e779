// What is typed wrongly: named, with the nearest right word, exit 2, and with --json exactly one document.

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import { parseAnswer, pcc } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { deadPid } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";

const ERROR = v.strictObject({
  error: v.strictObject({
    code: v.string(),
    message: v.pipe(v.string(), v.nonEmpty()),
    hint: v.nullable(v.string()),
    details: v.record(v.string(), v.unknown()),
  }),
});

interface Wrong {
  words: string[];
  code: string;
  /** What the message or the hint must contain. */
  names?: string;
}

const COMMANDS = ["register", "start", "release", "stop", "heartbeat", "status", "list", "doctor", "update", "migrate"];

const WRONG: Wrong[] = [
  { words: ["regsiter"], code: "usage.unknown-command", names: "register" },
  { words: ["stauts"], code: "usage.unknown-command", names: "status" },
  { words: ["zzzzzz"], code: "usage.unknown-command", names: "zzzzzz" },
  { words: [""], code: "usage.unknown-command" },
  { words: ["REGISTER"], code: "usage.unknown-command", names: "register" },
  { words: ["toString"], code: "usage.unknown-command", names: "toString" },
  { words: ["__proto__"], code: "usage.unknown-command", names: "__proto__" },
  { words: ["constructor"], code: "usage.unknown-command", names: "constructor" },
  { words: ["hasOwnProperty"], code: "usage.unknown-command" },
  { words: ["help", "toString"], code: "usage.unknown-topic", names: "toString" },
  { words: ["help", "__proto__"], code: "usage.unknown-topic" },
  { words: ["help", "sesions"], code: "usage.unknown-topic", names: "sessions" },
  { words: ["help", "register", "more"], code: "usage.unknown-topic" },
  { words: ["--verison"], code: "usage.unknown-flag", names: "--version" },
  { words: ["--halp"], code: "usage.unknown-flag", names: "--help" },
  { words: ["--toString"], code: "usage.unknown-flag" },
  { words: ["register", "--nmae", "x"], code: "usage.unknown-flag", names: "--name" },
  { words: ["register", "--toString"], code: "usage.unknown-flag" },
  { words: ["register", "--__proto__=x"], code: "usage.unknown-flag" },
  { words: ["register", "--constructor", "x"], code: "usage.unknown-flag" },
  { words: ["register", "-x"], code: "usage.unknown-flag", names: "-x" },
  { words: ["register", "--pid", "abc"], code: "usage.bad-value", names: "abc" },
  { words: ["register", "--pid", "0"], code: "usage.bad-value", names: "--pid" },
  { words: ["register", "--pid", "-4"], code: "usage.flag-value", names: "--pid" },
  { words: ["register", "--pid=-4"], code: "usage.bad-value", names: "-4" },
  { words: ["register", "--pid", "1.5"], code: "usage.bad-value", names: "1.5" },
  { words: ["register", "--pid", "1e3"], code: "usage.bad-value", names: "1e3" },
  { words: ["register", "--pid", "0x10"], code: "usage.bad-value", names: "0x10" },
  { words: ["register", "--pid", " 7"], code: "usage.bad-value" },
  { words: ["register", "--pid", "99999999999999999999"], code: "usage.bad-value", names: "99999999999999999999" },
  { words: ["register", "--pid", ""], code: "usage.bad-value" },
  { words: ["register", "--pid"], code: "usage.flag-value", names: "--pid <n>" },
  { words: ["register", "--name"], code: "usage.flag-value", names: "--name" },
  { words: ["register", "--name", ""], code: "usage.bad-value", names: "--name" },
  { words: ["register", "--name", "x".repeat(201)], code: "usage.bad-value", names: "--name" },
  { words: ["register", "--name", "--pid", "7"], code: "usage.flag-value", names: "--name" },
  { words: ["register", "--repo", ""], code: "usage.bad-value", names: "--repo" },
  { words: ["register", "--shell=yes"], code: "usage.flag-value", names: "--shell" },
  { words: ["register", "here"], code: "usage.unexpected", names: "here" },
  { words: ["release", "one", "two"], code: "usage.unexpected", names: "one" },
  { words: ["release", "--pid", "abc"], code: "usage.bad-value", names: "abc" },
  { words: ["release", "--session-id"], code: "usage.flag-value", names: "--session-id" },
  { words: ["release", "--sesion-id", "x"], code: "usage.unknown-flag", names: "--session-id" },
  { words: ["heartbeat", "--pid", "0"], code: "usage.bad-value" },
  { words: ["status", "now"], code: "usage.unexpected", names: "now" },
  { words: ["status", "--wacth"], code: "usage.unknown-flag", names: "--watch" },
  { words: ["doctor", "--fix"], code: "usage.unknown-flag" },
  { words: ["update", "now"], code: "usage.unexpected" },
];

describe("a mistyped command line", () => {
  for (const { words, code, names } of WRONG) {
    const shown = JSON.stringify(words.map((word) => (word.length > 40 ? `${word.slice(0, 8)}…` : word)).join(" "));
    test(`${shown} is ${code}, exit 2, one document with --json, and touches nothing`, async () => {
      await using place = await makePlace();
      const text = await pcc(place, words);
      expect({ exit: text.exit, stdout: text.stdout }).toEqual({ exit: 2, stdout: "" });
      expect(text.stderr).toStartWith("error: ");
      if (names !== undefined) expect(text.stderr).toContain(names);
      const json = await pcc(place, [...words, "--json"]);
      expect(json.exit).toBe(2);
      expect(v.parse(ERROR, parseAnswer(json)).error.code).toBe(code);
      expect(json.stderr).toBe("");
      expect(await readdir(place.home)).toEqual([]);
    });
  }
});

describe("help", () => {
  const asked = [
    [],
    ["help"],
    ["--help"],
    ["-h"],
    ...COMMANDS.flatMap((word) => [
      ["help", word],
      [word, "--help"],
      [word, "-h"],
      [word, "--pid", "x", "--help"],
    ]),
    ["register", "-hh"],
    ...["sessions", "wrapper", "scripting", "environment"].map((topic) => ["help", topic]),
  ];
  for (const words of asked) {
    test(`parallel-cc ${words.join(" ")} explains, exit 0, and touches nothing`, async () => {
      await using place = await makePlace();
      const ran = await pcc(place, words);
      expect({ exit: ran.exit, stderr: ran.stderr }).toEqual({ exit: 0, stderr: "" });
      expect(ran.stdout.length).toBeGreaterThan(50);
      expect(await readdir(place.home)).toEqual([]);
    });
  }
});

describe("--json", () => {
  test("is one document also for every failure of a well-formed command", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await Bun.write(place.at("file"), "");
    const pid = String(await deadPid());
    const failing: [string[], string, string][] = [
      [["register"], place.path, "repository.none"],
      [["register", "--repo", place.at("absent")], place.path, "directory.none"],
      [["register", "--repo", place.at("file")], place.path, "directory.none"],
      [["register", "--pid", pid], repo.path, "process.none"],
      [["register", "--base", "no-such-branch"], repo.path, "base.unknown"],
      [["register", "--base", "-x"], repo.path, "usage.flag-value"],
      [["register", "--base=--upload-pack=touch x"], repo.path, "base.unknown"],
      [["status", "--repo", place.path], repo.path, "repository.none"],
      [["status", "--repo", place.at("absent")], repo.path, "directory.none"],
      [["status", "--repo", place.at("file")], repo.path, "directory.none"],
      [["heartbeat", "--session-id", "x", "--claude-pid", "abc"], repo.path, "usage.bad-value"],
    ];
    for (const [words, cwd, code] of failing) {
      const ran = await pcc(place, [...words, "--json"], { cwd });
      expect({ words, code: v.parse(ERROR, parseAnswer(ran)).error.code }).toEqual({ words, code });
      expect(ran.stderr).toBe("");
      expect(ran.exit).toBe(code.startsWith("usage.") ? 2 : 1);
    }
  });

  test("nothing of a name reaches the terminal as it is when a command fails", async () => {
    await using place = await makePlace();
    for (const words of [
      ["\x1b[31mred"],
      ["register", "--\x1b[31m"],
      ["register", "\x1b[31m\nx"],
      ["help", "\x1b]0;x\x07"],
    ]) {
      const ran = await pcc(place, words);
      expect(ran.exit).toBe(2);
      expect([...ran.stderr].filter((char) => char < " " && char !== "\n")).toEqual([]);
    }
  });
});
