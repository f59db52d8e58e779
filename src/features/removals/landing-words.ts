// What a landing means for a worktree, in words: why it keeps it, or what was shown.

import { printable } from "../../core/text.ts";
import type { BranchLanding, Keep } from "./examine.ts";

/** Undefined when nothing of it would be missed. `own` is the branch that parallel-cc made. */
export function unlanded(found: BranchLanding, own: string | null): Keep | undefined {
  const { branch, landing, isElsewhere, tip } = found;
  if (landing?.isSafeToDelete === true || isElsewhere) return undefined;
  const name = branch === null ? `the detached HEAD at ${tip.slice(0, 9)}` : printable(branch);
  const detail = `${branch !== null && branch === own ? "its branch" : name} ${unlandedWords(found)}`;
  const isOnForge = landing?.method === "forge";
  const hint = "Drop it with: parallel-cc worktree remove --force";
  return { reason: "unlanded-commits", detail, ...(isOnForge ? { hint } : {}) };
}

function unlandedWords({ landing, unjudged }: BranchLanding): string {
  if (unjudged !== undefined) return `cannot be judged: ${printable(unjudged.replace(/\.$/, ""))}`;
  if (landing === undefined) return "has no branch that it could have landed in";
  const { verdict, target, evidence, landed, total } = landing;
  const at = evidence.commit === null ? "" : ` (${evidence.commit.slice(0, 9)})`;
  const into = printable(target);
  if (landing.method === "forge") return `was merged${at}, says GitHub, which git cannot show`;
  if (verdict === "reverted") return `landed in ${into} and was reverted there`;
  if (verdict === "partial")
    return `has landed in ${into} only in part (${landed ?? "some"} of ${total ?? "its"} commits)`;
  if (verdict === "contained" || verdict === "landed-earlier")
    return `seems to be in ${into} already${at}, which is no proof`;
  if (landing.method === "no-own-changes") return `has commits that change nothing, and that ${into} does not have`;
  if (verdict === "unused") return `was not committed to, but began at a commit that ${into} does not have`;
  return `has not landed in ${into}`;
}

export function landedWords({ branch, landing, isElsewhere }: BranchLanding): string {
  const name = branch === null ? "the detached HEAD" : printable(branch);
  if (isElsewhere || landing === undefined || landing.verdict === "unused") return `nobody committed to ${name}`;
  const { verdict, target, evidence, method } = landing;
  const at = evidence.commit === null ? "" : ` as ${evidence.commit.slice(0, 9)}`;
  return `${name} has landed in ${printable(target)}${at} (${verdict}, ${method})`;
}
