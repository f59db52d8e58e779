// Has this commit landed in that one? One verdict with its evidence. Whatever cannot be shown within the bounds is
// "not-merged": a false "landed" would let work be removed.

import { Failure } from "../../core/failure.ts";
import type { Git } from "../../git/git.ts";
import { judgeApart } from "./apart.ts";
import { type Judging, judgingGit, type Memory } from "./judging.ts";
import { judgeReached } from "./reached.ts";
import { openWorkbench, type Workbench } from "./remerge.ts";
import { BOUND_METHOD, NOT_MERGED, type Verdict, verdictOf } from "./verdict.ts";

export interface LandingQuestion {
  /** Full commit ids. */
  tip: string;
  target: string;
  /** Where the branch began; decides "unused" and whose commits are counted. */
  fork?: string | undefined;
}

export interface JudgeOptions {
  signal?: AbortSignal | undefined;
  /** After this it gives up, with an incomplete verdict (20 s). */
  deadlineMs?: number | undefined;
  /** The real path of the common git directory, where it is known. */
  gitDir?: string | undefined;
  /** Shared by judgements of one repository. */
  memory?: Memory | undefined;
}

export interface Case extends Judging {
  tip: string;
  target: string;
  /** Undefined when it is unknown, or no ancestor of the tip any more. */
  fork: string | undefined;
  bench(): Workbench;
}

const DEADLINE_MS = 20_000;

/** Errors: `git.*`; `proc.cancelled` when the signal says so. */
export async function judgeLanding(git: Git, question: LandingQuestion, options: JudgeOptions = {}): Promise<Verdict> {
  const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  using stack = new DisposableStack();
  let bench: Workbench | undefined;
  try {
    const judging = await judgingGit(git, { signal }, options);
    return await judge(question, {
      ...judging,
      bench: () => {
        bench ??= stack.use(openWorkbench(judging));
        return bench;
      },
    });
  } catch (thrown) {
    if (isTooMuch(thrown) || (deadline.aborted && options.signal?.aborted !== true)) return cut();
    throw thrown;
  }
}

async function judge(question: LandingQuestion, tools: Judging & Pick<Case, "bench">): Promise<Verdict> {
  const { tip, target } = question;
  const bases = await mergeBases(tools, tip, target);
  const fork = await forkOf(tools, question, bases);
  const isReached = bases.includes(tip);
  if (question.fork === tip) {
    return verdictOf("unused", "no-own-commits", { commit: isReached ? tip : null, isReached });
  }
  const asked: Case = { ...tools, tip, target, fork };
  const verdict = isReached ? await judgeReached(asked) : await judgeApart(asked, bases);
  if (verdict === undefined) return cut();
  // Of a tip that the target reaches only the fork tells which commits were the branch's, and so which reverts count.
  return isReached && fork === undefined && tip !== target ? { ...verdict, isSafeToDelete: false } : verdict;
}

async function mergeBases({ git, options }: Judging, a: string, b: string): Promise<string[]> {
  const args = ["merge-base", "--all", "--end-of-options", a, b];
  const result = await git.attempt(args, options);
  // 1: they have no common ancestor. Anything else is no answer, and must not be read as one.
  if (result.exit > 1) await git.output(args, options);
  return result.stdout.split("\n").filter((line) => line !== "");
}

/** A fork that the tip does not come from (the branch was set elsewhere), or that is gone, tells nothing. */
async function forkOf(
  { git, options }: Judging,
  { fork, tip }: LandingQuestion,
  bases: readonly string[],
): Promise<string | undefined> {
  // The tip comes from all that it shares with the target.
  if (fork === undefined || bases.includes(fork)) return fork;
  const result = await git.attempt(["merge-base", "--is-ancestor", "--end-of-options", fork, tip], options);
  return result.exit === 0 ? fork : undefined;
}

function cut(): Verdict {
  return { ...verdictOf(NOT_MERGED, BOUND_METHOD), isComplete: false };
}

/** More than is read into memory: a bound like the others. */
function isTooMuch(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.code === "proc.too-much-output";
}
