// 50 MB that claude has changed in 2,000 files of 20,000, and not committed: from its end until they stand under the run's
// ref in the repository, looked through, beside a copy of them.

import { readFile, rm } from "node:fs/promises";
import { bigRepo, FILES } from "./big-repo.ts";
import type { Figure } from "./figure.ts";
import { inMountedMemory } from "./memory.ts";
import { DONE, NOW, sandboxScene } from "./sandbox-scene.ts";

const CHANGED = 2_000;
/** Those of every tenth folder. */
const FOLDERS = "folder-*0";
/** Otherwise each time: what the repository has by then would not come again. */
const CHANGING = `sed -i "1s/^/${NOW} /" ${FOLDERS}/*
echo "{\\"type\\":\\"system\\",\\"subtype\\":\\"ended\\",\\"at\\":${NOW}}"
${DONE}`;
const COPYING = `mkdir copied && cp -R repo/${FOLDERS} copied`;

export const sandboxRunHome: Figure = {
  name: "sandbox-run-home",
  unit: "cp -R of what changed",
  measures: "ms",
  bound: { ms: 2_000, andRatio: 1.5 },
  rounds: 5,
  async prepare(onDisk, stack, clock) {
    const place = await inMountedMemory(onDisk, stack);
    const repo = await bigRepo(place);
    const scene = await sandboxScene(place, { repo, sh: CHANGING });
    return {
      ours: async () => {
        clock(scene.run("--prompt", "Change them", "--json"));
        const { log, notes } = scene.newest();
        const ended = Number(/"subtype":"ended","at":(\d+)/.exec(await readFile(log, "utf8"))?.[1]);
        const home = notes.find(({ text }) => text === `Home: 0 commits, ${CHANGED} files changed.`);
        if (home === undefined) throw new Error(`not ${CHANGED} of ${FILES} files came home`);
        await scene.clear();
        return home.at.getTime() - ended;
      },
      unit: async () => {
        const ms = clock({ command: ["sh", "-c", COPYING], cwd: place.path, env: place.env() });
        await rm(place.at("copied"), { recursive: true });
        return ms;
      },
    };
  },
};
