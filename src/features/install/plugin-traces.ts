// What Claude Code leaves of a plugin that it has uninstalled: empty tables in its user's settings, which it writes anew
// in its own form, and copies. A settings file that says nothing else than before gets its very bytes back.

import { existsSync, rmSync } from "node:fs";
import { removeUnchanged, replaceUnchanged, targetOf } from "../../files/atomic.ts";
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

/** Before the client is told of the plugin: the settings as they are. */
export function noteSettings(world: Effects, notes: Notes): void {
  if (pluginState(world).isMentioned) return;
  const { settings } = clientFiles(world);
  notes.expect(settings);
  notes.held.plugin = { settings: readText(settings) ?? null };
  notes.keep();
}

export function forgetSettings(notes: Notes): void {
  delete notes.held.plugin;
  notes.keep();
}

/** Errors: those of `settleFile`, `install.unwritable`. */
export async function takeTraces(world: Effects, notes: Notes): Promise<void> {
  const files = clientFiles(world);
  const before = notes.held.plugin?.settings;
  const made = before === undefined ? [] : TABLES.filter((name) => within(parsed(before ?? "{}"), name) === undefined);
  await take(world, files.settings, [
    { at: ["enabledPlugins", PLUGIN_ID], is: () => true },
    { at: ["extraKnownMarketplaces", MARKETPLACE], is: () => true },
  ]);
  const tables = made.map((name) => ({ at: [name], is: isEmptyTable }));
  await take(world, files.settings, tables);
  if (before !== undefined) restore(files.settings, before);
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

/** Null: there was none. */
function restore(file: string, before: string | null): void {
  const now = readText(file);
  if (now === undefined || now === before || !Bun.deepEquals(parsed(now), parsed(before ?? "{}"))) return;
  const was = Buffer.from(now, "latin1");
  if (before === null) removeUnchanged({ file: targetOf(file), was });
  else replaceUnchanged({ file, text: Buffer.from(before, "latin1"), was, mode: 0o600, directoryMode: 0o700 });
}

/** Latin1, as the file was read; both sides are, so that they can be compared. */
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
