// `update`: bring the database up to date. Opening it does that by itself; this says what was done.

import { usage } from "../../core/failure.ts";
import { type AnyOperation, operation } from "../../core/operation.ts";
import { orNull, v, word } from "../../core/shape.ts";
import { SCHEMA_VERSION, versionText } from "../../db/db.ts";
import type { World } from "../../world.ts";

const updateOperation = operation({
  name: "database.update",
  summary: "Bring the database up to date",
  description:
    "Every command does this by itself on first use; the old database is copied aside before. " +
    "A database of a newer parallel-cc is refused and left as it is.",
  input: () =>
    v.strictObject({
      version: v.optional(word("Accepted for older scripts: the version wanted at least", "version")),
    }),
  output: () =>
    v.strictObject({
      success: v.boolean(),
      from: orNull(v.string()),
      to: v.string(),
      migrations: v.array(v.string()),
    }),
  cli: { path: ["update"], aliases: [["migrate"]], examples: ["parallel-cc update", "parallel-cc update --json"] },
  run: async (world: World, input) => {
    const current = versionText(SCHEMA_VERSION);
    if (input.version !== undefined && Bun.semver.order(padded(input.version), padded(current)) > 0) {
      throw usage("bad-value", `This parallel-cc knows the database up to version ${current}, not ${input.version}.`);
    }
    const { migrated } = await world.db();
    const { from, to, migrations } = migrated ?? { from: current, to: current, migrations: [] };
    return { success: true, from, to, migrations: [...migrations] };
  },
  text: ({ from, to, migrations }) => {
    if (migrations.length === 0) return `The database is up to date (${to}).\n`;
    const copy = from === null ? "" : " A copy of the old one stands beside it.";
    return `The database went from ${from ?? "nothing"} to ${to}.${copy}\n`;
  },
});

// 3.1 is 3.1.0: Bun.semver wants three numbers.
function padded(version: string): string {
  const parts = version.split(".");
  while (parts.length < 3) parts.push("0");
  if (parts.length > 3 || !parts.every((part) => /^\d{1,9}$/.test(part)))
    throw usage("bad-value", `Bad value for --version: "${version}".`);
  return parts.join(".");
}

export const operations: readonly AnyOperation<World>[] = [updateOperation];
