// Uncommitted work that a rebase has set aside and never put back, as when it was killed.

import { leftWorks } from "../rebase/rebase.ts";
import type { Check } from "./check.ts";
import type { State } from "./repository.ts";
import type { Scene } from "./scene.ts";

export async function checkRebases({ world }: Scene, { repository }: State): Promise<Check[]> {
  const left = await leftWorks(world.git(repository.gitDir).trusting());
  return left.map(({ branch, ref }): Check => {
    const detail = `Uncommitted work of ${branch} that a rebase has set aside is not back: ${ref}`;
    const hint = "Unless that rebase is at it now, where the branch is checked out: parallel-cc rebase undo";
    return { name: "rebase", status: "warn", detail, hint };
  });
}
