// How runs are shown to people.

import type { Page } from "../../core/operation.ts";
import { age, clause, counted, cutStart, printable, quotedLines, shellWord, sizeText, table } from "../../core/text.ts";
import { parseUtc } from "../../db/db.ts";
import { durationText, keptView, liveText } from "../claude-runs/claude-runs.ts";
import { type Listed, type RunAnswer, UNDELIVERED } from "./answers.ts";
import type { StateAnswer } from "./state.ts";

const MARKS = { COMPLETED: "green", FAILED: "red", TIMEOUT: "yellow", CANCELLED: "yellow" } as const;

function marked(status: Listed["status"], { paint }: Page): string {
  const words = { INITIALIZING: "being made", RUNNING: "running", COMPLETED: "completed", FAILED: "failed" } as const;
  const word = status === "TIMEOUT" ? "out of time" : status === "CANCELLED" ? "stopped" : words[status];
  const colour = status === "INITIALIZING" || status === "RUNNING" ? "cyan" : MARKS[status];
  return paint[colour](word);
}

export function endText(answer: RunAnswer, page: Page): string {
  return `${[...stateLines(answer, page), ...nextLines(answer)].join("\n")}\n`;
}

function stateLines(answer: RunAnswer, page: Page): string[] {
  const { paint } = page;
  const id = answer.sessionId.slice(0, 8);
  const name = answer.name === null ? id : `${printable(answer.name)} (${id})`;
  const time = answer.executionTime === 0 ? "" : ` after ${durationText(answer.executionTime)}`;
  const state = answer.waitsFor === null ? marked(answer.status, page) : paint.yellow(WAITS);
  const lines = [`${paint.bold(name)}: ${state}${time}${costText(answer.cost.total)}`];
  if (answer.error !== null) {
    lines.push(`  ${printable(answer.error.message)}`);
    if (answer.error.hint !== null) lines.push(`  ${printable(answer.error.hint)}`);
  }
  if (answer.status === "TIMEOUT") {
    lines.push(
      "  Its time was up. Look at what it has done, and run it again for the rest, or with a larger --timeout.",
    );
  }
  if (answer.question !== null) {
    lines.push("  It ended in a question, and nobody answers inside. Run it again with the answer in the task:");
    const width = Math.max(20, (page.columns ?? 100) - 4);
    lines.push(
      ...quotedLines(cutStart(answer.question, MOST_ASKED), width).map((line) => `  ${paint.dim(line.trim())}`),
    );
  }
  return [...lines, ...resultLines(answer)];
}

/** Nobody drives it: only its user can help. */
const WAITS = "waits for you";
/** It ended in a question, and nobody answered. */
const ASKS = "asks you";
const MOST_ASKED = 600;

function costText(total: number): string {
  if (total === 0) return "";
  return total < 0.01 ? ", under $0.01" : `, $${total.toFixed(2)}`;
}

/** From where they are to be given: `next` has each as it stands alone. */
function nextLines({ next, worktreePath }: RunAnswer): string[] {
  if (next.length === 0) return [];
  const place = worktreePath === null ? "" : shellWord(worktreePath);
  const cd = `cd ${place}`;
  const there = next.filter((one) => one !== cd).map((one) => one.replace(`git -C ${place} `, "git "));
  return ["", "Next:", ...(next.includes(cd) ? [`  ${cd}`] : []), ...there.map((one) => `  ${one}`)];
}

function resultLines(answer: RunAnswer): string[] {
  const lines: string[] = [];
  const { commits, filesChanged, resultRef } = answer;
  if (answer.heldBack !== null) lines.push(`  The result is here and is held back: ${answer.heldBack}.`);
  else if (resultRef !== null && filesChanged === 0) lines.push("  It changed nothing.");
  else if (resultRef !== null) {
    const made = commits.length === 0 ? "" : `, ${counted(commits.length, "commit")} of claude's`;
    const [where, at] = whereabouts(answer);
    lines.push(`  ${counted(filesChanged, "file")} changed${made}; ${where}`, `  ${at}`);
    for (const { subject } of commits.slice(0, MOST_NAMED)) lines.push(`    ${printable(subject)}`);
    if (commits.length > MOST_NAMED) lines.push(`    and ${commits.length - MOST_NAMED} more`);
  } else if (filesChanged > 0) {
    lines.push(`  ${counted(filesChanged, "file")} changed; its ref has gone, since its work is elsewhere.`);
  }
  if (answer.runsOnHost.length > 0) {
    lines.push("  Look at these first, they change what runs on this machine:");
    const named = answer.runsOnHost.slice(0, MOST_NAMED);
    lines.push(...named.map(({ path, what }) => `    ${printable(path)}  (${printable(what)})`));
    const more = answer.runsOnHost.length - named.length;
    if (more > 0) lines.push(`    and ${more} more (--json has all)`);
  }
  for (const { path, target } of answer.escaping.slice(0, MOST_NAMED)) {
    lines.push(`  A link that leads out of the project: ${printable(path)} -> ${printable(target)}`);
  }
  for (const { path, why } of answer.left.slice(0, MOST_NAMED))
    lines.push(`  In no commit: ${printable(path)}: ${why}`);
  for (const remark of answer.remarks) lines.push(`  ${remark}`);
  for (const weakness of answer.weaknesses) lines.push(`  Of this sandbox: ${weakness}`);
  return lines;
}

/** How, and where to look for it. */
function whereabouts({ branch, worktreePath, resultRef, undelivered, error }: RunAnswer): [string, string] {
  if (undelivered === null && worktreePath !== null) {
    return [`${branch === null ? "uncommitted" : `on ${printable(branch)}`} in`, printable(worktreePath)];
  }
  // The error has told why.
  const why = undelivered === null || error?.code === UNDELIVERED ? "" : ` (${clause(printable(undelivered))})`;
  if (branch === null) return [`not in the worktree${why}, but under`, printable(resultRef ?? "")];
  return [`not in the worktree${why}, but on the branch`, printable(branch)];
}

const MOST_NAMED = 8;

const MOST_LISTED = 10;
const MOST_HELD = 30;

export function dryRunText(answer: RunAnswer, page: Page): string {
  const { sent } = answer;
  if (answer.error !== null || sent === null) return endText(answer, page);
  const lines = [`Sent ${counted(sent.files, "file")}, ${sizeText(sent.bytes)}. The largest:`];
  const largest = sent.list.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, MOST_LISTED);
  lines.push(...largest.map((one) => `  ${sizeText(one.sizeBytes).padStart(7)}  ${printable(one.path)}`));
  const special = sent.list.filter(({ why }) => why !== "tracked");
  if (special.length > 0) lines.push("", `Not tracked by git, and sent: ${counted(special.length, "file")}`);
  lines.push(...special.slice(0, MOST_LISTED).map(({ path, why }) => `  ${printable(path)}  (${why})`));
  if (special.length > MOST_LISTED) lines.push(`  and ${special.length - MOST_LISTED} more (--json has all)`);
  const how = sent.held.some(({ reason }) => reason.startsWith("credential")) ? " (--include <path> sends one)" : "";
  if (sent.held.length > 0) lines.push("", `Stayed here: ${counted(sent.held.length, "file")}${how}`);
  lines.push(...sent.held.slice(0, MOST_HELD).map((one) => `  ${printable(one.path)}  (${printable(one.rule)})`));
  if (sent.held.length > MOST_HELD) lines.push(`  and ${sent.held.length - MOST_HELD} more (--json has all)`);
  if (answer.warnings.length > 0) lines.push("", ...answer.warnings.map(printable));
  lines.push("", "The way there and back works; the sandbox was removed.");
  return `${lines.join("\n")}\n`;
}

export function listText(sessions: readonly Listed[], page: Page): string {
  if (sessions.length === 0) return 'Nothing has run in a sandbox yet. Try: parallel-cc sandbox run --prompt "…"\n';
  const isNarrow = page.columns !== undefined && page.columns < LEAST_WIDE;
  // What one can do without; `sandbox status` has it all.
  const spared = (cells: string[]) => (isNarrow ? [] : cells);
  const rows = sessions.map((one) => [
    ...[one.sessionId.slice(0, 8), printable(one.name ?? ""), ...spared([one.provider]), listedState(one, page)],
    ...[age(new Date(one.createdAt), page.now), ...spared([`$${one.cost.total.toFixed(2)}`]), printable(one.title)],
  ]);
  const head = ["ID", "NAME", ...spared(["WHERE"]), "STATE", "AGE", ...spared(["COST"]), "TASK"];
  const lines = table([head, ...rows], {
    width: page.columns,
    cuts: [
      { column: head.length - 1, floor: isNarrow ? 4 : 20, keeps: "start" },
      { column: 1, floor: isNarrow ? 4 : 10, keeps: "start" },
    ],
  });
  const waiting = sessions.flatMap(({ sessionId, waitsFor, error }) => {
    if (waitsFor === null) return [];
    const how = error?.hint ?? `parallel-cc sandbox attach ${sessionId.slice(0, 8)}`;
    return [`${sessionId.slice(0, 8)} waits for you: ${printable(waitsFor)}`, `  ${printable(how)}`];
  });
  return `${[...lines, ...(waiting.length > 0 ? ["", ...waiting] : [])].join("\n")}\n`;
}

const LEAST_WIDE = 78;

function listedState({ waitsFor, question, status }: Listed, page: Page): string {
  if (waitsFor !== null) return page.paint.yellow(WAITS);
  if (question === null) return marked(status, page);
  return status === "COMPLETED" ? page.paint.yellow(ASKS) : `${marked(status, page)}, ${page.paint.yellow("asks")}`;
}

export function statusText(answer: StateAnswer, page: Page): string {
  const { step, health, usage } = answer;
  if (step === "ended") return endText(answer, page);
  const used = [
    usage?.cpuPercent == null ? undefined : `cpu ${Math.round(usage.cpuPercent)} %`,
    usage?.memoryBytes == null ? undefined : `memory ${sizeText(usage.memoryBytes)}`,
    usage?.diskBytes == null ? undefined : `disk ${sizeText(usage.diskBytes)}`,
  ].filter((one) => one !== undefined);
  const isAtWork = step === "started" && health.isHealthy && answer.error === null;
  const lines = [
    ...(isAtWork ? workLines(answer, page) : stateLines(answer, page)),
    ...(health.isHealthy ? [] : [`  ${printable(health.message)}`]),
    ...(used.length > 0 ? [`The sandbox uses ${used.join(", ")}.`] : []),
    ...checkpointLines(answer, page),
    ...nextLines(answer),
  ];
  return `${lines.join("\n")}\n`;
}

/** As who looks on sees it. */
function workLines(answer: StateAnswer, page: Page): string[] {
  const { now } = page;
  const { sessionId, provider, title, limitAt, cost, executionTime } = answer;
  return liveText(
    keptView(answer.view),
    {
      ...{ state: "running", title: `${sessionId.slice(0, 8)} (${provider}): ${printable(title)}` },
      startedAt: new Date(now.getTime() - executionTime),
      limitAt: limitAt === null ? undefined : new Date(limitAt),
      sandboxCost: cost.sandbox,
    },
    page,
  );
}

function checkpointLines({ lastCheckpointAt: at }: StateAnswer, { now }: Page): string[] {
  return at === null ? [] : [`What it had done ${age(parseUtc(at), now)} ago is here already.`];
}

export function downloadedText(answer: {
  filesChanged: number;
  commits: number;
  resultRef: string | null;
  outputPath: string | null;
}): string {
  const what = `${counted(answer.filesChanged, "file")} changed, ${counted(answer.commits, "commit")}`;
  const where = answer.resultRef === null ? "" : `, under ${answer.resultRef}`;
  const files = answer.outputPath === null ? "" : `The changed files are in ${answer.outputPath}.\n`;
  return `${what}${where}.\n${files}`;
}
