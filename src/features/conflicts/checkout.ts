// In which checkout a merge would be made: its attributes decide then, whether they are committed or not.

import { existsSync } from "node:fs";
import { locate } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import type { Ref } from "../merges/merges.ts";

export interface Meant {
  branch: string;
  targets: readonly Pick<Ref, "name">[];
}

/** The top of the one that the question is asked in, on the branch or its target; else of the branch's own. */
export async function checkoutFor(
  world: Pick<World, "cwd" | "git">,
  { branch, targets }: Meant,
): Promise<string | undefined> {
  const { here, isBare, path, worktrees } = await locate(world.git(world.cwd));
  const ref = `refs/heads/${here.branch ?? ""}`;
  if (here.top !== undefined && (here.branch === branch || targets.some(({ name }) => name === ref))) return here.top;
  // What git calls the main checkout's path is not always that.
  const all = worktrees.map((one, at) => ({ ...one, path: at === 0 ? path : one.path }));
  const own = all.find((one, at) => one.branch === branch && !(at === 0 && isBare));
  return own !== undefined && existsSync(own.path) ? own.path : undefined;
}
