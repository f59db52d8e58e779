// A verdict in a sentence, and what shows it.

import { counted, printable } from "../../core/text.ts";
import type { Checked } from "./check.ts";
import { lastSeenText } from "./last-seen.ts";
import type { Method } from "./verdict.ts";

const METHOD_WORDS: Readonly<Record<Method, string>> = {
  "same-commit": "both are the same commit",
  ancestor: "the target holds the branch's own commits",
  "patch-of-each-commit": "each of its commits is in the target as the same change",
  "patch-of-whole-change": "its whole change is one commit of the target",
  "patch-of-each-part": "each part of it is one commit of the target",
  "equal-tree": "the target had exactly its files",
  "merge-adds-nothing": "merging it would add nothing",
  "merge-added-nothing-then": "merging it would have added nothing then",
  "some-patches": "some of its commits are in the target as the same change",
  "earlier-tip": "it was merged, and went on",
  "no-own-commits": "nobody committed to it",
  "no-own-changes": "its commits change nothing",
  forge: "a merged pull request had exactly this commit",
  "nothing-found": "nothing of it was found in the target",
  bound: "there was too much to look through",
};

export function verdictText(answer: Checked): string {
  const { evidence, method, branch, lastSeen } = answer;
  const shown = [
    ["Because", METHOD_WORDS[method]],
    ...(evidence.commit === null ? [] : [["Commit", evidence.commit]]),
    ...(evidence.revertedBy === null ? [] : [["Reverted by", evidence.revertedBy]]),
    ["Tip", answer.tip],
    ["Target", `${printable(answer.target)} ${answer.targetCommit}`],
    ...(answer.fork === null ? [] : [["Fork", answer.fork]]),
    ["Safe to delete", answer.isSafeToDelete ? "yes" : "no"],
  ];
  const seen = lastSeen === null ? "" : `${lastSeenText(branch, lastSeen)}\n`;
  return `${sentence(answer)}\n${seen}${shown.map(([name = "", text = ""]) => `  ${`${name}:`.padEnd(16)}${text}\n`).join("")}`;
}

function sentence({ verdict, branch, target, landed, total }: Checked): string {
  const [it, there] = [printable(branch), printable(target)];
  switch (verdict) {
    case "ff":
      return `${it} has landed in ${there}, fast-forwarded.`;
    case "rebased":
      return `${it} has landed in ${there}: the same change is there.`;
    case "merged":
    case "squashed":
      return `${it} has landed in ${there}, ${verdict}.`;
    case "contained":
      return `${there} holds what ${it} would bring, but no commit of it was found there.`;
    case "landed-earlier":
      return `${there} held what ${it} would bring, and has changed it since.`;
    case "partial":
      return `${landed ?? 0} of ${counted(total ?? 0, "commit")} of ${it} landed in ${there}.`;
    case "reverted":
      return `${it} landed in ${there} and was reverted.`;
    case "unused":
      return `${it} has no work of its own.`;
    case "not-merged":
      return `${it} has not landed in ${there}.`;
  }
}
