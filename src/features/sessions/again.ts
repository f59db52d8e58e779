// A worktree that was made before, set up once more. With gtr in use its postCreate hooks run again; what its copy rules
// name it would write over what is there, so that is only named.

import { mayHaveGtr } from "../../files/programs.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import type { Gtr } from "../gtr/gtr.ts";
import { type Provision, provision } from "./provision.ts";

/** As `provision`. */
export async function provisionAgain(world: World, given: Omit<Provision, "gtr" | "isAgain">): Promise<string[]> {
  const { gtr, warnings } = await gtrInUse(world, given);
  return [...warnings, ...(await provision(world, { ...given, gtr, isAgain: true }))];
}

async function gtrInUse(
  world: Pick<World, "db" | "env" | "git" | "paths" | "runProgram">,
  { repository, worktree }: Pick<Provision, "repository" | "worktree">,
): Promise<{ gtr?: Gtr; warnings: string[] }> {
  const { settings } = await loadConfig(world, repository.path);
  const backend = settings["worktree.backend"];
  const isRequired = backend === "gtr";
  if (backend === "git" || !(isRequired || mayHaveGtr(world.env.path))) return { warnings: [] };
  const { copyByHand, detectGtr } = await import("../gtr/gtr.ts");
  const gtr = await detectGtr(world);
  if (gtr.kind === "none") {
    const why = gtr.mute ?? (isRequired ? "it was not found on PATH" : undefined);
    return { warnings: why === undefined ? [] : [`gtr's postCreate hooks were not run: ${why}.`] };
  }
  const byHand = await copyByHand(world, { gtr, repositoryPath: repository.path, branch: worktree.branch });
  if (byHand === undefined) return { gtr, warnings: [] };
  return { gtr, warnings: [`gtr's copy rules were not run again. By hand, over what is there: ${byHand}`] };
}
