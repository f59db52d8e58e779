// Which session a process belongs to: its own, or the one of the nearest ancestor that has one. A hook is started
// through a shell, so the pid it knows is rarely the one that was registered.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { identityOf, mayLive } from "./liveness.ts";
import { type KnownSession, session, sessionsByPid } from "./store.ts";

/** Far more than any chain of shells between a session and its hook. */
const MAX_ANCESTORS = 16;

export interface Named {
  sessionId?: string | undefined;
  pid?: number | undefined;
}

/** Sessions meant by an id, else by a pid or its ancestors, else by our own parent and its ancestors. */
export function sessionsMeant(world: Pick<World, "processes" | "parentPid">, db: Db, named: Named): KnownSession[] {
  if (named.sessionId !== undefined) {
    const found = session(db, named.sessionId);
    return found === undefined || found.state === "creating" ? [] : [found];
  }
  for (const { found } of sessionsUpFrom(world, db, { pid: named.pid ?? world.parentPid, most: MAX_ANCESTORS })) {
    if (found.length > 0) return found;
  }
  return [];
}

/** Whoever asks decides how many shells it asks through. */
const DEEPEST = 4096;

/** Those of the nearest claude that we run below, and before them those of processes between it and us; undefined below none. */
export function sessionsBelowClaude(world: Pick<World, "processes" | "parentPid">, db: Db): KnownSession[] | undefined {
  const between: KnownSession[] = [];
  for (const { pid, found } of sessionsUpFrom(world, db, { pid: world.parentPid, most: DEEPEST })) {
    between.push(...found);
    if (found.some(({ processes }) => processes.some((one) => one.role === "claude" && one.pid === pid)))
      return between;
  }
  return undefined;
}

function* sessionsUpFrom(
  world: Pick<World, "processes">,
  db: Db,
  from: { pid: number; most: number },
): Generator<{ pid: number; found: KnownSession[] }> {
  let pid: number | undefined = from.pid;
  for (let step = 0; pid !== undefined && pid > 1 && step < from.most; step++) {
    const at = pid;
    yield { pid, found: sessionsByPid(db, at).filter((one) => one.state === "active" && isOf(world, one, at)) };
    pid = world.processes.parent(at);
  }
}

/** The one session meant; several are a usage failure that names them. */
export function sessionMeant(
  world: Pick<World, "processes" | "parentPid">,
  db: Db,
  named: Named,
): KnownSession | undefined {
  const found = sessionsMeant(world, db, named);
  if (found.length <= 1) return found[0];
  throw new Failure({
    kind: "usage",
    code: "usage.ambiguous",
    message: `That process has ${found.length} sessions: ${found.map((one) => `${one.id} (${printable(one.repo_path)})`).join(", ")}.`,
    hint: "Name one with --session-id <id>.",
  });
}

/**
 * The session of a claude: of the one that started this very process, or of that pid. A claude within another's shell (`claude -p`) has a session
 * of its own or none: it inherits the other's environment and descends from it, and is not it.
 */
export function sessionOfClaude(
  world: Pick<World, "processes" | "parentPid" | "cwd" | "env">,
  db: Db,
  claudePid: number = world.parentPid,
): KnownSession | undefined {
  const own = sessionsMeant(world, db, { pid: claudePid }).filter((one) => isOfClaude(world, one, claudePid));
  // One process may have a session in each of several repositories.
  const isHere = ({ worktree_path: path }: KnownSession) => world.cwd === path || world.cwd.startsWith(`${path}/`);
  return own.find(({ id }) => id === world.env.sessionId) ?? own.find(isHere) ?? own[0];
}

// Found further up, it is the session of the shell or wrapper around our claude, unless a claude of its own lives.
function isOfClaude({ processes }: Pick<World, "processes">, found: KnownSession, claudePid: number): boolean {
  if (found.pid === claudePid || found.processes.some(({ pid }) => pid === claudePid)) return true;
  const claudes = found.processes.filter(({ role }) => role === "claude").map(identityOf);
  return processes.probeAll(claudes).every(({ state }) => state === "dead");
}

// The pid must still be the process that was recorded, not a later one with the same number, nor another container's.
// A process that has just died still names its session: a wrapper may release for a claude that ended.
function isOf({ processes }: Pick<World, "processes">, found: KnownSession, pid: number): boolean {
  if (found.git_dir === null) return mayLive(processes, found);
  const current = processes.identify(pid);
  return found.processes
    .filter((row) => row.pid === pid)
    .map(identityOf)
    .some((recorded) =>
      current === undefined ? processes.probe(recorded).state === "dead" : current.startTime === recorded.startTime,
    );
}
