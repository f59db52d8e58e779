// `worktree setup`: sets up a worktree that exists, when the first time failed or the settings have changed since.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { adminNameOf } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { variablesOf } from "../leases/leases.ts";
import { whoStandsIn } from "../removals/removals.ts";
import { sessionsOf } from "../roster/roster.ts";
import { ownerOf, provisionAgain } from "../sessions/sessions.ts";
import { worktreeRow } from "../worktrees/worktrees.ts";
import { repositoryAt } from "./scope.ts";
import { itemMeant, planHere } from "./worktrees.ts";

export interface SetUpAgain {
  path: string;
  name: string;
  warnings: string[];
}

/** What is there stays as it is. Errors: `worktree.unknown`, `worktree.missing`, `worktree.not-ours`. */
export async function setUpAgain(
  world: World,
  input: { worktree?: string | undefined; repo?: string | undefined },
): Promise<SetUpAgain> {
  const repository = await repositoryAt(world, input.repo);
  const named = input.worktree ?? repository.here.top ?? ".";
  const { path, name, branch } = itemMeant(world, await planHere(world, input.repo), named);
  const db = await world.db();
  if (path === null) {
    throw new Failure({
      code: "worktree.missing",
      message: `${printable(name)} cannot be set up: its directory is gone.`,
      hint: "parallel-cc undo --list shows what can be brought back.",
    });
  }
  // Without a row nothing could remember what setting up left there.
  if (worktreeRow(db, path) === undefined) {
    throw new Failure({
      code: "worktree.not-ours",
      message: `${printable(name)} is no worktree that parallel-cc made or a session took.`,
      hint: "Name one of `parallel-cc worktree list`.",
    });
  }
  const session = sessionsOf(db, repository).find((one) => one.worktree_path === path);
  const own = session === undefined ? {} : { PARALLEL_CC_SESSION_ID: session.id, ...variablesOf(db, session) };
  const owner = ownerOf(world, db, { path, gitDir: repository.gitDir, adminName: adminNameOf(path) ?? null });
  const isShared = owner !== undefined || whoStandsIn(world, path).length > 0;
  const warnings = await provisionAgain(world, {
    ...{ db, repository, worktree: { path, name, branch }, variables: own },
    who: isShared ? "shared" : "alone",
  });
  return { path, name, warnings };
}
