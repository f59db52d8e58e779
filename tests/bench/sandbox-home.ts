// The way home of a tenth of a project of 500 MB in 20,000 files: out of a plain sandbox, looked at, into history and
// onto a branch of the run's worktree.

import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { planUpload, sendUpload } from "../../src/features/uploads/uploads.ts";
import type { Place } from "../support/place.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import type { Figure } from "./figure.ts";
import { inMemory } from "./memory.ts";

const FILES = 20_000;
const FILE_BYTES = 25_000;
const EVERY = 10;
/** What is not the bytes: git, started again and again, and a look at all files. */
const ALLOWED_MS = 2000;

export const sandboxHome: Figure = {
  name: "sandbox-home-over-2s",
  unit: "copy of what changed",
  measures: "ms",
  bound: { ratio: 1.5 },
  rounds: 5,
  async prepare(disk, stack) {
    const home = await changedProject(await inMemory(disk, stack));
    return { ours: async () => Math.max(0, (await home.bring()).ms - ALLOWED_MS), unit: home.copy };
  },
};

export const sandboxHomeMemory: Figure = {
  name: "sandbox-home-memory",
  unit: "copy of what changed, ms",
  measures: "MB",
  bound: { megabytes: 120 },
  rounds: 3,
  async prepare(disk, stack) {
    const home = await changedProject(await inMemory(disk, stack));
    return { ours: async () => (await home.bring()).peak, unit: home.copy };
  },
};

async function changedProject(place: Place) {
  const env = place.env();
  const repo = await makeRepo(place, { unborn: true });
  await writeFiles(repo.path, 1, 1);
  await repo.git("-c", "core.compression=0", "-c", "core.bigFileThreshold=1", "add", "--all");
  await repo.git("commit", "--quiet", "--message=First");
  const base = await repo.git("rev-parse", "HEAD");
  const worktree = place.at("run");
  await repo.git("worktree", "add", "--quiet", "--detach", worktree);
  const world = testWorld(place);
  const sandbox = await plainSandbox(place);
  const store = place.at("data/store.git");
  const asked = { repository: repo.path, worktree, caller: repo.path, include: [], store, base, sharesObjects: true };
  const { commit: sent } = await sendUpload(world, sandbox, await planUpload(world, asked), { compression: "none" });
  await cp(store, place.at("store-before"), { recursive: true });
  await writeFiles(sandbox.places.workspace, 2, EVERY);
  await Bun.write(place.at("run.json"), JSON.stringify({ base, sent }));
  await Bun.write(place.at("changed"), names(EVERY).join("\n"));
  const packs = join(repo.path, ".git/objects/pack");
  const before = new Set(await readdir(packs));
  const asBefore = async () => {
    const git = (...args: string[]) => runGit(args, { cwd: worktree, env });
    await git("checkout", "--quiet", "--force", "--detach", base);
    await git("clean", "-fdq");
    await runGit(["update-ref", "--stdin"], {
      cwd: repo.path,
      env,
      input: "delete refs/heads/home\ndelete refs/parallel-cc/sandbox/run-1\n",
    });
    for (const name of await readdir(packs)) if (!before.has(name)) await rm(join(packs, name), { force: true });
    await rm(sandbox.places.run, { recursive: true, force: true });
    await rm(place.at("data"), { recursive: true, force: true });
    await cp(place.at("store-before"), store, { recursive: true });
  };
  return {
    async bring(): Promise<{ ms: number; peak: number }> {
      const runner = join(import.meta.dir, "sandbox-home-runner.ts");
      const child = Bun.spawn([process.execPath, runner, place.path], { env, stdout: "pipe", stderr: "inherit" });
      const [said, exit] = await Promise.all([child.stdout.text(), child.exited]);
      if (exit !== 0) throw new Error(`the way home ended with ${exit}`);
      await asBefore();
      return JSON.parse(said);
    },
    async copy(): Promise<number> {
      const started = performance.now();
      await Bun.$`tar -C ${sandbox.places.workspace} -cf - -T ${place.at("changed")} | tar -C ${place.tmp} -xf -`.quiet();
      const ms = performance.now() - started;
      for (const name of await readdir(place.tmp)) await rm(join(place.tmp, name), { recursive: true });
      return ms;
    },
  };
}

function names(every: number): string[] {
  const all = Array.from({ length: FILES / every }, (_, index) => index * every);
  return all.map((index) => `folder-${index % 100}/file-${index}.txt`);
}

/** Text that does not shrink much, another one for each seed. */
async function writeFiles(top: string, seed: number, every: number): Promise<void> {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const name of names(every)) {
    const lines: string[] = [];
    for (let size = 0; size < FILE_BYTES; size += 65) {
      lines.push(hasher.update(`${seed} ${name}`).copy().digest("hex"));
    }
    await Bun.write(join(top, name), `${lines.join("\n")}\n`.slice(0, FILE_BYTES));
  }
}
