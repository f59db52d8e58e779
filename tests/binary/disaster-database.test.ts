// A database that is damaged, too new, locked or no file at all: a clear error, and nothing of it is changed.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { PROGRAM, parseAnswer, pcc, startPcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { remainsOf } from "../support/remains.ts";
import { makeRepo } from "../support/repo.ts";
import { failureOf, registered, shownSessions } from "../support/sessions.ts";

const COMMANDS = [["register"], ["status"], ["heartbeat"], ["release"]];

async function withDatabase(place: Place, content: string | Uint8Array): Promise<string> {
  const file = place.at("home", ".parallel-cc", "coordinator.db");
  await mkdir(place.at("home", ".parallel-cc"), { mode: 0o700 });
  await Bun.write(file, content);
  return file;
}

function hasOpen(pid: number, file: string): boolean {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return undefined; // Closed meanwhile.
    }
  });
  return links.includes(file);
}

describe("a damaged database", () => {
  for (const words of COMMANDS) {
    test(`makes ${words} fail, and stays as it is`, async () => {
      await using place = await makePlace();
      const repo = await makeRepo(place);
      const file = await withDatabase(place, "not a database at all\n".repeat(500));
      const failure = await failureOf(place, words, { cwd: repo.path });
      expect(failure.code).toBe("db.corrupt");
      expect(await Bun.file(file).text()).toBe("not a database at all\n".repeat(500));
    });
  }

  test("in which only some pages are overwritten is noticed too, and no worktree is left", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const file = place.at("home", ".parallel-cc", "coordinator.db");
    const bytes = new Uint8Array(await Bun.file(file).arrayBuffer());
    bytes.fill(0x5a, 4096);
    await Bun.write(file, bytes);
    const failure = await failureOf(place, ["register", "--pid", String(second.pid)], { cwd: repo.path });
    expect(failure.code).toBe("db.corrupt");
    expect(await readdir(place.path)).not.toContain("repo-worktrees");
  });
});

describe("a database of a newer release", () => {
  for (const words of COMMANDS) {
    test(`makes ${words} fail, and stays as it is`, async () => {
      await using place = await makePlace();
      const repo = await makeRepo(place);
      const file = await withDatabase(place, "");
      const sqlite = new Database(file);
      sqlite.run("CREATE TABLE sessions (everything TEXT)");
      sqlite.run("PRAGMA user_version = 999");
      sqlite.close();
      const before = await Bun.file(file).bytes();
      expect((await failureOf(place, words, { cwd: repo.path })).code).toBe("db.newer");
      expect(await Bun.file(file).bytes()).toEqual(before);
    });
  }
});

describe("a database that another process has locked", () => {
  test("for a minute makes every command fail after its wait, with a word about it, and leaves nothing", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const holder = new Database(place.at("home", ".parallel-cc", "coordinator.db"));
    holder.run("BEGIN IMMEDIATE");
    const started = performance.now();
    const codes = await Promise.all(
      [
        ["register", "--pid", String(second.pid)],
        ["release", "--pid", String(first.pid)],
        ["heartbeat", "--pid", String(first.pid)],
      ].map(async (words) => (await failureOf(place, words, { cwd: repo.path })).code),
    );
    const waitedMs = performance.now() - started;
    expect(codes).toEqual(["db.locked", "db.locked", "db.locked"]);
    expect([waitedMs > 4000, waitedMs < 15_000]).toEqual([true, true]);
    // Who only reads need not wait.
    expect(await shownSessions(place)).toHaveLength(1);
    holder.run("ROLLBACK");
    holder.close();
    const { wrong, sessions } = await remainsOf(place, repo);
    expect({ wrong, sessions: sessions.length }).toEqual({ wrong: [], sessions: 1 });
  }, 30_000);

  test("for a moment is waited for", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const holder = new Database(place.at("home", ".parallel-cc", "coordinator.db"));
    holder.run("BEGIN IMMEDIATE");
    await using running = startPcc(place, ["register", "--pid", String(second.pid), "--json"], { cwd: repo.path });
    await waitFor(() => hasOpen(running.pid, holder.filename), "it opens the database");
    holder.run("ROLLBACK");
    holder.close();
    expect(await running.exited).toMatchObject({ exit: 0, stderr: "" });
  });
});

describe("a data directory", () => {
  for (const words of COMMANDS) {
    test(`that is a file makes ${words} fail with a word about it`, async () => {
      await using place = await makePlace();
      const repo = await makeRepo(place);
      await Bun.write(place.at("file"), "mine");
      const failure = await failureOf(place, words, { cwd: repo.path, env: { PARALLEL_CC_HOME: place.at("file") } });
      expect(failure.code).toBe("db.unwritable");
      expect(failure.message).toContain(place.at("file"));
      expect(await Bun.file(place.at("file")).text()).toBe("mine");
    });
  }

  test("whose locks/ is a file makes a register with a worktree fail and leave nothing", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    await Bun.write(place.at("home", ".parallel-cc", "locks"), "");
    const failure = await failureOf(place, ["register", "--pid", String(second.pid)], { cwd: repo.path });
    expect(failure.code).toBe("db.unwritable");
    await Bun.file(place.at("home", ".parallel-cc", "locks")).delete();
    expect((await registered(place, second, { cwd: repo.path })).isMainRepo).toBe(false);
    const { wrong, worktrees } = await remainsOf(place, repo);
    expect({ wrong, worktrees: worktrees.length }).toEqual({ wrong: [], worktrees: 1 });
  });

  test("that is relative is refused: each directory would have sessions of its own", async () => {
    await using place = await makePlace();
    const ran = await pcc(place, ["status", "--json"], { env: { PARALLEL_CC_HOME: "../data" } });
    expect(parseAnswer(ran)).toMatchObject({ error: { code: "usage.relative-home" } });
    expect({ exit: ran.exit, made: existsSync(place.at("data")) }).toEqual({ exit: 2, made: false });
  });

  test("is closed to others, whatever the umask", async () => {
    await using place = await makePlace();
    const child = Bun.spawn(["/bin/sh", "-c", 'umask 0; exec "$0" status', PROGRAM], {
      cwd: place.path,
      env: place.env(),
      stdio: ["ignore", "ignore", "ignore"],
    });
    await child.exited;
    const mode = async (name: string) => (await Bun.file(place.at("home", name)).stat()).mode & 0o777;
    expect([await mode(".parallel-cc"), await mode(".parallel-cc/coordinator.db")]).toEqual([0o700, 0o600]);
  });
});

test("a failure of the database is told in text as well", async () => {
  await using place = await makePlace();
  await withDatabase(place, "no database, whatever its name says".repeat(40));
  const ran = await pcc(place, ["status"]);
  expect([ran.exit, ran.stdout]).toEqual([1, ""]);
  expect(ran.stderr).toMatch(/^error: .*coordinator\.db is damaged.*\n {2}Move .* aside/);
});
