// What is left of removals, by looking: the trash and the refs may have been taken away by anybody.

import { existsSync } from "node:fs";
import type { World } from "../../world.ts";
import { rescueRef } from "./rescue.ts";
import type { Removal } from "./store.ts";
import { isWhole } from "./trash.ts";

/** All of it; what git saved; nothing. */
export type Left = "everything" | "saved" | "nothing";

/** By their ids. */
export async function whatIsLeft(world: Pick<World, "git">, removals: readonly Removal[]): Promise<Map<string, Left>> {
  const left = new Map<string, Left>();
  for (const [gitDir, ofOne] of Map.groupBy(removals, (one) => one.git_dir)) {
    const refs = existsSync(gitDir) ? await refsIn(world, gitDir) : new Set<string>();
    for (const one of ofOne) {
      const hasRef = refs.has(rescueRef(one.id));
      const isInTrash = one.path !== null && existsSync(gitDir) && isWhole(one);
      left.set(one.id, isInTrash || (one.path === null && hasRef) ? "everything" : hasRef ? "saved" : "nothing");
    }
  }
  return left;
}

async function refsIn(world: Pick<World, "git">, gitDir: string): Promise<Set<string>> {
  const git = world.git(gitDir).trusting();
  const listed = await git.attempt(["for-each-ref", "--format=%(refname)", "--end-of-options", rescueRef("")]);
  return new Set(listed.stdout.split("\n"));
}
