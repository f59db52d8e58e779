// What cleanups, lists of worktrees and undo say to people.

import type { Page } from "../../core/operation.ts";
import { age, type Cut, counted, printable, shellWord, table } from "../../core/text.ts";
import { takenBackText } from "../rebase/rebase.ts";
import type { CleanedAnswer, ShownItem, ShownRebase, ShownRemoval, Undone } from "./answers.ts";

const PRUNED = {
  trash: "the files in the trash",
  regenerable: "what can be made again in the trash",
  ref: "what git saved",
  result: "the refs with the result",
  run: "the record and the log",
} as const;
function isOfRun(what: keyof typeof PRUNED): boolean {
  return what === "result" || what === "run";
}

const WORDS = {
  session: "session",
  worktree: "worktree",
  registration: "record of worktree",
  branch: "branch",
} as const;

export function cleanupText(answer: CleanedAnswer, page: Page): string {
  const lines = answer.isDryRun ? wouldGo(answer, page) : went(answer, page);
  const ours = new Set(answer.items.filter(({ origin }) => origin === "ours").map(titleOf));
  const kept = answer.kept.filter((one) => ours.has(titleOf(one)));
  if (kept.length > 0) lines.push(page.paint.bold(`${answer.isDryRun ? "Would be kept" : "Kept"} (${kept.length})`));
  for (const one of kept) {
    lines.push(`  ${titleOf(one)}: ${one.keeps.map(({ detail }) => printable(detail)).join("; ")}`);
    for (const { hint } of one.keeps) if (hint !== null) lines.push(page.paint.dim(`    ${printable(hint)}`));
  }
  const pruned = answer.isDryRun ? "Would prune" : "Pruned";
  for (const { what, name, id, why } of answer.pruned) {
    const whose = isOfRun(what) ? `the sandbox run ${printable(name)} (${id.slice(0, 8)})` : printable(name);
    lines.push(page.paint.dim(`${pruned} ${PRUNED[what]} of ${whose} for good: ${why}.`));
  }
  return `${lines.join("\n")}\n`;
}

function wouldGo({ items }: CleanedAnswer, page: Page): string[] {
  const going = items.filter(({ mayGo }) => mayGo);
  if (going.length === 0) return ["Nothing would be removed."];
  return [
    page.paint.bold(`Would be removed (${going.length})`),
    ...going.map((item) => `  ${WORDS[item.kind]} ${titleOf(item)}: ${proofOf(item)}`),
  ];
}

function went({ removals, sessions }: CleanedAnswer, page: Page): string[] {
  const ended = sessions.length === 0 ? [] : [`${counted(sessions.length, "session")} had ended.`];
  if (removals.length === 0) return [...ended, "Nothing was removed."];
  return [
    ...ended,
    page.paint.bold(`Removed (${removals.length})`),
    ...removals.flatMap((one) => [
      `  ${titleOf(one)}: ${proofOf(one)}`,
      page.paint.dim(`    back with: parallel-cc undo ${one.id}`),
    ]),
  ];
}

function titleOf({ path, name, branch }: Pick<ShownItem, "path" | "name" | "branch">): string {
  return printable(path ?? branch ?? name);
}

function proofOf({ proofs }: { proofs: readonly string[] }): string {
  return printable(proofs.at(-1) ?? "nothing keeps it");
}

/** Each item with all that was looked at. */
export function explainedText({ items, isDryRun }: CleanedAnswer, page: Page): string {
  if (items.length === 0) return "There is nothing to clean up.\n";
  const lines = items.flatMap((item) => {
    const fate = item.mayGo ? (isDryRun ? "would go" : "goes") : "stays";
    const colour = item.mayGo ? page.paint.yellow : page.paint.green;
    return [
      `${colour(fate)}  ${WORDS[item.kind]} ${titleOf(item)}`,
      `  owner: ${ownerOf(item)}`,
      ...item.proofs.map((proof) => `  ${page.paint.green("+")} ${printable(proof)}`),
      ...item.keeps.map(({ reason, detail }) => `  ${page.paint.red("-")} ${printable(detail)} (${reason})`),
      ...lossOf(item),
    ];
  });
  return `${lines.join("\n")}\n`;
}

function ownerOf({ owner, origin }: ShownItem): string {
  if (owner !== null) {
    return `session ${printable(owner.name ?? owner.sessionId)}${owner.unsure === null ? "" : " (perhaps)"}`;
  }
  return { ours: "nobody", main: "its user", foreign: "its user, not parallel-cc" }[origin];
}

function lossOf({ holds, origin, kind }: ShownItem): string[] {
  if (origin !== "ours" || kind === "session") return [];
  const parts = [
    ...(holds.commits !== null && holds.commits > 0 ? [counted(holds.commits, "commit")] : []),
    ...(holds.files > 0 ? [counted(holds.files, "uncommitted file")] : []),
    ...(holds.ignored > 0 ? [counted(holds.ignored, "ignored path")] : []),
  ];
  return [`  only here: ${parts.length === 0 ? "nothing" : parts.join(", ")}`];
}

export function worktreesText(items: readonly ShownItem[], page: Page): string {
  if (items.length === 0) return "No worktrees.\n";
  const head = ["NAME", "BRANCH", "WHOSE", "STATE"];
  const rows = items.map((item) => [
    printable(item.name),
    printable(item.branch ?? "(detached)"),
    whose(item),
    stateOf(item),
  ]);
  const cuts = [
    { column: 3, floor: 24, keeps: "start" as const },
    { column: 1, floor: 12, keeps: "end" as const },
    { column: 0, floor: 12, keeps: "end" as const },
  ];
  return tableText([head, ...rows], page, cuts);
}

function whose({ owner, origin }: ShownItem): string {
  if (owner !== null) return printable(owner.name ?? owner.sessionId.slice(0, 8));
  return { ours: "nobody", main: "(main)", foreign: "(not ours)" }[origin];
}

function stateOf(item: ShownItem): string {
  if (item.origin === "main") return "the main checkout";
  if (item.origin === "foreign") return "left alone";
  if (item.mayGo) return `may go: ${proofOf(item)}`;
  return item.keeps.map(({ detail }) => printable(detail)).join("; ");
}

function undoableText({ removals, rebases }: Pick<Undone, "removals" | "rebases">, page: Page): string {
  const rows = [...(removals ?? []).map(removalRow), ...(rebases ?? []).map(rebaseRow)];
  if (rows.length === 0) return "Nothing was removed.\n";
  const head = ["ID", "KIND", "NAME", "AGE", "WHY", "WHAT IS LEFT"];
  const cuts = [
    { column: 5, floor: 20, keeps: "start" as const },
    { column: 2, floor: 12, keeps: "end" as const },
  ];
  const newest = rows.toSorted((a, b) => b.at.getTime() - a.at.getTime());
  const body = newest.map(({ id, kind, name, at, why, left }) => [id, kind, name, age(at, page.now), why, left]);
  return tableText([head, ...body], page, cuts);
}

function removalRow(one: ShownRemoval) {
  const kind = one.path === null ? "branch" : "worktree";
  const known = { id: one.id, kind, name: printable(one.name), at: new Date(one.removedAt) };
  return { ...known, why: one.reason, left: whatIsLeft(one) };
}

function rebaseRow({ id, branch, rebasedAt, target, left }: ShownRebase) {
  const known = { id, kind: "rebase", name: printable(branch), at: new Date(rebasedAt) };
  return { ...known, why: `onto ${printable(target)}`, left: LEFT_OF_REBASE[left] };
}

const LEFT_OF_REBASE = {
  branch: "where it was",
  stopped: "where it was: it has stopped, and would be given up",
  work: "killed: uncommitted work that it set aside",
  "moved-on": "nothing: the branch has moved on",
  gone: "nothing: the branch is gone",
} as const;

function whatIsLeft(one: ShownRemoval): string {
  if (one.state === "restored") return "brought back";
  if (one.state !== "removed") return "half-way: the next command ends it, or another one is at it";
  if (one.left === "nothing") return one.refPrunedAt === null ? "nothing" : "nothing (pruned)";
  const why = one.trashPrunedAt === null ? "is gone" : "was pruned";
  if (one.left === "saved") return `what git saved (the trash ${why})`;
  if (one.prunedPaths.length === 0) return "everything";
  return `everything but ${printable(one.prunedPaths.slice(0, 3).join(", "))} (pruned)`;
}

function tableText(rows: readonly string[][], page: Page, cuts: readonly Cut[]): string {
  const [heading = "", ...body] = table(rows, { width: page.columns, cuts });
  return `${[page.paint.dim(heading), ...body].join("\n")}\n`;
}

export function undoneText(answer: Undone, page: Page): string {
  if (answer.removals !== null) return undoableText(answer, page);
  if (answer.rebase !== null) return `${takenBackText(answer.rebase)}\n`;
  const { path, name, branch, renamed, missing } = answer;
  const on = branch === null ? "" : ` on ${printable(branch)}`;
  const lines =
    path === null
      ? [`The branch ${printable(branch ?? name ?? "")} is back.`]
      : [`${printable(name ?? "")} is back${on}.`];
  if (path !== null) lines.push(`  cd ${shellWord(printable(path))}`);
  for (const { from, to } of renamed) lines.push(`  ${printable(from)} was taken: its branch is ${printable(to)} now.`);
  if (missing.length > 0) {
    lines.push(page.paint.yellow(`Not there any more (${missing.length}), since the trash was pruned:`));
    for (const one of missing.slice(0, MOST_MISSING)) lines.push(`  ${printable(one.path)} (${printable(one.why)})`);
    if (missing.length > MOST_MISSING) lines.push(`  … and ${missing.length - MOST_MISSING} more`);
  }
  return `${lines.join("\n")}\n`;
}

const MOST_MISSING = 20;
