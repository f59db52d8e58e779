// A session in a checkout whose agent runs commands, and what is seen to have been written by them.

import { readFileSync, truncateSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Db } from "../../src/db/db.ts";
import type { KnownSession } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/sessions.ts";
import { rememberCheckout, type Written, writtenSince } from "../../src/features/writes/writes.ts";
import type { World } from "../../src/world.ts";
import { makePlace, type Place } from "./place.ts";
import { sleeper } from "./processes.ts";
import { makeRepo, type Repo, type RepoInput, runGit } from "./repo.ts";
import { type TestWorld, testWorld } from "./world.ts";

export interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  /** Of this time: file systems know no other. */
  world: TestWorld;
  db: Db;
  own: KnownSession;
  /** Top of the session's checkout. */
  top: string;
  /** git there; throws when it fails. */
  git(...args: string[]): Promise<string>;
  /** What the agent's shell runs there. A command that fails is an error of the test, unless it is to fail. */
  run(script: string, input?: { fails: boolean }): Promise<void>;
  look(other?: Partial<World>): Promise<Written | undefined>;
  /** Runs it, looks, remembers; answers the files in order of their names, with `+n` for more. */
  wrote(script: string, input?: { fails: boolean }): Promise<string[]>;
}

interface SceneInput extends RepoInput {
  /** Run in the checkout before the session begins. */
  before?: string;
  /** Its checkout is another one than the main one. */
  at?: string;
  /** It begins so much later than what was made for it. */
  lateMs?: number;
}

export async function makeLooks(input: SceneInput = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, input);
  const env = place.env();
  const from =
    (cwd: string) =>
    async (script: string, { fails } = { fails: false }) => {
      const child = Bun.spawn(["sh", "-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      const [out, err, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      if ((exit !== 0) !== fails) throw new Error(`${script} gave ${exit}: ${out}${err}`);
    };
  if (input.before !== undefined) await from(repo.path)(input.before);
  const top = input.at === undefined ? repo.path : place.at(input.at);
  const base = stack.use(testWorld(place, { cwd: top }));
  const world = { ...base, now: () => new Date(Date.now() + (input.lateMs ?? 0)) };
  const { pid } = stack.use(sleeper());
  const { session: own } = await register(world, { repo: top, pid, noWorktree: true });
  const db = await world.db();
  await rememberCheckout(world, db, own);
  const run = from(top);
  const look = (other: Partial<World> = {}) => writtenSince({ ...world, ...other }, db, own);
  const owned = stack.move();
  return {
    ...{ place, repo, world, db, own, top, run, look },
    git: (...args) => runGit(args, { cwd: top, env }),
    async wrote(script, how) {
      await run(script, how);
      const found = await look();
      if (found === undefined) throw new Error(`it could not be seen what ${script} wrote: ${world.lines.at(-1)}`);
      found.remember();
      return [...found.files.sort(), ...(found.more > 0 ? [`+${found.more}`] : [])];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface CountedGit extends AsyncDisposable {
  git: World["git"];
  /** How many were started since it was asked last. */
  count(): number;
}

/** The real git, started through `before` (words of sh), and counted. */
export async function countedGit({ place, top }: Scene, before = ""): Promise<CountedGit> {
  const [folder, calls] = [place.at("counted-git"), place.at("counted")];
  const real = Bun.which("git", { PATH: place.env()["PATH"] ?? "" });
  await mkdir(folder);
  await writeFile(calls, "");
  await writeFile(join(folder, "git"), `#!/bin/sh\necho >> ${calls}\nexec ${before} ${real} "$@"\n`, { mode: 0o755 });
  const world = testWorld(place, { cwd: top, path: [folder] });
  return {
    git: world.git,
    count() {
      const { length } = readFileSync(calls);
      truncateSync(calls);
      return length;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
