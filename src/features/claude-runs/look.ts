// How a run looks on a terminal while it goes on: a few lines, none wider than the terminal. Pure.

import type { Page } from "../../core/operation.ts";
import { NUMBER, TEXT, v, YES_OR_NO } from "../../core/shape.ts";
import { counted, cutEnd, cutStart } from "../../core/text.ts";
import { quietSince } from "./ending.ts";
import { newView, type View } from "./view.ts";

/** What the view does not know: of the run and of where it runs. */
export interface RunFacts {
  /** In one word. */
  state: string;
  /** What is run, and where. */
  title: string;
  startedAt: Date;
  /** When it is ended at the latest. */
  limitAt: Date | undefined;
  /** Of the sandbox so far, in US dollars; 0 where it costs nothing. */
  sandboxCost: number;
}

const COUNTS = { input: NUMBER, output: NUMBER, cacheRead: NUMBER, cacheWritten: NUMBER };
/** What is shown of a view. */
const SHOWN = v.object({
  ...{ login: v.picklist(["unknown", "in", "refused"]), turns: NUMBER, filesTouched: NUMBER, ticks: NUMBER },
  ...{ doing: v.nullable(v.object({ tool: TEXT, about: TEXT })), directory: v.nullable(TEXT), files: v.array(TEXT) },
  ...{ tokens: v.object(COUNTS), modelCost: v.nullable(NUMBER), isRetrying: YES_OR_NO },
  retries: v.object({ count: NUMBER, why: v.nullable(TEXT) }),
  denials: v.object({ count: NUMBER, tools: v.array(TEXT) }),
  todo: v.nullable(v.object({ done: NUMBER, total: NUMBER })),
  ...{ lastText: v.nullable(TEXT), lastAt: v.nullable(TEXT) },
  result: v.nullable(v.object({ subtype: TEXT, isError: YES_OR_NO, text: TEXT })),
});

/** A view that was kept as JSON, as far as it is shown; one of an unknown form is empty. */
export function keptView(kept: unknown): View {
  const parsed = v.safeParse(SHOWN, kept);
  return parsed.success ? { ...newView(), ...parsed.output } : newView();
}

const LEAST_COLUMNS = 20;
const MOST_BAR = 40;

/** Without colours for who has none; `page.now` is the time that is shown. */
export function liveText(view: View, facts: RunFacts, { columns = 80, now, paint }: Page): string[] {
  const width = Math.max(LEAST_COLUMNS, columns);
  const quiet = quietSince(view, { startedAt: facts.startedAt, now });
  const [said = ""] = (view.lastText ?? "").split("\n").filter((line) => line.trim() !== "");
  return [
    `${paint.bold(facts.state)} ${cutEnd(facts.title, width - facts.state.length - 1)}`,
    timeLine(facts, { width, now }),
    paint.cyan(cutEnd(doingOf(view, quiet, now), width)),
    ...wrapped([...workFacts(view), ...moneyFacts(view, facts)], width).map((line) => paint.dim(line)),
    ...(said === "" ? [] : [cutEnd(`> ${said}`, width)]),
  ];
}

function timeLine({ startedAt, limitAt }: RunFacts, { width, now }: { width: number; now: Date }): string {
  const spent = Math.max(0, now.getTime() - startedAt.getTime());
  if (limitAt === undefined) return cutEnd(`${durationText(spent)} so far`, width);
  const whole = Math.max(1, limitAt.getTime() - startedAt.getTime());
  const left = Math.max(0, limitAt.getTime() - now.getTime());
  const share = Math.min(1, spent / whole);
  const words = ` ${durationText(spent)}, ${durationText(left)} left`;
  const room = Math.min(MOST_BAR, width - words.length - 2);
  if (room < 5) return cutEnd(words.trim(), width);
  const full = Math.round(room * share);
  return `[${"#".repeat(full)}${".".repeat(room - full)}]${words}`;
}

function doingOf(view: View, quiet: Date | undefined, now: Date): string {
  if (view.login === "refused") return "The model does not let it in.";
  if (quiet !== undefined) return `Silent for ${durationText(now.getTime() - quiet.getTime())}.`;
  if (view.result !== null) return view.result.isError ? "It ended early." : "It is done.";
  if (view.isRetrying) return `The model is asked again (${view.retries.why ?? "no answer"}).`;
  if (view.doing === null) return view.turns === 0 ? "It begins." : "It thinks.";
  const { tool, about } = view.doing;
  return `${tool} ${view.directory === null ? about : about.replaceAll(`${view.directory}/`, "")}`.trimEnd();
}

function workFacts({ turns, filesTouched, files, todo, ticks, denials, retries, tokens }: View): string[] {
  const last = files.at(-1);
  const name = last === undefined || filesTouched > files.length ? "" : ` (${cutStart(last, 30)})`;
  const cached = tokens.cacheRead + tokens.cacheWritten;
  return [
    counted(turns, "turn"),
    `${counted(filesTouched, "file")}${name}`,
    `${shortNumber(tokens.input)} tokens in, ${shortNumber(tokens.output)} out, ${shortNumber(cached)} cached`,
    ...(todo === null ? [] : [`${todo.done} of ${counted(todo.total, "task")} done`]),
    ...(ticks === 0 ? [] : [`${ticks} ticked in the plan`]),
    ...(retries.count === 0 ? [] : [`asked again ${retries.count} times`]),
    ...(denials.count === 0 ? [] : [`${denials.count} not permitted`]),
  ];
}

function moneyFacts({ modelCost }: View, { sandboxCost }: RunFacts): string[] {
  return [
    ...(modelCost === null ? [] : [`model ${dollars(modelCost)}`]),
    ...(sandboxCost === 0 ? [] : [`sandbox ${dollars(sandboxCost)}`]),
  ];
}

/** Facts side by side, as many as a line holds. */
function wrapped(facts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const fact of facts.map((one) => cutEnd(one, width))) {
    const last = lines.at(-1);
    const joined = `${last} · ${fact}`;
    if (last !== undefined && Bun.stringWidth(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(fact);
  }
  return lines;
}

/** `45s`, `12m 05s`, `2h 03m`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`;
}

function shortNumber(number: number): string {
  if (number < 1000) return String(number);
  if (number < 999_500) return `${(number / 1000).toFixed(number < 9950 ? 1 : 0)}k`;
  return `${(number / 1_000_000).toFixed(1)}M`;
}

function dollars(amount: number): string {
  return amount > 0 && amount < 0.01 ? "under $0.01" : `$${amount.toFixed(2)}`;
}
