// Two sessions at work in one repository: `one` in the main checkout, `two` in a worktree, each living by a process.

import { type KnownSession, session } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { makePlace, type Place } from "./place.ts";
import { type Sleeper, sleeper } from "./processes.ts";
import { makeRepo, type Repo } from "./repo.ts";
import { type TestWorld, testWorld } from "./world.ts";

export interface AtWork {
  known: KnownSession;
  process: Sleeper;
  /** Where it stands, as its own commands see it. */
  world: TestWorld;
}

export interface TwoSessions extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  one: AtWork;
  two: AtWork;
  /** A third one and more, each in a worktree. */
  start(name: string): Promise<AtWork>;
  /** Beside the first one, in its checkout. */
  share(name: string): Promise<AtWork>;
  /** The row of now. */
  now(of: AtWork): Promise<KnownSession>;
}

export async function twoSessions(): Promise<TwoSessions> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const processes = stack.use(new AsyncDisposableStack());
  const enter = async (name: string, noWorktree: boolean): Promise<AtWork> => {
    const process = processes.use(sleeper());
    const { session: known } = await register(world, { repo: repo.path, pid: process.pid, name, noWorktree });
    return { known, process, world: world.as({ cwd: known.worktree_path, parentPid: process.pid }) };
  };
  const start = (name: string) => enter(name, false);
  const one = await start("one");
  const two = await start("two");
  const owned = stack.move();
  return {
    ...{ place, repo, world, one, two, start },
    share: (name) => enter(name, true),
    now: async ({ known }) => {
      const found = session(await world.db(), known.id);
      if (found === undefined) throw new Error(`session ${known.id} is over`);
      return found;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
