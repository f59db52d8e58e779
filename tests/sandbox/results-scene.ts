// A run whose project was sent for real, and claude's part of it as a shell script in the sandbox.

import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { capture } from "../../src/features/providers/provider.ts";
import {
  type Delivered,
  type DeliverInput,
  deliver,
  type Gathered,
  type GatherInput,
  gather,
  type Replayed,
  type ReplayInput,
  replay,
  type Taken,
  takeTo,
} from "../../src/features/results/results.ts";
import type { UploadPlan } from "../../src/features/uploads/uploads.ts";
import { makeScene, type Scene, type SceneInput } from "./uploads-scene.ts";

export interface Run extends Scene {
  sent: UploadPlan;
  store: string;
  /** What claude does: POSIX sh in the workspace. */
  claude(script: string, variables?: Record<string, string>): Promise<string>;
  gather(input?: Partial<GatherInput>): Promise<Gathered>;
  /** Gathers first, unless it is told what was gathered. */
  replay(input?: Partial<ReplayInput>): Promise<Replayed>;
  /** Gathers and replays first, unless it is told what was replayed. */
  deliver(input?: Partial<DeliverInput>): Promise<Delivered>;
  takeTo(output: string): Promise<Taken>;
  /** git in the run's private directory. */
  kept(...args: string[]): Promise<string>;
}

export interface RunInput extends SceneInput {
  sharesObjects?: boolean;
  /** Before it is sent. */
  before?(scene: Scene): Promise<unknown>;
}

export const IDENTITY = { name: "Somebody", email: "somebody@example.com" };

const CLAUDE = {
  GIT_AUTHOR_NAME: "Claude",
  GIT_AUTHOR_EMAIL: "claude@example.com",
  GIT_AUTHOR_DATE: "1900000000 +0200",
  GIT_COMMITTER_NAME: "Claude C",
  GIT_COMMITTER_EMAIL: "claude-c@example.com",
  GIT_COMMITTER_DATE: "1900000100 -0500",
};

export async function makeRun({ sharesObjects = true, before, ...input }: RunInput = {}): Promise<Run> {
  const scene = await makeScene(input);
  await before?.(scene);
  const sent = await scene.up({ sharesObjects });
  const { sandbox, world } = scene;
  const store = scene.place.at("data/store.git");
  const home = (own: Partial<GatherInput> = {}) =>
    gather(world, sandbox, {
      runId: "run-1",
      store,
      sent: sent.commit,
      identity: IDENTITY,
      message: "Native execution: do it",
      ...own,
    });
  const again = async (own: Partial<ReplayInput> = {}) =>
    replay(world, {
      ...{ repository: scene.repo.path, base: scene.base, runId: "run-1", store, sent: sent.commit },
      gathered: own.gathered ?? (await home()),
      ...{ extras: sent.extras, altered: sent.altered, submodules: sent.submodules.map(({ path }) => path) },
      ...own,
    });
  return {
    ...scene,
    sent,
    store,
    async claude(script, variables = {}) {
      const ended = await capture(sandbox, { argv: ["sh", "-euc", script], env: { ...CLAUDE, ...variables } });
      if (ended.exit !== 0) throw new Error(`claude's script gave ${ended.exit}: ${ended.stderr}`);
      return ended.stdout.replace(/\n$/, "");
    },
    gather: home,
    replay: again,
    deliver: async (own = {}) =>
      deliver(world, {
        ...{ worktree: scene.worktree, branch: undefined, message: "Native execution: do it\n\nRun: 1\n" },
        replayed: own.replayed ?? (await again()),
        ...own,
      }),
    takeTo: async (output) => takeTo(world, { store, sent: sent.commit, gathered: await home(), output }),
    kept: (...args) => scene.gitAt(store, `--git-dir=${store}`, ...args),
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}

/** "mode path content" of everything below a directory but `.git`, in order; one character for each byte. */
export async function standing(top: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  const at = (path: string) => Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]);
  const names = await readdir(at(below), { encoding: "buffer" });
  for (const name of names.map((one) => one.toString("latin1")).sort()) {
    const path = below === "" ? name : `${below}/${name}`;
    if (path === ".git") continue;
    const stats = await lstat(at(path));
    if (stats.isDirectory()) found.push(...(await standing(top, path)));
    else if (stats.isSymbolicLink()) found.push(`link ${path} ${await readlink(at(path))}`);
    else found.push(`${stats.mode & 0o100 ? "run" : "file"} ${path} ${await readFile(at(path), "latin1")}`);
  }
  return found;
}
