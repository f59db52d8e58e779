// The SQL of setups: how far one came, and what it left.

import { TEXT, v } from "../../core/shape.ts";
import type { Db } from "../../db/db.ts";

export const STATES = ["running", "done", "failed"] as const;
export type SetupState = (typeof STATES)[number];

const ENTRY = v.strictObject({ path: TEXT, state: TEXT });
const BASELINE = v.pipe(TEXT, v.parseJson(), v.array(ENTRY));
const row = () => v.object({ path: TEXT, state: v.picklist(STATES), baseline: BASELINE });

/** A setup without its place: what a removed worktree takes along. */
export const setupShape = () => v.object({ state: v.picklist(STATES), baseline: v.array(ENTRY) });
export type Setup = v.InferOutput<ReturnType<typeof setupShape>>;
export type SetupRow = v.InferOutput<ReturnType<typeof row>>;
export type BaselineEntry = v.InferOutput<typeof ENTRY>;

export function setupRow(db: Db, path: string): SetupRow | undefined {
  return db.one(row(), "SELECT path, state, baseline FROM worktree_setups WHERE path = $path", { path });
}

export function storeSetup(db: Db, { path, state, baseline }: SetupRow, now: string): void {
  db.run(
    `INSERT OR REPLACE INTO worktree_setups (path, state, baseline, changed_at)
     VALUES ($path, $state, $baseline, $now)`,
    { path, state, baseline: JSON.stringify(baseline), now },
  );
}
