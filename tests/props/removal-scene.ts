// A course's repository while it runs: who lives where, which worktrees there are, and what has landed.

import { Database } from "bun:sqlite";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { runGit } from "../support/repo.ts";
import type { Print } from "./removal-print.ts";
import { copyTemplate } from "./removal-template.ts";

export interface Session {
  id: string;
  /** Where it works. */
  path: string;
  isMain: boolean;
  owner: Sleeper;
}

export interface Tree {
  path: string;
  /** Its name below the repository's worktrees/, "" for the main one. */
  admin: string;
  kind: "ours" | "foreign" | "main";
  /** The branch it was made on. */
  branch: string;
  /** Where that began. */
  fork: string;
  /** Where it is meant to land; undefined when nobody can know. */
  target: string | undefined;
  /** Names its own file. */
  index: number;
  /** Its submodule holds what no other repository does. */
  hasSubmoduleWork: boolean;
  /** The tip that has certainly landed, where everybody can see it. */
  landedAt: string | undefined;
  /** Something was done that a careful cleanup may keep it for. */
  isOdd: boolean;
  /** Its last release was told to keep it. */
  isKept: boolean;
}

/** A worktree as it stood when it was removed. */
export interface Removed {
  id: string;
  tree: Tree;
  print: Print;
  branches: ReadonlyMap<string, string>;
  log: string | undefined;
  settings: string | undefined;
  /** Its trash is gone: what git ignored, and repositories inside, do not come back. */
  isPruned: boolean;
}

/** How often what happened; a run that never removes anything would prove nothing. */
export type Tally = Map<string, number>;

export interface Scene extends AsyncDisposable {
  place: Place;
  tally: Tally;
  sessions: (Session | undefined)[];
  trees: Map<string, Tree>;
  /** What `undo` can bring back, the last one at the end. */
  removals: Map<string, Removed>;
  /** Commits all of whose work has landed, and the commits of main of which any brings it: main may be reset past them. */
  landed: Map<string, string[]>;
  /** Merges that git made by itself, with their parents: they bring nothing of their own. */
  merges: Map<string, readonly string[]>;
  /** Object id → type. */
  types: Map<string, string>;
  /** A number that was not given before. */
  next(): number;
  git(cwd: string, ...args: string[]): Promise<string>;
  /** As `git`; undefined when it fails. */
  try(cwd: string, ...args: string[]): Promise<string | undefined>;
  startOwner(): Sleeper;
  /** The recorded process of the session is not the one that has its pid now. */
  reusePid(sessionId: string): void;
}

export async function makeScene(template: Place, sessions: number, tally: Tally): Promise<Scene> {
  const place = await copyTemplate(template);
  const env = place.env();
  const owners: Sleeper[] = [];
  let numbers = 0;
  const scene: Scene = {
    place,
    tally,
    sessions: Array.from({ length: sessions }, () => undefined),
    trees: new Map(),
    removals: new Map(),
    landed: new Map(),
    merges: new Map(),
    types: new Map(),
    next: () => ++numbers,
    git: (cwd, ...args) => runGit(args, { cwd, env }),
    async try(cwd, ...args) {
      const child = Bun.spawn(["git", ...args], { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
      const stdout = await child.stdout.text();
      return (await child.exited) === 0 ? stdout.trimEnd() : undefined;
    },
    startOwner() {
      const owner = sleeper();
      owners.push(owner);
      return owner;
    },
    reusePid(sessionId) {
      const sqlite = new Database(place.at("home/.parallel-cc/coordinator.db"));
      try {
        sqlite.run("UPDATE session_processes SET start_time = '1' WHERE session_id = ?", [sessionId]);
      } finally {
        sqlite.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(owners.map((owner) => owner.kill()));
      await place[Symbol.asyncDispose]();
    },
  };
  const repo = place.at("repo");
  const foreign = place.at("foreign");
  await scene.git(repo, "worktree", "add", "-q", "-b", "user/foreign", foreign);
  const fork = await scene.git(repo, "rev-parse", "main");
  const common = { fork, target: undefined, hasSubmoduleWork: false, landedAt: undefined, isOdd: true, isKept: false };
  scene.trees.set(repo, { ...common, path: repo, admin: "", kind: "main", branch: "main", index: 0 });
  scene.trees.set(foreign, {
    ...common,
    path: foreign,
    admin: "foreign",
    kind: "foreign",
    branch: "user/foreign",
    index: 1,
  });
  return scene;
}

export function count(scene: Pick<Scene, "tally">, what: string): void {
  scene.tally.set(what, (scene.tally.get(what) ?? 0) + 1);
}

export function ours(scene: Scene): Tree[] {
  return [...scene.trees.values()].filter(({ kind }) => kind === "ours");
}

/** Mostly a worktree of ours; now and then the main checkout or the user's own worktree. */
export function treeOf(scene: Scene, who: number): Tree {
  const mine = ours(scene);
  const others = [...scene.trees.values()].filter(({ kind }) => kind !== "ours");
  const list = who < 17 && mine.length > 0 ? mine : others;
  const tree = list[who % list.length];
  if (tree === undefined) throw new Error("a scene has a main checkout");
  return tree;
}

export function liveIn(scene: Scene, path: string): Session | undefined {
  return scene.sessions.find((one) => one?.path === path);
}

export function adminDirOf(scene: Scene, { kind, admin }: Tree): string {
  return kind === "main" ? scene.place.at("repo/.git") : scene.place.at("repo/.git/worktrees", admin);
}

/** The branch its HEAD stands on; undefined when that is none. */
export function branchOf(scene: Scene, tree: Tree): string | undefined {
  const head = readFileSync(join(adminDirOf(scene, tree), "HEAD"), "utf8").trim();
  return head.startsWith("ref: refs/heads/") ? head.slice("ref: refs/heads/".length) : undefined;
}

const UNDER_WAY = ["rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG"];

/** Git is in the middle of something there. */
export function underWay(scene: Scene, tree: Tree): string[] {
  return UNDER_WAY.filter((name) => existsSync(join(adminDirOf(scene, tree), name)));
}
