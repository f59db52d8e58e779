// `bun run bench [figure …] [--json]`: measures dist/parallel-cc and prints one table; the word `sandbox` stands for the
// figures of sandboxes. Exit 1: a bound is broken; 2: there is no such figure, or nothing to measure.

import { existsSync } from "node:fs";
import { PROGRAM } from "../support/cli.ts";
import { hasCorpus } from "../support/corpus.ts";
import { claimsCheck, claimsCheckGlob, hookEdit } from "./claims.ts";
import { cleanupDryRun, cleanupLanded, registerBesideKept, releaseUnused } from "./cleanup.ts";
import { conflictsCorpus } from "./conflicts.ts";
import { contention } from "./contention.ts";
import { canLimit } from "./control-group.ts";
import { type Figure, judge, measure, median, minimum, type Verdict } from "./figure.ts";
import { guard } from "./guard.ts";
import { heartbeat, heartbeatMemory } from "./heartbeat.ts";
import { hook } from "./hook.ts";
import { landedAgain, landedCold } from "./landed.ts";
import { mcpList, mcpMemory, mcpRead } from "./mcp.ts";
import { radarCold, radarEditFive, radarEditOne, radarOneChange, radarSnapshots, radarUnchanged } from "./radar.ts";
import { registerAgain, registerFirst } from "./register.ts";
import { sandboxHome, sandboxHomeMemory } from "./sandbox-home.ts";
import { sandboxMemoryPrint, sandboxMemoryProject } from "./sandbox-memory.ts";
import { sandboxNativeReady } from "./sandbox-native.ts";
import { sandboxRunHome } from "./sandbox-run-home.ts";
import { sandboxUp } from "./sandbox-up.ts";
import { sandboxVisibleInLogs, sandboxVisibleLive } from "./sandbox-visible.ts";
import { startUp } from "./start-up.ts";
import { status } from "./status.ts";
import { watchMemory } from "./watch.ts";
import { registerWorktree } from "./worktree.ts";
import { writesCommit, writesFile, writesNothing, writesRead } from "./writes.ts";

const FIGURES: readonly Figure[] = [
  ...[startUp, heartbeat, heartbeatMemory, hook, hookEdit, status, claimsCheck, claimsCheckGlob, guard],
  ...[writesRead, writesNothing, writesFile, writesCommit],
  ...[registerFirst, registerAgain, registerWorktree, contention, landedCold, landedAgain],
  ...[radarCold, radarOneChange, radarUnchanged, radarSnapshots, radarEditOne, radarEditFive],
  ...(hasCorpus() ? [conflictsCorpus] : []),
  ...[mcpList, mcpRead, mcpMemory, watchMemory],
  ...[cleanupLanded, cleanupDryRun, releaseUnused, registerBesideKept],
];

/** Minutes of work, and sandboxes must be possible here: only when they are asked for. */
const SANDBOX: readonly Figure[] = [
  ...[sandboxNativeReady, sandboxUp, sandboxRunHome, sandboxHome, sandboxHomeMemory],
  ...[sandboxVisibleInLogs, sandboxVisibleLive],
  ...(canLimit() ? [sandboxMemoryProject, sandboxMemoryPrint] : []),
];

interface Row {
  figure: Figure;
  byMedian: Verdict;
  byMinimum: Verdict;
}

const COLUMNS = ["figure", "median", "min", "unit", "median", "min", "ratio", "of min", "bound", ""];

function cells({ figure, byMedian, byMinimum }: Row): string[] {
  const [a, b] = [byMedian, byMinimum];
  const quantity = (value: number): string => `${value.toFixed(value < 100 ? 2 : 0)} ${figure.measures}`;
  return [
    ...[figure.name, quantity(a.ours), quantity(b.ours), figure.unit, quantity(a.unit), quantity(b.unit)],
    ...[a.ratio.toFixed(2), b.ratio.toFixed(2), boundText(figure), verdictText(figure, a)],
  ];
}

function boundText({ bound, measures }: Figure): string {
  if (bound === undefined) return "-";
  if ("ratio" in bound) return String(bound.ratio);
  if ("megabytes" in bound) return `${bound.megabytes} ${measures}`;
  return `${bound.ms} ${measures}${"andRatio" in bound ? ` + ${bound.andRatio}` : ""}`;
}

function verdictText({ bound }: Figure, { isOver }: Verdict): string {
  if (bound === undefined) return "";
  return isOver ? "OVER" : "ok";
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number): boolean => COLUMNS[column] === "figure" || COLUMNS[column] === "unit";
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function documentOf({ figure, byMedian, byMinimum }: Row) {
  const { name, unit, measures, bound, rounds } = figure;
  return { name, unit, measures, bound: bound ?? null, rounds, isOver: byMedian.isOver, byMedian, byMinimum };
}

async function main(words: readonly string[]): Promise<number> {
  const isJson = words.includes("--json");
  const wanted = words.filter((word) => word !== "--json");
  const all = [...FIGURES, ...SANDBOX];
  const unknown = wanted.filter((name) => name !== "sandbox" && !all.some((figure) => figure.name === name));
  if (unknown.length > 0) {
    const names = all.map(({ name }) => name).join(", ");
    return complain(`There is no figure ${unknown.join(", ")}; there are ${names}.`);
  }
  const chosen = wanted.length === 0 ? FIGURES : all.filter((figure) => isWanted(figure, wanted));
  if (!existsSync(PROGRAM)) return complain(`${PROGRAM} is not there: run \`bun run build\` first.`);
  const rows: Row[] = [];
  for (const figure of chosen) {
    const series = await measure(figure);
    rows.push({ figure, byMedian: judge(figure, series, median), byMinimum: judge(figure, series, minimum) });
  }
  const text = isJson ? JSON.stringify(rows.map(documentOf), null, 2) : table([COLUMNS, ...rows.map(cells)]);
  await Bun.write(Bun.stdout, `${text}\n`);
  return rows.some(({ byMedian }) => byMedian.isOver) ? 1 : 0;
}

function isWanted(figure: Figure, wanted: readonly string[]): boolean {
  return wanted.includes(figure.name) || (wanted.includes("sandbox") && SANDBOX.includes(figure));
}

async function complain(about: string): Promise<2> {
  await Bun.write(Bun.stderr, `bench: ${about}\n`);
  return 2;
}

process.exit(await main(process.argv.slice(2)));
