// Rows that releases before 3.0 left: a pid and when it was written, no more. The main checkout is given out only when
// their process is certainly dead.

import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { EARLIER, makeEarlier } from "../db/earlier.ts";
import { pccJson } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { deadPid, sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { registered, shownSessions } from "../support/sessions.ts";

/** Those whose sessions stand in `sessions`, where this puts one of its own. */
const KINDS = Object.keys(EARLIER).filter((kind) => !kind.startsWith("a rebuild"));

/** An old database with one session in the main checkout of `repo`, and none of the fixture's own. */
async function oldSession(place: Place, kind: string, row: { pid: number; repo: string; at: string }): Promise<void> {
  await mkdir(place.at("home", ".parallel-cc"), { mode: 0o700 });
  const sqlite = await makeEarlier(place.at("home", ".parallel-cc", "coordinator.db"), kind);
  sqlite.run("DELETE FROM sessions");
  sqlite.run(
    `INSERT INTO sessions (id, pid, repo_path, worktree_path, is_main_repo, created_at, last_heartbeat)
     VALUES ('old', ?, ?, ?, 1, ?, ?)`,
    [row.pid, row.repo, row.repo, row.at, row.at],
  );
  sqlite.close();
}

function utc(date: Date): string {
  return date.toISOString().slice(0, 19).replace("T", " ");
}

for (const kind of KINDS) {
  test(`${kind}: a dead pid's main checkout is given out, and its end is told`, async () => {
    await using place = await makePlace();
    await using owner = sleeper();
    const repo = await makeRepo(place);
    await oldSession(place, kind, { pid: await deadPid(), repo: repo.path, at: "2024-01-01 00:00:00" });
    expect((await registered(place, owner, { cwd: repo.path })).isMainRepo).toBe(true);
    expect((await shownSessions(place)).map((one) => one.pid)).toEqual([owner.pid]);
  });

  test(`${kind}: a living pid keeps the main checkout, also when its process started before the row`, async () => {
    await using place = await makePlace();
    await using old = sleeper();
    await using owner = sleeper();
    const repo = await makeRepo(place);
    await oldSession(place, kind, { pid: old.pid, repo: repo.path, at: utc(new Date()) });
    expect((await registered(place, owner, { cwd: repo.path })).isMainRepo).toBe(false);
    expect((await shownSessions(place)).map((one) => one.isAlive)).toEqual([true, true]);
  });
}

test("a living pid whose process started long after the row was written is another process", async () => {
  await using place = await makePlace();
  await using later = sleeper();
  await using owner = sleeper();
  const repo = await makeRepo(place);
  await oldSession(place, "1.1", { pid: later.pid, repo: repo.path, at: "2024-01-01 00:00:00" });
  expect((await registered(place, owner, { cwd: repo.path })).isMainRepo).toBe(true);
});

test("an old session is released by its pid", async () => {
  await using place = await makePlace();
  await using old = sleeper();
  const repo = await makeRepo(place);
  await oldSession(place, "1.1", { pid: old.pid, repo: repo.path, at: utc(new Date()) });
  expect(await pccJson(place, ["release", "--pid", String(old.pid)])).toMatchObject({ released: true });
  expect(await shownSessions(place)).toEqual([]);
});
