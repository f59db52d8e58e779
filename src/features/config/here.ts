// The repository whose settings are meant: that of the current directory.

import { asFailure, Failure } from "../../core/failure.ts";
import { locate } from "../../git/repository.ts";
import type { World } from "../../world.ts";

/** Top of its main checkout. Errors: those of `locate`, with what can be done here. */
export async function repositoryHere(world: Pick<World, "git" | "cwd">): Promise<string> {
  try {
    return (await locate(world.git(world.cwd))).path;
  } catch (thrown) {
    const { kind, code, message, details } = asFailure(thrown);
    if (code !== "repository.none") throw thrown;
    throw new Failure({ kind, code, message, details, hint: "Go into the repository that is meant.", cause: thrown });
  }
}
