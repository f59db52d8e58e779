// What Claude Code has written down of our plugin, in its user's settings and in its own files beside them. Only read
// here: entering and taking out is the client's own business (`plugin.ts`).

import { dirname, join } from "node:path";
import { v } from "../../core/shape.ts";
import { readSmallFile } from "../../files/small.ts";
import type { World } from "../../world.ts";
import { within } from "./entries.ts";
import { MARKETPLACE, PLUGIN_ID } from "./plugin-files.ts";

export interface PluginState {
  /** It is loaded by the sessions that start now. */
  isEnabled: boolean;
  /** The version that was installed last; undefined where it is not. */
  version: string | undefined;
  /** Where the marketplace of our name is; undefined where none is known. */
  source: string | undefined;
  /** Anything at all is written down of plugin or marketplace. */
  isMentioned: boolean;
}

export type Effects = Pick<World, "env" | "paths">;

/** The marketplace, made by us. */
export function pluginFolder({ paths }: Pick<World, "paths">): string {
  return join(paths.home, "plugin");
}

/** Of Claude Code (2.0.77, 2.1.328), beside its settings. */
export function clientFiles({ env }: Pick<World, "env">) {
  const folder = join(dirname(env.places.claudeSettings), "plugins");
  return {
    settings: env.places.claudeSettings,
    installed: join(folder, "installed_plugins.json"),
    marketplaces: join(folder, "known_marketplaces.json"),
    /** Copies of the plugin, which it leaves behind. */
    cache: join(folder, "cache", MARKETPLACE),
  };
}

/** Ours, loaded by the sessions that start now. */
export function isPluginInUse(world: Effects): boolean {
  const { isEnabled, source } = pluginState(world);
  return isEnabled && source === pluginFolder(world);
}

/** What cannot be read says nothing. */
export function pluginState(world: Effects): PluginState {
  const files = clientFiles(world);
  const settings = tableIn(files.settings);
  const enabled = within(within(settings, "enabledPlugins"), PLUGIN_ID);
  const declared = within(within(settings, "extraKnownMarketplaces"), MARKETPLACE);
  const installed = within(within(tableIn(files.installed), "plugins"), PLUGIN_ID);
  const known = within(tableIn(files.marketplaces), MARKETPLACE);
  const version = v.safeParse(v.looseObject({ version: v.string() }), Array.isArray(installed) ? installed[0] : null);
  return {
    isEnabled: enabled === true,
    version: version.success ? version.output.version : undefined,
    source: sourceOf(known) ?? sourceOf(declared),
    isMentioned: [enabled, declared, installed, known].some((one) => one !== undefined),
  };
}

function sourceOf(marketplace: unknown): string | undefined {
  if (marketplace === undefined) return undefined;
  const source = within(marketplace, "source");
  const path = ["path", "repo", "url"].map((key) => within(source, key)).find((one) => typeof one === "string");
  return typeof path === "string" ? path : "somewhere else";
}

function tableIn(file: string): unknown {
  try {
    return JSON.parse(readSmallFile(file));
  } catch {
    return undefined;
  }
}
