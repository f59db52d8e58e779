// A process of its own for the tests: opens the database in argv[2] and writes one row; prints what opening it did as
// JSON. With "wait" in argv[3] it starts at a byte on stdin, so that many can start as one.

import { openDb } from "../../src/db/db.ts";

const [file = "", mode = ""] = process.argv.slice(2);
if (mode === "wait") {
  process.stdout.write("ready\n");
  await Bun.stdin.stream().getReader().read();
}
const db = await openDb({ file, clock: () => new Date() });
const session = crypto.randomUUID();
db.write((now) =>
  db.run(
    `INSERT INTO sessions (id, pid, repo_path, worktree_path, created_at, last_heartbeat)
     VALUES ($session, $pid, '/r', $session, $now, $now)`,
    { session, pid: process.pid, now },
  ),
);
process.stdout.write(`${JSON.stringify({ migrated: db.migrated ?? null })}\n`);
