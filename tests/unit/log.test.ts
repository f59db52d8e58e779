// The log: what the level lets through, one line each, and no secret in any of it.

import { describe, expect, test } from "bun:test";
import { LOG_LEVELS, type LogLevel, makeLog, redact } from "../../src/log/log.ts";
import { forAll, gen } from "../support/random.ts";

function logged(level: LogLevel, write: (log: ReturnType<typeof makeLog>) => void): string[] {
  const lines: string[] = [];
  write(makeLog({ level, now: () => new Date("2030-01-01T00:00:00Z"), write: (line) => lines.push(line) }));
  return lines;
}

describe("levels", () => {
  test.each([
    ["error", ["error"]],
    ["warn", ["error", "warn"]],
    ["info", ["error", "warn", "info"]],
    ["debug", ["error", "warn", "info", "debug"]],
  ] as const)("%s lets through what is as grave or graver", (level, heard) => {
    const lines = logged(level, (log) => {
      for (const one of LOG_LEVELS) log(one, "event");
    });
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([...heard]);
  });
});

describe("a line", () => {
  test("is one JSON document with the time, the level, the event and its facts", () => {
    const [line] = logged("info", (log) => log("info", "git", { exit: 0, args: ["status"] }));
    expect(line).toEndWith("}\n");
    expect(JSON.parse(line ?? "")).toEqual({
      at: "2030-01-01T00:00:00.000Z",
      level: "info",
      event: "git",
      exit: 0,
      args: ["status"],
    });
  });

  test("stays one line, and acts on no terminal, whatever the facts hold", () => {
    const [line = ""] = logged("info", (log) => log("info", "git", { name: "a\nb\x1b[2J\u202e\u009b" }));
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(line).name).toBe("a\nb\x1b[2J\u202e\u009b");
  });
});

const BODY = "Ab3dEf6hIj9lMn2pQr5t";
const PLANTED: [string, ...string[]] = [
  `sk-ant-api03-${BODY}`,
  `sk-${BODY}`,
  `sk-proj-${BODY}`,
  `ghp_${BODY}`,
  `gho_${BODY}`,
  `ghs_${BODY}`,
  `ghu_${BODY}`,
  `ghr_${BODY}`,
  `github_pat_${BODY}_x`,
  `glpat-${BODY}`,
  `npm_${BODY}`,
  `e2b_${BODY}`,
  `xoxb-1-${BODY}`,
  `dtn_${BODY}`,
  `AKIA${BODY.slice(0, 16).toUpperCase()}`,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${BODY}`,
];

describe("a secret never reaches the log", () => {
  test.each(PLANTED)("%s, wherever it stands in a text", (secret) => {
    for (const text of [secret, `token ${secret}.`, `--key=${secret}`, `"${secret}"`, `https://x/?a=${secret}&b=1`]) {
      expect(redact(text)).not.toContain(secret.slice(-10));
    }
  });

  test.each([
    "https://user:hunter2hunter2@host/x.git",
    "https://x-access-token:hunter2hunter2@host/x.git",
    "https://hunter2hunter2@host/x.git",
    "https://:hunter2hunter2@host/x.git",
    "ssh://git:hunter2hunter2@host:22/x",
  ])("the credentials of %s", (url) => {
    const shown = redact(`cloning ${url} now`);
    expect(shown).not.toContain("hunter2");
    expect(shown).toContain("@host");
  });

  test.each(["token", "API_KEY", "apiKey", "clientSecret", "password", "credentials", "GITHUB_TOKEN", "authorization"])(
    "the value of a key called %s",
    (key) => {
      const lines = logged("info", (log) => log("info", "x", { [key]: 'hunter2"quoted\\hunter2', next: "kept" }));
      expect(lines.join("")).not.toContain("hunter2");
      expect(lines.join("")).toContain("kept");
    },
  );

  test("what stands right behind a line end", () => {
    const [line = ""] = logged("info", (log) => log("info", "x", { said: `no\n${PLANTED[0]}\tno` }));
    expect(line).not.toContain(BODY);
  });

  test("a list or an object under a telling key", () => {
    const facts = { tokens: ["hunter2"], secrets: { one: "hunter2" }, tokenCount: 7, hasToken: true };
    const [line = ""] = logged("info", (log) => log("info", "x", facts));
    expect(line).not.toContain("hunter2");
    expect(JSON.parse(line)).toMatchObject({ tokenCount: 7, hasToken: true });
  });

  test.each(["GITHUB_TOKEN=hunter2hunter2 git push", '{"api_key": "hunter2hunter2"}', "/x?token=hunter2hunter2&a=1"])(
    "a telling name inside a text: %s",
    (text) => expect(redact(text)).not.toContain("hunter2"),
  );

  test("the header of a request", () => {
    expect(redact('"Authorization: Bearer hunter2hunter2hunter2"')).not.toContain("hunter2");
  });

  test("however the facts are nested and whatever stands around it", async () => {
    const facts = gen.record({ before: gen.text(6), secret: gen.pick(...PLANTED), after: gen.text(6) });
    await forAll("planted", facts, ({ before, secret, after }) => {
      const lines = logged("info", (log) => log("info", "x", { list: [{ deep: `${before} ${secret} ${after}` }] }));
      return !lines.join("").includes(secret.slice(-10));
    });
  });

  test("an ordinary text stays as it is", () => {
    for (const text of [
      "parallel-auth-00000001",
      "task-based work",
      "a@b.com",
      "https://host/a@b",
      "sk-1",
      "npm install",
    ]) {
      expect(redact(text)).toBe(text);
    }
  });

  test("what a line is left with is still JSON", async () => {
    await forAll("json", gen.record({ token: gen.text(20), note: gen.text(20) }), (facts) => {
      for (const line of logged("info", (log) => log("info", "x", facts))) JSON.parse(line);
    });
  });
});
