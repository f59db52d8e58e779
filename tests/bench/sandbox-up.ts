// 500 MB in 20,000 files into a sandbox, from the first look at the checkout to the proof that all of it arrived, beside
// what it takes to move them compressed and to add them to git once. The sandbox is a directory of the same disk.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../support/place.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { inMemory } from "./memory.ts";
import type { Spawned } from "./spawn.ts";

const FILES = 20_000;
const FILE_BYTES = 25_000;
const FOLDERS = 200;

export const sandboxUp: Figure = {
  name: "sandbox-up",
  unit: "tar | zstd -1 | tar x, git add",
  measures: "ms",
  bound: { ratio: 1.5 },
  rounds: 3,
  async prepare(place, stack, clock) {
    const scene = await scened(place, stack);
    return {
      ours: async () => {
        await scene.clear();
        return clock(scene.sending);
      },
      unit: async () => {
        await scene.clear();
        return clock(scene.moving);
      },
    };
  },
};

export const sandboxUpMemory: Figure = {
  name: "sandbox-up-memory",
  unit: "tar | zstd -1 | tar x, git add",
  measures: "MB",
  bound: { megabytes: 120 },
  rounds: 1,
  async prepare(place, stack) {
    const scene = await scened(place, stack);
    const peak = async (spawned: Spawned): Promise<number> => {
      await scene.clear();
      const child = Bun.spawn([...spawned.command], { cwd: spawned.cwd, env: spawned.env, stdout: "pipe" });
      return Number(await child.stdout.text()) / 1024;
    };
    return { ours: () => peak(scene.sending), unit: () => 1 };
  },
};

interface Scene {
  sending: Spawned;
  moving: Spawned;
  clear(): Promise<void>;
}

async function scened(onDisk: Place, stack: AsyncDisposableStack): Promise<Scene> {
  const place = await inMemory(onDisk, stack);
  const repo = await bigRepo(place);
  const worktree = place.at("run");
  await repo.git("worktree", "add", "--quiet", "--detach", worktree);
  const env = place.env();
  const script = `mkdir moved && tar -C run --exclude=.git -cf - . | zstd -q -1 | zstd -q -d | tar -C moved -xf - &&
    cd moved && git init --quiet && git add --all`;
  const sender = join(import.meta.dir, "sandbox-sender.ts");
  return {
    sending: { command: [process.execPath, sender, place.path, place.home], cwd: place.path, env },
    moving: { command: ["sh", "-c", script], cwd: place.path, env },
    clear: async () => {
      for (const name of ["moved", "sandbox", "data"]) await rm(place.at(name), { recursive: true, force: true });
    },
  };
}

/** Words in no order, the same each time: they compress as source does. */
async function bigRepo(place: Place): Promise<Repo> {
  const repo = await makeRepo(place, { unborn: true });
  const words = Array.from({ length: 4000 }, (_, at) => Math.sin(at).toString(36).slice(2, 10));
  let state = 1;
  const next = (most: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
  for (let at = 0; at < FILES; at++) {
    const folder = join(repo.path, `folder-${at % FOLDERS}`);
    if (at < FOLDERS) await mkdir(folder);
    const parts: string[] = [];
    for (let size = 0; size < FILE_BYTES; ) {
      const word = `${words[next(4000)]}${next(12) === 0 ? ";\n" : " "}`;
      parts.push(word);
      size += word.length;
    }
    await writeFile(join(folder, `file-${at}.ts`), parts.join(""));
  }
  await repo.git("add", "--all");
  await repo.git("commit", "--quiet", "--message=Big");
  return repo;
}
