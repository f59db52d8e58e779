// A repository with worktrees that nobody is in any longer, for the tests of what is removed and what comes back.

import { expect } from "bun:test";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Cleaned, cleanup } from "../../src/features/cleanup/cleanup.ts";
import { undo } from "../../src/features/cleanup/undo.ts";
import { type RegisterInput, register } from "../../src/features/sessions/register.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo, type RepoInput, runGit } from "../support/repo.ts";
import { type TestWorld, testWorld, type WorldInput } from "../support/world.ts";

export const DAY_MS = 86_400_000;

/** A worktree that a session had. */
export interface Tree {
  path: string;
  branch: string;
  sessionId: string;
  /** Its git directory. */
  adminDir: string;
  git: Repo["git"];
  /** Below its top; folders are made. */
  write(file: string, text: string | Uint8Array): Promise<void>;
  /** Writes a file and commits it; answers the commit. */
  commit(file: string, text?: string): Promise<string>;
}

export interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  git: Repo["git"];
  world: TestWorld;
  /** Lives until the scene ends, unless it is killed. */
  process(): Sleeper;
  /** A process that stands there; ends as those do. */
  standsIn(directory: string): Sleeper;
  /** A worktree whose session lives. */
  live(input?: RegisterInput): Promise<Tree>;
  /** A worktree whose session has died: nothing keeps it, since nobody committed to it. */
  left(input?: RegisterInput): Promise<Tree>;
  cleanup(): Promise<Cleaned>;
  /** Cleans up, and answers what keeps the worktree; nothing when it went. */
  keeps(tree: Tree): Promise<string[]>;
  /** Cleans up, which must remove the worktree; answers what undo takes. */
  remove(tree: Tree): Promise<string>;
  undo(input?: Parameters<typeof undo>[1]): ReturnType<typeof undo>;
  /** In `main`, as one commit of the same content. */
  land(branch: string): Promise<string>;
}

export interface SceneInput extends WorldInput {
  /** Of the place. */
  name?: string;
  repo?: RepoInput;
  /** In the place of `makeRepo`. */
  makeRepo?: (place: Place) => Promise<Repo>;
}

/** `main` is taken by a live session in the main checkout, so that each further one gets a worktree. */
export async function makeScene(input: SceneInput = {}): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace(input.name));
  const repo = await (input.makeRepo?.(place) ?? makeRepo(place, { files: 3, ...input.repo }));
  const world = stack.use(testWorld(place, { cwd: repo.path, ...input }));
  const process = () => stack.use(sleeper());
  const standsIn = (directory: string): Sleeper => {
    const child = Bun.spawn(["sleep", "3600"], { cwd: directory, stdio: ["ignore", "ignore", "ignore"] });
    const kill = async () => {
      child.kill("SIGKILL");
      await child.exited;
    };
    return stack.use({ pid: child.pid, kill, [Symbol.asyncDispose]: kill });
  };
  await register(world, { pid: process().pid });
  const start = async (asked: RegisterInput, { pid }: Sleeper): Promise<Tree> => {
    const { session } = await register(world, { pid, ...asked });
    const { worktree_path: path, branch, id: sessionId } = session;
    const git: Repo["git"] = (...args) => runGit(args, { cwd: path, env: place.env() });
    const write: Tree["write"] = async (file, text) => {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), text);
    };
    const commit: Tree["commit"] = async (file, text = `${file}\n`) => {
      await write(file, text);
      await git("add", "--force", "--", file);
      await git("commit", "--quiet", "-m", `Change ${file}`);
      return git("rev-parse", "HEAD");
    };
    const adminDir = await git("rev-parse", "--absolute-git-dir");
    return { path, branch: branch ?? "", sessionId, adminDir, git, write, commit };
  };
  const clean = () => cleanup(world, { repo: repo.path });
  return {
    place,
    repo,
    git: repo.git,
    world,
    process,
    standsIn,
    live: (asked = {}) => start(asked, process()),
    left: async (asked = {}) => {
      const owner = process();
      const tree = await start(asked, owner);
      await owner.kill();
      return tree;
    },
    cleanup: clean,
    keeps: async (tree) => {
      const { applied } = await clean();
      const kept = applied?.kept.find(({ item }) => item.kind !== "session" && item.path === tree.path);
      const reasons = kept?.keeps.map(({ reason }) => reason) ?? [];
      expect({ reasons, isThere: isThere(tree.path) }).toEqual({ reasons, isThere: reasons.length > 0 });
      return reasons;
    },
    remove: async (tree) => {
      const { applied } = await clean();
      const removed = applied?.removed.find(({ path }) => path === tree.path);
      if (removed === undefined) throw new Error(`kept: ${JSON.stringify(applied?.kept.map(({ keeps }) => keeps))}`);
      return removed.id;
    },
    undo: (asked = {}) => undo(world, asked),
    land: async (branch) => {
      await repo.git("merge", "--quiet", "--squash", branch);
      await repo.git("commit", "--quiet", "-m", `Squash ${branch}`);
      return repo.git("rev-parse", "HEAD");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Everything below a directory: kind and mode of each entry, and what a file or link holds, byte for byte. */
export function contentOf(directory: string, isLeft: (path: string) => boolean = () => false): Record<string, string> {
  const found: Record<string, string> = {};
  const left = [""];
  // Bun's own recursive reading follows links (1.4).
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    for (const entry of readdirSync(pathOf(directory, folder), { encoding: "latin1" })) {
      const name = folder === "" ? entry : `${folder}/${entry}`;
      const path = pathOf(directory, name);
      const stat = lstatSync(path);
      const mode = stat.mode.toString(8);
      if (isLeft(name)) continue;
      if (stat.isDirectory()) left.push(name);
      found[name] = stat.isSymbolicLink() ? `${mode} ${readlinkSync(path)}` : mode;
      if (stat.isFile()) found[name] = `${mode} ${readFileSync(path, "latin1")}`;
    }
  }
  return found;
}

/** Names are bytes. */
function pathOf(directory: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, "latin1")]);
}

/** What git would tell of a worktree, and git's own files for it. */
export async function standingOf({ path, branch, adminDir, git }: Tree) {
  return {
    files: contentOf(path),
    admin: contentOf(adminDir, (name) => name === "index" || name === "COMMIT_EDITMSG"),
    index: await git("ls-files", "--stage", "-v"),
    status: await git("status", "--porcelain=v2", "--branch", "--ignored"),
    branchLog: readFileSync(join(dirname(dirname(adminDir)), "logs/refs/heads", branch), "utf8"),
    name: basename(path),
  };
}
