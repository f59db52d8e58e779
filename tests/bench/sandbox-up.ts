// 500 MB in 20,000 files into a native sandbox, from the first look at the checkout to the proof that all of it arrived,
// beside what it takes to move them compressed and to add them to git once.

import { rm } from "node:fs/promises";
import { bigRepo } from "./big-repo.ts";
import type { Figure } from "./figure.ts";
import { inMountedMemory } from "./memory.ts";
import { sandboxScene } from "./sandbox-scene.ts";

const MOVING = `mkdir moved && tar -C repo --exclude=.git -cf - . | zstd -q -1 | zstd -q -d | tar -C moved -xf - &&
  cd moved && git init --quiet && git add --all`;

export const sandboxUp: Figure = {
  name: "sandbox-up",
  unit: "tar | zstd -1 | tar x, git add",
  measures: "ms",
  bound: { ratio: 1.5 },
  rounds: 3,
  async prepare(onDisk, stack, clock) {
    const place = await inMountedMemory(onDisk, stack);
    const scene = await sandboxScene(place, { repo: await bigRepo(place), sh: "" });
    return {
      ours: async () => {
        clock(scene.run("--dry-run", "--json"));
        return scene.newest().sentMs;
      },
      unit: async () => {
        const ms = clock({ command: ["sh", "-c", MOVING], cwd: place.path, env: place.env() });
        await rm(place.at("moved"), { recursive: true });
        return ms;
      },
    };
  },
};
