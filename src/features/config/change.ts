// Settings shown, set and taken out.

import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { loadConfig, type Origin, warningsOf } from "./config.ts";
import { meant, shown } from "./file.ts";
import { repositoryHere } from "./here.ts";
import { isKey, KEYS, type KeyName } from "./keys.ts";
import { writeSetting } from "./write.ts";

type Effects = Pick<World, "paths" | "db" | "git" | "cwd" | "sleep" | "signal">;

/** As it was typed; null where it is not set and has no default. */
export const valueShape = () => v.union([v.string(), v.number(), v.boolean(), v.array(v.string()), v.null()]);

export interface Setting {
  key: string;
  value: v.InferOutput<ReturnType<typeof valueShape>>;
  from: Origin;
}

export interface Listed {
  settings: (Setting & { summary: string })[];
  /** Paths of the files there are, the one that counts first at the start. */
  files: string[];
  warnings: string[];
}

/** Every setting, as it holds where we are. Errors: `config.broken`. */
export async function listSettings(world: Effects): Promise<Listed> {
  const repositoryPath = await repositoryHere(world).catch(() => undefined);
  const config = await loadConfig(world, repositoryPath);
  const { origins, files } = config;
  const settings = Object.keys(KEYS)
    .filter(isKey)
    .map((key) => {
      const from = origins.get(key) ?? "default";
      const file = files.find(({ path }) => (path === world.paths.config) === (from === "home"));
      const value = from === "default" ? defaultOf(key) : file?.held.get(key);
      return { key, value: v.parse(valueShape(), value), from, summary: KEYS[key].summary };
    });
  return { settings, files: files.map(({ path }) => path), warnings: warningsOf(config) };
}

function defaultOf(key: KeyName): unknown {
  const { shown: typed, kind } = KEYS[key];
  return typed === "" ? null : kind.fromWords([typed]);
}

/** Errors: `config.key`, `config.broken`. */
export async function settingNamed(world: Effects, name: string): Promise<Setting> {
  const key = requireKey(name);
  const found = (await listSettings(world)).settings.find((one) => one.key === key);
  if (found === undefined) throw new Error(`${key} is not listed`);
  return { key, value: found.value, from: found.from };
}

export interface Change {
  key: string;
  words: readonly string[];
  /** In the repository's own file, else in its user's. */
  isOfRepository: boolean;
}

export interface Changed extends Setting {
  file: string;
  warnings: string[];
}

/** Errors: `config.key`, `config.value`, `config.not-in-repository`, `config.broken`. */
export async function setSetting(world: Effects, { key: name, words, isOfRepository }: Change): Promise<Changed> {
  const key = requireKey(name);
  const { kind } = KEYS[key];
  const value = kind.fromWords(words);
  if (!v.is(kind.schema(), value)) {
    const typed = words.map((one) => `"${printable(one)}"`).join(" ");
    throw new Failure({
      kind: "usage",
      code: "config.value",
      message: `${key} takes ${kind.expected}; ${typed} is none.`,
    });
  }
  if (isOfRepository) requireAllowed(key, value);
  const { file, warnings } = await writeSetting(world, { key, value, isOfRepository });
  const now = isOfRepository ? undefined : await settingNamed(world, key).catch(() => undefined);
  if (now?.from === "repository") {
    warnings.push(`Here ${key} is ${shown(now.value)} all the same: the repository's own file says so.`);
  }
  return { key, value: v.parse(valueShape(), value), from: isOfRepository ? "repository" : "home", file, warnings };
}

/** Answers what holds afterwards. Errors as `setSetting`. */
export async function unsetSetting(world: Effects, given: Omit<Change, "words">): Promise<Changed> {
  const key = requireKey(given.key);
  const written = await writeSetting(world, { key, value: undefined, isOfRepository: given.isOfRepository });
  return { ...written, ...(await settingNamed(world, key)) };
}

function requireKey(name: string): KeyName {
  if (isKey(name)) return name;
  const hint = meant(name) ?? "See parallel-cc config list.";
  throw new Failure({ kind: "usage", code: "config.key", message: `There is no setting "${printable(name)}".`, hint });
}

function requireAllowed(key: KeyName, value: unknown): void {
  const { repository } = KEYS[key];
  if (repository === "any" || repository === "approved" || (repository === "false" && value === false)) return;
  const only = repository === "false" ? "may only switch it off" : "may not set it";
  throw new Failure({
    kind: "usage",
    code: "config.not-in-repository",
    message: `${key} is its user's to decide: a repository's own file ${only}.`,
    hint: "Set it without --repo.",
  });
}
