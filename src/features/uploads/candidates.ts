// Which files of a run's checkout may be sent: what git knows there, what claude is told by though git ignores it, the
// files of submodules, and what the user asks for by name. What of it is then sent, others decide.

import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { fullPath, insideOf, pathsOf, shownPath } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { filesBelow, notThere, pathsInside } from "./includes.ts";

export type Why = "tracked" | "untracked" | "submodule" | "claude" | "included";

export interface Candidate {
  /** From the top of the project. */
  path: string;
  /** The checkout it stands in, at that path. */
  top: string;
  why: Why;
  /** Its user has asked for it by name. */
  isAsked: boolean;
}

export interface Candidates {
  files: Candidate[];
  submodules: { path: string; isSent: boolean }[];
  /** Repositories that git knows nothing of but that they are there. */
  nested: string[];
}

export interface Tops {
  worktree: string;
  caller: string;
  include: readonly string[];
}

/** What claude reads of a project; beside it the memory of plans, which travels with the work. */
const CLAUDE = [
  ...["CLAUDE.md", "CLAUDE.local.md", ".mcp.json", ".claude/settings.json"],
  ...[".claude/skills", ".claude/agents", ".claude/commands", ".apm"],
].map((path) => `:(top,literal)${path}`);

const QUIET = {
  "core.fsmonitor": "false",
  "core.hooksPath": "/dev/null",
};

/** git that reads, and starts nothing that the repository's settings name. */
export function quietGit(world: Pick<World, "git">, top: string): Git {
  return world.git(top).configured({ settings: QUIET, env: { GIT_NO_LAZY_FETCH: "1" } });
}

/** Errors: `usage.include`, and those of git. */
export async function candidatesIn(world: Pick<World, "git">, tops: Tops): Promise<Candidates> {
  const { worktree, caller } = tops;
  const asked = pathsInside(caller, tops.include);
  const isAsked = (path: string) => asked.some((one) => one === "" || path === one || path.startsWith(`${one}/`));
  const found = new Map<string, Candidate>();
  const add = (top: string, why: Why, paths: readonly string[]) => {
    for (const path of paths) if (!found.has(path)) found.set(path, { path, top, why, isAsked: isAsked(path) });
  };
  const git = quietGit(world, worktree);
  const known = await knownTo(git);
  add(worktree, "tracked", known.tracked);
  add(worktree, "untracked", known.untracked);
  const submodules: Candidates["submodules"] = [];
  for (const link of known.links) {
    const isSent = await addSubmodule(world, { prefix: "", link, tops: [worktree, caller], add, submodules });
    submodules.push({ path: link.path, isSent });
  }
  add(worktree, "claude", await claudeFiles(git));
  // What is not there comes from where its user stands, unless git brings it when it should.
  const isFree = freeIn(worktree);
  const isElsewhere = caller !== worktree && existsSync(join(caller, ".git"));
  if (isElsewhere) add(caller, "claude", (await claudeFiles(quietGit(world, caller))).filter(isFree));
  for (const path of asked) {
    const here = [...filesBelow(worktree, path)];
    const there = isElsewhere ? [...filesBelow(caller, path)].filter(isFree) : [];
    if (here.length + there.length === 0 && !isInGitsHands(found, path)) throw notThere(caller, [path]);
    add(worktree, "included", here);
    add(caller, "included", there);
  }
  const files = [...found.values()];
  const nested = known.nested.filter((path) => !files.some((file) => file.path.startsWith(`${path}/`)));
  return { files, submodules, nested };
}

interface Link {
  path: string;
  commit: string;
}

interface Known {
  tracked: string[];
  untracked: string[];
  links: Link[];
  nested: string[];
}

async function knownTo(git: Git): Promise<Known> {
  const tracked = new Set<string>();
  const links = new Map<string, Link>();
  for (const line of pathsOf(await git.bytes(["ls-files", "-z", "--stage"]))) {
    const path = line.slice(line.indexOf("\t") + 1);
    const [mode, commit = ""] = line.split(" ", 2);
    // A file that took a submodule's place is a file.
    if (mode === "160000" && isDirectory(git.directory, path)) links.set(path, { path, commit });
    else tracked.add(path);
  }
  const found = pathsOf(await git.bytes(["ls-files", "-z", "--others", "--exclude-standard"]));
  return {
    tracked: [...tracked],
    untracked: filesOf(found),
    links: [...links.values()],
    nested: found.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1)),
  };
}

/** Those that git does not track, be they ignored. Skills are often repositories of their own. */
async function claudeFiles(git: Git): Promise<string[]> {
  const found = pathsOf(await git.bytes(["ls-files", "-z", "--others", "--", ...CLAUDE]));
  return found.flatMap((path) => (path.endsWith("/") ? [...filesBelow(git.directory, path.slice(0, -1))] : [path]));
}

function filesOf(paths: readonly string[]): string[] {
  return paths.filter((path) => !path.endsWith("/"));
}

interface AddingSubmodule {
  /** Where the repository stands that has the link; "" or ending in a slash. */
  prefix: string;
  link: Link;
  tops: readonly string[];
  add(top: string, why: Why, paths: readonly string[]): void;
  submodules: Candidates["submodules"];
}

/** Its tracked files, from the first checkout in which it stands at the recorded commit. */
async function addSubmodule(world: Pick<World, "git">, adding: AddingSubmodule): Promise<boolean> {
  const { prefix, link, tops, add, submodules } = adding;
  const path = prefix + link.path;
  for (const top of new Set(tops)) {
    const inner = join(top, shownPath(path));
    if (!insideOf(top)(`${path}/x`) || !existsSync(join(inner, ".git"))) continue;
    const git = quietGit(world, inner);
    const head = await git.attempt(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
    if (head.stdout.trim() !== link.commit) continue;
    const known = await knownTo(git);
    const below = `${path}/`;
    add(
      top,
      "submodule",
      known.tracked.map((one) => below + one),
    );
    for (const deeper of known.links) {
      const isSent = await addSubmodule(world, { ...adding, prefix: below, link: deeper, tops: [top] });
      submodules.push({ path: below + deeper.path, isSent });
    }
    return true;
  }
  return false;
}

function isDirectory(top: string, path: string): boolean {
  try {
    return lstatSync(fullPath(top, path)).isDirectory();
  } catch {
    // Also what is gone: it would be an empty directory.
    return true;
  }
}

/** Whether nothing stands at a path there, and nothing but directories on the way to it. */
function freeIn(top: string): (path: string) => boolean {
  return (path) => {
    const parts = path.split("/");
    for (let count = 1; count <= parts.length; count++) {
      const stats = lstatSync(fullPath(top, parts.slice(0, count).join("/")), { throwIfNoEntry: false });
      if (stats === undefined) return true;
      if (!stats.isDirectory()) return false;
    }
    return false;
  };
}

/** Its files are known already: a tracked one, or one of a submodule. */
function isInGitsHands(found: ReadonlyMap<string, Candidate>, path: string): boolean {
  return found.has(path) || found.keys().some((one) => one.startsWith(`${path}/`));
}
