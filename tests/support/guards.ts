// A repository with sessions at work in it, for commands to be judged in. Nothing of a command is run.

import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { judgeCommand } from "../../src/features/guards/guards.ts";
import type { KnownSession } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { makePlace, type Place } from "./place.ts";
import { sleeper } from "./processes.ts";
import { makeRepo, type Repo, runGit } from "./repo.ts";
import { type TestWorld, testWorld } from "./world.ts";

/** Who is about to run the command. */
export type Who = "own" | "lead";
/** Where its shell stands: in the checkout of one of them, in their parent, or outside of any repository. */
export type Where = "own" | "lead" | "beta" | "over" | "worktrees" | "outside";

export interface GuardScene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  sessions: { own: KnownSession; lead: KnownSession; beta: KnownSession; over: KnownSession };
  /** Fills `{own}`, `{beta.branch}` and the like in. */
  filled(command: string): string;
  judge(command: string, asked?: { as?: Who | undefined; where?: Where | undefined }): ReturnType<typeof judgeCommand>;
  git(where: string, ...args: string[]): Promise<string>;
}

/**
 * `lead` works in the main checkout on `main`, `own` and `beta` each in a worktree; `over` is dead, its worktree is left.
 * The stash has an entry of each, the newest first: {0} of beta, {1} of own, {2} of lead, {3} of over.
 */
export async function makeGuardScene(): Promise<GuardScene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { files: 4 });
  await writeFile(join(repo.path, ".gitignore"), "node_modules/\ndist/\n");
  await repo.git("add", ".gitignore");
  await repo.git("commit", "--quiet", "--message=what is ignored");
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const started = async (name: string): Promise<{ session: KnownSession; end: () => Promise<void> }> => {
    const claude = stack.use(sleeper());
    const { session } = await register(world, { pid: claude.pid, name });
    return { session, end: () => claude.kill() };
  };
  const lead = await started("lead");
  const own = await started("own");
  const beta = await started("beta");
  const over = await started("over");
  const sessions = { own: own.session, lead: lead.session, beta: beta.session, over: over.session };
  const git = (where: string, ...args: string[]) => runGit(args, { cwd: where, env: place.env() });
  for (const one of [over, lead, own, beta]) {
    const { worktree_path: path, name } = one.session;
    await writeFile(join(path, "file-0.txt"), `changed by ${name}\n`);
    await git(path, "stash", "push", "--quiet");
    await writeFile(join(path, "file-0.txt"), `changed again by ${name}\n`);
    await mkdir(join(path, "dist"));
    await writeFile(join(path, "dist", "built.js"), "built\n");
  }
  const admin = join(repo.path, ".git", "worktrees", sessions.own.admin_name ?? "");
  for (const directory of [join(repo.path, ".git"), admin]) await writeFile(join(directory, "index.lock"), "");
  await over.end();
  await mkdir(place.at("outside", "clone"), { recursive: true });
  await git(place.at("outside", "clone"), "init", "--quiet");
  await symlink(sessions.beta.worktree_path, place.at("outside", "link-to-beta"));
  const directories: Record<Where, string> = {
    ...{ own: sessions.own.worktree_path, lead: sessions.lead.worktree_path, beta: sessions.beta.worktree_path },
    ...{
      over: sessions.over.worktree_path,
      worktrees: dirname(sessions.own.worktree_path),
      outside: place.at("outside"),
    },
  };
  const words = new Map(Object.entries(directories).map(([name, path]) => [`{${name}}`, path]));
  for (const [name, session] of Object.entries(sessions)) {
    words.set(`{${name}.branch}`, session.branch ?? "");
    words.set(`{${name}.name}`, session.worktree_name ?? "");
  }
  words.set("{place}", place.path);
  const filled = (command: string): string => {
    return command.replace(/\{[a-z]+(\.[a-z]+)?\}/g, (found) => words.get(found) ?? found);
  };
  const db = await world.db();
  const owned = stack.move();
  return {
    ...{ place, repo, world, sessions, filled, git },
    judge: (command, { as = "own", where = as } = {}) =>
      judgeCommand(world, db, sessions[as], { command: filled(command), directory: directories[where] }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
