// A repository with a gtr on PATH: the stand-in of a version, laid out as that version is installed, or a real one.

import { chmod, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type CreateLimits,
  createWithGtr,
  type Detected,
  detectGtr,
  type Gtr,
  gtrHooks,
  type HookPhase,
} from "../../src/features/gtr/gtr.ts";
import { discardHalfMade, whileNobodyCreates } from "../../src/features/worktrees/worktrees.ts";
import { locate } from "../../src/git/repository.ts";
import standIn from "./gtr-stand-in.sh" with { type: "text" };
import { makePlace, type Place } from "./place.ts";
import { makeRepo, type Repo } from "./repo.ts";
import { type TestWorld, testWorld } from "./world.ts";

/** Puts programs into a folder for PATH. */
export type InstallGtr = (folder: string) => Promise<void>;

/** 1.x is `gtr`, and `git-gtr` a wrapper that looks for it on PATH; from 2.3 on the program itself is `git-gtr`. */
export function standInGtr(version: string): InstallGtr {
  return async (folder) => {
    const [program, wrapper] = Bun.semver.order(version, "2.3.0") < 0 ? ["gtr", "git-gtr"] : ["git-gtr", "gtr"];
    await writeProgram(join(folder, program), standIn.replace("@VERSION@", version));
    const beside = `exec "$(dirname "$(readlink -f "$0")")/${program}" "$@"`;
    const onPath = `exec ${program} "$@"`;
    await writeProgram(join(folder, wrapper), `#!/usr/bin/env bash\n${version.startsWith("1.") ? onPath : beside}\n`);
  };
}

/** The one that was unpacked beside `program`, by links, as its installer makes them. */
export function realGtr(program: string): InstallGtr {
  return async (folder) => {
    const beside = dirname(program);
    for (const name of await readdir(beside)) await symlink(join(beside, name), join(folder, name));
  };
}

export async function writeProgram(path: string, text: string): Promise<void> {
  await Bun.write(path, text);
  await chmod(path, 0o755);
}

export interface Said {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface GtrSceneInput {
  env?: (place: Place) => Readonly<Record<string, string>>;
}

export interface HooksInput {
  timeoutMs?: number;
  isAgain?: boolean;
  env?: Readonly<Record<string, string>>;
}

export interface GtrScene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  gtr: Gtr;
  made: { path: string; branch: string; commit: string };
  /** What gtr and its hooks said. */
  told: string[];
  /** The warnings. */
  create(other?: { path?: string; branch?: string; limits?: Partial<CreateLimits> }): Promise<string[]>;
  hooks(phase: HookPhase, other?: HooksInput): ReturnType<typeof gtrHooks>;
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  discard(): Promise<string>;
  /** A user's call by hand. */
  type(args: readonly string[], input?: string): Promise<Said>;
  /** Text of a file below the place; undefined when there is none. */
  text(...parts: string[]): Promise<string | undefined>;
}

export async function makeGtrScene(install: InstallGtr, added: GtrSceneInput = {}): Promise<GtrScene> {
  const place = await makePlace();
  const repo = await makeRepo(place, { commits: 2, files: 3 });
  const folder = place.at("programs");
  await mkdir(folder);
  await install(folder);
  const world = testWorld(place, { cwd: repo.path, path: [folder], env: added.env?.(place) ?? {} });
  const gtr = found(await detectGtr(world));
  const commit = await repo.git("rev-parse", "HEAD~1");
  const made = { path: place.at("repo-worktrees/parallel-1"), branch: "parallel-1", commit };
  const gitDir = join(repo.path, ".git");
  const told: string[] = [];
  world.say = (line) => {
    told.push(line);
  };
  const repository = () => locate(world.git(repo.path));
  const alone = <Result>(work: () => Promise<Result>) => whileNobodyCreates(world, gitDir, work);
  return {
    ...{ place, repo, world, gtr, made, told, alone },
    create: async ({ limits, ...other } = {}) =>
      createWithGtr(world, {
        ...{ gtr, repository: await repository(), made: { ...made, ...other }, alone },
        limits: { beginMs: 60_000, filesMs: 60_000, hookMs: 60_000, ...limits },
      }),
    hooks: async (phase, { timeoutMs = 60_000, isAgain, env } = {}) => {
      const { path, branch } = made;
      const seen = env === undefined ? world : testWorld(place, { cwd: repo.path, path: [folder], env });
      return gtrHooks(seen, { gtr, repository: await repository(), phase, path, branch, timeoutMs, isAgain });
    },
    // By another command: this one may have been told to stop.
    discard: () => discardHalfMade(testWorld(place, { cwd: repo.path }), gitDir, made, 2000),
    type: async (args, input = "") => {
      const child = Bun.spawn([gtr.command, ...args], {
        ...{
          cwd: repo.path,
          env: place.env({ path: [folder] }),
          stdin: new Blob([input]),
          stdout: "pipe",
          stderr: "pipe",
        },
      });
      const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      return { exit, stdout, stderr };
    },
    text: (...parts) => readFile(place.at(...parts), "utf8").catch(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

function found(detected: Detected): Gtr {
  if (detected.kind === "found") return detected;
  throw new Error("the gtr that was installed is not found");
}
