// The repository that is meant: the named one, or that of the current directory.

import { existingDirectory } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import type { RepositoryKey } from "../roster/roster.ts";
import { locateHealed, repositoryAt } from "../sessions/sessions.ts";

/** Undefined outside of any. Errors: `directory.none` and `repository.none` for a named one. */
export async function repositoryMeant(world: World, named: string | undefined): Promise<RepositoryKey | undefined> {
  if (named === undefined) return repositoryAt(world);
  return locateHealed(world, world.git(existingDirectory(world.cwd, named)));
}
