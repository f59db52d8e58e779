// All branches of one look judged, those of sessions first, within a time: what there is none left for waits for the next
// look, and one branch that cannot be judged keeps nobody from hearing of the others.

import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";
import type { Memory } from "../merges/merges.ts";
import type { Candidate } from "./candidates.ts";
import type { Effects, Ground } from "./ground.ts";
import { type Arrival, judge } from "./landings.ts";
import { eventOf } from "./store.ts";
import type { Target } from "./targets.ts";

export interface Looked {
  candidates: readonly Candidate[];
  /** By ref, the commit that it was last seen at. */
  seen: Readonly<Record<string, string>>;
  isForgeAsked: boolean;
}

export interface AllJudged {
  arrivals: readonly Arrival[];
  /** Of which branches nothing could be said, and why. */
  errors: readonly string[];
  /** There was no time for all of them. */
  isCut: boolean;
}

const PATIENCE_MS = 2 * 60_000;

/** Errors: those of the database; `proc.cancelled` when the signal says so. */
export async function judgeAll(
  world: Effects,
  ground: Ground,
  { candidates, seen, isForgeAsked }: Looked,
): Promise<AllJudged> {
  const end = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([world.signal(), end]);
  const bounded = { ...world, signal: () => signal };
  const there = await presentAmong(
    ground.git,
    candidates.flatMap((one) => tipsOf(one, seen)),
  );
  const arrivals: Arrival[] = [];
  const errors: string[] = [];
  const memory: Memory = new Map();
  for (const candidate of candidates) {
    const tips = tipsOf(candidate, seen).filter((tip) => there.has(tip));
    for (const target of candidate.targets) {
      try {
        for (const tip of tips) {
          const meant = { ...candidate, tip };
          if (isRecorded(ground, meant, target)) break;
          const judged = await judge(bounded, ground, { candidate: meant, target, seen, isForgeAsked, memory });
          if (judged?.landing.isComplete === false) errors.push(troubleOf(candidate, "the search was cut short."));
          if (judged?.arrival === undefined) continue;
          arrivals.push(judged.arrival);
          break;
        }
      } catch (thrown) {
        const failure = asFailure(thrown);
        if (end.aborted && !world.signal().aborted) return { arrivals, errors, isCut: true };
        if (!failure.code.startsWith("git.")) throw thrown;
        errors.push(troubleOf(candidate, failure.message));
      }
    }
  }
  return { arrivals, errors, isCut: false };
}

/** Where it stands, and where it stood at the last look: it may have landed and gone on since. */
function tipsOf({ ref, tip, earlier }: Candidate, seen: Readonly<Record<string, string>>): string[] {
  return [...new Set([tip, ...earlier, seen[ref] || tip])];
}

function isRecorded({ db, repository }: Ground, { branch, tip }: Candidate, target: Target): boolean {
  return eventOf(db, repository.gitDir, { branch, tip, target: target.name }) !== undefined;
}

/** Of a branch that is gone the commits may be gone by now, too. */
async function presentAmong(git: Git, commits: readonly string[]): Promise<Set<string>> {
  const input = [...new Set(commits)].map((id) => `${id}\n`).join("");
  if (input === "") return new Set();
  const output = await git.output(["cat-file", "--batch-check=%(objectname) %(objecttype)"], { input });
  return new Set(output.split("\n").flatMap((line) => (line.endsWith(" commit") ? [line.split(" ")[0] ?? ""] : [])));
}

function troubleOf({ branch }: Candidate, why: string): string {
  return `${printable(branch)}: ${why}`;
}
