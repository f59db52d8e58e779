// Whether what removals have left fits together: worktrees, git's records of them, branches, rows, trash and rescue refs.
// Nothing may be under way when it is looked at.

import { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";
import { type Repo, runGit } from "./repo.ts";

export interface RemovalRow {
  id: string;
  state: string;
  path: string | null;
  branch: string | null;
  branch_tip: string | null;
  trash_pruned_at: string | null;
}

/** Newest first. */
export function removalRows(place: Place): RemovalRow[] {
  const sql = `SELECT id, state, path, branch, branch_tip, trash_pruned_at FROM removals
    ORDER BY removed_at DESC, rowid DESC`;
  return asked(place, (sqlite) => sqlite.query<RemovalRow, []>(sql).all());
}

/** Everything that is half there. Only for a repository whose linked worktrees and `parallel-` branches are all ours. */
export async function halves(place: Place, repo: Pick<Repo, "path">): Promise<string[]> {
  const gitDir = join(repo.path, ".git");
  const git = (...args: string[]) => runGit(args, { cwd: repo.path, env: place.env() });
  const wrong: string[] = [];
  const claim = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const refs = (await git("for-each-ref", "--format=%(refname)")).split("\n");
  const removals = removalRows(place);
  const known = asked(place, (sqlite) => sqlite.query<KnownRow, []>("SELECT path, branch FROM worktrees").all());
  claim(asked(place, integrityOf) === "ok", "the database is damaged");

  const listed = await git("worktree", "list", "--porcelain", "-z").catch((thrown: unknown) => `no list: ${thrown}`);
  claim(!/^no list|\0prunable/.test(listed), `git's list of worktrees: ${listed.replaceAll("\0", " ")}`);
  const directories = entries(`${repo.path}-worktrees`).map((name) => join(`${repo.path}-worktrees`, name));
  for (const name of entries(join(gitDir, "worktrees"))) {
    const top = readText(join(gitDir, "worktrees", name, "gitdir")).replace(/\/\.git\n$/, "");
    const back = readText(join(top, ".git")).replace(/^gitdir: |\n$/g, "");
    const isWhole = existsSync(back) && realpathSync(back) === realpathSync(join(gitDir, "worktrees", name));
    claim(isWhole && directories.includes(top), `.git/worktrees/${name} without its directory`);
    claim(
      known.some(({ path }) => path === top),
      `no row tells of ${top}`,
    );
    const branch = /^ref: (.*)\n$/.exec(readText(join(gitDir, "worktrees", name, "HEAD")))?.[1];
    claim(branch === undefined || refs.includes(branch), `the branch of ${top} is gone`);
  }
  for (const top of directories) claim(listed.split("\0").includes(`worktree ${top}`), `git does not know ${top}`);
  for (const { path, branch } of known) {
    const isThere = directories.includes(path) || refs.includes(`refs/heads/${branch}`);
    claim(isThere, `a row tells of ${path}, of which nothing is there`);
  }

  claim(!removals.some(({ state }) => state.endsWith("ing")), "a removal is under way");
  const removed = removals.filter(({ state }) => state === "removed");
  const trash = join(gitDir, "parallel-cc", "trash");
  for (const id of entries(trash))
    claim(
      removed.some((one) => one.id === id),
      `no row tells of the trash ${id}`,
    );
  for (const one of removed) {
    const parts = one.path === null ? ["record.json"] : ["record.json", "tree", "admin"];
    const isWhole = parts.every((part) => existsSync(join(trash, one.id, part)));
    claim(isWhole || one.trash_pruned_at !== null, `the trash of ${one.id} holds ${entries(join(trash, one.id))}`);
    claim(refs.includes(`refs/parallel-cc/rescue/${one.id}`), `${one.id} has no rescue ref`);
    const isBranchThere = one.branch_tip !== null && refs.includes(`refs/heads/${one.branch}`);
    claim(!isBranchThere, `${one.id} is removed, and its branch is there`);
    claim(one.path === null || !directories.includes(one.path), `${one.id} is removed, and its directory is there`);
  }
  for (const ref of refs.filter((name) => name.startsWith("refs/parallel-cc/"))) {
    claim(
      removals.some(({ id }) => ref === `refs/parallel-cc/rescue/${id}`),
      `no row tells of ${ref}`,
    );
  }
  for (const { path, fate } of asked(place, (sqlite) => sqlite.query<FateRow, []>(FATES).all())) {
    const isGone = removed.some((one) => one.path === path);
    claim(fate === "removed" ? !directories.includes(path) : !isGone, `the history says of ${path}: ${fate}`);
  }

  const locks = readdirSync(gitDir, { recursive: true, encoding: "utf8" }).filter((name) => /\.lock$/.test(name));
  claim(locks.length === 0, `locks ${locks}`);
  await git("fsck", "--no-progress", "--no-dangling").catch((thrown: unknown) => wrong.push(String(thrown)));
  return wrong;
}

interface KnownRow {
  path: string;
  branch: string | null;
}

interface FateRow {
  path: string;
  fate: string;
}

const FATES = "SELECT worktree_path AS path, worktree_fate AS fate FROM session_history WHERE is_main_repo = 0";

function integrityOf(sqlite: Database): string {
  return sqlite.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get()?.integrity_check ?? "no answer";
}

function asked<Answer>(place: Place, ask: (sqlite: Database) => Answer): Answer {
  const sqlite = new Database(place.at("home", ".parallel-cc", "coordinator.db"), { readwrite: true });
  try {
    return ask(sqlite);
  } finally {
    sqlite.close();
  }
}

function entries(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
