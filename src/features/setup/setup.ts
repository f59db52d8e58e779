// The room's door: a new worktree gets what git does not bring along (files, shared directories, what commands make),
// and what that left in it is told apart from its user's work.

import { counted, printable, shellWord } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type Config, unapprovedWords } from "../config/config.ts";
import { type Baseline, measureBaseline } from "./baseline.ts";
import { runCommands } from "./commands.ts";
import { hasIncludeFile } from "./include.ts";
import { type Setup, type SetupState, setupRow, storeSetup } from "./store.ts";

export { type Baseline, notOfBaseline } from "./baseline.ts";
export { runCommands } from "./commands.ts";
export { setupShape } from "./store.ts";

type Effects = Pick<World, "git" | "log" | "now" | "runShown" | "say" | "signal" | "sleep">;

export interface SetupInput {
  /** Top of the worktree. */
  path: string;
  name: string;
  /** The checkout that has the files; undefined in a bare repository. */
  from: string | undefined;
  config: Config;
  /** For the commands. */
  variables: Readonly<Record<string, string>>;
  /** What else sets it up, first of all; answers warnings. */
  before?: () => Promise<string[]>;
}

/**
 * Answers warnings; undefined when there was nothing to do. A failure keeps what is there, and says how to go on. Throws
 * only when the signal stops it; what was made until then is remembered all the same.
 */
export async function setUp(world: Effects, db: Db, input: SetupInput): Promise<string[] | undefined> {
  const { settings, unapproved } = input.config;
  const warnings = unapproved.map(unapprovedWords);
  const { path, from } = input;
  const patterns = settings["worktree.copyFiles"];
  const directories = settings["worktree.symlinkDirs"];
  const commands = settings["worktree.postCreate"];
  const brings = from !== undefined && (patterns.length > 0 || hasIncludeFile(from));
  const links = from !== undefined && directories.length > 0;
  const isNothing = !brings && !links && commands.length === 0 && input.before === undefined;
  if (isNothing) return warnings.length === 0 ? undefined : warnings;
  db.write((now) => storeSetup(db, { path, state: "running", baseline: [] }, now));
  let state: SetupState = "failed";
  try {
    warnings.push(...((await input.before?.()) ?? []));
    if (links) warnings.push(...(await shareDirectories(world, { path, from, directories })));
    if (brings) warnings.push(...(await bringFiles(world, { path, from, patterns })));
    const timeoutSeconds = settings["worktree.commandTimeout"];
    const failed = await runCommands(world, { directory: path, commands, timeoutSeconds, variables: input.variables });
    if (failed === undefined) state = "done";
    else {
      warnings.push(
        `The worktree is there, but worktree.postCreate "${printable(failed.command)}" ${failed.why}. ` +
          `Go on with: parallel-cc worktree setup ${shellWord(input.name)}`,
      );
    }
  } finally {
    // Whatever stopped it: what is there now was made by us, not by its user.
    const baseline = await measureBaseline(world.git(path), path);
    if (baseline === undefined) {
      warnings.push(
        "Setting it up left more than parallel-cc can remember where git looks: all of it counts as changed.",
      );
    }
    db.write((now) => storeSetup(db, { path, state, baseline: baseline ?? [] }, now));
  }
  return warnings;
}

async function shareDirectories(
  world: Effects,
  { path, from, directories }: { path: string; from: string; directories: readonly string[] },
): Promise<string[]> {
  const { linkDirectories } = await import("./links.ts");
  const { left } = await linkDirectories({ git: world.git(path), from, to: path, directories });
  return left
    .filter(({ why }) => why !== THERE)
    .map((one) => `${printable(one.path)} is not shared with the main checkout: ${printable(one.why)}.`);
}

async function bringFiles(
  world: Effects,
  { path, from, patterns }: { path: string; from: string; patterns: readonly string[] },
): Promise<string[]> {
  const { chooseFiles } = await import("./choose.ts");
  const { copyAll } = await import("./copy.ts");
  const paths = await chooseFiles({ git: world.git(from), top: from, patterns });
  const { left } = await copyAll(world, { from, to: path, paths });
  const failed = left.filter(({ why }) => why !== THERE);
  if (failed.length === 0) return [];
  const [first] = failed;
  const others = failed.length === 1 ? "" : `, and ${counted(failed.length - 1, "more file")}`;
  return [`Not copied: ${printable(first?.path ?? "")} (${printable(first?.why ?? "")})${others}.`];
}

/** Setting up again, or a branch that tracks the file: it stays as it is. */
const THERE = "there is one already";

/** What `bringSetup` takes; undefined where it was never set up. */
export function setupOf(db: Db, path: string): Setup | undefined {
  const found = setupRow(db, path);
  return found === undefined ? undefined : { state: found.state, baseline: found.baseline };
}

/** Remembers again what was known of a worktree that has come back. */
export function bringSetup(db: Db, setup: Setup, { path, now }: { path: string; now: string }): void {
  storeSetup(db, { path, ...setup }, now);
}

/** What setting up left in a worktree; nothing where it had none. */
export function baselineOf(db: Db, path: string): Baseline {
  return setupRow(db, path)?.baseline ?? [];
}

/** Whether setting it up was begun and never ended well. */
export function isHalfSetUp(db: Db, path: string): boolean {
  const state = setupRow(db, path)?.state;
  return state === "running" || state === "failed";
}
