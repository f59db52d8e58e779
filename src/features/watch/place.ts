// What is watched: a repository, or one checkout. A checkout is found by the folders alone, without git.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import type { RepositoryKey } from "../roster/roster.ts";

export interface Watched {
  /** Undefined: the checkout alone. */
  repository: RepositoryKey | undefined;
  /** Where who asks is, unless its session says otherwise; undefined outside of any. */
  checkout: string | undefined;
}

/** Errors: `directory.none`; `repository.none`, but not for --here alone: the session may come to be in one. */
export async function placeMeant(
  world: Pick<World, "cwd" | "git">,
  { isHere, repo }: { isHere: boolean; repo: string | undefined },
): Promise<Watched> {
  const directory = existingDirectory(world.cwd, repo);
  const checkout = topOf(directory);
  if (!isHere) {
    // Standing by in one checkout needs nothing of git.
    const { locate } = await import("../../git/repository.ts");
    return { repository: await locate(world.git(directory)), checkout };
  }
  if (checkout !== undefined || repo === undefined) return { repository: undefined, checkout };
  throw new Failure({
    code: "repository.none",
    message: `${directory} is in no checkout.`,
    hint: "Name a directory of one with --repo <path>.",
  });
}

function topOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return undefined;
  }
}
