// The room's door: looks at what parallel-cc needs and says what to do about what is missing. Writes nothing, and
// whatever fails or hangs in one check is that check's answer: the others are told all the same.

import { checkAlias } from "./alias.ts";
import { type Check, failed } from "./check.ts";
import { checkClaudeFiles } from "./claude-files.ts";
import { checkDatabase } from "./database.ts";
import { checkDisks } from "./disk.ts";
import { checkGuard } from "./guard.ts";
import { checkHookLog } from "./hook-log.ts";
import { checkInstallation } from "./installation.ts";
import { checkPlace } from "./place.ts";
import { checkProcesses } from "./processes.ts";
import { checkClaude, checkGit, checkGtr } from "./programs.ts";
import { checkRepository } from "./repository.ts";
import { type Effects, makeScene, type Scene } from "./scene.ts";

export type { Check } from "./check.ts";

/** In the order that people read them. */
const LISTS: Readonly<Record<string, (scene: Scene) => Promise<Check[]>>> = {
  "parallel-cc": checkInstallation,
  alias: checkAlias,
  claude: checkClaude,
  hooks: checkClaudeFiles,
  "hook log": checkHookLog,
  git: checkGit,
  gtr: checkGtr,
  settings: checkPlace,
  database: checkDatabase,
  processes: checkProcesses,
  repository: checkRepository,
  guard: checkGuard,
  disk: checkDisks,
};

/** More than all time limits of a check together. */
const PATIENCE_MS = 10_000;

export async function examine(world: Effects): Promise<Check[]> {
  const scene = makeScene(world);
  const late = world.sleep(PATIENCE_MS);
  const found = Object.entries(LISTS).map(([name, look]) =>
    Promise.race([guarded(name, scene, look), tooLate(name, late)]),
  );
  const checks = await Promise.all(found);
  await scene.close();
  return checks.flat();
}

async function guarded(name: string, scene: Scene, look: (scene: Scene) => Promise<Check[]>): Promise<Check[]> {
  try {
    return await look(scene);
  } catch (thrown) {
    return [failed(name, thrown)];
  }
}

async function tooLate(name: string, late: Promise<void>): Promise<Check[]> {
  await late;
  const detail = `This was not known after ${PATIENCE_MS / 1000} s.`;
  return [{ name, status: "warn", detail, hint: "A disk or a program hangs; see what the other checks say." }];
}
