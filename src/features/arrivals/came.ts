// A landing is the target's move: the branch stood there, and then the target had its work. A branch that moves to where
// the target is already (rebased, merged, begun there) has not landed by that, though the commits alone look the same.

import type { Git } from "../../git/git.ts";
import type { Verdict } from "../merges/merges.ts";
import type { Target } from "./targets.ts";

export interface Found {
  /** In full. */
  ref: string;
  tip: string;
  target: Target;
  /** `verdict` says that the target has it. */
  landing: Pick<Verdict, "verdict" | "method" | "evidence">;
  /** By ref, the commit that it was last seen at; "" where it was not there. */
  seen: Readonly<Record<string, string>>;
}

/** Whether the target came to have it while it stood at this tip. */
export async function hasCome(git: Git, found: Found): Promise<boolean> {
  const { landing, tip } = found;
  const commit = landing.evidence.commit ?? tip;
  // Nothing but time tells a fast-forward from a branch that nobody has committed to.
  if (landing.verdict === "ff") return (await wasApart(git, found)) || (await wasFirst(git, found));
  // A forge may tell of it long after.
  return landing.method === "forge" || !(await wasThere(git, { ...found, commit }));
}

/** At the last look it stood here, and no ref of the target had it. */
async function wasApart(git: Git, { ref, tip, target, seen }: Found): Promise<boolean> {
  if (seen[ref] !== tip) return false;
  return lackedBy(
    git,
    tip,
    target.refs.map(({ name }) => seen[name]),
  );
}

/** By the reflogs: when the branch came to this tip, no ref of the target had it. */
async function wasFirst(git: Git, { ref, tip, target }: Found): Promise<boolean> {
  const born = await firstAt(git, ref, tip);
  if (born === undefined) return false;
  const then = await Promise.all(target.refs.map(async ({ name }) => standAt(await reflog(git, name), born)));
  return lackedBy(git, tip, then);
}

/** By the last look, or by the reflogs: the target had it before the branch came to this tip, or it was seen then. */
async function wasThere(git: Git, { ref, tip, target, seen, commit }: Found & { commit: string }): Promise<boolean> {
  const stood = target.refs.map(({ name }) => seen[name]);
  if (seen[ref] !== undefined && (await isHadBy(git, commit, stood))) return true;
  const born = await firstAt(git, ref, tip);
  if (born === undefined) return false;
  // Within one second nobody knows what came first.
  const then = await Promise.all(target.refs.map(async ({ name }) => standAt(await reflog(git, name), born - 1)));
  return isHadBy(git, commit, then);
}

/** None of these has it, by git's own word; not so when there is none of them. */
async function lackedBy(git: Git, commit: string, places: readonly (string | undefined)[]): Promise<boolean> {
  const known = places.filter((place) => place !== undefined && place !== "");
  if (known.length === 0) return false;
  for (const place of known) if ((await reaches(git, place, commit)) !== false) return false;
  return true;
}

async function isHadBy(git: Git, commit: string, places: readonly (string | undefined)[]): Promise<boolean> {
  for (const place of places) {
    if (place !== undefined && place !== "" && (await reaches(git, place, commit))) return true;
  }
  return false;
}

/** Undefined when git cannot tell: one of them is not there any more. */
export async function reaches(git: Git, from: string | undefined, commit: string): Promise<boolean | undefined> {
  const { exit } = await git.attempt(["merge-base", "--is-ancestor", "--end-of-options", commit, from ?? ""]);
  return exit === 0 ? true : exit === 1 ? false : undefined;
}

const MOST_ENTRIES = 5_000;

interface Entry {
  commit: string;
  /** Seconds since 1970. */
  at: number;
}

/** The newest first; none of a ref that has no reflog (any more). */
async function reflog(git: Git, ref: string): Promise<Entry[]> {
  const words = [
    "--walk-reflogs",
    "--format=%H %gd",
    "--date=unix",
    "--no-show-signature",
    `--max-count=${MOST_ENTRIES}`,
  ];
  const { exit, stdout } = await git.attempt(["log", ...words, "--end-of-options", ref, "--"]);
  if (exit !== 0) return [];
  return stdout.split("\n").flatMap((line) => {
    const [, commit = "", at] = /^([0-9a-f]{40,64}) .*@\{(\d+)\}$/.exec(line) ?? [];
    return at === undefined ? [] : [{ commit, at: Number(at) }];
  });
}

async function firstAt(git: Git, ref: string, tip: string): Promise<number | undefined> {
  return (await reflog(git, ref)).findLast(({ commit }) => commit === tip)?.at;
}

function standAt(entries: readonly Entry[], at: number): string | undefined {
  return entries.find((entry) => entry.at <= at)?.commit;
}
