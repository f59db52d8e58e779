// Asking the remotes where targets stand now. None of them has to answer.

import { join } from "node:path";
import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { fetchTargets, isGoneFar, type Ref, shortRef } from "../merges/merges.ts";
import { type Ground, isThere, targetOfSession } from "./ground.ts";
import { targetCalled } from "./targets.ts";
import { type Named, namedByRepository } from "./unasked.ts";

export interface Fetched {
  /** Whether any remote has been asked. */
  isDone: boolean;
  /** What kept one from answering. */
  trouble: string | undefined;
  /** Refs of here that stand for a branch that the remote has no more. */
  gone: readonly string[];
}

/** The targets of sessions and of those who asked, and a remote's branch that somebody asked about. */
export async function fetchFor(world: Pick<World, "signal">, ground: Ground): Promise<Fetched> {
  const { refs, repository, sessions, subscriptions } = ground;
  // An address may be a path from the main checkout, where git itself goes by it.
  const hasCheckout = repository.gitDir === join(repository.path, ".git");
  const git = hasCheckout ? ground.git.at(repository.path) : ground.git;
  const targets = [
    ...sessions.map((one) => targetOfSession(ground, one)),
    ...subscriptions.map(({ target_branch: name }) => targetCalled(name, refs)),
  ];
  const wanted = new Map(targets.flatMap((target) => target?.refs.map((ref) => [ref.name, ref]) ?? []));
  const asked = farBranches(ground).filter((ref) => !wanted.has(ref.name));
  const isAnyFar = [...wanted.values(), ...asked].some((ref) => remoteOf(ref) !== undefined);
  const named = isAnyFar ? await namedByRepository(git) : [];
  const trouble: string[] = [];
  let isDone = false;
  const fetch = async (ref: Ref) => {
    const refused = named.filter(({ remote }) => remote === undefined || remote === remoteOf(ref));
    if (refused.length > 0 && remoteOf(ref) !== undefined) {
      trouble.push(notAsked(ref, refused));
      return;
    }
    isDone = (await fetchTargets(world, git, [ref])) || isDone;
  };
  for (const ref of wanted.values()) {
    // One that another follows is fetched with that.
    if ([...wanted.values()].some(({ upstream }) => upstream === ref.name)) continue;
    await fetch(ref).catch((thrown: unknown) => {
      const failure = asFailure(thrown);
      if (failure.code !== "fetch.failed" && failure.kind !== "unavailable") throw thrown;
      trouble.push(failure.message);
    });
  }
  const gone: string[] = [];
  // Where one target was not answered for, the remote is most likely not there.
  for (const ref of trouble.length === 0 ? asked : []) {
    await fetch(ref).catch(async () => {
      // Merged branches most often are.
      if (await isGoneFar(world, git, ref)) gone.push(ref.name);
    });
  }
  return { isDone, gone, trouble: trouble.length === 0 ? undefined : [...new Set(trouble)].join(" ") };
}

/** What somebody asked about of a remote: by its name there, or by that of a branch which is gone here. */
function farBranches(ground: Ground): Ref[] {
  const names = new Set(ground.subscriptions.map(({ branch_name: name }) => name));
  return ground.refs.filter(({ name, points }) => {
    const [, place = "", branch = ""] = /^refs\/remotes\/([^/]+)\/(.+)$/.exec(name) ?? [];
    if (branch === "" || points !== undefined) return false;
    return names.has(`${place}/${branch}`) || (names.has(branch) && !isThere(ground, branch));
  });
}

/** Undefined: it stands for none. */
function remoteOf({ name, remote }: Ref): string | undefined {
  return remote?.name ?? /^refs\/remotes\/([^/]+)\/./.exec(name)?.[1];
}

function notAsked({ name, upstream }: Ref, refused: readonly Named[]): string {
  const keys = [...new Set(refused.map(({ key }) => key))].join(", ");
  return (
    `${printable(shortRef(upstream ?? name))} was not fetched: the repository's configuration has git start a program ` +
    `for it (${printable(keys)}), which a look that nobody asked for leaves alone. It is started where your own ` +
    "configuration names it (with includeIf for this repository only)."
  );
}
