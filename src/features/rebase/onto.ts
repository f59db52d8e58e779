// What a branch is rebased onto: the target's newest commit, here or on the remote that it follows.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type MergeMeant, mergeMeant, type Ref, shortRef } from "../merges/merges.ts";
import type { Place } from "./place.ts";

export interface Onto {
  /** As people write it: `main`, `origin/main`. */
  target: string;
  commit: string;
  /** Why the remote could not be asked; it counts as it was last seen then. */
  unfetched: string | undefined;
}

type Effects = Parameters<typeof mergeMeant>[0];

/** Errors: `rebase.target-unknown`, `rebase.parted`, `target.itself`, `usage.bad-value`. */
export async function ontoFor(
  world: Effects,
  place: Place,
  { target, fetch }: { target: string | undefined; fetch: boolean },
): Promise<Onto> {
  const there = { ...world, cwd: place.top };
  const asked = { branch: place.branch, target };
  let unfetched: string | undefined;
  const meant = await mergeMeant(there, { ...asked, fetch }).catch(async (thrown: unknown): Promise<MergeMeant> => {
    if (thrown instanceof Failure && thrown.code === "target.unknown") throw unknownTarget(target, thrown);
    if (!(thrown instanceof Failure) || thrown.code !== "fetch.failed") throw thrown;
    unfetched = thrown.message;
    return mergeMeant(there, asked);
  });
  const newest = await newestOf(place, meant.targets);
  return { target: shortRef(newest.name), commit: newest.commit, unfetched };
}

/** One of them holds all others, or a person has to say which is meant. */
async function newestOf({ git }: Pick<Place, "git">, targets: readonly [Ref, ...Ref[]]): Promise<Ref> {
  const [first, ...others] = targets;
  let newest = first;
  for (const other of others) {
    if (other.commit === newest.commit || (await isWithin(git, other.commit, newest.commit))) continue;
    if (!(await isWithin(git, newest.commit, other.commit))) throw parted(newest, other);
    newest = other;
  }
  return newest;
}

export async function isWithin(git: Place["git"], commit: string, other: string): Promise<boolean> {
  return (await git.attempt(["merge-base", "--is-ancestor", "--end-of-options", commit, other])).exit === 0;
}

function parted(one: Ref, other: Ref): Failure {
  const [here, there] = [printable(shortRef(one.name)), printable(shortRef(other.name))];
  return new Failure({
    code: "rebase.parted",
    message: `${here} and ${there} have parted: each has commits that the other lacks.`,
    hint: `Name ${there}, or bring ${here} up to it first.`,
    details: { [shortRef(one.name)]: one.commit, [shortRef(other.name)]: other.commit },
  });
}

function unknownTarget(target: string | undefined, cause: Failure): Failure {
  const isNamed = target !== undefined;
  return new Failure({
    code: "rebase.target-unknown",
    message: isNamed
      ? `There is no other branch "${printable(target)}" to rebase onto.`
      : "Neither a recorded target nor a default branch is there to rebase onto.",
    hint: isNamed
      ? "`git branch --all` lists the branches of this repository."
      : "Name the branch that is meant, for example origin/main.",
    cause,
  });
}
