// The room's door: a new worktree gets what git does not bring along (files, shared directories, what commands make),
// and what that left in it is told apart from its user's work.

import { asFailure } from "../../core/failure.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type Config, unapprovedWords } from "../config/config.ts";
import { type Baseline, copiesOf, madeBetween, type Snapshot, snapshotOf } from "./baseline.ts";
import { runCommands } from "./commands.ts";
import { hasIncludeFile } from "./include.ts";
import { type Setup, type SetupState, setupRow, storeSetup } from "./store.ts";

export { type Baseline, notOfBaseline } from "./baseline.ts";
export { runCommands } from "./commands.ts";
export { setupShape } from "./store.ts";

type Effects = Pick<World, "git" | "log" | "now" | "paths" | "runShown" | "say" | "signal" | "sleep">;

export interface SetupInput {
  /** Top of the worktree. */
  path: string;
  name: string;
  /** The checkout that has the files; undefined in a bare repository. */
  from: string | undefined;
  config: Config;
  /** For the commands. */
  variables: Readonly<Record<string, string>>;
  /** `new`: nobody was told of it yet. `alone`: nobody works in it. `shared`: what appears there may be somebody's. */
  who: "new" | "alone" | "shared";
  /** What else sets it up, first of all. */
  before?: () => Promise<{ warnings: string[]; isFailed: boolean }>;
}

/**
 * Answers warnings; undefined when there was nothing to do. A failure keeps what is there, and says how to go on. Throws
 * only when the signal stops it.
 */
export async function setUp(world: Effects, db: Db, input: SetupInput): Promise<string[] | undefined> {
  const { settings, unapproved } = input.config;
  const warnings = unapproved.map(unapprovedWords);
  const { path, from } = input;
  const brings = from !== undefined && (settings["worktree.copyFiles"].length > 0 || hasIncludeFile(from));
  const links = from !== undefined && settings["worktree.symlinkDirs"].length > 0;
  const runs = settings["worktree.postCreate"].length > 0 || input.before !== undefined;
  if (!brings && !links && !runs) return warnings.length === 0 ? undefined : warnings;
  const old = baselineOf(db, path);
  db.write((now) => storeSetup(db, { path, state: "running", baseline: [...old] }, now));
  const git = world.git(path);
  // Of a new one all is ours, also what gtr has copied by now.
  const before: Snapshot | undefined = input.who === "new" ? new Map() : await snapshotOf(git, path);
  let state: SetupState = "failed";
  let copied: string[] = [];
  try {
    const first = (await input.before?.()) ?? { warnings: [], isFailed: false };
    warnings.push(...first.warnings);
    if (links) warnings.push(...(await shareDirectories(world, input, from)));
    if (brings) {
      const brought = await bringFiles(world, input, from);
      warnings.push(...brought.warnings);
      copied = brought.copied;
    }
    const failed = await runPostCreate(world, input);
    if (failed !== undefined) warnings.push(failed);
    else if (!first.isFailed) state = "done";
  } catch (thrown) {
    if (world.signal().aborted) {
      world.say(stoppedWords(input));
      throw thrown;
    }
    // The worktree is there, and so is its session.
    const why = asFailure(thrown).message.replace(/\.$/, "");
    const again = `Go on with: parallel-cc worktree setup ${shellWord(input.name)}`;
    warnings.push(`The worktree is there, but setting it up failed: ${printable(why)}. ${again}`);
  } finally {
    const isInterrupted = world.signal().aborted;
    const after = isInterrupted || input.who === "shared" ? undefined : await snapshotOf(git, path);
    if (before === undefined || (after === undefined && !isInterrupted && input.who !== "shared"))
      warnings.push("Setting it up left more than can be remembered where git looks: all of it counts as changed.");
    const made = before === undefined || after === undefined ? [] : madeBetween({ old, before, after });
    const fresh = [...made, ...copiesOf(path, copied)];
    const names = new Set(fresh.map((one) => one.path));
    const baseline = [...old.filter((one) => !names.has(one.path)), ...fresh];
    db.write((now) => storeSetup(db, { path, state, baseline }, now));
  }
  return warnings;
}

function stoppedWords({ path, name }: SetupInput): string {
  const again = `parallel-cc worktree setup ${shellWord(name)}`;
  return `Setting up was stopped. The worktree stays at ${printable(path)}; go on with: ${again}`;
}

/** Why it failed, and how to go on. */
async function runPostCreate(
  world: Effects,
  { path, name, config: { settings }, variables }: SetupInput,
): Promise<string | undefined> {
  const commands = settings["worktree.postCreate"];
  const timeoutSeconds = settings["worktree.commandTimeout"];
  const failed = await runCommands(world, { directory: path, commands, timeoutSeconds, variables });
  if (failed === undefined) return undefined;
  const what = `worktree.postCreate "${printable(failed.command)}" ${failed.why}`;
  return `The worktree is there, but ${what}. Go on with: parallel-cc worktree setup ${shellWord(name)}`;
}

async function shareDirectories(world: Effects, { path, config }: SetupInput, from: string): Promise<string[]> {
  const { linkDirectories } = await import("./links.ts");
  const directories = config.settings["worktree.symlinkDirs"];
  const { left, unignored } = await linkDirectories(world, { git: world.git(path), from, to: path, directories });
  return [
    ...left.map((one) => `${printable(one.path)} is not shared with the main checkout: ${printable(one.why)}.`),
    ...unignored.map((one) => `git does not ignore ${printable(one)}: \`git add --all\` would commit the link to it.`),
  ];
}

async function bringFiles(world: Effects, { path, config }: SetupInput, from: string) {
  const { bring } = await import("./bring.ts");
  return bring(world, { from, to: path, patterns: config.settings["worktree.copyFiles"] });
}

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
