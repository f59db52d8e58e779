// What Claude Code leaves of a plugin that it has uninstalled: empty tables in its user's settings, and copies. It writes
// the settings anew in its own form, which stays: their bytes could only come back from a copy, and they may hold secrets.

import { existsSync, rmSync } from "node:fs";
import { removeUnchanged, targetOf } from "../../files/atomic.ts";
import { settleFile } from "../../files/json-file.ts";
import type { Mark } from "../../files/json-take.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { World } from "../../world.ts";
import { within } from "./entries.ts";
import type { Notes } from "./notes.ts";
import { MARKETPLACE, PLUGIN_ID } from "./plugin-files.ts";
import { clientFiles, pluginState } from "./plugin-state.ts";
import { readText } from "./text-files.ts";

type Effects = Pick<World, "env" | "paths" | "sleep" | "now">;

/** Tables of the settings that the client makes for plugins. */
const TABLES = ["enabledPlugins", "extraKnownMarketplaces"] as const;

/** Before the client is told of the plugin. */
export function noteSettings(world: Effects, notes: Notes): void {
  if (pluginState(world).isMentioned) return;
  const { settings } = clientFiles(world);
  notes.expect(settings);
  const text = readText(settings);
  const before = parsed(text ?? "{}");
  notes.held.plugin = {
    // One that we have made ourselves was not there either.
    hadFile: text !== undefined && notes.held.json[targetOf(settings)]?.note?.root?.hadFile !== false,
    tables: TABLES.filter((name) => within(before, name) !== undefined),
  };
  notes.keep();
}

export function forgetSettings(notes: Notes): void {
  delete notes.held.plugin;
  notes.keep();
}

/** Errors: those of `settleFile`, `install.unwritable`. */
export async function takeTraces(world: Effects, notes: Notes): Promise<void> {
  const files = clientFiles(world);
  const before = notes.held.plugin;
  const made = before === undefined ? [] : TABLES.filter((name) => !before.tables.includes(name));
  await take(world, files.settings, [
    { at: ["enabledPlugins", PLUGIN_ID], is: () => true },
    { at: ["extraKnownMarketplaces", MARKETPLACE], is: () => true },
  ]);
  const tables = made.map((name) => ({ at: [name], is: isEmptyTable }));
  await take(world, files.settings, tables);
  if (before?.hadFile === false) dropEmpty(files.settings);
  await take(world, files.installed, [{ at: ["plugins", PLUGIN_ID], is: () => true }]);
  await take(world, files.marketplaces, [{ at: [MARKETPLACE], is: () => true }]);
  try {
    rmSync(files.cache, { recursive: true, force: true });
  } catch (cause) {
    throw unwritableFile({ file: files.cache, code: "install.unwritable", cause });
  }
}

async function take(world: Effects, file: string, ours: readonly Mark[]): Promise<void> {
  if (!existsSync(file)) return;
  const note = { made: [], filled: [] };
  await settleFile(world, { file, ours, wanted: [], note, mode: 0o600, directoryMode: 0o700 });
}

/** Whatever else has come to stand in it keeps it. */
function dropEmpty(file: string): void {
  const now = readText(file);
  if (now === undefined || !isEmptyTable(parsed(now))) return;
  removeUnchanged({ file, was: Buffer.from(now, "latin1") });
}

/** Latin1, as the file was read: names of tables are ASCII. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\u00EF\u00BB\u00BF/, ""));
  } catch {
    return undefined;
  }
}

function isEmptyTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
