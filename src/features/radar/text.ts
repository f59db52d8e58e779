// The radar for people: a matrix, then what they should know of, the worst first, then the order. A list is cut after so
// many lines and says how many are left: all of them are in the answer itself.

import type { Page } from "../../core/operation.ts";
import { counted, cutEnd, printable } from "../../core/text.ts";
import type { RadarAnswer } from "./answers.ts";
import { range, sharedLines } from "./shared-files.ts";
import { unresolvedWords } from "./unresolved.ts";
import type { VerdictName } from "./verdict.ts";

type Session = RadarAnswer["sessions"][number];
type Verdict = Pick<RadarAnswer["pairs"][number], "verdict" | "why" | "files" | "fileCount" | "warnings">;
/** Two sides by the names that people read. */
export type Told = Verdict & { left: string; right: string };

const MARKS: Readonly<Record<VerdictName, string>> = { clean: ".", "same-files": "=", conflict: "x", unknown: "?" };
const ONE_CHECKOUT = "&";
const LEGEND: readonly (readonly [mark: string, words: string])[] = [
  [".", "clean"],
  ["=", "same files, merges"],
  ["x", "conflict"],
  ["?", "could not be told"],
  ["!", "merges, but see below"],
  [ONE_CHECKOUT, "one checkout, one work"],
];
const WORST: readonly VerdictName[] = ["conflict", "unknown", "same-files", "clean"];

export function radarText(answer: RadarAnswer, page: Page): string {
  const { sessions, isHere, repoPath } = answer;
  if (sessions.length === 0) return `No live sessions ${isHere ? "here" : `in ${printable(repoPath)}`}.\n`;
  const named = namesIn(answer);
  const told: Told[] = [
    ...answer.pairs.map((one) => ({ ...one, left: named(one.a), right: named(one.b) })),
    ...answer.targets.map((one) => ({ ...one, left: named(one.session), right: printable(one.target) })),
  ];
  const own = sessions.find(({ isMine }) => isMine);
  /** What concerns who asks comes first. */
  const byOwn = (all: readonly Told[]) => {
    const isOwn = ({ left, right }: Told) => own !== undefined && [left, right].includes(named(own.sessionId));
    return all.toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
  };
  const of = (verdict: VerdictName) => told.filter((one) => one.verdict === verdict);
  const blocks = [
    isHere ? [] : [`In ${printable(repoPath)}:`],
    matrix(answer, page),
    ...someOf(
      byOwn(of("conflict")).map((one) => conflictLines(one, page)),
      "in conflict",
    ),
    ...someOf(
      byOwn(told.filter(({ warnings }) => warnings.length > 0)).map((one) => brokenLines(one, page)),
      "that do not hold together",
    ),
    cut(of("unknown").map(({ left, right, why }) => `${left} ? ${right}: ${printable(why ?? "")}`)).map(
      page.paint.yellow,
    ),
    sharedLines(of("same-files"), { isAmidConflicts: of("conflict").length > 0 }),
    sessions.flatMap(sessionLines),
    orderLines(answer, named),
    [page.paint.dim(timeLine(answer))],
  ].filter((lines) => lines.length > 0);
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Of who stands for a checkout: all that are in it. */
function namesIn({ sessions, order }: RadarAnswer): (id: string) => string {
  const names = new Map(sessions.map((one) => [one.sessionId, nameOf(one)]));
  const named = (id: string) => names.get(id) ?? id;
  const together = new Map(order.map((one) => [one.session, [one.session, ...one.with].map(named).join(" & ")]));
  return (id) => together.get(id) ?? named(id);
}

function nameOf({ name, sessionId }: Session): string {
  return printable(name ?? sessionId.slice(0, 8));
}

const MOST_LINES = 10;
/** Of blocks of one kind; the first is shown in any case. */
const MOST_IN_BLOCKS = 50;
const MOST_MET = 4;

function someOf(blocks: readonly string[][], what: string): string[][] {
  let lines = 0;
  const shown = blocks.filter((block, at) => {
    lines += block.length + 1;
    return at === 0 || lines <= MOST_IN_BLOCKS;
  });
  const more = blocks.length - shown.length;
  return more > 0 ? [...shown, [`… and ${counted(more, "more pair")} ${what}; --json has all`]] : shown;
}

function names(ids: readonly string[], named: (id: string) => string): string {
  const more = ids.length - MOST_MET;
  const shown = ids.slice(0, more > 1 ? MOST_MET : ids.length).map(named);
  return more > 1 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

function cut(lines: readonly string[]): string[] {
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… and ${more} more`] : [...lines];
}

const WIDEST_NAME = 40;

/** Without it where it would be wider than the page: the pairs stand below in any case. */
function matrix(answer: RadarAnswer, page: Page): string[] {
  const { sessions } = answer;
  const { markOf, targetMarkOf } = marksIn(answer);
  const columns = [...sessions.map((_, at) => String(at + 1)), "target"];
  const cellsWidth = columns.reduce((sum, column) => sum + column.length + 2, 0);
  const rowNames = sessions.map((one, at) => {
    const branch = one.branch === null ? "no branch" : printable(one.branch);
    return `${String(at + 1).padStart(String(sessions.length).length)} ${nameOf(one)}${one.isMine ? " (this)" : ""}  ${branch}`;
  });
  const room = (page.columns ?? Number.POSITIVE_INFINITY) - cellsWidth;
  if (room < 12) return [];
  const widest = Math.min(room, WIDEST_NAME, Math.max(...rowNames.map((name) => Bun.stringWidth(name))));
  const pad = (text: string) => text + " ".repeat(Math.max(0, widest - Bun.stringWidth(text)));
  const seen = new Set<string>();
  const cell = (mark: string, width: number) => {
    seen.add(mark);
    return painted(mark.padStart(width), page);
  };
  const rows = sessions.map((row, at) => {
    const shown = sessions.map((column, other) =>
      cell(at === other ? " " : markOf(row.sessionId, column.sessionId), columns[other]?.length ?? 1),
    );
    const target = cell(targetMarkOf(row.sessionId), 3);
    return `${pad(cutEnd(rowNames[at] ?? "", widest))}  ${[...shown, target].join("  ")}`.trimEnd();
  });
  const legend = LEGEND.flatMap(([mark, words]) => (seen.has(mark) ? [`${mark} ${words}`] : [])).join("   ");
  const head = page.paint.bold(`${pad("")}  ${columns.join("  ")}`);
  return [head, ...rows, ...(legend === "" ? [] : [page.paint.dim(legend)])];
}

/** Each session's, by who stands for its checkout. */
function marksIn({ pairs, targets, order }: RadarAnswer) {
  const first = new Map(order.flatMap((one) => one.with.map((id) => [id, one.session] as const)));
  const standsFor = (id: string) => first.get(id) ?? id;
  const cells = new Map<string, string>();
  for (const one of pairs) {
    const mark = one.isOneCheckout ? ONE_CHECKOUT : markFor(one);
    cells.set(`${one.a} ${one.b}`, mark);
    cells.set(`${one.b} ${one.a}`, mark);
  }
  return {
    markOf: (a: string, b: string) => cells.get(`${a} ${b}`) ?? cells.get(`${standsFor(a)} ${standsFor(b)}`) ?? " ",
    targetMarkOf: (id: string) => {
      const own = targets.filter(({ session }) => session === standsFor(id));
      const [worst] = own.toSorted((a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict));
      return worst === undefined ? " " : markFor(worst);
    },
  };
}

function markFor({ verdict, warnings }: Verdict): string {
  return warnings.length > 0 ? "!" : MARKS[verdict];
}

function painted(cell: string, { paint }: Page): string {
  if (cell.includes("x")) return paint.red(cell);
  if (/[?!]/.test(cell)) return paint.yellow(cell);
  if (cell.includes("=")) return paint.cyan(cell);
  return cell;
}

function conflictLines({ left, right, files, fileCount }: Told, { paint }: Page): string[] {
  const shown = files.slice(0, MOST_LINES).map(({ path, kind, regions }) => {
    const lines = regions.flatMap(({ a, b }) =>
      a === null || b === null ? [] : [`${left} ${range(a)}, ${right} ${range(b)}`],
    );
    return `  ${[printable(path), kind, lines.join("; ")].filter((part) => part !== "").join("  ")}`;
  });
  const more = fileCount > shown.length ? [`  … and ${fileCount - shown.length} more`] : [];
  return [paint.red(`${left} x ${right}: ${counted(fileCount, "file")} in conflict`), ...shown, ...more];
}

function brokenLines({ left, right, warnings }: Told, { paint }: Page): string[] {
  const lines = warnings.map(({ name, removedBy, removedFrom, usedIn, line }) => {
    const [by, other] = removedBy === "a" ? [left, right] : [right, left];
    const words = `${by} removed ${printable(name)} from ${printable(removedFrom)}`;
    return `  ${words}; ${other} newly uses it in ${printable(usedIn)}:${line}`;
  });
  return [`${left} ! ${right}: merges, and does not hold together`, ...cut(lines)].map(paint.yellow);
}

function sessionLines(session: Session): string[] {
  const { skipped, large, unresolved, error } = session;
  const own = nameOf(session);
  return [
    ...(error === null ? [] : [`${own} could not be seen: ${printable(error)}`]),
    ...(unresolved === null
      ? []
      : [
          `${own} ${unresolvedWords(unresolved)}${unresolved.paths.length === 0 ? "" : `: ${listed(unresolved.paths)}`}`,
        ]),
    ...(skipped.length === 0
      ? []
      : [`${own}: ${counted(skipped.length, "file")} could not be read: ${listed(skipped)}`]),
    ...(large.length === 0 ? [] : [`${own}: known by size and time alone: ${listed(large)}`]),
  ];
}

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map(printable).join(", ");
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown;
}

function orderLines({ order }: RadarAnswer, named: (id: string) => string): string[] {
  if (order.length < 2) return [];
  const steps = order.map(({ session, meets, mayMeet, breaks }) => {
    const met = [
      ...(meets.length === 0 ? [] : [`meets ${names(meets, named)}`]),
      ...(mayMeet.length === 0 ? [] : [`may meet ${names(mayMeet, named)}`]),
      ...(breaks.length === 0 ? [] : [`! with ${names(breaks, named)}`]),
    ];
    return met.length === 0 ? named(session) : `${named(session)} (${met.join("; ")})`;
  });
  return [
    `Land in this order: ${steps.join(", ")}.`,
    "As many as can land untouched come first, those that change least before others. It goes by each pair merged",
    "by itself as it stands now: look again when a conflict was resolved.",
  ];
}

function timeLine({ sessions, timing }: RadarAnswer): string {
  const { snapshotMs, mergeMs, merged } = timing;
  return `${counted(sessions.length, "snapshot")} in ${snapshotMs} ms, ${counted(merged, "merge")} in ${mergeMs} ms`;
}
