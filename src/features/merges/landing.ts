// A branch judged against every ref that stands for its target: the verdict that weighs most, asked of the cache first.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { mergedOnForge } from "./forge.ts";
import type { Memory } from "./judging.ts";
import { judgeLanding, type LandingQuestion } from "./landed.ts";
import { storedVerdict, storeVerdict } from "./store.ts";
import { defaultTargets, patternsFor, type Ref, readRefs, refsFor, shortRef, withUpstreams } from "./targets.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

export interface Landing extends Verdict {
  /** The ref that was judged, as people write it: `main`, `origin/main`. */
  target: string;
  targetCommit: string;
}

type Effects = Pick<World, "db" | "git" | "log" | "signal" | "runProgram">;

export interface Wanted {
  wanted: string | undefined;
  isNamed: boolean;
  own: Pick<Ref, "name"> | undefined;
}

/** The branch itself is no target, nor is what it follows under the same name: pushed is not landed. */
export async function targetsOf(git: Git, refs: readonly Ref[], { wanted, isNamed, own }: Wanted): Promise<Ref[]> {
  const asked = wanted === undefined ? [] : refsFor(wanted, refs);
  const found = asked.length > 0 || isNamed ? asked : await defaultTargets(git, refs);
  return found.filter((ref) => ref.name !== own?.name);
}

/** The refs that a recorded target and the default branch stand for now: work that has landed in either is there. */
export async function targetsFor(git: Git, named: { branch: string | null; target: string | null }): Promise<Ref[]> {
  const patterns = [...(named.target === null ? [] : patternsFor(named.target)), ...patternsFor(undefined)];
  const refs = await withUpstreams(git, await readRefs(git, [...new Set(patterns)]));
  const own = named.branch === null ? undefined : { name: `refs/heads/${named.branch}` };
  const asked = await targetsOf(git, refs, { wanted: named.target ?? undefined, isNamed: false, own });
  const others = await targetsOf(git, refs, { wanted: undefined, isNamed: false, own });
  return [...asked, ...others.filter(({ name }) => asked.every((one) => one.name !== name))];
}

export interface LandingInput {
  gitDir: string;
  /** Null for a detached HEAD. */
  branch: string | null;
  tip: string;
  fork: string | undefined;
  targets: readonly Ref[];
  /** Whether GitHub is asked, through `gh`, where git alone finds nothing. */
  isForgeAsked: boolean;
  memory?: Memory | undefined;
}

/** Undefined when there is no target. Errors: `git.*`; `proc.cancelled` when the signal says so. */
export async function bestLanding(world: Effects, input: LandingInput): Promise<Landing | undefined> {
  let best: Landing | undefined;
  for (const ref of input.targets) {
    const verdict = await judged(world, input, { tip: input.tip, target: ref.commit, fork: input.fork });
    const landing = { ...verdict, target: shortRef(ref.name), targetCommit: ref.commit };
    if (best === undefined || rank(landing) < rank(best)) best = landing;
  }
  return best;
}

async function judged(world: Effects, input: LandingInput, question: LandingQuestion): Promise<Verdict> {
  const db = await world.db();
  const { gitDir, branch } = input;
  const known = storedVerdict(db, question);
  const isForgeAsked = input.isForgeAsked && branch !== null;
  if (known !== undefined && (known.isForgeAsked || !isForgeAsked || !isOpen(known.verdict))) return known.verdict;
  const git = world.git(gitDir).trusting();
  const signal = world.signal();
  const found = known?.verdict ?? (await judgeLanding(git, question, { signal, gitDir, memory: input.memory }));
  const asked = { directory: gitDir, branch: branch ?? "", tip: question.tip, signal };
  const onForge = isForgeAsked && isOpen(found) ? await mergedOnForge(world, asked) : undefined;
  const commit = await firstIn(git, onForge ?? [], question.target);
  const verdict = commit === undefined ? found : verdictOf("squashed", "forge", { commit });
  const wasAsked = onForge !== undefined;
  // A shallow repository tells otherwise once it is deepened.
  const isLasting = found.isComplete && !existsSync(join(gitDir, "shallow"));
  if (isLasting && (known === undefined || wasAsked)) {
    db.write((now) => storeVerdict(db, question, { verdict, isForgeAsked: wasAsked }, now));
  }
  return verdict;
}

/** Whether the forge may know better. */
function isOpen({ verdict }: Verdict): boolean {
  return verdict === "not-merged" || verdict === "partial" || verdict === "contained" || verdict === "landed-earlier";
}

async function firstIn(git: Git, commits: readonly string[], target: string): Promise<string | undefined> {
  for (const commit of commits) {
    const result = await git.attempt(["merge-base", "--is-ancestor", "--end-of-options", commit, target]);
    if (result.exit === 0) return commit;
  }
  return undefined;
}

/** A revert that either side knows of weighs most; then proofs, then what was only seen. */
function rank({ verdict, isSafeToDelete, method }: Verdict): number {
  if (verdict === "reverted") return 0;
  if (isSafeToDelete) return 1;
  const order = ["unused", "squashed", "contained", "landed-earlier", "partial", "not-merged"];
  return method === "forge" ? 2 : 3 + order.indexOf(verdict);
}
