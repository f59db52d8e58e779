// The repository that doctor is asked in: whether it can be worked with, and who works in it.

import type { Db } from "../../db/db.ts";
import type { Repository } from "../../git/repository.ts";
import { isLocal, type KnownSession, livenessOfAll, sessionsOf } from "../roster/roster.ts";
import { type KnownWorktree, worktreesOf } from "../worktrees/worktrees.ts";
import { type Check, failed } from "./check.ts";
import { checkRebases } from "./rebases.ts";
import type { Effects, Scene } from "./scene.ts";
import { checkStrays } from "./strays.ts";
import { checkTrash } from "./trash.ts";

export async function checkRepository(scene: Scene): Promise<Check[]> {
  const name = "repository";
  const located = await scene.repository();
  if (located.kind === "none") {
    return [{ name, status: "ok", detail: "none here; ask in one to have it looked at as well" }];
  }
  if (located.kind === "unreadable") {
    const { failure } = located;
    // The check of git says so already.
    if (failure.code === "git.missing" || failure.code === "git.too-old") return [];
    const hint = failure.hint ?? "What an interrupted command left is put right by: parallel-cc cleanup";
    return [{ ...failed(name, failure), hint }];
  }
  const { repository } = located;
  const here = checkHere(repository);
  const db = await scene.registry();
  if (db === undefined) {
    return [{ ...here, detail: `${here.detail}; the database cannot say what is at work in it or was left behind` }];
  }
  const state = { db, repository, ...known(scene.world, db, repository) };
  const left = [...(await checkStrays(scene, state)), ...(await checkRebases(scene, state))];
  return [here, ...checkSessions(state), ...left, ...(await checkTrash(scene, state))];
}

function checkHere({ path, isBare, here, worktrees }: Repository): Check {
  const name = "repository";
  if (!isBare && worktrees[0]?.head === undefined && here.head === undefined) {
    const hint = "Make a first commit; worktrees start from one.";
    return { name, status: "warn", detail: `${path} has no commit yet.`, hint };
  }
  return { name, status: "ok", detail: `${path}${isBare ? ", a bare one" : ""}` };
}

export interface State {
  db: Db;
  repository: Repository;
  live: KnownSession[];
  dead: KnownSession[];
  /** Worktrees that parallel-cc made. */
  rows: KnownWorktree[];
}

function known({ processes }: Pick<Effects, "processes">, db: Db, repository: Repository) {
  const sessions = sessionsOf(db, repository);
  const liveness = livenessOfAll(processes, sessions);
  const isDead = (one: KnownSession) => isLocal(one) && liveness.get(one.id)?.state === "dead";
  const rows = worktreesOf(db, repository.gitDir).filter(({ origin }) => origin === "created");
  return { live: sessions.filter((one) => !isDead(one)), dead: sessions.filter(isDead), rows };
}

function checkSessions({ live, dead }: State): Check[] {
  const name = "sessions";
  const detail = `${live.length} at work`;
  if (dead.length === 0) return [{ name, status: "ok", detail }];
  const ended = `${detail}; ${dead.length} ended without a release, as in a crash.`;
  return [{ name, status: "warn", detail: ended, hint: "Put right by: parallel-cc cleanup" }];
}
