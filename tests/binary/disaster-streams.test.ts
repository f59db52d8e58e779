// Streams that are closed or full, and signals: the answer may get lost, the work may not.

import { describe, expect, test } from "bun:test";
import { PROGRAM } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { remainsOf } from "../support/remains.ts";
import { makeRepo } from "../support/repo.ts";
import { shownSessions } from "../support/sessions.ts";

/** Runs a line of bash in which `$0` is the program; its exit status with `pipefail` is the program's. */
async function bash(place: Place, line: string, input: { cwd?: string; words?: readonly string[] } = {}) {
  const child = Bun.spawn(["bash", "-o", "pipefail", "-c", line, PROGRAM, ...(input.words ?? [])], {
    cwd: input.cwd ?? place.path,
    env: place.env(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit: child.exitCode, stdout, stderr };
}

describe("register", () => {
  const CLOSED: Record<string, string> = {
    "closed stdout": '"$0" register --pid "$1" >&-',
    "closed stderr": '"$0" register --pid "$1" 2>&-',
    "closed stdin": '"$0" register --pid "$1" <&-',
    "everything closed": '"$0" register --pid "$1" <&- >&- 2>&-',
    "a reader that went away": '"$0" register --pid "$1" | true',
    "a reader that never reads": '"$0" register --pid "$1" | head -0',
    "a narration that nobody reads": '"$0" register --pid "$1" --shell 2> >(true)',
  };
  for (const [name, line] of Object.entries(CLOSED)) {
    test(`with ${name} registers all the same, exit 0, and the database is whole`, async () => {
      await using place = await makePlace();
      await using first = sleeper();
      await using second = sleeper();
      const repo = await makeRepo(place);
      for (const { pid } of [first, second]) {
        expect((await bash(place, line, { cwd: repo.path, words: [String(pid)] })).exit).toBe(0);
      }
      const { wrong, sessions } = await remainsOf(place, repo);
      expect({ wrong, pids: sessions.map((one) => one.pid) }).toEqual({ wrong: [], pids: [first.pid, second.pid] });
    });
  }

  for (const format of ["", "--json"]) {
    test(`whose answer ${format} finds no room says so on stderr and fails, and the session is there`, async () => {
      await using place = await makePlace();
      await using owner = sleeper();
      const repo = await makeRepo(place);
      const line = `"$0" register --pid "$1" ${format} >/dev/full`;
      const ran = await bash(place, line, { cwd: repo.path, words: [String(owner.pid)] });
      expect([ran.exit, ran.stdout]).toEqual([1, ""]);
      expect(ran.stderr).toMatch(/^error: .*written/);
      expect(await shownSessions(place)).toHaveLength(1);
    });
  }
});

describe("status", () => {
  test("into a closed pipe is no error", async () => {
    await using place = await makePlace();
    expect(await bash(place, '"$0" status | head -0')).toEqual({ exit: 0, stdout: "", stderr: "" });
  });

  for (const format of ["", "--json"]) {
    test(`--watch ${format} ends when its reader has gone`, async () => {
      await using place = await makePlace();
      const ran = await bash(place, `"$0" status --watch ${format} | head -1`);
      expect([ran.exit, ran.stderr]).toEqual([0, ""]);
      expect(ran.stdout.split("\n")).toHaveLength(2);
    }, 20_000);
  }

  for (const format of ["", "--json"]) {
    test.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const)(`--watch ${format} ends silently on %s, exit %d`, async (signal, exit) => {
      await using place = await makePlace();
      const child = Bun.spawn([PROGRAM, "status", "--watch", ...(format === "" ? [] : [format])], {
        cwd: place.path,
        env: place.env(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      const reader = child.stdout.getReader();
      const first = new TextDecoder().decode((await reader.read()).value);
      child.kill(signal);
      expect([await child.exited, await child.stderr.text(), (await reader.read()).done]).toEqual([exit, "", true]);
      if (format === "--json") expect(JSON.parse(first)).toMatchObject({ sessions: [] });
      else expect(first).toStartWith("No sessions.\n");
    });
  }
});
