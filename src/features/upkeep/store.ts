// The SQL of upkeep: what the last cleanup in the background had to tell.

import { NUMBER, TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

const reportShape = () => v.object({ number: NUMBER, removed: TEXT, kept: TEXT, is_told: NUMBER });
export type Report = v.InferOutput<ReturnType<typeof reportShape>>;

export function lastReport(db: Db, gitDir: string): Report | undefined {
  const sql = "SELECT number, removed, kept, is_told FROM cleanup_reports WHERE git_dir = $gitDir";
  return db.one(reportShape(), sql, { gitDir });
}

/** What was removed is told once, also when another cleanup comes before; what stays is told when it changes. */
export function storeReport(db: Db, made: { gitDir: string; removed: string; kept: string }, now: string): void {
  const last = lastReport(db, made.gitDir);
  const isOpen = last?.is_told === 0;
  const removed = [isOpen ? last.removed : "", made.removed].filter((words) => words !== "").join(", ");
  const isNews = removed !== "" || (made.kept !== "" && (isOpen || made.kept !== last?.kept));
  db.run(
    `INSERT INTO cleanup_reports (git_dir, removed, kept, is_told, made_at)
     VALUES ($gitDir, $removed, $kept, $isTold, $now)
     ON CONFLICT (git_dir) DO UPDATE SET number = number + 1, removed = excluded.removed, kept = excluded.kept,
       is_told = excluded.is_told, made_at = excluded.made_at`,
    { ...made, removed, isTold: isNews ? 0 : 1, now },
  );
}

/** The line that nobody has seen yet, told now; undefined when there is none. */
export function takeReport(db: Db, gitDir: string): string | undefined {
  const found = lastReport(db, gitDir);
  if (found === undefined || found.is_told === 1) return undefined;
  const sql = "UPDATE cleanup_reports SET is_told = 1 WHERE git_dir = $gitDir AND is_told = 0";
  if (db.write(() => db.run(sql, { gitDir }).changes) === 0) return undefined;
  const parts = [found.removed === "" ? [] : `removed ${found.removed}`, found.kept === "" ? [] : `kept ${found.kept}`];
  return `${parts.flat().join("; ")}.`;
}
