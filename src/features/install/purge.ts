// The data directory, taken away: only while it is nobody's only copy of anything, and only what is known to be ours.

import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { World } from "../../world.ts";
import { removalsOf, whatIsLeft } from "../removals/removals.ts";
import { allSessions, livenessOfAll } from "../roster/roster.ts";
import { runsOfWorth } from "../sandboxes/sandboxes.ts";
import { worktreesOf } from "../worktrees/worktrees.ts";
import { attempt, type Step } from "./step.ts";

type Effects = Pick<World, "paths" | "db" | "git" | "processes">;

/** Directories of runs and of their sandboxes, with whatever is in them: what of it is of worth keeps all of this. */
const WHOLE = /^[\w-]+$/;

/** By folder below the data directory: names of this release and of earlier ones. */
const OURS: Readonly<Record<string, RegExp>> = {
  "": /^(coordinator\.db(-wal|-shm|-journal)?|coordinator\.db\.backup-[\w.+-]+|coordinator\.db\.v[\d.]+\.backup|config\.json(\.corrupted\.\d+)?|install\.json|\.(install|config)\.json\.\d+\.new|locks|logs|looks|native|plugin|radar|sandboxes|templates)$/,
  locks: /^[\w.-]+\.lock(-journal|-wal|-shm)?$/,
  logs: /^([\w.-]+\.log(\.\d+)?|sandbox-[\w-]+\.jsonl)$/,
  looks: /^([\w-]+\.[\w-]+\.index(\.lock)?|\.[\w-]+\.\d+\.new)$/,
  radar: /^(indexes|objects|[0-9a-f]{40}\.asked)$/,
  "radar/indexes": /^(\w+\.[\w-]+\.index(\.lock|\.hidden)?|\.[\w.-]+\.new(\.lock)?)$/,
  // git's own: a folder for each repository, and what it keeps objects in.
  "radar/objects": /^(gone-)?[0-9a-f]{40}$/,
  "radar/objects/*": /^([0-9a-f]{2}|pack|info)$/,
  "radar/objects/*/*": /^[\w.-]+$/,
  native: WHOLE,
  sandboxes: WHOLE,
  // What stands in it is its user's work.
  templates: /(?!)/,
  plugin: /^(\.claude-plugin|parallel-cc)$/,
  "plugin/.claude-plugin": /^\.?marketplace\.json(\.\d+\.new)?$/,
  "plugin/parallel-cc": /^(\.claude-plugin|hooks|monitors|commands|\.{1,2}mcp\.json(\.\d+\.new)?)$/,
  "plugin/parallel-cc/.claude-plugin": /^\.?plugin\.json(\.\d+\.new)?$/,
  "plugin/parallel-cc/hooks": /^\.?hooks\.json(\.\d+\.new)?$/,
  "plugin/parallel-cc/monitors": /^\.?monitors\.json(\.\d+\.new)?$/,
  "plugin/parallel-cc/commands": /^\.?parallel\.md(\.\d+\.new)?$/,
};

/**
 * Where worktrees of ours are that nobody will know any more. Errors: `purge.refused`, which says what keeps the directory
 * and where; those of the database.
 */
export async function requirePurgeable(world: Effects): Promise<string[]> {
  const { home } = world.paths;
  if (!existsSync(home)) return [];
  const { keeps, worktrees } = await readRegistry(world);
  const all = [...keeps, ...listed(home).strangers.map(strangerWords)];
  if (all.length > 0) throw refused(home, all);
  return worktrees;
}

function strangerWords(path: string): string {
  return `${printable(path)} is not ours`;
}

function refused(home: string, keeps: readonly string[]): Failure {
  return new Failure({
    code: "purge.refused",
    message: `${home} is somebody's only copy of something, and stays:${lines(keeps)}`,
    hint: "End the sessions, bring back what you need (parallel-cc undo), move what is yours elsewhere; or leave --purge out.",
    details: { home, keeps },
  });
}

const MOST_SHOWN = 10;

function lines(all: readonly string[]): string {
  const shown = all.slice(0, MOST_SHOWN).map((one) => `\n  ${one}`);
  return `${shown.join("")}${all.length > MOST_SHOWN ? `\n  and ${all.length - MOST_SHOWN} more` : ""}`;
}

async function readRegistry(world: Effects): Promise<{ keeps: string[]; worktrees: string[] }> {
  if (!existsSync(world.paths.database)) return { keeps: [], worktrees: [] };
  const db = await world.db();
  const sessions = allSessions(db);
  const liveness = livenessOfAll(world.processes, sessions);
  const living = sessions.filter(({ id }) => liveness.get(id)?.state !== "dead");
  const removals = removalsOf(db, undefined).filter(({ state }) => state !== "restored");
  const left = await whatIsLeft(world, removals);
  const undone = removals.filter(({ id, state }) => state !== "removed" || left.get(id) !== "nothing");
  const made = worktreesOf(db, undefined).filter(({ origin, path }) => origin === "created" && existsSync(path));
  const keeps = [
    ...living.map(({ id, worktree_path: at }) => `session ${id} lives, in ${printable(at)}`),
    ...runsOfWorth(db),
    ...undone.map(
      ({ id, name, repo_path: at }) => `undo ${id} would bring back ${printable(name)}, in ${printable(at)}`,
    ),
  ];
  db.close();
  return { keeps, worktrees: made.map(({ path }) => path) };
}

/** What is ours, each folder behind what is in it; and what is not. */
function listed(home: string, folder = ""): { entries: string[]; strangers: string[] } {
  const found: ReturnType<typeof listed> = { entries: [], strangers: [] };
  for (const name of readdirSync(join(home, folder))) {
    const below = folder === "" ? name : `${folder}/${name}`;
    const path = join(home, below);
    const stat = lstatSync(path);
    const isWhole = OURS[ruleOf(folder)] === WHOLE && stat.isDirectory() && WHOLE.test(name);
    if (isWhole) {
      found.entries.push(path);
      continue;
    }
    const isFolder = Object.hasOwn(OURS, ruleOf(below));
    // A file of ours may be a link: its user's settings are kept elsewhere then.
    const isAsMeant = stat.isDirectory() === isFolder && (isFolder || folder === "" || stat.isFile());
    if (OURS[ruleOf(folder)]?.test(name) !== true || !isAsMeant) {
      found.strangers.push(path);
      continue;
    }
    if (isFolder) {
      const { entries, strangers } = listed(home, below);
      found.entries.push(...entries);
      found.strangers.push(...strangers);
    }
    found.entries.push(path);
  }
  return found;
}

function ruleOf(folder: string): string {
  return folder.replace(/^radar\/objects\/[^/]+(\/[^/]+)?$/, (_, inner) => `radar/objects/*${inner ? "/*" : ""}`);
}

/** Looked at again right before: what has come since is not taken along. `worktrees`: those that stay where they are. */
export async function purge({ paths: { home } }: Pick<World, "paths">, worktrees: readonly string[]): Promise<Step> {
  const step = "data" as const;
  return attempt(step, home, () => {
    if (!existsSync(home)) return { step, file: home, change: "none", detail: "there is none" };
    const { entries, strangers } = listed(home);
    if (strangers.length > 0) throw refused(home, strangers.map(strangerWords));
    try {
      // A link to it is somebody's own arrangement, and stays.
      for (const path of [...entries, ...(lstatSync(home).isSymbolicLink() ? [] : [home])]) {
        if (OURS[relative(home, dirname(path))] === WHOLE) rmSync(path, { recursive: true, force: true });
        else if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmdirSync(path);
        else rmSync(path, { force: true });
      }
    } catch (cause) {
      throw unwritableFile({ file: home, code: "purge.unwritable", cause });
    }
    const gone = { step, file: home, change: "removed" } as const;
    if (worktrees.length === 0) return { ...gone, detail: "with all that was in it" };
    const [count, are] = worktrees.length === 1 ? ["1 worktree", "stays"] : [`${worktrees.length} worktrees`, "stay"];
    return {
      ...{ ...gone, detail: `with all that was in it; ${count} of ours ${are}` },
      hint: `In your repositories ${are} ${count}; git worktree remove <path> removes one:${lines(worktrees.map(printable))}`,
    };
  });
}
