// The other sessions whose work counts: they live, and are not one's own agents at work apart. Who lives is only asked of
// those a verdict depends on.

import { join } from "node:path";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { allSessions, type KnownSession, mayLive } from "../roster/roster.ts";
import { branchesAt, checkoutAt } from "./places.ts";

export class Others {
  readonly own: KnownSession;
  readonly #world: Pick<World, "processes">;
  readonly #db: Db;
  readonly #lives = new Map<string, boolean>();
  #known: readonly KnownSession[] | undefined;

  constructor(world: Pick<World, "processes">, db: Db, own: KnownSession) {
    this.#world = world;
    this.#db = db;
    this.own = own;
  }

  /** The branches that are one's own in that repository, by what `of` says. */
  ownBranches(gitDir: string, of: (session: KnownSession) => string[]): string[] {
    return this.own.git_dir === gitDir ? of(this.own) : [];
  }

  /** The first that lives, of those it holds for. */
  find(holds: (session: KnownSession) => boolean): KnownSession | undefined {
    return this.#all().find((one) => holds(one) && this.#isAlive(one));
  }

  /** As `find`, of those that have another checkout than one's own; of one repository when it is named. */
  elsewhere(gitDir: string | undefined, holds: (session: KnownSession) => boolean): KnownSession | undefined {
    return this.find((one) => {
      const isThere = one.worktree_path !== this.own.worktree_path && (gitDir === undefined || one.git_dir === gitDir);
      return isThere && holds(one);
    });
  }

  #all(): readonly KnownSession[] {
    this.#known ??= allSessions(this.#db).filter((one) => {
      return one.id !== this.own.id && one.state === "active" && !isOfSameProcess(one, this.own);
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
  const { git_dir, admin_name, is_main_repo, branch } = session;
  const recorded = git_dir === null ? undefined : is_main_repo === 1 ? git_dir : adminOf(git_dir, admin_name);
  const adminDir = recorded ?? checkoutAt(session.worktree_path)?.adminDir;
  const found = adminDir === undefined ? [] : branchesAt(adminDir);
  return found.length > 0 || branch === null ? found : [branch];
}

function adminOf(gitDir: string, adminName: string | null): string | undefined {
  return adminName === null || adminName === "" ? undefined : join(gitDir, "worktrees", adminName);
}

/** Those that its stash entries may name. */
export function branchesOf(session: KnownSession): string[] {
  return [...currentBranches(session), ...(session.branch === null ? [] : [session.branch])];
}
