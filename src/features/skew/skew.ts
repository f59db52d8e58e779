// The room's door: installed parts of different releases. The scripts hand their release over when they call; the
// registry remembers who differs, so that a hook whose words nobody sees is told of by the next command that people
// see. It compares releases and never says which of two is right.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { forget, note, noted } from "./store.ts";

const CALLERS = ["wrapper_version", "hook_version"] as const;
type Caller = (typeof CALLERS)[number];
const NAMES = { wrapper_version: "claude-parallel", hook_version: "The script of the heartbeat hook" } as const;
/** Between the release that called and the one that was called. */
const WITH = " with ";

/** Remembers this release, and that of the script that called; answers warnings for people. */
export async function noteRegister(world: Pick<World, "db" | "env" | "version" | "log">): Promise<string[]> {
  const { version } = world;
  const db = await world.db();
  try {
    db.write((now) => {
      note(db, { key: "program_version", value: version }, now);
      noteCaller(db, { caller: "wrapper_version", release: world.env.wrapperVersion, version }, now);
    });
    return skews(db, version).map(skewWords);
  } catch (thrown) {
    // The session is made by now, and does not fail for want of a note (a full disk).
    if (!(thrown instanceof Failure)) throw thrown;
    world.log("info", "skew.not-noted", { error: thrown.message });
    return [];
  }
}

/** In the heartbeat's own transaction: one statement, which most often changes nothing. True when a skew is news. */
export function noteHeartbeat(db: Db, { env, version }: Pick<World, "env" | "version">, now: string): boolean {
  return noteCaller(db, { caller: "hook_version", release: env.hookVersion, version }, now);
}

function noteCaller(
  db: Db,
  { caller, release, version }: { caller: Caller; release: string | undefined; version: string },
  now: string,
): boolean {
  if (release === undefined) return false;
  if (release !== version) return note(db, { key: caller, value: `${release}${WITH}${version}` }, now);
  forget(db, caller);
  return false;
}

export interface Skew {
  caller: Caller;
  /** Of the script that calls. */
  release: string;
  version: string;
}

/** The scripts of other releases that have called this one. */
export function skews(db: Db, version: string): Skew[] {
  return CALLERS.flatMap((caller) => {
    const [release, called] = noted(db, caller)?.split(WITH) ?? [];
    // What called an earlier release says nothing of what calls this one.
    return release === undefined || called !== version ? [] : [{ caller, release, version }];
  });
}

export function skewWords({ caller, release, version }: Skew): string {
  const what = `${NAMES[caller]} is of release ${release}, parallel-cc of ${version}`;
  return `${what}: install them together. parallel-cc doctor says where they are.`;
}

/** The release that registered a session last; undefined before the first. */
export function lastWriter(db: Db): string | undefined {
  return noted(db, "program_version");
}
