// The radar: every live session of a repository with every other one and with where it is to land, uncommitted work
// included, and in which order they had better land.

import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { type KnownSession, whoIs } from "../roster/roster.ts";
import { namedBySides } from "./conflict-files.ts";
import { type Gathered, gather } from "./gather.ts";
import { type LandingPlace, landingPlaces } from "./landing-places.ts";
import { objectsEnv, objectsOf } from "./objects.ts";
import { landingOrder } from "./order.ts";
import { judgePairs, type SidePair } from "./pairs.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Unresolved, unresolvedWords, untilResolved } from "./unresolved.ts";
import { type Judged, unknownFor } from "./verdict.ts";

export type Effects = Parameters<typeof gather>[0] & Pick<World, "db">;

export interface Scanned {
  sessions: readonly Gathered[];
  /** The sessions of each checkout, by which their common work is named: who began first. */
  checkouts: readonly Checkout[];
  pairs: { a: string; b: string; judged: Judged }[];
  targets: { session: string; target: LandingPlace; judged: Judged }[];
  order: ReturnType<typeof landingOrder>;
  timing: { snapshotMs: number; mergeMs: number; merged: number };
}

export interface Checkout {
  first: Gathered;
  ids: readonly string[];
  /** How many files its work changes, of where it is to land; null where that cannot be told. */
  changed: number | null;
}

type Place = Pick<Repository, "gitDir" | "gitDirId" | "path">;

/** Errors: those of git, the disk and reading the database. What cannot be told of one pair is unknown of that one. */
export async function scan(world: Effects, db: Db, repository: Place): Promise<Scanned> {
  const objects = objectsOf(world, repository.gitDir);
  const start = world.now().getTime();
  const sessions = await gather(world, db, { repository, objects });
  const gathered = world.now().getTime();
  const git = world.git(repository.gitDir).trusting();
  // Who shares a checkout has one work with it, and lands with it.
  const firsts = sessions.filter(
    ({ session }, at) => sessions.findIndex((one) => one.session.worktree_path === session.worktree_path) === at,
  );
  const places = await landingPlaces(
    git,
    firsts.map(({ session }) => session),
  );
  const between = firsts.flatMap((first, at) => firsts.slice(at + 1).map((second) => ({ first, second })));
  const toTargets = firsts.flatMap((one) =>
    (places.get(one.session.id) ?? []).map((target) => ({ session: one.session.id, one, target })),
  );
  const asked = [
    ...between.map(({ first, second }) => sides(first, second)),
    ...toTargets.map(({ one, target }) => sides(one, target)),
  ];
  const known = asked.filter((one): one is Asked => !("error" in one));
  const { judged, fresh } = await judgePairs(world, db, known, {
    ...{ gitDir: repository.gitDir, objects, signal: world.signal() },
  });
  const byPair = new Map(known.map((pair, at) => [pair, asFarAsSure(pair, judged[at])]));
  const verdicts = asked.map((one) =>
    "error" in one ? unknownFor(one.error) : (byPair.get(one) ?? unknownFor("it was not merged")),
  );
  const pairs = between.map(({ first, second }, at) => ({
    ...{ a: first.session.id, b: second.session.id, judged: verdicts[at] ?? unknownFor("it was not merged") },
  }));
  const targets = toTargets.map(({ session, target }, at) => ({
    ...{ session, target, judged: verdicts[between.length + at] ?? unknownFor("it was not merged") },
  }));
  const reading = git.configured({ env: objectsEnv(objects) });
  const checkouts = await Promise.all(
    firsts.map(async (first): Promise<Checkout> => {
      const { id, worktree_path: top } = first.session;
      const ids = sessions.flatMap(({ session }) => (session.worktree_path === top ? [session.id] : []));
      const own = targets.find(({ session }) => session === id)?.judged;
      if (own !== undefined) return { first, ids, changed: own.verdict === "unknown" ? null : own.brings.a };
      return { first, ids, changed: "error" in first.snapshot ? null : await countChanged(reading, first.snapshot) };
    }),
  );
  const timing = { snapshotMs: gathered - start, mergeMs: world.now().getTime() - gathered, merged: fresh };
  return { sessions, checkouts, pairs, targets, order: orderOf(checkouts, pairs, targets), timing };
}

/** Of who stands on the very branch it is to land on: what it has not committed. */
async function countChanged(git: Git, { commit, head }: Snapshot): Promise<number | null> {
  if (commit === head) return 0;
  const words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-commit-id"];
  const said = await git.attempt([...words, ...(head === null ? ["--root"] : [head]), commit]);
  return said.exit === 0 ? said.stdout.split("\0").length - 1 : null;
}

interface Asked extends SidePair {
  /** What people call them, by their commits. */
  names: ReadonlyMap<string, string>;
  /** Who is in the midst of something. */
  unresolved: { session: KnownSession; is: Unresolved }[];
}

function sides(first: Gathered, second: Gathered | LandingPlace): Asked | { error: string } {
  const both = [first, second].map((one) => ("snapshot" in one ? one.snapshot : one));
  const failed = [first, second].find((one) => "snapshot" in one && "error" in one.snapshot);
  const [a, b] = both.flatMap((one) => ("error" in one ? [] : [{ commit: one.commit, tree: one.tree }]));
  if (a === undefined || b === undefined) {
    // Why is told of the session, once.
    const who = failed !== undefined && "session" in failed ? whoIs(failed.session) : "it";
    return { error: `${who} could not be seen` };
  }
  const unresolved = [first, second].flatMap((one) => {
    if (!("snapshot" in one) || "error" in one.snapshot || one.snapshot.unresolved === null) return [];
    return [{ session: one.session, is: one.snapshot.unresolved }];
  });
  const [nameA, nameB] = [first, second].map((one) => ("snapshot" in one ? nameOf(one.session) : one.name));
  const names = new Map([
    [a.commit, nameA ?? ""],
    [b.commit, nameB ?? ""],
  ]);
  return { a, b, names, unresolved };
}

function nameOf({ branch, name, id }: KnownSession): string {
  return branch ?? name ?? id.slice(0, 8);
}

function asFarAsSure({ unresolved, names }: Asked, found: Judged | undefined): Judged | undefined {
  if (found === undefined) return undefined;
  const judged = { ...found, files: found.files.map((file) => ({ ...file, path: namedBySides(file.path, names) })) };
  if (unresolved.length === 0) return judged;
  const why = unresolved.map(({ session, is }) => `${whoIs(session)} ${unresolvedWords(is)}`).join(", ");
  return untilResolved(judged, { why, paths: new Set(unresolved.flatMap(({ is }) => is.paths)) });
}

/** What could not be told counts as a conflict. */
function orderOf(
  checkouts: readonly Checkout[],
  pairs: Scanned["pairs"],
  targets: Scanned["targets"],
): Scanned["order"] {
  const isMet = ({ verdict }: Judged) => verdict === "conflict" || verdict === "unknown";
  return landingOrder(
    checkouts.map(({ first, changed }) => {
      const { id } = first.session;
      const others = (isMeant: (judged: Judged) => boolean) =>
        new Set(pairs.flatMap(({ a, b, judged }) => (isMeant(judged) ? (a === id ? b : b === id ? a : []) : [])));
      return {
        id,
        size: changed ?? 0,
        isMeetingTarget: targets.some(({ session, judged }) => session === id && isMet(judged)),
        conflicts: others(isMet),
        unsure: others(({ verdict }) => verdict === "unknown"),
        breaks: others(({ warnings }) => warnings.length > 0),
      };
    }),
  );
}
