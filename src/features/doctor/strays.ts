// Worktrees and branches of ours that somebody left behind. What may really go is judged by cleanup, which takes longer;
// here it is only seen that there is some.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../core/text.ts";
import { adminNameOf, type Repository } from "../../git/repository.ts";
import type { KnownWorktree } from "../worktrees/worktrees.ts";
import type { Check } from "./check.ts";
import type { State } from "./repository.ts";
import { type Effects, type Scene, worktreesDirectory } from "./scene.ts";

export async function checkStrays(scene: Scene, state: State): Promise<Check[]> {
  const { world, config, maker } = scene;
  const prefix = await config().then(
    ({ settings }) => settings["worktree.prefix"],
    () => "parallel",
  );
  const folderPrefix = await maker().then(
    (made) => made?.folderPrefix ?? "",
    () => "",
  );
  const directory = await worktreesDirectory(scene, state.repository);
  const { ours, used, missing, unlinked, lost } = worktreesIn(state);
  const { left, unknown } = await branchesIn(world, { state, lost, prefix });
  const repository = shellWord(state.repository.path);
  const idle = ours.length > used.length;
  return [
    {
      ...{ name: "worktrees", status: "ok", detail: usedWords(ours.length, used.length) },
      hint: idle ? "What may go, and what keeps the rest: parallel-cc cleanup --dry-run" : undefined,
    },
    ...stray("worktrees", missing, {
      what: "that git knows, whose directory is gone",
      hint: "parallel-cc cleanup takes git's record away, unless only the disk is away.",
    }),
    ...stray("worktrees", unlinked, {
      what: "that git does not know any longer",
      hint: `git -C ${repository} worktree repair ${unlinked.map(shellWord).join(" ")}`,
    }),
    ...stray("worktrees", strangers(state, { directory, prefix: `${folderPrefix}${prefix}` }), {
      what: "named like ours, that neither git nor the registry knows",
      hint: "Look into it, and remove it yourself: parallel-cc touches only what it has made.",
    }),
    ...stray("branches", left, {
      what: "of ours without a worktree",
      hint: "parallel-cc cleanup deletes those that have landed or were never used.",
    }),
    ...stray("branches", unknown, {
      what: "named like ours, in no worktree, that the registry does not know",
      hint: `git -C ${repository} branch -d <branch> deletes one that is merged.`,
    }),
  ];
}

/** Those of ours that git lists, and of these the used and the vanished; rows it lists none for, and what stands there. */
function worktreesIn({ repository, rows, live }: State) {
  const linked = repository.worktrees.slice(1).map(({ path }) => ({ path, adminName: adminNameOf(path) }));
  const isOf = (row: KnownWorktree, one: (typeof linked)[number]) =>
    row.path === one.path || (one.adminName !== undefined && row.admin_name === one.adminName);
  const ours = linked.filter((one) => rows.some((row) => isOf(row, one))).map(({ path }) => path);
  const lost = rows.filter((row) => !linked.some((one) => isOf(row, one)));
  return {
    ours,
    used: ours.filter((path) => live.some((session) => session.worktree_path === path)),
    missing: ours.filter((path) => !existsSync(path)),
    lost,
    unlinked: lost.map(({ path }) => path).filter((path) => existsSync(path)),
  };
}

/** Checked out nowhere: those of lost worktrees, and those that only their names make ours. */
async function branchesIn(
  world: Pick<Effects, "git">,
  { state, lost, prefix }: { state: State; lost: readonly KnownWorktree[]; prefix: string },
) {
  const { repository, rows } = state;
  const checkedOut = new Set(repository.worktrees.map(({ branch }) => branch));
  const free = (await branchesOf(world, repository)).filter((branch) => !checkedOut.has(branch));
  const known = new Set(rows.map(({ branch }) => branch));
  const left = new Set(lost.map(({ branch }) => branch));
  return {
    left: free.filter((branch) => left.has(branch)),
    unknown: free.filter((branch) => isOurName(branch, prefix) && !known.has(branch)),
  };
}

function usedWords(all: number, used: number): string {
  if (all === 0) return "none of ours";
  return `${all} of ours, ${all === used ? "all" : used} in use`;
}

const MOST_NAMED = 3;

function stray(
  noun: "worktrees" | "branches",
  names: readonly string[],
  told: { what: string; hint: string },
): Check[] {
  if (names.length === 0) return [];
  const [singular, named] = [noun === "branches" ? "branch" : "worktree", names.slice(0, MOST_NAMED).join(", ")];
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  const count = names.length === 1 ? `1 ${singular}` : `${names.length} ${noun}`;
  return [{ name: noun, status: "warn", detail: `${count} ${told.what}: ${named}${more}`, hint: told.hint }];
}

async function branchesOf(world: Pick<Effects, "git">, { gitDir }: Repository): Promise<string[]> {
  const git = world.git(gitDir).trusting();
  const listed = await git.output(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/"]);
  return listed.split("\n").filter((name) => name !== "");
}

/** As this release names them, and as those before 3.0 did: the time and a random number in base 36. */
function isOurName(branch: string, prefix: string): boolean {
  if (/^parallel-(?=[a-z]*\d)[0-9a-z]{8,9}-[0-9a-z]{4}$/.test(branch)) return true;
  return branch.startsWith(`${prefix}-`) && /-[0-9a-f]{8}$/.test(branch);
}

/** Directories beside our worktrees that are none: left by a removal or a creation that was cut short. */
function strangers(
  { repository, rows, live, dead }: State,
  { directory, prefix }: { directory: string; prefix: string },
): string[] {
  const taken = new Set([
    ...repository.worktrees.map(({ path }) => path),
    ...rows.map(({ path }) => path),
    ...[...live, ...dead].map((session) => session.worktree_path),
  ]);
  return entriesOf(directory)
    .filter((name) => isOurName(name, prefix))
    .map((name) => join(directory, name))
    .filter((path) => !taken.has(path));
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    // Most often it is not there yet.
    return [];
  }
}
