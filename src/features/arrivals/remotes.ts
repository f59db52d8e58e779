// Asking the remotes where targets stand now. None of them has to answer.

import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { fetchTargets, type Ref, shortRef } from "../merges/merges.ts";
import { type Ground, targetOfSession } from "./ground.ts";
import { targetCalled } from "./targets.ts";
import { type Named, namedByRepository } from "./unasked.ts";

export interface Fetched {
  /** Whether any remote has been asked. */
  isDone: boolean;
  /** What kept one from answering. */
  trouble: string | undefined;
}

/** The targets of sessions and of those who asked, and a remote's branch that somebody asked about. */
export async function fetchFor(world: Pick<World, "signal">, ground: Ground): Promise<Fetched> {
  const { git, refs, sessions, subscriptions } = ground;
  const targets = [
    ...sessions.map((one) => targetOfSession(ground, one)),
    ...subscriptions.map(({ target_branch: name }) => targetCalled(name, refs)),
  ];
  const wanted = new Map(targets.flatMap((target) => target?.refs.map((ref) => [ref.name, ref]) ?? []));
  const branches = new Set(subscriptions.map(({ branch_name: name }) => `refs/remotes/${name}`));
  const asked = refs.filter(({ name, points }) => branches.has(name) && points === undefined);
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
  // Where one target was not answered for, the remote is most likely not there.
  for (const ref of trouble.length === 0 ? asked : []) {
    // It may be gone: merged branches most often are.
    await fetch(ref).catch(() => undefined);
  }
  return { isDone, trouble: trouble.length === 0 ? undefined : [...new Set(trouble)].join(" ") };
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
