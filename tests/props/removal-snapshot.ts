// Everything that a repository and its checkouts hold at one moment: the objects that git reaches from a ref, a reflog,
// an index or a stash, and the bytes of every file in a tree.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Place } from "../support/place.ts";
import { runGit } from "../support/repo.ts";
import { contentOf, type Print, printOf } from "./removal-print.ts";

export interface Snapshot {
  /** Commit or blob id → where one of it is. */
  content: Map<string, string>;
  /** Path of each checkout → what stands in it. */
  prints: Map<string, Print>;
  /** Its name below the repository's worktrees/, "" for the main one. */
  admins: Map<string, string>;
  /** Every ref → where it stands. */
  refs: Map<string, string>;
  /** The reflog of each local branch, and the stash. */
  logs: Map<string, string>;
  /** What the configuration says of each branch. */
  branchSettings: Map<string, string>;
  /** Registrations and directories that do not fit together. */
  wrong: string[];
}

export interface Seen {
  place: Place;
  /** Object id → type: it never changes. */
  types: Map<string, string>;
  /** Removals that can be undone, by their ids. */
  removals: Iterable<string>;
}

const EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

export async function snapshotOf(seen: Seen): Promise<Snapshot> {
  const { place } = seen;
  const repo = place.at("repo");
  const gitDir = join(repo, ".git");
  const [objects, refs] = await Promise.all([reachedObjects(seen), readRefs(place)]);
  const { checkouts, wrong } = registeredCheckouts(place);
  const prints = new Map([[repo, printOf(repo, gitDir)]]);
  const admins = new Map([[repo, ""]]);
  for (const [path, name] of checkouts) {
    prints.set(path, printOf(path, join(gitDir, "worktrees", name)));
    admins.set(path, name);
  }
  const content = new Map(objects.map((id) => [id, "git's objects"]));
  for (const [path, print] of prints) for (const [id, where] of contentOf(print, path)) content.set(id, where);
  for (const id of seen.removals) {
    for (const [blob, where] of trashContent(join(gitDir, "parallel-cc", "trash", id))) content.set(blob, where);
  }
  // An index names it for a file that is only meant to be added; nothing can be lost of it.
  content.delete(EMPTY_BLOB);
  return { content, prints, admins, refs, logs: readLogs(gitDir), branchSettings: readBranchSettings(gitDir), wrong };
}

/** Files that only the trash holds; not those that were never in a removed tree. */
function trashContent(trash: string): Map<string, string> {
  const [tree, admin] = [join(trash, "tree"), join(trash, "admin")];
  return existsSync(tree) && existsSync(admin) ? contentOf(printOf(tree, admin), trash) : new Map();
}

/** Commits and blobs. Trees are made of them, and an index that is read anew forgets some. */
async function reachedObjects({ place, types }: Seen): Promise<string[]> {
  const [cwd, env] = [place.at("repo"), place.env()];
  const roots = ["--all", "--reflog", "--indexed-objects"];
  const listed = await runGit(["rev-list", "--objects", "--no-object-names", ...roots], { cwd, env });
  const ids = linesOf(listed);
  const unknown = ids.filter((id) => !types.has(id));
  if (unknown.length > 0) {
    const format = "--batch-check=%(objectname) %(objecttype)";
    const told = await runGit(["cat-file", format], { cwd, env, input: `${unknown.join("\n")}\n` });
    for (const line of linesOf(told)) types.set(line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1));
  }
  return ids.filter((id) => types.get(id) !== "tree");
}

export async function readRefs(place: Place): Promise<Map<string, string>> {
  const listed = await runGit(["for-each-ref", "--format=%(objectname) %(refname)"], {
    cwd: place.at("repo"),
    env: place.env(),
  });
  return new Map(linesOf(listed).map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]));
}

function registeredCheckouts(place: Place): { checkouts: Map<string, string>; wrong: string[] } {
  const checkouts = new Map<string, string>();
  const wrong: string[] = [];
  const worktrees = place.at("repo/.git/worktrees");
  for (const name of existsSync(worktrees) ? readdirSync(worktrees) : []) {
    const gitdir = join(worktrees, name, "gitdir");
    const path = existsSync(gitdir) ? dirname(readFileSync(gitdir, "utf8").trimEnd()) : undefined;
    const back = path !== undefined && existsSync(join(path, ".git")) ? readFileSync(join(path, ".git"), "utf8") : "";
    if (path === undefined || back !== `gitdir: ${join(worktrees, name)}\n`) {
      wrong.push(`git knows a worktree ${name} at ${path}, which is not there`);
    } else checkouts.set(path, name);
  }
  const folder = place.at("repo-worktrees");
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!checkouts.has(join(folder, name))) wrong.push(`git does not know ${join(folder, name)}`);
  }
  return { checkouts, wrong };
}

function readLogs(gitDir: string): Map<string, string> {
  const heads = join(gitDir, "logs/refs/heads");
  const names = existsSync(heads) ? readdirSync(heads, { recursive: true, withFileTypes: true }) : [];
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const logs = new Map(files.map((file) => [file.slice(heads.length + 1), readFileSync(file, "utf8")]));
  const stash = join(gitDir, "logs/refs/stash");
  if (existsSync(stash)) logs.set("refs/stash", readFileSync(stash, "utf8"));
  return logs;
}

function readBranchSettings(gitDir: string): Map<string, string> {
  const sections = readFileSync(join(gitDir, "config"), "utf8").split(/^(?=\[)/m);
  return new Map(
    sections.flatMap((text) => {
      const [, name] = /^\[branch "(.*)"\]/.exec(text) ?? [];
      return name === undefined ? [] : [[name, text.trim()] as const];
    }),
  );
}

export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
