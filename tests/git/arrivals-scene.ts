// A repository in which sessions work and branches land, here or at a colleague's, for the tests of who is told of it.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Polled, pollMerges } from "../../src/features/arrivals/arrivals.ts";
import { list } from "../../src/features/messages/inbox.ts";
import type { KnownSession } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";
import { numbered } from "./landed-scene.ts";

export interface Checkout {
  path: string;
  git(...words: string[]): Promise<string>;
  write(file: string, text: string): Promise<void>;
  /** Writes a file and commits everything; answers the commit. */
  commit(file: string, text: string, message?: string): Promise<string>;
  head(name?: string): Promise<string>;
  /** `git merge --squash` and a commit; answers it. */
  squash(branch: string): Promise<string>;
  merge(branch: string): Promise<string>;
}

export interface Worker extends Checkout {
  session: KnownSession;
  branch: string;
  process: Sleeper;
}

export interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  /** The main checkout, on `main`. */
  main: Checkout;
  world: TestWorld;
  /** The first one works in the main checkout, each further one in a worktree. */
  start(name: string): Promise<Worker>;
  poll(): Promise<Polled>;
  /** The news of merges that a session has got so far. */
  news(of: Worker): Promise<string[]>;
  checkoutAt(path: string, date?: number): Checkout;
}

/** `f.txt` of forty numbered lines. */
export async function makeScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const processes = stack.use(new AsyncDisposableStack());
  const checkoutAt = (path: string, date?: number): Checkout => checkout(place, path, date);
  const main = checkoutAt(repo.path);
  await main.commit("f.txt", numbered());
  const owned = stack.move();
  return {
    ...{ place, repo, main, world, checkoutAt },
    start: async (name) => {
      const process = processes.use(sleeper());
      const { session } = await register(world, { repo: repo.path, pid: process.pid, name });
      return { ...checkoutAt(session.worktree_path), session, process, branch: session.branch ?? "" };
    },
    poll: async () => pollMerges(world, await locate(world.git(repo.path))),
    news: async ({ session }) => {
      const { messages } = list(await world.db(), session.id, 100);
      return messages.flatMap(({ message }) =>
        / (was|were|landed) .* as (of commit )?[0-9a-f]{7},? by /.test(message) ? [message] : [],
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function checkout(place: Place, path: string, date?: number): Checkout {
  const env = { ...place.env(), ...(date !== undefined && { GIT_COMMITTER_DATE: `${date} +0000` }) };
  const git = (...words: string[]) => runGit(words, { cwd: path, env });
  const head = (name = "HEAD") => git("rev-parse", "--verify", name);
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await Bun.write(join(path, file), text);
  };
  return {
    ...{ path, git, head, write },
    commit: async (file, text, message = `Change ${file}`) => {
      await write(file, text);
      await git("add", "--all");
      await git("commit", "--quiet", "-m", message);
      return head();
    },
    squash: async (branch) => {
      await git("merge", "--quiet", "--squash", branch);
      await git("commit", "--quiet", "-m", `Squash ${branch}`);
      return head();
    },
    merge: async (branch) => {
      await git("merge", "--quiet", "--no-ff", "-m", `Merge ${branch}`, branch);
      return head();
    },
  };
}

/** A bare `origin` that `main` follows, and a colleague's clone of it. */
export async function withRemote({ main, place, checkoutAt }: Scene): Promise<Checkout> {
  const far = place.at("origin.git");
  await main.git("clone", "--quiet", "--bare", main.path, far);
  await main.git("remote", "add", "origin", far);
  await main.git("fetch", "--quiet", "origin");
  await main.git("remote", "set-head", "origin", "main");
  await main.git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
  await main.git("clone", "--quiet", far, place.at("colleague"));
  return checkoutAt(place.at("colleague"));
}
