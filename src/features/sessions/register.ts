// Registering: reserve a place in one transaction, make its worktree outside of it, confirm. A crash between the
// first and the last step leaves a reservation whose registrar is dead, which the next command takes back.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import { existingDirectory } from "../../files/directory.ts";
import { adminNameOf, type Repository } from "../../git/repository.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import { bringBack, removalsOf } from "../removals/removals.ts";
import { activate, type KnownSession, lastEnded, mayLive, session, sessionsOf } from "../roster/roster.ts";
import { startUpkeep } from "../upkeep/upkeep.ts";
import { keepWorktree, rememberWorktree } from "../worktrees/worktrees.ts";
import { announceStart, atWorkBeside } from "./announce.ts";
import { heal, locateHealed, takeBack } from "./heal.ts";
import { type Maker, makeWorktree } from "./maker.ts";
import { keyOf } from "./moves.ts";
import { leaseFor, portsWanted } from "./ports.ts";
import { provision, provisionWarnings } from "./provision.ts";
import { isOwnedBy, othersThan, type RegisterInput, type Request, reserve, worktreeOf } from "./reserve.ts";

export type { RegisterInput } from "./reserve.ts";

export interface Registered {
  session: KnownSession;
  isNew: boolean;
  parallelSessions: number;
  warnings: string[];
  /** What its shell exports beside its id. */
  variables: Record<string, string>;
  /** The repository, and how many cleanups were done before the one that registering has started. */
  upkeep: { gitDir: string; before: number | undefined };
}

/** Errors: `process.none`, `repository.none`, `repository.unborn`, `base.unknown`, `session.continue`, `worktree.*`. */
export async function register(world: World, input: RegisterInput): Promise<Registered> {
  const directory = existingDirectory(world.cwd, input.repo);
  const owner = requireProcess(world, input.pid ?? world.parentPid);
  const git = world.git(directory);
  const [located, db] = await Promise.all([locateHealed(world, git), world.db()]);
  const key = keyOf(located);
  await heal(world, sessionsOf(db, key));
  const isBack = input.continue === true && (await bringBackLast(world, db, located));
  const repository = isBack ? await locateHealed(world, git) : located;

  const upkeep = async () => {
    const held = new Set(sessionsOf(db, key).map((one) => one.worktree_path));
    const before = await startUpkeep(world, { ...key, path: repository.path, held });
    return { gitDir: key.gitDir, before };
  };
  const wanted = await portsWanted(world, repository.path);
  const again = async (own: KnownSession): Promise<Registered> => {
    const leased = await leaseFor(world, db, own, wanted);
    const others = othersThan(own, world, db, key);
    const entry = repository.worktrees.find((one) => one.path === own.worktree_path);
    const session = entry === undefined ? own : { ...own, branch: entry.branch ?? null };
    const nothing = { gitDir: key.gitDir, before: undefined };
    return {
      ...{ session, isNew: false, parallelSessions: others.length + 1, upkeep: nothing },
      warnings: [...leased.warnings, ...provisionWarnings(db, own), ...unusedWarnings(own, input)],
      variables: leased.variables,
    };
  };
  const own = input.apart === undefined ? ownSession(world, sessionsOf(db, key), owner) : undefined;
  if (own !== undefined && existsSync(own.worktree_path)) return again(own);

  const warnings = environmentWarnings(world);
  const request: Request = { world, db, git, repository, owner, input, warnings };
  const { session: reserved, isNew, maker } = await reserve(request);
  if (!isNew) return again(await confirmed(world, db, reserved.id));
  const leased = await leaseFor(world, db, reserved, wanted);
  warnings.push(...leased.warnings);
  if (reserved.state === "creating" && maker !== undefined) {
    warnings.push(...maker.warnings);
    await build(request, reserved, maker);
    const { worktree_path: path, worktree_name: name, branch } = reserved;
    const worktree = { path, name: name ?? path, branch };
    const variables = { PARALLEL_CC_SESSION_ID: reserved.id, ...leased.variables };
    warnings.push(...(await provision(world, { db, repository, worktree, variables, who: "new", gtr: maker.gtr })));
  } else warnings.push(...provisionWarnings(db, reserved));
  const others = othersThan(reserved, world, db, key);
  if (reserved.name !== null && others.some((one) => one.name === reserved.name)) {
    warnings.push(`Another live session is called "${printable(reserved.name)}" too.`);
  }
  const parallelSessions = others.length + 1;
  return {
    session: reserved,
    isNew: true,
    parallelSessions,
    warnings,
    variables: leased.variables,
    upkeep: await upkeep(),
  };
}

/** The last session's worktree, when it was removed since: its conversation goes on in that very directory. */
async function bringBackLast(world: World, db: Db, { gitDir, path }: Repository): Promise<boolean> {
  const last = lastEnded(db, { gitDir, path });
  if (last === undefined || last.is_main_repo === 1 || existsSync(last.worktree_path)) return false;
  const removed = removalsOf(db, gitDir).find((one) => one.path === last.worktree_path && one.state === "removed");
  if (removed === undefined) return false;
  await bringBack(world, { id: removed.id, gitDir, to: undefined });
  // For this session, and no longer than it has a use.
  db.write(() => keepWorktree(db, { path: last.worktree_path, isKept: false }));
  return true;
}

/** Git's own children may outlive it by a moment when a signal ends it. */
const PATIENCE_MS = 2000;

/** Makes the reserved worktree and confirms it, or takes everything back. */
async function build(request: Request, reserved: KnownSession, maker: Maker): Promise<void> {
  const { world, db, repository, warnings } = request;
  const made = { path: reserved.worktree_path, branch: reserved.branch ?? "", commit: reserved.fork_commit ?? "" };
  try {
    warnings.push(...(await makeWorktree(world, repository, { made, maker })));
    world.signal().throwIfAborted();
    db.write((now) => {
      if (!activate(db, reserved.id, adminNameOf(reserved.worktree_path) ?? null)) throw reservationLost();
      rememberWorktree(db, worktreeOf(reserved, "created"), now);
      // The dead among them were recorded when the place was reserved.
      const others = atWorkBeside(db, repository, reserved.id);
      announceStart(world, db, { started: reserved, others }, now);
    });
  } catch (thrown) {
    const unstoppable = { ...world, signal: () => new AbortController().signal };
    await takeBack(unstoppable, reserved, PATIENCE_MS).catch((error: unknown) => {
      world.log("warn", "reservation.not-taken-back", { id: reserved.id, error: String(error) });
    });
    throw thrown;
  }
}

/** Waits for the command that makes this very process's worktree just now. */
async function confirmed(world: World, db: Db, id: string): Promise<KnownSession> {
  for (;;) {
    const found = session(db, id);
    if (found?.state === "active") return found;
    // Once its registrar is dead nobody confirms it; until then it may have.
    const isOver = found === undefined || !mayLive(world.processes, found);
    if (isOver && session(db, id)?.state !== "active") throw reservationLost();
    world.signal().throwIfAborted();
    await world.sleep(20);
  }
}

// Only a command that believed us dead can have taken it back; what it left is taken back here.
function reservationLost(): Failure {
  return new Failure({
    kind: "unavailable",
    code: "session.lost",
    message: "The reservation of this session was taken back by another command while its worktree was made.",
    hint: "Run the command again.",
  });
}

/** The session this very process has here already: registering twice is one session. */
function ownSession(world: World, sessions: readonly KnownSession[], owner: ProcessIdentity): KnownSession | undefined {
  return sessions.find((one) => one.state === "active" && isOwnedBy(one, owner) && mayLive(world.processes, one));
}

function requireProcess(world: Pick<World, "processes">, pid: number): ProcessIdentity {
  const identity = world.processes.identify(pid);
  if (identity !== undefined) return identity;
  throw new Failure({
    code: "process.none",
    message: `No process has the pid ${pid}.`,
    hint: "A session lives as long as its process: pass the pid of one that runs.",
  });
}

function unusedWarnings(own: KnownSession, input: RegisterInput): string[] {
  const unused = [
    ...(input.name !== undefined && input.name !== own.name ? ["--name"] : []),
    ...(input.base !== undefined ? ["--base"] : []),
    ...(input.noWorktree === true ? ["--no-worktree"] : []),
  ];
  if (unused.length === 0) return [];
  return [`This process has a session already; ${unused.join(", ")} changed nothing. Release it first.`];
}

function environmentWarnings({ env }: Pick<World, "env">): string[] {
  if (env.gitVariables.length === 0) return [];
  return [`${env.gitVariables.join(", ")} is set and was not followed: the repository is the one of the directory.`];
}
