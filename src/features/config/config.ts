// The room's door: settings from `<repo>/.parallel-cc.json` before `~/.parallel-cc/config.json` before the defaults. A
// repository's own file may not cause a command to run, widen a sandbox, read a credential, or throw anything away.

import { join } from "node:path";
import { v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { meant, readSettings, requireSound, type SettingsFile } from "./file.ts";
import { KEYS, type KeyName, type Settings } from "./keys.ts";
import { isApproved } from "./trust.ts";

export { approveAsked, trustText, whatIsAsked } from "./consent.ts";
export { KEYS, type KeyName, type Settings } from "./keys.ts";
export type { PortRange } from "./kinds.ts";

export type Origin = "repository" | "home" | "default";

export interface Unapproved {
  key: KeyName;
  commands: readonly string[];
}

export interface Config {
  settings: Settings;
  /** Where each setting that is not a default comes from. */
  origins: ReadonlyMap<KeyName, Origin>;
  /** Settings of the repository's own file that wait for its user's approval, with their commands. */
  unapproved: readonly Unapproved[];
  /** Settings of the repository's own file that only its user's may have. */
  ignored: readonly KeyName[];
  /** The files there are, the one that counts first at the start. */
  files: readonly SettingsFile[];
}

/** Reads disk. Errors: `config.broken`, which names the file and leaves it alone. */
export async function loadConfig(
  world: Pick<World, "paths" | "db">,
  repositoryPath: string | undefined,
): Promise<Config> {
  const [home, own] = await Promise.all([
    readSettings(world.paths.config),
    repositoryPath === undefined ? undefined : readSettings(repositoryFile(repositoryPath)),
  ]);
  for (const file of [home, own]) if (file !== undefined) await requireSound(file);
  const values = new Map<KeyName, unknown>(home.held);
  const origins = new Map<KeyName, Origin>([...home.held.keys()].map((name) => [name, "home"]));
  const take = (name: KeyName, value: unknown): void => {
    values.set(name, value);
    origins.set(name, "repository");
  };
  const unapproved: Unapproved[] = [];
  const ignored: KeyName[] = [];
  for (const [name, value] of own?.held ?? []) {
    const { repository } = KEYS[name];
    if (repository === "any" || (repository === "false" && value === false)) take(name, value);
    else if (repository !== "approved") ignored.push(name);
    else if (own !== undefined && (await isApproved(world, repositoryPath ?? "", own))) take(name, value);
    else unapproved.push({ key: name, commands: v.parse(COMMANDS, used(name, value)) });
  }
  const files = [own, home].filter((file) => file?.text !== undefined).map((file) => file ?? home);
  return { settings: settingsOf(values), origins, unapproved, ignored, files };
}

const COMMANDS = v.array(v.string());

export function repositoryFile(repositoryPath: string): string {
  return join(repositoryPath, ".parallel-cc.json");
}

function used(name: KeyName, value: unknown): unknown {
  return v.parse<v.GenericSchema<unknown, unknown>>(KEYS[name].kind.schema(), value);
}

/** The defaults, and over them what was set. */
function settingsOf(values: ReadonlyMap<KeyName, unknown>): Settings {
  const defaults = Object.entries(KEYS).map(([name, { fallback }]) => [name, fallback]);
  const set = [...values].map(([name, value]) => [name, used(name, value)]);
  return Object.fromEntries([...defaults, ...set]);
}

/** What its user should know of the files: names that are no setting, and what does not count. */
export function warningsOf({ files, ignored, unapproved }: Config): string[] {
  return [
    ...files.flatMap(({ path, unknown }) =>
      unknown.map((name) => [`${path} has "${printable(name)}", which is no setting.`, meant(name)].join(" ").trim()),
    ),
    ...ignored.map((key) => `${key} is yours to set: what the repository's own file says of it is not used.`),
    ...unapproved.map(unapprovedWords),
  ];
}

/** Names the commands of a repository that do not run, and what to do. */
export function unapprovedWords({ key, commands }: Unapproved): string {
  const named = commands.map((one) => `"${printable(one)}"`).join(", ");
  return `The repository's own ${key} is not run until you approve it (parallel-cc config trust): ${named}.`;
}
