// The SQL of upkeep: what the last cleanup in the background had to tell.

import { NUMBER, TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

const reportShape = () => v.object({ number: NUMBER, report: TEXT, is_told: NUMBER });
export type Report = v.InferOutput<ReturnType<typeof reportShape>>;

export function lastReport(db: Db, gitDir: string): Report | undefined {
  return db.one(reportShape(), "SELECT number, report, is_told FROM cleanup_reports WHERE git_dir = $gitDir", {
    gitDir,
  });
}

/** What was told already is not told again while it stays the same. */
export function storeReport(db: Db, made: { gitDir: string; report: string }, now: string): void {
  db.run(
    `INSERT INTO cleanup_reports (git_dir, report, is_told, made_at) VALUES ($gitDir, $report, $report = '', $now)
     ON CONFLICT (git_dir) DO UPDATE SET number = number + 1, report = excluded.report, made_at = excluded.made_at,
       is_told = (excluded.report = '' OR (report = excluded.report AND is_told = 1))`,
    { ...made, now },
  );
}

/** The line that nobody has seen yet, told now; undefined when there is none. */
export function takeReport(db: Db, gitDir: string): string | undefined {
  const found = lastReport(db, gitDir);
  if (found === undefined || found.is_told === 1 || found.report === "") return undefined;
  const sql = "UPDATE cleanup_reports SET is_told = 1 WHERE git_dir = $gitDir AND is_told = 0";
  return db.write(() => db.run(sql, { gitDir }).changes) === 1 ? found.report : undefined;
}
