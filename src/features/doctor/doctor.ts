// The room's door: looks at what parallel-cc needs and says what to do about what is missing. Changes nothing.

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { asFailure, type Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { verifyMigrations } from "../../db/migrate.ts";
import { commitOf, defaultWorktreesDirectory, locate, requireVersion } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { loadConfig, warningsOf } from "../config/config.ts";

export interface Check {
  name: string;
  status: "ok" | "warn" | "fail";
  detail: string;
  hint?: string | undefined;
}

type Effects = Pick<World, "git" | "db" | "env" | "paths" | "cwd">;

export async function examine(world: Effects): Promise<Check[]> {
  const git = await checkGit(world);
  const place = git.status === "fail" ? [] : await checkPlace(world);
  return [git, await checkDatabase(world), ...checkPrograms(world), ...place];
}

/** Of the repository it is asked in, whether the next session would get its worktree; outside of one, the settings. */
async function checkPlace(world: Pick<World, "git" | "paths" | "cwd" | "db">): Promise<Check[]> {
  const git = world.git(world.cwd);
  const repository = await locate(git).catch(() => undefined);
  if (repository === undefined) return [(await checkSettings(world, undefined)).check];
  const { check, base } = await checkSettings(world, repository.path);
  const checks = [check];
  if (base !== undefined && (await commitOf(git, base)) === undefined) {
    const detail = `worktree.base is "${base}", which is no commit in ${repository.path}.`;
    checks.push({ name: "base", status: "fail", detail, hint: "Name a branch that exists, or run git fetch." });
  }
  return [...checks, checkWorktreesDirectory(defaultWorktreesDirectory(repository))];
}

async function checkSettings(world: Pick<World, "paths" | "db">, repositoryPath: string | undefined) {
  try {
    const config = await loadConfig(world, repositoryPath);
    const base = config.settings["worktree.base"];
    const [warning] = warningsOf(config);
    const detail = config.files.map(({ path }) => path).join(", ") || "none, so the defaults hold";
    if (warning === undefined) return { check: { name: "settings", status: "ok", detail } satisfies Check, base };
    const hint = "See: parallel-cc config list";
    return { check: { name: "settings", status: "warn", detail: warning, hint } satisfies Check, base };
  } catch (thrown) {
    return { check: failed("settings", asFailure(thrown)), base: undefined };
  }
}

function checkWorktreesDirectory(directory: string): Check {
  // The nearest thing that is there is what decides whether the rest can be made.
  const existing = [directory, dirname(directory)].find((path) => existsSync(path)) ?? "/";
  try {
    if (!statSync(existing).isDirectory()) throw new Error(`${existing} is not a directory`);
    accessSync(existing, constants.W_OK);
    return { name: "worktrees", status: "ok", detail: directory };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const hint = "Only one session can work in this repository until that is mended.";
    return { name: "worktrees", status: "fail", detail: `No worktree can be made in ${directory}: ${reason}.`, hint };
  }
}

async function checkGit(world: Pick<World, "git">): Promise<Check> {
  try {
    const version = requireVersion((await world.git("/").attempt(["version"])).stdout);
    return { name: "git", status: "ok", detail: `git ${version.text}` };
  } catch (thrown) {
    return failed("git", asFailure(thrown));
  }
}

async function checkDatabase(world: Pick<World, "db" | "paths">): Promise<Check> {
  try {
    const db = await world.db();
    const problems = db.all(QUICK_CHECK, "PRAGMA quick_check").filter((row) => row.quick_check !== "ok");
    if (problems.length > 0) {
      const detail = `${db.file}: ${problems.map((row) => row.quick_check).join("; ")}`;
      return { name: "database", status: "fail", detail, hint: "Move it away and keep it; a new one is made." };
    }
    verifyMigrations(db);
    const open = statSync(db.file).mode & 0o077;
    if (open !== 0) {
      return {
        name: "database",
        status: "warn",
        detail: `${db.file} can be read by other users.`,
        hint: `chmod 600 ${db.file}`,
      };
    }
    return { name: "database", status: "ok", detail: db.file };
  } catch (thrown) {
    return failed("database", asFailure(thrown));
  }
}

const QUICK_CHECK = v.object({ quick_check: v.string() });

const PROGRAMS = ["parallel-cc", "claude-parallel", "claude"] as const;

function checkPrograms({ env }: Pick<World, "env">): Check[] {
  return PROGRAMS.map((name) => {
    const found = onPath(name, env.path);
    if (found !== undefined) return { name: `path: ${name}`, status: "ok", detail: found };
    return { name: `path: ${name}`, status: "warn", detail: `${name} is not on PATH.`, hint: HINTS[name] };
  });
}

const HINTS = {
  "parallel-cc": 'Add its directory to PATH, for example: export PATH="$HOME/.local/bin:$PATH"',
  "claude-parallel": 'Add its directory to PATH, for example: export PATH="$HOME/.local/bin:$PATH"',
  claude: "Install Claude Code; claude-parallel starts it.",
} as const;

function onPath(program: string, path: string): string | undefined {
  return path
    .split(":")
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

function failed(name: string, failure: Failure): Check {
  return { name, status: "fail", detail: failure.message, hint: failure.hint };
}
