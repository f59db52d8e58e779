// Databases of earlier releases are taken over with every row, and take every value of 3.0 from then on.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { v } from "../../src/core/shape.ts";
import { type Db, openDb } from "../../src/db/db.ts";
import { verifyMigrations } from "../../src/db/migrate.ts";
import { makePlace, type Place } from "../support/place.ts";
import { CURRENT, EARLIER, EVERY_VERSION, makeEarlier, type Row, rowsOf, writeEarlier } from "./earlier.ts";

const clock = () => new Date("2026-03-01T12:00:00Z");
const Count = v.object({ count: v.number() });

async function earlierIn(place: Place, kind: string): Promise<string> {
  const file = place.at("coordinator.db");
  await writeEarlier(file, kind);
  return file;
}

function backupsOf(place: Place): string[] {
  return readdirSync(place.path).filter((name) => name.includes(".backup-"));
}

/** Each column of each old row, by the row's key, unless it was NULL where 3.0 has a rule against it. */
function expectKept(before: Map<string, Row[]>, after: Map<string, Row[]>): void {
  for (const [table, rows] of before) {
    const found = after.get(table) ?? [];
    for (const row of rows) {
      if (row["key"] === "version") continue;
      const known = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
      expect(found).toContainEqual(expect.objectContaining(known));
    }
  }
}

function sizes(rows: Map<string, Row[]>, tables: Iterable<string>): Record<string, number> {
  return Object.fromEntries([...tables].map((table) => [table, rows.get(table)?.length ?? -1]));
}

function isEarlier(table: string): boolean {
  const kept = /^(sessions|merge_events|subscriptions|file_claims|conflict_resolutions|auto_fix_suggestions)$/;
  const own = /^(budget_tracking|schema_\w+|sqlite_\w+|sessions_\w+|worktrees_before_3|deploys|seen)$/;
  return kept.test(table) || own.test(table);
}

/** One row for every new value and every new table; the rows that it made, by table. */
function writeNewValues(db: Db): Record<string, number> {
  const modes = ["local", "native", "docker", "e2b", "daytona", "cloudflare"];
  const statuses = ["INITIALIZING", "RUNNING", "COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"];
  return db.write((now) => {
    for (const mode of modes) {
      for (const status of statuses) {
        db.run(
          `INSERT INTO sessions (id, pid, repo_path, worktree_path, execution_mode, status, state, git_dir, name, branch,
             fork_commit, target_branch, subdirectory, activity, is_sharing, created_at, last_heartbeat)
           VALUES ($id, 1, '/r', $path, $mode, $status, 'creating', '/r/.git', 'n', 'b', 'c', 'main', 'sub', 'a', 1, $now, $now)`,
          { id: `${mode}-${status}`, path: `/w/${mode}-${status}`, mode, status, now },
        );
      }
    }
    for (const role of ["registrar", "owner", "claude"]) {
      db.run(
        `INSERT INTO session_processes (session_id, role, pid, start_time, boot_id, pid_namespace, host)
         VALUES ('docker-CANCELLED', $role, 7, '1', 'b', 'p', 'h')`,
        { role },
      );
    }
    db.run(
      `INSERT INTO worktrees (path, git_dir, repo_path, name, origin, created_at)
       VALUES ('/w/new', '/r/.git', '/r', 'new', 'created', $now)`,
      { now },
    );
    db.run(
      "INSERT INTO checkout_changes (path, checked_at, dirty_files, ahead, behind) VALUES ('/w/new', $now, 1, 2, 3)",
      { now },
    );
    db.run(
      `INSERT INTO session_history (id, repo_path, worktree_path, is_main_repo, pid, started_at, ended_at, ended_by, worktree_fate)
       VALUES ('h', '/r', '/w', 0, 1, $now, $now, 'death', 'kept')`,
      { now },
    );
    db.run(
      `INSERT INTO landing_verdicts (target_commit, tip, judge, verdict, method, is_safe_to_delete, is_forge_asked, judged_at)
       VALUES ('t', 'b', 1, 'merged', 'ancestor', 1, 0, $now)`,
      { now },
    );
    db.run("INSERT INTO branch_tips (git_dir, branch, tip, seen_at) VALUES ('/r/.git', 'b', 'c', $now)", { now });
    db.run(
      `INSERT INTO removals (id, state, git_dir, repo_path, name, reason, record, removed_at)
       VALUES ('r', 'removed', '/r/.git', '/r', 'w', 'forced', '{}', $now)`,
      { now },
    );
    db.run(
      "INSERT INTO cleanup_reports (git_dir, removed, kept, is_told, made_at) VALUES ('/r/.git', '', '', 0, $now)",
      { now },
    );
    const path = db.one(v.object({ path: v.string() }), "SELECT path FROM worktrees LIMIT 1")?.path ?? "";
    db.run("INSERT INTO worktree_setups (path, state, changed_at) VALUES ($path, 'done', $now)", { path, now });
    db.run("INSERT INTO approvals (repo_path, hash, approved_at) VALUES ('/r', 'abc', $now)", { now });
    db.run("INSERT INTO port_leases (port, session_id, position) VALUES (10000, 'docker-CANCELLED', 1)");
    db.run("INSERT INTO messages (id, git_dir_id, kind, body, sent_at) VALUES ('m', '1:2', 'message', 'hello', $now)", {
      now,
    });
    db.run("INSERT INTO deliveries (session_id, message_id) VALUES ('docker-CANCELLED', 'm')");
    db.run(
      "INSERT INTO notes (id, git_dir, git_dir_id, body, written_at) VALUES ('n', '/r/.git', '1:2', 'a note', $now)",
      { now },
    );
    db.run(
      `INSERT INTO claim_bypasses (id, git_dir_id, holder_id, holder, file_path, bypassed_at)
       VALUES ('b', '1:2', 'docker-CANCELLED', 'api', 'a.ts', $now)`,
      { now },
    );
    db.run(
      "INSERT INTO checkout_looks (session_id, path, seen, looked_at) VALUES ('docker-CANCELLED', '/r', '{}', $now)",
      { now },
    );
    db.run("INSERT INTO merge_polls (git_dir, polled_at) VALUES ('/r/.git', $now)", { now });
    db.run(
      `INSERT INTO snapshots (session_id, git_dir_id, path, head, commit_id, tree, seen, taken_at)
       VALUES ('docker-CANCELLED', '1:2', '/r', 'abc', 'def', '012', '{}', $now)`,
      { now },
    );
    db.run(
      "INSERT INTO merge_verdicts (ours, theirs, judge, verdict, judged_at) VALUES ('abc', 'def', 1, '{}', $now)",
      { now },
    );
    db.run(
      `INSERT INTO radar_tellings (session_id, peer_id, path, regions, told_at)
       VALUES ('docker-CANCELLED', 'p', 'a.ts', 'abc', $now)`,
      { now },
    );
    db.run(
      `INSERT INTO sandbox_runs (id, repo_path, git_dir, git_dir_id, caller_path, provider, title, request, created_at)
       VALUES ('r', '/r', '/r/.git', '1:2', '/r', 'native', 'a task', '{}', $now)`,
      { now },
    );
    return {
      ...{ sandbox_runs: 1, merge_polls: 1, snapshots: 1, merge_verdicts: 1, radar_tellings: 1 },
      ...{ messages: 1, deliveries: 1, notes: 1, claim_bypasses: 1, checkout_looks: 1 },
      sessions: modes.length * statuses.length,
      session_processes: 3,
      worktrees: 1,
      checkout_changes: 1,
      session_history: 1,
      landing_verdicts: 1,
      branch_tips: 1,
      removals: 1,
      cleanup_reports: 1,
      port_leases: 1,
      worktree_setups: 1,
      approvals: 1,
    };
  });
}

describe.each(Object.entries(EARLIER))("an earlier database: %s", (kind, { from }) => {
  test("opens, is copied aside first and keeps every row", async () => {
    await using place = await makePlace();
    const file = await earlierIn(place, kind);
    const before = rowsOf(file);

    const db = await openDb({ file, clock });
    expect(db.migrated).toMatchObject({ from, to: CURRENT, migrations: EVERY_VERSION });
    verifyMigrations(db);
    const verdict = db.one(
      v.object({ verdict: v.string() }),
      "SELECT integrity_check AS verdict FROM pragma_integrity_check",
    );
    // A value that a rule of 3.0 refuses is kept as it is.
    expect(verdict?.verdict).toBe(kind.includes("additions") ? "CHECK constraint failed in budget_tracking" : "ok");
    db.close();

    const after = rowsOf(file);
    // One fixture has a `worktrees` of somebody else's.
    after.set("worktrees", after.get("worktrees_before_3") ?? []);
    expectKept(before, after);
    expect([...after.keys()].filter((name) => name.startsWith("parallel_cc_before_"))).toEqual([]);
    const [backup, ...others] = backupsOf(place);
    expect(others).toEqual([]);
    expect(backup).toBe(`coordinator.db.backup-${from}-20260301T120000Z`);
    expect(rowsOf(place.at(backup ?? ""))).toEqual(before);
    expect(statSync(place.at(backup ?? "")).mode & 0o777).toBe(0o600);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("takes every new value in every table, and no row goes missing by it", async () => {
    await using place = await makePlace();
    const file = await earlierIn(place, kind);
    (await openDb({ file, clock })).close();
    const before = rowsOf(file);

    const db = await openDb({ file, clock });
    expect(db.migrated).toBeUndefined();
    const written = writeNewValues(db);
    db.close();

    // A table that 3.0 adds is written to here as well, whichever comes.
    const added = [...before.keys()].filter((table) => !isEarlier(table));
    expect(added.filter((table) => written[table] === undefined)).toEqual([]);

    const expected = sizes(before, before.keys());
    for (const [table, count] of Object.entries(written)) expected[table] = (expected[table] ?? 0) + count;
    // A trigger of the user's own counts sessions.
    if (before.has("seen")) expected["seen"] = (expected["seen"] ?? 0) + (written["sessions"] ?? 0);
    expect(sizes(rowsOf(file), before.keys())).toEqual(expected);
  });
});

test.each(Object.keys(EARLIER).filter((kind) => !/additions|crashed|lost/.test(kind)))(
  "after %s the schema is that of a new database",
  async (kind) => {
    await using place = await makePlace();
    const file = await earlierIn(place, kind);
    (await openDb({ file, clock })).close();
    const fresh = place.at("fresh.db");
    (await openDb({ file: fresh, clock })).close();
    expect(schemaOf(file)).toEqual(schemaOf(fresh));
  },
);

test("no row is added or dropped where a table stays what it was", async () => {
  await using place = await makePlace();
  const file = await earlierIn(place, "1.1");
  const before = rowsOf(file);
  (await openDb({ file, clock })).close();
  expect(sizes(rowsOf(file), before.keys())).toEqual(sizes(before, before.keys()));
});

test("sessions that a crashed rebuild left aside are back, and what cannot be placed stays where it was", async () => {
  await using place = await makePlace();
  const file = await earlierIn(place, "a rebuild that crashed");
  const before = rowsOf(file);
  (await openDb({ file, clock })).close();
  const after = rowsOf(file);
  const ids = (after.get("sessions") ?? []).map((row) => row["id"]);
  expect(ids.toSorted()).toEqual(["5f0c-main", "5f0c-side", "5f0c-twin", "a1b2-odd", "since-then"]);
  expect(after.get("sessions_new")).toEqual(before.get("sessions_new"));
  expect(after.get("sessions_old")).toEqual(before.get("sessions_old"));
});

test("columns, tables, indexes, triggers and views of the user's own survive", async () => {
  await using place = await makePlace();
  const file = await earlierIn(place, "1.1 with additions");
  const own = /^my_|^deploys$|^seen$/;
  const before = schemaOf(file).filter(({ name }) => own.test(name));
  const db = await openDb({ file, clock });
  expect(schemaOf(file).filter(({ name }) => own.test(name))).toEqual(before);

  // The index is usable, the default holds, the trigger fires, and a row's foreign key still means `sessions`.
  const plan = db.all(
    v.object({ detail: v.string() }),
    `EXPLAIN QUERY PLAN SELECT id FROM sessions WHERE "team ""name""" = 'web'`,
  );
  expect(plan[0]?.detail).toContain("my_teams");
  db.write(() => db.run("INSERT INTO sessions (id, pid, repo_path, worktree_path) VALUES ('x', 1, '/r', '/w')"));
  expect(db.one(v.object({ team: v.string() }), "SELECT team FROM my_view WHERE id = 'x'")?.team).toBe("core");
  expect(db.one(Count, "SELECT COUNT(*) AS count FROM seen")?.count).toBe(1);
  db.write(() => db.run("DELETE FROM sessions WHERE id = '5f0c-main'"));
  expect(db.one(Count, "SELECT COUNT(*) AS count FROM deploys WHERE session_id IS NULL")?.count).toBe(1);
  db.close();
});

test("ending a session ends its subscriptions and claims, as before", async () => {
  await using place = await makePlace();
  const file = await earlierIn(place, "1.1");
  const db = await openDb({ file, clock });
  db.write(() => db.run("DELETE FROM sessions WHERE id = '5f0c-side'"));
  expect(db.one(Count, "SELECT COUNT(*) AS count FROM subscriptions")?.count).toBe(1);
  expect(db.one(Count, "SELECT COUNT(*) AS count FROM file_claims")?.count).toBe(1);
  expect(db.one(Count, "SELECT COUNT(*) AS count FROM conflict_resolutions WHERE session_id IS NULL")?.count).toBe(2);
  db.close();
});

test("the copy has the rows that were only in the WAL of a program that is still running", async () => {
  await using place = await makePlace();
  const file = place.at("coordinator.db");
  const running = await makeEarlier(file, "1.1");
  const checkpointed = new Database(file, { readonly: true });
  expect(statSync(file).size).toBeLessThan(statSync(`${file}-wal`).size);
  const before = rowsOf(file);

  const db = await openDb({ file, clock });
  expect(rowsOf(db.migrated?.backup ?? "")).toEqual(before);
  // The earlier program goes on with its own statements.
  running.run("INSERT INTO sessions (id, pid, repo_path, worktree_path) VALUES ('late', 1, '/r', '/w')");
  expect(db.one(Count, "SELECT COUNT(*) AS count FROM sessions WHERE id = 'late' AND state = 'active'")?.count).toBe(1);
  db.close();
  checkpointed.close();
  running.close();
});

test("a database that is not in WAL mode yet is taken over as well", async () => {
  await using place = await makePlace();
  const file = await earlierIn(place, "1.0");
  const plain = new Database(file, { readwrite: true });
  plain.run("PRAGMA journal_mode = DELETE");
  plain.close();
  const before = rowsOf(file);
  const db = await openDb({ file, clock });
  expect(db.one(v.object({ journal_mode: v.string() }), "PRAGMA journal_mode")?.journal_mode).toBe("wal");
  db.close();
  expectKept(before, rowsOf(file));
});

test("a database of another program is refused and left as it is", async () => {
  await using place = await makePlace();
  const file = place.at("coordinator.db");
  const other = new Database(file, { create: true });
  other.run("CREATE TABLE sessions (token TEXT PRIMARY KEY, user INTEGER)");
  other.close();
  const before = await Bun.file(file).bytes();
  await expect(openDb({ file, clock })).rejects.toMatchObject({ code: "db.foreign" });
  expect(await Bun.file(file).bytes()).toEqual(before);
  expect(backupsOf(place)).toEqual([]);
});

test("what cannot be taken over rolls back: every table is as it was", async () => {
  await using place = await makePlace();
  const file = await earlierIn(place, "1.1");
  const own = new Database(file, { readwrite: true });
  own.run("CREATE VIEW worktrees AS SELECT worktree_path FROM sessions");
  own.close();
  const [before, schema] = [rowsOf(file), schemaOf(file)];
  await expect(openDb({ file, clock })).rejects.toMatchObject({ code: "db.adoption", kind: "internal" });
  expect(rowsOf(file)).toEqual(before);
  expect(schemaOf(file)).toEqual(schema);
  expect(backupsOf(place)).toEqual([]);
});

test("a dump that was read back is recognised, though it lost its user_version", async () => {
  await using place = await makePlace();
  const file = place.at("coordinator.db");
  (await openDb({ file, clock })).close();
  const dumped = new Database(file, { readwrite: true });
  dumped.run("PRAGMA user_version = 0");
  dumped.close();
  (await openDb({ file, clock })).close();
  const db = await openDb({ file, clock });
  expect(db.migrated).toBeUndefined();
  verifyMigrations(db);
  db.close();
});

function schemaOf(file: string): { type: string; name: string; sql: string }[] {
  const sqlite = new Database(file, { readwrite: true });
  const rows = sqlite.query<{ type: string; name: string; sql: string }, []>(
    "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name",
  );
  const found = rows.all();
  sqlite.close();
  return found;
}
