// A worktree made fit to work in.

import { shellWord } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { keepingGuard } from "../commit-guard/commit-guard.ts";
import { loadConfig } from "../config/config.ts";
import type { Gtr } from "../gtr/gtr.ts";
import type { KnownSession } from "../roster/roster.ts";
import { isHalfSetUp, setUp } from "../setup/setup.ts";

export interface Provision {
  db: Db;
  repository: Repository;
  worktree: { path: string; name: string; branch: string | null };
  /** Of the session in it. */
  variables: Readonly<Record<string, string>>;
  /** Whether anybody may work in it meanwhile; see `setUp`. */
  who: "new" | "alone" | "shared";
  /** That made it, and whose hooks are still to be run. */
  gtr?: Gtr | undefined;
  /** It was made before. */
  isAgain?: boolean | undefined;
}

/** Answers warnings. A failing set-up keeps the worktree. Throws only when the signal stops it. */
export async function provision(world: World, given: Provision): Promise<string[]> {
  const { db, repository, worktree, variables, who, gtr } = given;
  const { path, name, branch } = worktree;
  const { isBare, here } = repository;
  const config = await loadConfig(world, repository.path);
  const before = async () => {
    if (gtr === undefined) return { warnings: [], isFailed: false };
    const { gtrHooks } = await import("../gtr/gtr.ts");
    const timeoutMs = config.settings["worktree.commandTimeout"] * 1000;
    const hooks = { gtr, repository, phase: "postCreate", path, branch: branch ?? "(detached)", timeoutMs } as const;
    const { warnings, failed } = await gtrHooks(world, { ...hooks, isAgain: given.isAgain });
    if (failed.length === 0) return { warnings, isFailed: false };
    const again = `Go on with: parallel-cc worktree setup ${shellWord(name)}`;
    return { warnings: [...warnings, `The worktree is there, but ${failed.join(" And ")} ${again}`], isFailed: true };
  };
  const setting = {
    ...{ path, name, config },
    from: isBare ? here.top : repository.path,
    who,
    ...(gtr === undefined ? {} : { before }),
    variables: {
      PARALLEL_CC_REPO: repository.path,
      PARALLEL_CC_WORKTREE: path,
      PARALLEL_CC_BRANCH: branch ?? "",
      ...variables,
    },
  };
  const work = () => setUp(world, db, setting);
  return (await keepingGuard(world, { gitDir: repository.gitDir, from: repository.hooks, to: path }, work)) ?? [];
}

/** Of a worktree that was made before. */
export function provisionWarnings(db: Db, { worktree_path: path, worktree_name: name }: KnownSession): string[] {
  if (!isHalfSetUp(db, path)) return [];
  return [
    `Setting up this worktree did not end well. Go on with: parallel-cc worktree setup ${shellWord(name ?? path)}`,
  ];
}
