// The last of the result comes home, and is put where its user looks for it.

import { readFileSync } from "node:fs";
import { asFailure, Failure } from "../../core/failure.ts";
import { clause, counted, printable } from "../../core/text.ts";
import { branchTip, deleteBranchAt } from "../../git/repository.ts";
import { type Delivered, deliver, type Replayed } from "../results/results.ts";
import { worktreeRow } from "../worktrees/worktrees.ts";
import { workedMs } from "./answers.ts";
import { causeOf } from "./cause.ts";
import { costOf } from "./cost.ts";
import type { Driving } from "./driving.ts";
import { bringHome, bringHomeFromHere, commitMessage, type Home } from "./home.ts";

export async function comeHome(driving: Driving): Promise<void> {
  const run = driving.run();
  const isLost = run.facts.endedBy === "loss";
  const sandbox = isLost ? undefined : await driving.sandbox();
  const home = sandbox === undefined ? await bringHomeFromHere(driving) : await bringHome(driving, sandbox);
  if (sandbox === undefined && !isLost) vanished(driving, home);
  if (home === undefined) {
    driving.note("Nothing had come home before the sandbox went away.", "warning");
    driving.change({ step: "home" });
    return;
  }
  driving.change({ step: "home", facts: { result: home.result } });
  const { heldBack, commits, filesChanged } = home.result;
  if (heldBack === null) {
    const made = `${counted(commits.length, "commit")}, ${counted(filesChanged, "file")} changed`;
    driving.note(commits.length + filesChanged === 0 ? "Claude changed nothing." : `Home: ${made}.`);
    return;
  }
  driving.note(`The result is here and is held back: ${heldBack}.`, "warning");
}

/** Between claude's end and this. What went wrong before stays what is told. */
function vanished(driving: Driving, home: Home | undefined): void {
  const { outcome, trouble, instance_id: instance } = driving.run();
  const message = `The sandbox ${instance ?? ""} went away before all of its work had come home.`;
  const hint = home === undefined ? "Nothing had come home yet." : "What had come home by then is here.";
  driving.note(message, "warning");
  driving.change({
    ...(outcome === "COMPLETED" ? { outcome: "FAILED" as const } : {}),
    ...(trouble === null ? { trouble: { code: "sandbox.gone", message, hint } } : {}),
    facts: { endedBy: "loss" },
  });
}

/**
 * A result that cannot be put into the worktree is safe under its ref: that is told, and is no reason to keep the sandbox.
 * Where its user can make room for it, it waits for that. Errors: `disk.full`, `results.locked`, `sandbox.repository-gone`.
 */
export async function handOver(driving: Driving): Promise<void> {
  const { place } = driving;
  const run = driving.run();
  const { result } = run.facts;
  const { worktree_path: worktree } = run;
  const isNothing =
    result !== undefined && result.filesChanged === 0 && result.commits.length === 0 && result.left.length === 0;
  // A branch with nothing on it would only keep its name from the next run.
  if (result === undefined || isNothing || result.heldBack !== null || worktree === null) {
    driving.change({ step: "delivered" });
    return;
  }
  const replayed: Replayed = JSON.parse(readFileSync(place.replayed, "utf8"));
  const branch = run.request.branch ?? undefined;
  const message = fullMessage(driving);
  const head = run.base_commit ?? undefined;
  const input = { worktree, repository: run.git_dir, replayed, branch, message, head };
  const delivered = await deliverAs(driving, input).catch((thrown: unknown) => refused(driving, thrown));
  const { form, why, left } = delivered;
  driving.change({
    step: "delivered",
    facts: { delivered: { path: worktree, branch: delivered.branch, note: why } },
  });
  if (form === "branch") {
    await dropOwnBranch(driving, worktree).catch((thrown: unknown) => {
      // One name too many: cleanup takes it with the worktree.
      driving.world.log("info", "sandbox.branch-not-dropped", { error: asFailure(thrown).message });
    });
  }
  for (const one of left) driving.note(`${printable(one.path)}: ${one.why}.`, "warning");
  if (why !== null) {
    const where = delivered.branch === null ? `under ${result.ref}` : `on ${delivered.branch}`;
    driving.note(`The result is ${where}, and not in the worktree: ${clause(why)}.`, "warning");
  } else if (result.filesChanged > 0) {
    driving.note(branch === undefined ? `In ${worktree}, uncommitted.` : `On ${delivered.branch}, in ${worktree}.`);
  }
}

/** Why, where nothing can be done about it. Error: what its user can mend. */
async function refused(
  driving: Driving,
  thrown: unknown,
): Promise<Pick<Delivered, "form" | "why" | "branch" | "left">> {
  const failure = await causeOf(driving, thrown);
  if (failure.kind === "cancelled" || failure.kind === "internal") throw thrown;
  const { code, hint, message, kind } = failure;
  if (WAITS.has(code) && failure !== thrown) throw failure;
  if (WAITS.has(code)) {
    const how = `${hint}, and go on: parallel-cc sandbox attach ${driving.id.slice(0, 8)}`;
    throw new Failure({ code, message, kind, hint: how, cause: thrown });
  }
  return { form: "ref", why: clause(message), branch: null, left: [] };
}

const WAITS = new Set(["disk.full", "results.locked", "sandbox.repository-gone"]);

/** The one that the worktree was made on, where nobody committed to it: its work is on another. */
async function dropOwnBranch({ world, db, run }: Driving, worktree: string): Promise<void> {
  const { base_commit: base, git_dir: gitDir } = run();
  const own = worktreeRow(db, worktree)?.branch;
  const git = world.git(gitDir).trusting();
  if (base === null || own == null || (await branchTip(git, own)) !== base) return;
  const head = await world.git(worktree).attempt(["symbolic-ref", "--quiet", "HEAD"]);
  if (head.stdout.trim() !== `refs/heads/${own}`) await deleteBranchAt(git, own, base);
}

/** A name of ours that another run has taken in the same minute gets a number. */
async function deliverAs(driving: Driving, input: Parameters<typeof deliver>[1]): ReturnType<typeof deliver> {
  const { branch } = input;
  for (let n = 1; ; n++) {
    try {
      return await deliver(driving.world, n === 1 ? input : { ...input, branch: `${branch}-${n}` });
    } catch (thrown) {
      const { isBranchMade } = driving.run().request;
      if (!isBranchMade || asFailure(thrown).code !== "results.branch-exists" || n > MOST_NAMES) throw thrown;
    }
  }
}

const MOST_NAMES = 100;

function fullMessage(driving: Driving): string {
  const run = driving.run();
  const now = driving.world.now();
  const minutes = workedMs(run, now) / 60_000;
  const { total } = costOf(run, now);
  return `${commitMessage(driving)}Execution time: ${minutes.toFixed(1)} minutes\nCost: $${total.toFixed(2)}\n`;
}
