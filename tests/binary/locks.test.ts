// Who lives and who gets what, when many come at once, and when what is recorded of a process tells too little.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmod, readdir } from "node:fs/promises";
import { PROGRAM, pcc, pccJson } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { allEnded, remainsOf } from "../support/remains.ts";
import { halves, removalRows } from "../support/removal-remains.ts";
import { makeRepo } from "../support/repo.ts";
import { registered, shownSessions } from "../support/sessions.ts";

const TIMEOUT_MS = 120_000;

function database(place: Place): Database {
  return new Database(place.at("home", ".parallel-cc", "coordinator.db"), { readwrite: true });
}

async function many(count: number): Promise<AsyncDisposable & { all: Sleeper[] }> {
  const all = Array.from({ length: count }, () => sleeper());
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((one) => one.kill()));
    },
  };
}

describe("at once", () => {
  test(
    "twelve registers give one main checkout and eleven different worktrees, twelve times over",
    async () => {
      for (let round = 0; round < 12; round++) {
        await using place = await makePlace();
        await using owners = await many(12);
        const repo = await makeRepo(place);
        const got = await Promise.all(owners.all.map((owner) => registered(place, owner, { cwd: repo.path })));
        expect(got.filter((one) => one.isMainRepo)).toHaveLength(1);
        expect(new Set(got.map((one) => one.worktreePath)).size).toBe(12);
        expect(got.flatMap((one) => one.warnings)).toEqual([]);
        expect((await remainsOf(place, repo)).wrong).toEqual([]);
      }
    },
    TIMEOUT_MS,
  );

  for (const beside of [0, 1]) {
    test(`six registers of one process are one session, beside ${beside} others`, async () => {
      await using place = await makePlace();
      await using other = sleeper();
      await using owner = sleeper();
      const repo = await makeRepo(place);
      if (beside > 0) await registered(place, other, { cwd: repo.path });
      const got = await Promise.all([1, 2, 3, 4, 5, 6].map(() => registered(place, owner, { cwd: repo.path })));
      expect(new Set(got.map((one) => one.sessionId)).size).toBe(1);
      expect(got.filter((one) => one.isNew)).toHaveLength(1);
      expect((await remainsOf(place, repo)).wrong).toEqual([]);
      expect(await shownSessions(place)).toHaveLength(beside + 1);
    });
  }

  test(
    "register and release go on beside each other without an error, and nothing is lost",
    async () => {
      await using place = await makePlace();
      await using owners = await many(4);
      const repo = await makeRepo(place);
      const made = new Set<string>();
      const withWork = new Set<string>();
      const errors: string[] = [];
      await Promise.all(
        owners.all.map(async (owner, index) => {
          for (let round = 0; round < 50; round++) {
            const words = ["register", "--pid", String(owner.pid), "--json"];
            const ran = await pcc(place, words, { cwd: repo.path });
            if (ran.exit !== 0 || ran.stderr !== "") errors.push(`${ran.stdout}${ran.stderr}`);
            const path = /"worktreePath":"([^"]*)"/.exec(ran.stdout)?.[1] ?? "";
            if (path !== repo.path) {
              made.add(path);
              if (round % 10 === index) {
                await Bun.write(`${path}/work.txt`, path);
                withWork.add(path);
              }
            }
            const released = await pcc(place, ["release", "--pid", String(owner.pid), "--json"], { cwd: repo.path });
            if (!released.stdout.includes('"released":true')) errors.push(`${released.stdout}${released.stderr}`);
          }
        }),
      );
      expect(errors).toEqual([]);
      expect(await shownSessions(place)).toEqual([]);
      await allEnded(place);
      // Their owners lived when they were released, so a cleanup takes those that nobody worked in.
      expect(await pcc(place, ["cleanup", "--json"], { cwd: repo.path })).toMatchObject({ exit: 0, stderr: "" });
      const left = (await readdir(`${repo.path}-worktrees`)).map((name) => `${repo.path}-worktrees/${name}`);
      expect(left.sort()).toEqual([...withWork].sort());
      for (const path of left) expect(await Bun.file(`${path}/work.txt`).text()).toBe(path);
      const removed = removalRows(place).map(({ path }) => path ?? "");
      expect([...left, ...removed].sort()).toEqual([...made].sort());
      expect(await halves(place, repo)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test("an owner that dies while another registers does not stop it", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    // Asked for the base, git ends the owner of the main checkout: between the looks at who lives.
    const folder = place.at("bin");
    const script = `#!/bin/sh\ncase "$*" in *HEAD^{commit}*) kill -KILL ${first.pid} ;; esac\nexec ${Bun.which("git")} "$@"\n`;
    await Bun.write(`${folder}/git`, script);
    await chmod(`${folder}/git`, 0o755);
    const got = await registered(place, second, { cwd: repo.path, path: [folder] }, "--base", "HEAD");
    expect(got.worktreePath === repo.path || got.worktreePath.startsWith(`${repo.path}-worktrees/`)).toBe(true);
  });
});

describe("a session", () => {
  test("whose pid is another process by now is dead: the main checkout is given out", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using second = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const sqlite = database(place);
    sqlite.run("UPDATE session_processes SET start_time = '1'");
    sqlite.close();
    expect((await shownSessions(place)).map((one) => one.isAlive)).toEqual([false]);
    expect((await registered(place, second, { cwd: repo.path })).isMainRepo).toBe(true);
  });

  test("whose pid is another process by now is not released by that one's pid", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const sqlite = database(place);
    sqlite.run("UPDATE session_processes SET start_time = '1'");
    sqlite.close();
    expect(await pccJson(place, ["release", "--pid", String(first.pid)])).toMatchObject({ released: false });
  });

  test("whose owner died lives on by its claude, and dies with it", async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    await using claude = sleeper();
    await using other = sleeper();
    await using last = sleeper();
    const repo = await makeRepo(place);
    const { sessionId } = await registered(place, owner, { cwd: repo.path });
    const words = ["heartbeat", "--session-id", sessionId, "--claude-pid", String(claude.pid)];
    expect(await pccJson(place, words)).toEqual({ updated: true });
    await owner.kill();
    expect((await registered(place, other, { cwd: repo.path })).isMainRepo).toBe(false);
    expect(await pccJson(place, ["release", "--pid", String(other.pid)])).toMatchObject({ released: true });
    await claude.kill();
    expect((await registered(place, last, { cwd: repo.path })).isMainRepo).toBe(true);
  });

  test("registered by nobody's parent is of the process that asked", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const ran = Bun.spawn(["sh", "-c", '"$0" register --json >/dev/null; echo $$; "$0" status --json', PROGRAM], {
      cwd: repo.path,
      env: place.env(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [pid, status] = (await ran.stdout.text()).trim().split("\n");
    expect(status).toContain(`"pid":${pid},`);
    expect(status).toContain('"isAlive":true');
  });
});
