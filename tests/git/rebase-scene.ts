// A session in a worktree of its own, whose target `main` goes on; and what rebasing it does.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RebaseInput, type Rebasing, rebase } from "../../src/features/rebase/rebase.ts";
import type { KnownSession } from "../../src/features/roster/roster.ts";
import { register } from "../../src/features/sessions/register.ts";
import { sleeper } from "../support/processes.ts";
import { type GitInput, runGit } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";
import { lines, type MergeScene, makeMergeScene } from "./merge-scene.ts";

export interface RebaseScene extends AsyncDisposable {
  scene: MergeScene;
  world: TestWorld;
  session: KnownSession;
  top: string;
  adminDir: string;
  branch: string;
  /** git in the worktree. */
  git(...words: string[]): Promise<string>;
  /** Writes a file there. */
  write(path: string, text: string): Promise<void>;
  /** Commits there what changes a file; gives the commit. */
  commit(path: string, text: string): Promise<string>;
  /** Commits on `main`, in the main checkout. */
  onMain(path: string, text: string | null): Promise<string>;
  head(): Promise<string>;
  run(input?: Partial<RebaseInput>): Promise<Rebasing>;
}

/** `f.txt` of thirty lines stands on main, and in the worktree. */
export async function makeRebaseScene(): Promise<RebaseScene> {
  const stack = new AsyncDisposableStack();
  const scene = stack.use(await makeMergeScene());
  await scene.commit("main", { "f.txt": lines(30) });
  const [first, second] = [stack.use(sleeper()), stack.use(sleeper())];
  const world = stack.use(testWorld(scene.place, { cwd: scene.repo.path }));
  await register(world, { pid: first.pid });
  const { session } = await register(world, { pid: second.pid });
  const top = session.worktree_path;
  const there: GitInput = { cwd: top, env: scene.place.env() };
  const git = (...words: string[]) => runGit(words, there);
  const head = () => git("rev-parse", "HEAD");
  const write = async (path: string, text: string) => void (await Bun.write(join(top, path), text));
  return {
    ...{ scene, world, session, top, git, head, write },
    adminDir: join(scene.gitDir, "worktrees", session.admin_name ?? ""),
    branch: session.branch ?? "",
    commit: async (path, text) => {
      await write(path, text);
      await git("add", "--all");
      await git("commit", "--quiet", "-m", `mine: ${path}`);
      return head();
    },
    onMain: (path, text) => scene.commit("main", { [path]: text }),
    run: (input = {}) => rebase(world, { asker: { session }, ...input }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Every file of the worktree and of its git directory, the index too, byte for byte and with its times. */
export function everything({ top, adminDir, scene }: RebaseScene): Record<string, string> {
  const print = (directory: string) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path): [string, string] => [path, String(Bun.hash(readFileSync(path)))]);
  const refs = join(scene.gitDir, "refs");
  return Object.fromEntries([top, adminDir, refs, join(scene.gitDir, "logs")].filter(existsSync).flatMap(print));
}
