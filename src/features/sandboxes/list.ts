// The runs there are.

import { existingDirectory } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import { locateHealed } from "../sessions/sessions.ts";
import { healRuns } from "./begin.ts";
import type { Run } from "./run.ts";
import { allRuns } from "./store.ts";

/** Newest first. Those whose driver died go on. */
export async function listRuns(world: World, repo: string | undefined): Promise<Run[]> {
  const db = await world.db();
  await healRuns(world);
  const runs = allRuns(db);
  if (repo === undefined) return runs;
  const { gitDirId } = await locateHealed(world, world.git(existingDirectory(world.cwd, repo)));
  return runs.filter((run) => run.git_dir_id === gitDirId);
}
