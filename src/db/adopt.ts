// Takes over a database of the releases before 3.0 (0.2 to 2.1, updated in full, half-way or never): every table of ours
// is built anew beside the old one and filled from it. Keeps every row, every column and table it does not know, and
// the indexes and triggers on them. Runs inside the caller's transaction, foreign keys off, legacy_alter_table on.

import { Database } from "bun:sqlite";
import { Failure } from "../core/failure.ts";
import { v } from "../core/shape.ts";
import { translate } from "./failures.ts";

const EARLIER_TABLES: ReadonlySet<string> = new Set([
  "sessions",
  "merge_events",
  "subscriptions",
  "schema_metadata",
  "file_claims",
  "conflict_resolutions",
  "auto_fix_suggestions",
  "budget_tracking",
]);
// Indexes of earlier releases that no query of ours needs; every other one found is kept.
const RETIRED_INDEXES: ReadonlySet<string> = new Set([
  "idx_sessions_execution_mode",
  "idx_sessions_sandbox_id",
  "idx_sessions_status",
  "idx_sessions_e2b_active",
  "idx_sessions_template",
  "idx_sessions_budget",
  "idx_merge_events_target",
  "idx_subscriptions_active",
  "idx_file_claims_active",
  "idx_file_claims_expires",
  "idx_file_claims_stale",
  "idx_file_claims_conflict_check",
  "idx_conflict_resolutions_session",
  "idx_conflict_resolutions_type",
  "idx_conflict_resolutions_strategy",
  "idx_conflict_resolutions_detected",
  "idx_conflict_resolutions_unresolved",
  "idx_auto_fix_suggestions_resolution",
  "idx_auto_fix_suggestions_type",
  "idx_auto_fix_suggestions_confidence",
  "idx_auto_fix_suggestions_unapplied",
  "idx_auto_fix_suggestions_generated",
]);
// An update of an earlier release that was cut short left its half-built copy of `sessions` under one of these names.
const CUT_SHORT = ["sessions_new", "sessions_old"] as const;
const SESSION_COLUMNS = ["id", "pid", "repo_path", "worktree_path"] as const;
const ASIDE = "parallel_cc_before_";

const SchemaObject = v.object({
  type: v.picklist(["table", "index", "view", "trigger"]),
  name: v.string(),
  tbl_name: v.string(),
  sql: v.nullable(v.string()),
});
type SchemaObject = v.InferOutput<typeof SchemaObject>;

const Column = v.object({
  name: v.string(),
  type: v.string(),
  notnull: v.number(),
  dflt_value: v.nullable(v.string()),
});
type Column = v.InferOutput<typeof Column>;

/** The version an earlier database is at; null when it is empty. Throws `db.foreign` when it is another program's. */
export function earlierVersion(sqlite: Database, file: string): string | null {
  const tables = schemaOf(sqlite).filter(({ type }) => type === "table");
  if (tables.length === 0) return null;
  const has = (table: string, ...names: readonly string[]) => {
    const columns = new Set(columnsOf(sqlite, table).map(({ name }) => name));
    return names.every((name) => columns.has(name));
  };
  if (has("schema_metadata", "key", "value")) {
    const row = sqlite.query("SELECT value FROM schema_metadata WHERE key = 'version'").get();
    if (row !== null) return v.parse(v.object({ value: v.string() }), row).value;
  }
  if (!["sessions", ...CUT_SHORT].some((table) => has(table, ...SESSION_COLUMNS))) throw foreign(file);
  return has("merge_events", "id") ? "0.4.0" : "0.2.0";
}

/** `sql` makes the tables of 3.0: all there is to do for an empty database. Throws `db.adoption`. */
export function adopt({ sqlite, file, sql }: { sqlite: Database; file: string; sql: string }): void {
  // An old row that a newer rule would refuse is kept as it is.
  sqlite.run("PRAGMA ignore_check_constraints = ON");
  try {
    rebuild(sqlite, sql);
  } catch (thrown) {
    const known = translate(thrown, file);
    throw known instanceof Failure ? known : notAdopted(file, known);
  } finally {
    sqlite.run("PRAGMA ignore_check_constraints = OFF");
  }
}

function rebuild(sqlite: Database, sql: string): void {
  const house = new Set(modelOf(sql).map(keyOf));
  const before = schemaOf(sqlite);
  const taken = before.filter((one) => one.type === "table" && house.has(keyOf(one)));
  const tables = taken.filter((one) => EARLIER_TABLES.has(nameOf(one)));
  const attached = before.filter(
    ({ type, tbl_name }) => (type === "index" || type === "trigger") && tables.some(({ name }) => name === tbl_name),
  );
  const kept = attached.filter((one) => !house.has(keyOf(one)) && !RETIRED_INDEXES.has(nameOf(one)));
  // Also an index of ours that a cut short update left on its half-built table.
  const replaced = before.filter((one) => one.type !== "table" && house.has(keyOf(one)));

  for (const { type, name } of new Set([...attached, ...replaced])) sqlite.run(`DROP ${type} ${quoted(name)}`);
  for (const { name } of tables) renameTable(sqlite, name, ASIDE + name);
  // Somebody else's table under a name that only 3.0 uses: its rows would mean something else in ours.
  for (const stranger of taken) {
    if (!tables.includes(stranger)) renameTable(sqlite, stranger.name, `${stranger.name}_before_3`);
  }
  sqlite.run(sql);
  for (const { name } of tables) carryOver(sqlite, name);
  for (const leftover of CUT_SHORT) placeLeftover(sqlite, leftover);
  for (const { name } of tables) sqlite.run(`DROP TABLE ${quoted(ASIDE + name)}`);
  for (const { sql: text } of kept) if (text !== null) sqlite.run(text);
}

function renameTable(sqlite: Database, from: string, to: string): void {
  sqlite.run(`ALTER TABLE ${quoted(from)} RENAME TO ${quoted(to)}`);
}

function carryOver(sqlite: Database, table: string): void {
  const aside = ASIDE + table;
  const wanted = new Set(columnsOf(sqlite, table).map(nameOf));
  for (const column of columnsOf(sqlite, aside)) {
    if (!wanted.has(nameOf(column))) addColumn(sqlite, table, column);
  }
  fill(sqlite, { table, from: aside, where: "TRUE" });
  const [expected, found] = [countOf(sqlite, aside), countOf(sqlite, table)];
  if (found !== expected) throw new Error(`${table} had ${expected} rows and would have ${found}`);
}

/** Rows that are nowhere else go back to their place; the leftover table itself stays as it is. */
function placeLeftover(sqlite: Database, leftover: string): void {
  const columns = new Set(columnsOf(sqlite, leftover).map(nameOf));
  if (!SESSION_COLUMNS.every((name) => columns.has(name))) return;
  fill(sqlite, { table: "sessions", from: leftover, where: "id NOT IN (SELECT id FROM main.sessions)" });
}

function fill(sqlite: Database, { table, from, where }: { table: string; from: string; where: string }): void {
  const found = new Set(columnsOf(sqlite, from).map(nameOf));
  const targets: string[] = [];
  const sources: string[] = [];
  for (const column of columnsOf(sqlite, table)) {
    const source = sourceOf(column, found.has(nameOf(column)));
    if (source === undefined) continue;
    targets.push(quoted(column.name));
    sources.push(source);
  }
  sqlite.run(
    `INSERT INTO ${quoted(table)} (${targets.join(", ")}) SELECT ${sources.join(", ")} FROM ${quoted(from)} WHERE ${where}`,
  );
}

/** Where a column's value comes from; undefined leaves it to the column's default. */
function sourceOf(column: Column, isFound: boolean): string | undefined {
  if (column.notnull === 0) return isFound ? quoted(column.name) : undefined;
  const fallback = column.dflt_value ?? (/INT|REAL|NUM/i.test(column.type) ? "0" : "''");
  if (isFound) return `COALESCE(${quoted(column.name)}, ${fallback})`;
  return column.dflt_value === null ? fallback : undefined;
}

/** Without NOT NULL: what we insert leaves a column empty that we do not know. */
function addColumn(sqlite: Database, table: string, column: Column): void {
  const { name, type, dflt_value: fallback } = column;
  // SQLite reads "text" in double quotes as a string only outside of parentheses.
  const standard = fallback === null ? "" : fallback.startsWith('"') ? `DEFAULT ${fallback}` : `DEFAULT (${fallback})`;
  sqlite.run(`ALTER TABLE ${quoted(table)} ADD COLUMN ${quoted(name)} ${type} ${standard}`);
}

/** What `sql` makes, seen in a database of its own. */
function modelOf(sql: string): SchemaObject[] {
  const model = new Database(":memory:");
  try {
    model.run(sql);
    return schemaOf(model);
  } finally {
    model.close();
  }
}

function schemaOf(sqlite: Database): SchemaObject[] {
  const rows = sqlite
    .query("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .all();
  return v.parse(v.array(SchemaObject), rows);
}

/** In their order, generated ones as well; none for a table that is not there. */
function columnsOf(sqlite: Database, table: string): Column[] {
  const rows = sqlite
    .query('SELECT name, type, "notnull", dflt_value FROM pragma_table_xinfo($table) WHERE hidden <> 1 ORDER BY cid')
    .all({ table });
  return v.parse(v.array(Column), rows);
}

function countOf(sqlite: Database, table: string): number {
  const row = sqlite.query(`SELECT COUNT(*) AS count FROM ${quoted(table)}`).get();
  return v.parse(v.object({ count: v.number() }), row).count;
}

function keyOf(one: SchemaObject): string {
  return `${one.type} ${nameOf(one)}`;
}

/** SQLite compares names without case. */
function nameOf({ name }: { name: string }): string {
  return name.toLowerCase();
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function foreign(file: string): Failure {
  return new Failure({
    code: "db.foreign",
    message: `${file} is an SQLite database of another program; parallel-cc left it as it is.`,
    hint: "Set PARALLEL_CC_HOME to a directory of parallel-cc's own.",
    details: { file },
  });
}

function notAdopted(file: string, cause: unknown): Failure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Failure({
    kind: "internal",
    code: "db.adoption",
    message: `The database ${file} of an earlier release could not be taken over (${reason}). It was left as it was.`,
    hint: "Report this. Until it is solved, the release that wrote the database still works with it.",
    details: { file },
    cause,
  });
}
