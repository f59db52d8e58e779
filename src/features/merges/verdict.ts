// What is said of a branch, and what may be done about it.

export const VERDICTS = [
  "merged",
  "ff",
  "rebased",
  "squashed",
  "contained",
  "landed-earlier",
  "partial",
  "reverted",
  "unused",
  "not-merged",
] as const;
export type VerdictName = (typeof VERDICTS)[number];

export const METHODS = [
  "same-commit",
  "ancestor",
  "patch-of-each-commit",
  "patch-of-whole-change",
  "patch-of-each-part",
  "equal-tree",
  "merge-adds-nothing",
  "merge-added-nothing-then",
  "some-patches",
  "earlier-tip",
  "no-own-commits",
  "no-own-changes",
  "forge",
  "nothing-found",
  "bound",
] as const;
export type Method = (typeof METHODS)[number];

export const NOT_MERGED = "not-merged";
export const BOUND_METHOD = "bound";

export interface Evidence {
  /** The commit of the target that shows it. */
  commit: string | null;
  /** The commit of the target that took it out again. */
  revertedBy: string | null;
}

export interface Verdict {
  verdict: VerdictName;
  method: Method;
  evidence: Evidence;
  /** Of a partly landed branch: how many of its commits, and of how many. */
  landed: number | null;
  total: number | null;
  /** The work stands in the target by a proof that deleting may rest on. */
  isSafeToDelete: boolean;
  /** False when a bound cut the search short; what would have been found is unknown then. */
  isComplete: boolean;
}

const SAFE_METHODS: readonly Method[] = [
  "same-commit",
  "ancestor",
  "patch-of-each-commit",
  "patch-of-whole-change",
  "patch-of-each-part",
  "equal-tree",
];
const SAFE_VERDICTS: readonly VerdictName[] = ["merged", "ff", "rebased", "squashed"];

export interface Shown {
  commit?: string | null;
  revertedBy?: string;
  /** The very commit is in the target. */
  isReached?: boolean;
  landed?: number;
  total?: number;
}

export function verdictOf(verdict: VerdictName, method: Method, shown: Shown = {}): Verdict {
  const isUnusedButThere = verdict === "unused" && shown.isReached === true;
  return {
    verdict,
    method,
    evidence: { commit: shown.commit ?? null, revertedBy: shown.revertedBy ?? null },
    landed: shown.landed ?? null,
    total: shown.total ?? null,
    isSafeToDelete: isUnusedButThere || (SAFE_VERDICTS.includes(verdict) && SAFE_METHODS.includes(method)),
    isComplete: true,
  };
}
