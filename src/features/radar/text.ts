// The radar for people: a matrix, then each pair that somebody should know of, then the order.

import type { Page } from "../../core/operation.ts";
import { counted, cutEnd, printable } from "../../core/text.ts";
import type { RadarAnswer } from "./answers.ts";
import type { VerdictName } from "./verdict.ts";

type Session = RadarAnswer["sessions"][number];
type Verdict = Pick<RadarAnswer["pairs"][number], "verdict" | "why" | "files" | "fileCount" | "warnings">;

const MARKS: Readonly<Record<VerdictName, string>> = { clean: ".", "same-files": "=", conflict: "x", unknown: "?" };
const LEGEND = ". clean   = same files, merges   x conflict   ? could not be told   ! merges, but see below";
const WORST: readonly VerdictName[] = ["conflict", "unknown", "same-files", "clean"];

export function radarText(answer: RadarAnswer, page: Page): string {
  const { sessions, pairs, targets } = answer;
  if (sessions.length === 0) return "No live sessions here.\n";
  const names = new Map(sessions.map((one) => [one.sessionId, nameOf(one)]));
  const named = (id: string) => names.get(id) ?? id;
  const told = [
    ...pairs.map((one) => ({ ...one, left: named(one.a), right: named(one.b) })),
    ...targets.map((one) => ({ ...one, left: named(one.session), right: printable(one.target) })),
  ].filter(({ verdict, warnings }) => verdict !== "clean" || warnings.length > 0);
  const ranked = told.toSorted((a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict));
  const blocks = [
    matrix(answer, page),
    ...ranked.map((one) => pairLines(one, page)),
    sessions.flatMap(sessionLines),
    orderLines(answer, named),
    [page.paint.dim(timeLine(answer))],
  ].filter((lines) => lines.length > 0);
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function nameOf({ name, sessionId }: Session): string {
  return printable(name ?? sessionId.slice(0, 8));
}

const WIDEST_NAME = 40;

/** Without it where it would be wider than the page: the pairs stand below in any case. */
function matrix({ sessions, pairs, targets }: RadarAnswer, page: Page): string[] {
  const cells = new Map<string, Verdict>();
  for (const one of pairs) {
    cells.set(`${one.a} ${one.b}`, one);
    cells.set(`${one.b} ${one.a}`, one);
  }
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
  const rows = sessions.map((row, at) => {
    const shown = sessions.map((column, other) => {
      const mark = at === other ? " " : markOf(cells.get(`${row.sessionId} ${column.sessionId}`));
      return painted(mark.padStart(columns[other]?.length ?? 1), page);
    });
    const own = targets.filter(({ session }) => session === row.sessionId);
    const worst = own.toSorted((a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict))[0];
    const target = own.length === 0 ? " " : markOf(worst);
    return `${pad(cutEnd(rowNames[at] ?? "", widest))}  ${[...shown, painted(target.padStart(3), page)].join("  ")}`.trimEnd();
  });
  return [page.paint.bold(`${pad("")}  ${columns.join("  ")}`), ...rows, page.paint.dim(LEGEND)];
}

/** Who shares a checkout has no verdict. */
function markOf(found: Verdict | undefined): string {
  if (found === undefined) return " ";
  return found.warnings.length > 0 ? "!" : MARKS[found.verdict];
}

function painted(cell: string, { paint }: Page): string {
  if (cell.includes("x")) return paint.red(cell);
  if (/[?!]/.test(cell)) return paint.yellow(cell);
  if (cell.includes("=")) return paint.cyan(cell);
  return cell;
}

const MOST_FILES = 20;

function pairLines(one: Verdict & { left: string; right: string }, { paint }: Page): string[] {
  const { left, right, verdict, files, fileCount, why, warnings } = one;
  const title = `${left} ${MARKS[verdict]} ${right}`;
  const head = {
    conflict: paint.red(`${title}: ${counted(fileCount, "file")} in conflict`),
    unknown: paint.yellow(`${title}: ${printable(why ?? "could not be told")}`),
    "same-files": `${title}: both changed ${counted(fileCount, "file")}, and that merges`,
    clean: `${title}: merges`,
  }[verdict];
  const shown = files.slice(0, MOST_FILES).map(({ path, kind, regions }) => {
    const lines = regions.map(({ a, b }) => `${left} ${range(a)}, ${right} ${range(b)}`);
    const what = kind === "merged" ? [] : [kind];
    return `  ${[printable(path), ...what, lines.join("; ")].filter((part) => part !== "").join("  ")}`;
  });
  const more = fileCount > shown.length ? [`  and ${fileCount - shown.length} more`] : [];
  const broken = warnings.map(({ name, removedBy, removedFrom, usedIn, line }) => {
    const [by, other] = removedBy === "a" ? [left, right] : [right, left];
    const words = `${by} removed ${printable(name)} from ${printable(removedFrom)}`;
    return paint.yellow(`  ! ${words}; ${other} newly uses it in ${printable(usedIn)}:${line}`);
  });
  return [head, ...shown, ...more, ...broken];
}

function range({ from, to }: { from: number; to: number }): string {
  if (to < from) return `at ${from}`;
  return from === to ? `${from}` : `${from}-${to}`;
}

function sessionLines(session: Session): string[] {
  const { skipped, large, error } = session;
  const own = nameOf(session);
  return [
    ...(error === null ? [] : [`${own} could not be seen: ${printable(error)}`]),
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
  const steps = order.map(({ session, meets }) =>
    meets.length === 0 ? named(session) : `${named(session)} (meets ${meets.map(named).join(", ")})`,
  );
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
