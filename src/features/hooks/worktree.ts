// `claude --worktree` and agents that work apart: with these hooks they get a worktree of ours, set up as any, and the
// registry knows whose it is. What is removed goes by the rule for all others: work that has not landed keeps it.

import { existsSync } from "node:fs";
import { existingDirectory } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import { allSessions, forgetProcess } from "../roster/roster.ts";
import { locateHealed, register, release } from "../sessions/sessions.ts";
import { worktreesWithoutSession } from "../worktrees/worktrees.ts";
import { claudeOf } from "./claude.ts";
import type { Told } from "./told.ts";

const LONGEST_NAME = 200;

/** Answers its path: of the one that was left under this name, as the client would go on in its own. Errors: of registering. */
export async function createWorktree(world: World, told: Told): Promise<string> {
  const name = told.name?.slice(0, LONGEST_NAME).trim() || undefined;
  const directory = told.cwd ?? world.cwd;
  const repo = (await leftUnder(world, { name, directory })) ?? directory;
  const isBack = repo !== directory;
  const { session } = await register(world, { repo, pid: claudeOf(world), name, apart: isBack ? "there" : "anywhere" });
  return session.worktree_path;
}

async function leftUnder(
  world: World,
  { name, directory }: { name: string | undefined; directory: string },
): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const repository = await locateHealed(world, world.git(existingDirectory(world.cwd, directory)));
  const left = worktreesWithoutSession(await world.db(), repository.gitDir).filter(
    (one) => one.session_name === name && existsSync(one.path),
  );
  return left.at(-1)?.path;
}

/** Ends this client's session that has it, as the wrapper would. Errors: those of releasing. */
export async function removeWorktree(world: World, told: Told): Promise<void> {
  const db = await world.db();
  const pid = claudeOf(world);
  const found = allSessions(db).find(
    (one) =>
      one.worktree_path === told.worktree_path &&
      one.is_main_repo === 0 &&
      one.processes.some(({ role, pid: owner }) => role === "owner" && owner === pid),
  );
  if (found === undefined) return;
  // It says itself that it is done there.
  db.write(() => forgetProcess(db, found.id, { role: "claude", pid }));
  await release(world, { sessionId: found.id });
}
