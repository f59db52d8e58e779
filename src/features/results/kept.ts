// What has come home of a run, in its private git directory: each gathering has references of its own there, so that
// what an earlier one brought stays also when a later one no longer has it.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../core/shape.ts";
import type { Git } from "../../git/git.ts";
import { gitFailed } from "../../git/git.ts";
import type { World } from "../../world.ts";

export interface Branch {
  name: string;
  commit: string;
}

/** What one gathering brought. Ids are whole. */
export interface Gathered {
  /** What was committed last on what claude stood at. */
  head: string;
  /** `head`, or the commit of what was uncommitted on top of it. */
  tip: string;
  /** Where claude stood; undefined: on no branch. */
  branch: string | undefined;
  /** All local branches inside. */
  branches: Branch[];
  /** Of commits; an annotated one as what it is of. */
  tags: Branch[];
  /** What annotated ones say: each a commit on what the tag is of, with the tag's words. */
  messages: Branch[];
  /** The newest first. */
  stashes: string[];
  /** What nobody had committed in checkouts that claude made beside the project, by their names. */
  worktrees: Branch[];
  /** Commits that only the log of a HEAD knows any more, the newest first. */
  abandoned: string[];
  /** Repositories inside the project that claude made: their files are stored, their history is not. */
  nested: string[];
  /** Files that could not be read, in git's words. */
  unread: string[];
  /** References of other kinds, which stay inside. */
  refs: string[];
  /** The top-most of what git ignores and was not sent: it stays inside. */
  ignored: string[];
  /** A rebase, merge … stands unfinished inside. */
  operation: string | undefined;
  /**
   * "line": only the commits of what claude stood at, "files": what the files hold alone. The rest of the history could
   * not be read, or was refused.
   */
  form: "commits" | "line" | "files";
  /** The same as the last time. */
  isUnchanged: boolean;
  bundleBytes: number;
}

const SENT_REF = "refs/parallel-cc/sent";
const GATHERED = "refs/parallel-cc/gathered";

/** For every git that works in the private directory: none of its user's settings, and no file's bytes changed. */
export const QUIET = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.autocrlf": "false",
  "core.safecrlf": "false",
  "core.protectHFS": "true",
  "core.protectNTFS": "true",
  "core.bigFileThreshold": "4m",
  "core.compression": "1",
  "core.fsync": "none",
  "core.logAllRefUpdates": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "pack.threads": "1",
  "pack.window": "0",
} as const;

/** The same, for programs that are piped. */
export const QUIET_WORDS = Object.entries(QUIET).flatMap(([key, value]) => ["-c", `${key}=${value}`]);

export function keptIn(world: Pick<World, "git">, store: string): Git {
  const env = { GIT_DIR: store, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_NO_REPLACE_OBJECTS: "1" };
  return world.git(store).configured({ settings: QUIET, env });
}

/** Idempotent: what a killed one left is removed. */
export async function openKept(
  world: Pick<World, "git">,
  { store, sent }: { store: string; sent: string },
): Promise<Git> {
  const kept = keptIn(world, store);
  mkdirSync(join(store, "info"), { recursive: true });
  writeFileSync(join(store, "info/attributes"), "* -text -eol -ident -filter !working-tree-encoding\n");
  const packs = join(store, "objects/pack");
  mkdirSync(packs, { recursive: true });
  for (const name of readdirSync(packs)) if (name.startsWith("tmp_")) rmSync(join(packs, name), { force: true });
  await kept.output(["update-ref", "--end-of-options", SENT_REF, sent]);
  return kept;
}

const ID = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));
const NOTE = v.object({
  head: ID,
  tip: ID,
  branch: v.optional(v.string()),
  branches: v.array(v.object({ name: v.string(), commit: ID })),
  tags: v.optional(v.array(v.object({ name: v.string(), commit: ID })), []),
  messages: v.optional(v.array(v.object({ name: v.string(), commit: ID })), []),
  stashes: v.array(ID),
  worktrees: v.optional(v.array(v.object({ name: v.string(), commit: ID })), []),
  abandoned: v.optional(v.array(ID), []),
  nested: v.array(v.string()),
  unread: v.array(v.string()),
  refs: v.optional(v.array(v.string()), []),
  ignored: v.optional(v.array(v.string()), []),
  operation: v.optional(v.string()),
  form: v.picklist(["commits", "line", "files"]),
  bundleBytes: v.number(),
});

export interface Numbered {
  number: number;
  gathered: Gathered;
}

/** The last gathering that is whole; undefined: none was. */
export async function lastIn(kept: Git): Promise<Numbered | undefined> {
  const listed = await kept.output(["for-each-ref", "--format=%(refname)", `${GATHERED}/`]);
  const numbers = [...listed.matchAll(/\/(\d+)\/note$/gm)].map(([, digits]) => Number(digits));
  if (numbers.length === 0) return undefined;
  const number = Math.max(...numbers);
  const note = v.parse(NOTE, JSON.parse(await kept.output(["cat-file", "blob", `${placeOf(number)}/note`])));
  const { branch, operation, ...rest } = note;
  return { number, gathered: { ...rest, branch, operation, isUnchanged: true } };
}

/** Every commit that an earlier gathering brought. */
export async function tipsIn(kept: Git): Promise<string[]> {
  const listed = await kept.output(["for-each-ref", "--format=%(objecttype) %(objectname)", `${GATHERED}/`]);
  return [...new Set([...listed.matchAll(/^commit ([0-9a-f]+)$/gm)].map(([, id = ""]) => id))];
}

/** All of its references at once, or none. */
export async function keep(kept: Git, { number, gathered }: Numbered): Promise<void> {
  const { isUnchanged: _, ...noted } = gathered;
  const note = (await kept.output(["hash-object", "-w", "--stdin"], { input: JSON.stringify(noted) })).trim();
  const commits = [...new Set(commitsOf(gathered))];
  const lines = [
    "start",
    ...commits.map((commit, index) => `create ${placeOf(number)}/tips/${index} ${commit}`),
    `create ${placeOf(number)}/note ${note}`,
    "prepare",
    "commit",
  ];
  const result = await kept.attempt(["update-ref", "--stdin"], { input: `${lines.join("\n")}\n` });
  if (result.exit !== 0) throw gitFailed(["update-ref"], result);
}

export function commitsOf({ head, tip, branches, tags, messages, stashes, worktrees, abandoned }: Gathered): string[] {
  return [
    tip,
    head,
    ...[...branches, ...tags, ...messages, ...worktrees].map(({ commit }) => commit),
    ...stashes,
    ...abandoned,
  ];
}

function placeOf(number: number): string {
  return `${GATHERED}/${String(number).padStart(6, "0")}`;
}

/** The trees of commits, by their ids. */
export async function treesOf(kept: Git, commits: readonly string[]): Promise<Map<string, string>> {
  const input = commits.map((id) => `${id}^{tree}\n`).join("");
  const said = (await kept.output(["cat-file", "--batch-check=%(objectname)"], { input })).trim().split("\n");
  return new Map(commits.map((id, index) => [id, said[index] ?? ""]));
}

/** What differs from what was sent. */
export async function treesBetween(kept: Git, { from, to }: { from: string; to: string }) {
  const trees = await treesOf(kept, [from, to]);
  return { from: trees.get(from) ?? "", to: trees.get(to) ?? "" };
}
