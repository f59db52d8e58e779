// Whose notes are meant: those of the repository one stands in. A session that went into a submodule, or another
// repository within its checkout, means its own.

import type { KnownSession } from "../roster/roster.ts";
import { repositoryOf } from "../sessions/sessions.ts";
import type { Place } from "./store.ts";

/** Errors: `repository.none`. */
export async function notesPlace(
  world: Parameters<typeof repositoryOf>[0],
  session: KnownSession | undefined,
): Promise<Place> {
  const { cwd } = world;
  const path = session?.worktree_path;
  const isInside = path !== undefined && (cwd === path || cwd.startsWith(`${path}/`));
  return repositoryOf(world, isInside ? session : undefined);
}
