// Repositories looked at for merges, once or again and again: those that sessions are at work in, and the one that the
// command was typed in. A signal lets a look that is under way come to its end.

import { existsSync } from "node:fs";
import { asFailure, Failure } from "../../core/failure.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import { type Polled, pollMerges, repositoriesAtWork } from "../arrivals/arrivals.ts";
import type { RepositoryKey } from "../roster/roster.ts";
import { followMoves, locateHealed } from "../sessions/sessions.ts";

export interface Look {
  /** Of the repositories of this look, what each has found. */
  polled: readonly Polled[];
  errors: readonly string[];
}

export interface Looking {
  repo: string | undefined;
  /** In the background: it ends at once where another looks already, and has this long. */
  isUnattended?: boolean;
  /** Whether remotes are asked, where the settings allow it (yes). */
  isFetching?: boolean;
}

/** A remote that does not answer, and a history to search, are bounded each; this bounds them all. */
const DEADLINE_MS = 5 * 60_000;
/** A user who stops it has waited that long. */
const GRACE_MS = 10_000;

/** Errors: those of the repository that is named, and of the database. */
export async function lookForMerges(
  started: World,
  { repo, isUnattended = false, isFetching = true }: Looking,
): Promise<Look> {
  using end = lateEnd(started.signal());
  const world = { ...started, signal: () => end.signal };
  const polled: Polled[] = [];
  const errors: string[] = [];
  for (const repository of await repositoriesMeant(world, repo)) {
    try {
      polled.push(await pollMerges(world, repository, { isFetching, ...(isUnattended && { patienceMs: 0 }) }));
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (isUnattended && failure.code === "lock.held") continue;
      // Without the database there is nothing to be had of the others either; what was found is told all the same.
      const isOver = isOfDatabase(failure);
      const isLost = repo !== undefined || end.signal.aborted || (isOver && polled.length === 0);
      if (failure.kind === "internal" || isLost) throw thrown;
      errors.push(`${repository.path}: ${failure.message}`);
      if (isOver) break;
    }
  }
  return { polled, errors: [...polled.flatMap((one) => one.errors), ...errors] };
}

/** Remotes are asked once in this time at most, however often it looks. */
const FETCH_MS = 60_000;

/** What another process does, or a disk: the next look may find it gone. */
const PASSING = ["db.locked", "db.full", "lock.held", "git.timeout", "git.killed"];

/** Until a signal, a look every so often. Errors: as `lookForMerges`, but for what passes. */
export async function* watchMerges(
  world: World,
  { repo, intervalMs }: { repo: string | undefined; intervalMs: number },
): AsyncGenerator<Look, void, void> {
  const signal = world.signal();
  const stopped = new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
  let fetchAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const now = world.now().getTime();
    const isFetching = now >= fetchAt;
    if (isFetching) fetchAt = now + FETCH_MS;
    yield await lookForMerges(world, { repo, isFetching }).catch((thrown: unknown): Look => {
      const { code, message } = asFailure(thrown);
      if (!PASSING.includes(code) || signal.aborted) throw thrown;
      return { polled: [], errors: [`${message.replace(/\.$/, "")}; the next look tries again.`] };
    });
    if (!signal.aborted) await Promise.race([world.sleep(intervalMs), stopped]);
  }
}

function isOfDatabase({ code }: Failure): boolean {
  return code.startsWith("db.");
}

/** Aborted some time after the given one, or when all takes too long. */
function lateEnd(signal: AbortSignal): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = (): void => {
    timer = setTimeout(() => controller.abort(signal.reason), GRACE_MS);
  };
  if (signal.aborted) begin();
  signal.addEventListener("abort", begin, { once: true });
  return {
    signal: AbortSignal.any([controller.signal, AbortSignal.timeout(DEADLINE_MS)]),
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", begin);
      clearTimeout(timer);
    },
  };
}

async function repositoriesMeant(world: World, repo: string | undefined): Promise<RepositoryKey[]> {
  if (repo !== undefined) return [await located(world, existingDirectory(world.cwd, repo))];
  const here = await located(world, world.cwd).catch((thrown: unknown) => {
    if (thrown instanceof Failure && thrown.code.startsWith("repository.")) return undefined;
    throw thrown;
  });
  const found = here === undefined ? [] : [here];
  for (const gitDir of repositoriesAtWork(await world.db())) {
    if (found.some((one) => one.gitDir === gitDir) || !existsSync(gitDir)) continue;
    const other = await located({ ...world, git: (at) => world.git(at).trusting() }, gitDir).catch(
      (thrown: unknown) => {
        world.log("info", "repository.unreadable", { gitDir, error: String(thrown) });
        return undefined;
      },
    );
    if (other !== undefined && found.every((one) => one.gitDir !== other.gitDir)) found.push(other);
  }
  return found;
}

async function located(world: World, directory: string): Promise<RepositoryKey> {
  const repository = await locateHealed(world, world.git(directory));
  const db = await world.db();
  db.write(() => followMoves(db, repository));
  return repository;
}
