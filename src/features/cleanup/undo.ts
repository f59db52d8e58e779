// `undo`, from the words to the removal that is meant.

import { resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import {
  adoptRemovals,
  type BroughtBack,
  bringBack,
  healRemovals,
  removalsOf,
  whatIsLeft,
} from "../removals/removals.ts";
import { repositoryAt } from "./scope.ts";

export interface UndoInput {
  id?: string | undefined;
  to?: string | undefined;
  repo?: string | undefined;
}

/** Errors: `undo.*`. */
export async function undo(world: World, input: UndoInput): Promise<BroughtBack> {
  const gitDir = await gitDirMeant(world, input.repo);
  await readyRemovals(world, gitDir);
  const to = input.to === undefined ? undefined : resolve(world.cwd, input.to);
  return bringBack(world, { id: input.id, gitDir, to });
}

/** Newest first, and what is left of each. */
export async function listRemovals(world: World, repo: string | undefined) {
  const gitDir = await gitDirMeant(world, repo);
  await readyRemovals(world, gitDir);
  const removals = removalsOf(await world.db(), gitDir);
  return { removals, left: await whatIsLeft(world, removals) };
}

async function readyRemovals(world: World, gitDir: string | undefined): Promise<void> {
  if (gitDir !== undefined) await adoptRemovals(world, gitDir);
  await healRemovals(world);
}

/** Undefined where no repository is: then all removals are meant. */
export async function gitDirMeant(world: World, repo: string | undefined): Promise<string | undefined> {
  try {
    return (await repositoryAt(world, repo)).gitDir;
  } catch (thrown) {
    if (repo === undefined && thrown instanceof Failure && thrown.code.startsWith("repository.")) return undefined;
    throw thrown;
  }
}
