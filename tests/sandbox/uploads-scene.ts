// A repository, a run's own checkout of it beside the caller's, and a plain sandbox: what uploads are tried with.

import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type PlanInput,
  type Planning,
  planUpload,
  sendUpload,
  type UploadPlan,
} from "../../src/features/uploads/uploads.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type PlainSandbox, plainSandbox } from "../support/plain-sandbox.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

/** Content of a file; `link` is a symbolic link's target, `run` a program's text. */
export type Content = string | Uint8Array | { link: string } | { run: string };

export async function write(top: string, files: Readonly<Record<string, Content>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(top, name);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === "string" || content instanceof Uint8Array) await writeFile(file, content);
    else if ("link" in content) await symlink(content.link, file);
    else {
      await writeFile(file, content.run);
      await chmod(file, 0o755);
    }
  }
}

export interface Scene extends AsyncDisposable {
  place: Place;
  world: TestWorld;
  /** The caller's checkout. */
  repo: Repo;
  /** The run's. */
  worktree: string;
  sandbox: PlainSandbox;
  base: string;
  gitAt(directory: string, ...args: string[]): Promise<string>;
  planInput: PlanInput;
  plan(input?: Partial<Planning>): Promise<UploadPlan>;
  send(plan: UploadPlan): Promise<UploadPlan>;
  /** Plans, sends, and answers the plan that arrived. */
  up(input?: Partial<Planning>): Promise<UploadPlan>;
}

export interface SceneInput {
  /** Committed; without them, one file. */
  files?: Readonly<Record<string, Content>>;
  format?: "sha1" | "sha256";
  name?: string;
}

export async function makeScene({ files, format = "sha1", name }: SceneInput = {}): Promise<Scene> {
  const place = await makePlace(name);
  const world = testWorld(place);
  const env = place.env();
  const gitAt = (cwd: string, ...args: string[]) => runGit(args, { cwd, env });
  const repo = await repository(place, { files, format });
  const base = await repo.git("rev-parse", "HEAD");
  const worktree = place.at("run");
  await repo.git("worktree", "add", "--quiet", "--detach", worktree);
  const sandbox = await plainSandbox(place);
  const planInput: PlanInput = {
    ...{ repository: repo.path, worktree, caller: repo.path, include: [], store: place.at("data/store.git") },
    ...{ base, sharesObjects: true },
  };
  const plan = (input: Partial<Planning> = {}) => planUpload(world, { ...planInput, ...input });
  const send = (planned: UploadPlan) => sendUpload(world, sandbox, planned, { compression: "none" });
  return {
    ...{ place, world, repo, worktree, sandbox, base, gitAt, planInput, plan, send },
    up: async (input) => send(await plan(input)),
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

interface RepositoryInput {
  files: SceneInput["files"];
  format: "sha1" | "sha256";
}

async function repository(place: Place, { files, format }: RepositoryInput) {
  if (files === undefined && format === "sha1") return makeRepo(place);
  const repo = await makeRepo(place, { unborn: true });
  if (format !== "sha1") {
    await rm(join(repo.path, ".git"), { recursive: true });
    await repo.git("init", "--quiet", `--object-format=${format}`, "--initial-branch=main");
  }
  await write(repo.path, files ?? { "file-0.txt": "one\n" });
  await repo.git("add", "--all", "--force");
  await repo.git("commit", "--quiet", "--allow-empty", "--message=First");
  return repo;
}

/** What the sandbox has committed: "mode id path" lines. */
export function treeIn(scene: Scene): Promise<string> {
  return scene.gitAt(scene.sandbox.places.workspace, "-c", "core.quotePath=false", "ls-tree", "-r", "work");
}

export async function namesIn(scene: Scene): Promise<string[]> {
  const listed = await scene.gitAt(scene.sandbox.places.workspace, "ls-tree", "-r", "-z", "--name-only", "work");
  return listed.split("\0").filter(Boolean);
}

/** As somebody plans it who is not allowed everything. */
export async function planOfNobody(scene: Scene): Promise<UploadPlan> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await Bun.$`chown -R 65534:65534 ${scene.place.path}`.quiet();
  const asNobody = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  const { said, complaint, exit } = await elsewhere(scene, asNobody, ["plan", JSON.stringify(scene.planInput)]);
  if (exit !== 0) throw new Error(complaint);
  return JSON.parse(said);
}

/** By another process, which is killed once so many bytes have gone. */
export async function sendUntilKilled(scene: Scene, bytes: number): Promise<void> {
  const words = ["send", JSON.stringify(scene.planInput), scene.place.path, String(bytes)];
  const { complaint, signal } = await elsewhere(scene, [], words);
  if (signal !== "SIGKILL") throw new Error(`it was not killed: ${complaint}`);
}

async function elsewhere(scene: Scene, by: readonly string[], words: readonly string[]) {
  const child = Bun.spawn([...by, process.execPath, join(import.meta.dir, "uploads-planner.ts"), ...words], {
    ...{ cwd: scene.place.path, env: scene.place.env(), stderr: "pipe" },
  });
  const [said, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { said, complaint, exit: await child.exited, signal: child.signalCode };
}
