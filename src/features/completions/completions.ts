// The room's door: the shells' scripts, and the values that a field may be given, by the word its schema has for them
// (`value`). It looks and touches nothing. A kind of value that is not here has none to offer.

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { age, cutEnd } from "../../core/text.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { Git } from "../../git/git.ts";
import { commonDirectory, refNames } from "../../git/names.ts";
import type { World } from "../../world.ts";

/** What makes a shell complete our commands, by its name. */
export async function completionScripts() {
  return (await import("./scripts.ts")).SCRIPTS;
}

export interface Candidate {
  value: string;
  description: string;
}

export interface Candidates {
  /** What the shell itself offers beside them. */
  shell?: "files" | "directories";
  /** The one to choose first at the start. */
  values: readonly Candidate[];
  /** Whether the values say nothing to people without their descriptions. */
  areIds?: boolean;
}

/** Values that the command line has already, by their kind. */
export type Given = ReadonlyMap<string, string>;

type Effects = Pick<World, "cwd" | "env" | "git" | "paths" | "now">;
type Source = (world: Effects, given: Given) => Promise<Candidates>;

const SOURCES = new Map<string, Source>([
  ["path", async () => ({ shell: "files", values: [] })],
  ["directory", async () => ({ shell: "directories", values: [] })],
  ["repository", async () => ({ shell: "directories", values: [] })],
  ["branch", (world, given) => refs(world, given, ["refs/heads", "refs/remotes"])],
  ["ref", (world, given) => refs(world, given, ["refs/heads", "refs/remotes", "refs/tags"])],
  ["commit", (world, given) => refs(world, given, ["refs/heads", "refs/remotes", "refs/tags"])],
  ["session", sessions],
  ["recipient", recipients],
  ["note", notes],
  ["worktree", worktrees],
  ["removal", removals],
  ["rebase", rebases],
  ["run", runs],
  ["provider", async () => ({ values: [{ value: "native", description: "on this machine" }] })],
  ["model", async () => ({ values: ["opus", "sonnet", "haiku"].map((value) => ({ value, description: "" })) })],
  ["key", keys],
  ["setting", choicesOfKey],
  ["event", hookEvents],
]);

export async function candidatesFor(world: Effects, kind: string, given: Given): Promise<Candidates> {
  return (await SOURCES.get(kind)?.(world, given)) ?? { values: [] };
}

/** git in the repository that is meant. The shell has not expanded what is still being typed. */
function gitThere({ cwd, env, git }: Effects, given: Given): Git {
  const named = given.get("repository")?.replace(/^~(?=\/|$)/, () => env.home);
  return git(existingDirectory(cwd, named));
}

async function refs(world: Effects, given: Given, below: readonly string[]): Promise<Candidates> {
  const found = await refNames(gitThere(world, given), below);
  return { values: found.map(({ name, kind }) => ({ value: name, description: kind })) };
}

async function hookEvents(): Promise<Candidates> {
  const { HOOK_EVENTS, WORKTREE_EVENTS } = await import("../hooks/hooks.ts");
  return { values: [...HOOK_EVENTS, ...WORKTREE_EVENTS].map(({ event }) => ({ value: event, description: "" })) };
}

async function sessions(world: Effects): Promise<Candidates> {
  const db = await openedDb(world);
  if (db === undefined) return { values: [] };
  const { sessionNames } = await import("./store.ts");
  const values = sessionNames(db).map(({ id, name, branch, repo_path }) => {
    return { value: id, description: [name, branch, basename(repo_path)].filter((one) => one !== null).join(", ") };
  });
  return { values, areIds: true };
}

/** Of this repository, by their names where those tell them apart. */
async function recipients(world: Effects, given: Given): Promise<Candidates> {
  const all = { value: "all", description: "every other session of this repository" };
  const db = await openedDb(world);
  if (db === undefined) return { values: [all] };
  const gitDir = await commonDirectory(gitThere(world, given));
  const { sessionNames } = await import("./store.ts");
  const here = sessionNames(db).filter((one) => one.git_dir === gitDir);
  const values = here.map(({ id, name, branch }) => {
    const isAlone = name !== null && here.filter((one) => one.name === name).length === 1;
    const described = isAlone ? branch : [name, branch].filter((one) => one !== null).join(", ");
    return { value: isAlone ? name : id, description: described ?? "" };
  });
  return { values: [all, ...values], areIds: true };
}

async function notes(world: Effects, given: Given): Promise<Candidates> {
  const db = await openedDb(world);
  if (db === undefined) return { values: [] };
  const gitDir = await commonDirectory(gitThere(world, given));
  const { noteTexts } = await import("./store.ts");
  const values = noteTexts(db, gitDir).map(({ id, body }) => ({ value: id, description: cutEnd(body, NOTE_WIDTH) }));
  return { values, areIds: true };
}

const NOTE_WIDTH = 60;

/** Of sandboxes: those of this repository where there is one. */
async function runs(world: Effects, given: Given): Promise<Candidates> {
  const db = await openedDb(world);
  if (db === undefined) return { values: [] };
  const gitDir = await commonDirectory(gitThere(world, given)).catch(() => undefined);
  const { runNames } = await import("./store.ts");
  const values = runNames(db, gitDir).map(({ id, name, title }) => {
    return { value: id, description: cutEnd([name, title].filter((one) => one !== null).join(": "), NOTE_WIDTH) };
  });
  return { values, areIds: true };
}

/** Those that parallel-cc made or had a session in, as far as they are there. */
async function worktrees(world: Effects, given: Given): Promise<Candidates> {
  const db = await openedDb(world);
  if (db === undefined) return { values: [] };
  const gitDir = await commonDirectory(gitThere(world, given));
  const { worktreeNames } = await import("./store.ts");
  const there = worktreeNames(db, gitDir).filter(({ path }) => existsSync(path));
  return {
    values: there.map(({ path, branch, session_name: name }) => {
      const value = basename(path);
      return { value, description: name ?? (branch === null || branch === value ? "worktree" : `on ${branch}`) };
    }),
  };
}

/** And rebases, which undo takes back as well. */
async function removals(world: Effects, given: Given): Promise<Candidates> {
  // As undo itself: of this repository, and where none is, of all.
  const gitDir = await commonDirectory(gitThere(world, given)).catch(() => undefined);
  const rebased = gitDir === undefined ? [] : await rebasesIn(world, gitDir);
  const db = await openedDb(world);
  if (db === undefined) return { values: rebased, areIds: true };
  const { parseUtc } = await import("../../db/db.ts");
  const { removalNames } = await import("./store.ts");
  const values = removalNames(db, gitDir).map(({ id, name, removed_at: at }) => {
    return { value: id, description: `${name}, removed ${age(parseUtc(at), world.now())} ago` };
  });
  return { values: [...values, ...rebased], areIds: true };
}

/** Those that undo can take back. */
async function rebasesIn(world: Effects, gitDir: string): Promise<Candidates["values"]> {
  const { knownRebases } = await import("../rebase/rebase.ts");
  const found = await knownRebases(world.git(gitDir).trusting());
  return found.flatMap(({ id, branch, target, at, left }) => {
    const description = `rebase of ${branch} onto ${target}, ${age(new Date(at), world.now())} ago`;
    return left === "branch" || left === "stopped" || left === "work" ? [{ value: id, description }] : [];
  });
}

async function rebases(world: Effects, given: Given): Promise<Candidates> {
  const { rebasesHere } = await import("../rebase/rebase.ts");
  const found = await rebasesHere(gitThere(world, given));
  const values = found.map(({ id, branch, target, at }) => {
    return { value: id, description: `${branch} onto ${target}, ${age(new Date(at), world.now())} ago` };
  });
  return { values, areIds: true };
}

async function openedDb(world: Effects) {
  const { peekDb } = await import("../../db/peek.ts");
  return peekDb({ file: world.paths.database, clock: world.now });
}

async function keys(): Promise<Candidates> {
  const { KEYS } = await import("../config/config.ts");
  return { values: Object.entries(KEYS).map(([value, { summary }]) => ({ value, description: summary })) };
}

async function choicesOfKey(_world: Effects, given: Given): Promise<Candidates> {
  const { KEYS } = await import("../config/config.ts");
  const key = Object.entries(KEYS).find(([name]) => name === given.get("key"))?.[1];
  const choices: readonly string[] = key !== undefined && "choices" in key.kind ? (key.kind.choices ?? []) : [];
  return { values: choices.map((value) => ({ value, description: value === key?.shown ? "the default" : "" })) };
}
