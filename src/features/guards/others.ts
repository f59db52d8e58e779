// The other sessions whose work counts: they live, and are not one's own agents at work apart. Who lives is only asked of
// those a verdict depends on.

import { join } from "node:path";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { allSessions, type KnownSession, mayLive } from "../roster/roster.ts";
import { branchesAt, checkoutAt } from "./places.ts";

export class Others {
  /** Undefined: nothing is one's own. */
  readonly own: KnownSession | undefined;
  readonly #world: Pick<World, "processes">;
  readonly #db: Db;
  readonly #lives = new Map<string, boolean>();
  #known: readonly KnownSession[] | undefined;

  constructor(world: Pick<World, "processes">, db: Db, own: KnownSession | undefined) {
    this.#world = world;
    this.#db = db;
    this.own = own;
  }

  /** Oneself, where that is the repository one works in: a branch of the same name elsewhere is another. */
  ownIn(gitDir: string): KnownSession | undefined {
    return this.own?.git_dir === gitDir ? this.own : undefined;
  }

  /** The first that lives, of those it holds for. */
  find(holds: (session: KnownSession) => boolean): KnownSession | undefined {
    return this.#all().find((one) => holds(one) && this.#isAlive(one));
  }

  /** As `find`, of those that have another checkout than one's own; of one repository when it is named. */
  elsewhere(gitDir: string | undefined, holds: (session: KnownSession) => boolean): KnownSession | undefined {
    return this.find((one) => {
      const isThere = one.worktree_path !== this.own?.worktree_path && (gitDir === undefined || one.git_dir === gitDir);
      return isThere && holds(one);
    });
  }

  #all(): readonly KnownSession[] {
    this.#known ??= allSessions(this.#db).filter((one) => {
      if (one.state !== "active") return false;
      return this.own === undefined || (one.id !== this.own.id && !isOfSameProcess(one, this.own));
    });
    return this.#known;
  }

  #isAlive(one: KnownSession): boolean {
    const known = this.#lives.get(one.id) ?? mayLive(this.#world.processes, one);
    this.#lives.set(one.id, known);
    return known;
  }
}

/** An agent's own agents, each in a worktree: one claude has them all, and merges and removes what they did. */
function isOfSameProcess(one: KnownSession, own: KnownSession): boolean {
  const mine = new Set(own.processes.filter(isLasting).map(whichProcess));
  return one.processes.filter(isLasting).some((row) => mine.has(whichProcess(row)));
}

/** Who registers does it for anybody. */
function isLasting({ role }: KnownSession["processes"][number]): boolean {
  return role !== "registrar";
}

function whichProcess(row: KnownSession["processes"][number]): string {
  return JSON.stringify([row.pid, row.start_time, row.boot_id, row.pid_namespace, row.host]);
}

/** What a session has checked out by now; where that cannot be read, what it was given. */
export function currentBranches(session: KnownSession): string[] {
  const { branch } = session;
  const adminDir = adminDirOf(session);
  const found = adminDir === undefined ? [] : branchesAt(adminDir);
  return found.length > 0 || branch === null ? found : [branch];
}

/** The git directory of its checkout. */
export function adminDirOf({ git_dir, admin_name, is_main_repo, worktree_path }: KnownSession): string | undefined {
  if (git_dir !== null && is_main_repo === 1) return git_dir;
  const isNamed = git_dir !== null && admin_name !== null && admin_name !== "";
  return isNamed ? join(git_dir, "worktrees", admin_name) : checkoutAt(worktree_path)?.adminDir;
}
