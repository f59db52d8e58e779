// Sessions whose processes are not ours to see: in another pid namespace, or another user's.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { PROGRAM, pccJson } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { deadPid, sleeper, waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { registered, shownSessions } from "../support/sessions.ts";

/** Also without being root. */
const UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
/** Only root may be somebody else. */
const AS_NOBODY = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

test("a session of another pid namespace may live: it keeps its place, and our pids are not its own", async () => {
  await using place = await makePlace();
  await using owner = sleeper();
  const repo = await makeRepo(place);
  const script = '"$0" register --pid $$ --json';
  const ran = Bun.spawn([...UNSHARE, "sh", "-c", script, PROGRAM], {
    cwd: repo.path,
    env: place.env(),
    stdio: ["ignore", "ignore", "ignore"],
  });
  expect(await ran.exited).toBe(0);
  const [there] = await shownSessions(place);
  expect(there).toMatchObject({ isMainRepo: true, isAlive: true, pid: 1 });
  expect((await registered(place, owner, { cwd: repo.path })).isMainRepo).toBe(false);
  const dead = await deadPid();
  const sqlite = new Database(place.at("home", ".parallel-cc", "coordinator.db"), { readwrite: true });
  sqlite.run("UPDATE session_processes SET pid = ? WHERE session_id = ?", [dead, there?.sessionId ?? ""]);
  sqlite.close();
  expect(await pccJson(place, ["release", "--pid", String(dead)])).toMatchObject({ released: false });
  expect(await shownSessions(place)).toHaveLength(2);
});

test("a session of another user lives as long as its process", async () => {
  await using place = await makePlace();
  await using second = sleeper();
  const repo = await makeRepo(place);
  const other = Bun.spawn([...AS_NOBODY, "sleep", "3600"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  await waitFor(async () => (await Bun.file(`/proc/${other.pid}/cmdline`).text()).startsWith("sleep"), "it runs");
  await registered(place, other, { cwd: repo.path });
  expect((await shownSessions(place)).map((one) => one.isAlive)).toEqual([true]);
  expect((await registered(place, second, { cwd: repo.path })).isMainRepo).toBe(false);
  other.kill("SIGKILL");
  await other.exited;
  expect((await shownSessions(place)).map((one) => one.isAlive)).toEqual([false, true]);
});
