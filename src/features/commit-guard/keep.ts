// What setting up a worktree does to its hooks (husky makes a folder of them in each, lefthook writes the common ones
// anew) leaves the guard in them, where the checkout that it comes from has it.

import type { World } from "../../world.ts";
import { putGuard } from "./hook-file.ts";
import { hookFileIn, hookPlaceOf, look } from "./hook-place.ts";
import { guardState } from "./state.ts";

interface Worktree {
  gitDir: string;
  /** Its folder of hooks. */
  from: string;
  /** Top of the other. */
  to: string;
}

/** Throws only what `work` does. */
export async function keepingGuard<T>(
  world: Pick<World, "git" | "log">,
  { gitDir, from, to }: Worktree,
  work: () => Promise<T>,
): Promise<T> {
  const failed = (error: unknown) => {
    world.log("warn", "guard.not-kept", { to, error: String(error) });
    return undefined;
  };
  const lines = await linesIn(from).catch(failed);
  const done = await work();
  if (lines !== undefined) await putBack(world, { gitDir, to, lines }).catch(failed);
  return done;
}

async function linesIn(folder: string): Promise<string | undefined> {
  const state = guardState(hookFileIn(folder));
  return state.kind === "ours" ? state.lines : undefined;
}

/** Into a hook that has come, never in the place of none. */
async function putBack(
  { git }: Pick<World, "git">,
  { gitDir, to, lines }: { gitDir: string; to: string; lines: string },
): Promise<void> {
  const { file, isFor, isVisible } = await hookPlaceOf(git(to), gitDir);
  if (isVisible || isFor === "machine" || guardState(file).kind !== "none" || look(file).kind === "none") return;
  putGuard(file, lines);
}
