// Settings shown, set and taken out. A change edits one place of one file, under a lock, and is judged before it is
// written; a file that is broken is left alone.

import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import { withLock } from "../../db/lock.ts";
import { replaceFile } from "../../files/atomic.ts";
import { locate } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { loadConfig, type Origin, repositoryFile, warningsOf } from "./config.ts";
import { meant, readSettings } from "./file.ts";
import { isKey, KEYS, type KeyName } from "./keys.ts";
import { approve, commandsOf, isApproved } from "./trust.ts";

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
  const repositoryPath = await repositoryHere(world);
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
  return write(world, { key, value, isOfRepository });
}

/** Answers what holds afterwards. Errors as `setSetting`. */
export async function unsetSetting(world: Effects, given: Omit<Change, "words">): Promise<Changed> {
  const key = requireKey(given.key);
  const changed = await write(world, { key, value: undefined, isOfRepository: given.isOfRepository });
  return { ...changed, ...(await settingNamed(world, key)) };
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

interface Written {
  key: KeyName;
  /** Undefined takes it out. */
  value: unknown;
  isOfRepository: boolean;
}

async function write(world: Effects, { key, value, isOfRepository }: Written): Promise<Changed> {
  const repositoryPath = isOfRepository ? (await locate(world.git(world.cwd))).path : undefined;
  const path = repositoryPath === undefined ? world.paths.config : repositoryFile(repositoryPath);
  const lock = join(world.paths.locks, `settings-${new Bun.CryptoHasher("sha1").update(path).digest("hex")}.lock`);
  const warnings: string[] = [];
  await withLock(
    world,
    lock,
    async () => {
      const before = await readSettings(path);
      if (value === undefined && !before.held.has(key)) return;
      const isTrusted =
        repositoryPath === undefined ||
        commandsOf(before).length === 0 ||
        (await isApproved(world, repositoryPath, before));
      const { edited } = await import("./edit.ts");
      const text = edited(before.text ?? "{}\n", key.split("."), value);
      const isHome = repositoryPath === undefined;
      replaceFile({ file: path, text, mode: isHome ? 0o600 : 0o666, directoryMode: isHome ? 0o700 : 0o777 });
      if (repositoryPath === undefined || KEYS[key].repository !== "approved") return;
      // Typed by its user just now; what else the file would run was not.
      if (isTrusted) await approve(world, repositoryPath, await readSettings(path));
      else warnings.push(`The repository's file has commands that you have not approved: parallel-cc config trust`);
    },
    { doing: "been changing settings" },
  );
  return {
    key,
    value: v.parse(valueShape(), value ?? null),
    from: isOfRepository ? "repository" : "home",
    file: path,
    warnings,
  };
}

/** Undefined outside of a repository. */
async function repositoryHere(world: Pick<World, "git" | "cwd">): Promise<string | undefined> {
  return (await locate(world.git(world.cwd)).catch(() => undefined))?.path;
}
