// What is known of a claude from what it has printed so far: pure, of bounded size, and JSON, so that it can be kept and
// looked at by others. Its texts are claude's and can be shown as they are.

import { v } from "../../core/shape.ts";
import { printableLines } from "../../core/text.ts";
import { type Block, type ClaudeEvent, eventOf, type Usage } from "./events.ts";
import { asksSomething } from "./question.ts";
import { aboutTool, oneLine, writtenFile } from "./tool-words.ts";

export interface View {
  model: string | null;
  /** Whether the model has let it in. */
  login: "unknown" | "in" | "refused";
  /** Its tool, and what that is about; null: it thinks, or has not begun. */
  doing: { tool: string; about: string } | null;
  turns: number;
  /** Where it stands. */
  directory: string | null;
  /** Written by a tool that names its file, in order, from that directory; the first 200. */
  files: string[];
  /** How many; of those that are not listed, each time counts. */
  filesTouched: number;
  tokens: Tokens;
  /** US dollars; known at the end. */
  modelCost: number | null;
  /** How often the model was asked again, and why at last: "429", or the client's own word. */
  retries: { count: number; why: string | null };
  /** Times in a row that its key or login was refused. */
  refusals: number;
  /** The model is asked again just now. */
  isRetrying: boolean;
  denials: { count: number; tools: string[] };
  todo: { done: number; total: number } | null;
  /** Boxes of plans that it has ticked. */
  ticks: number;
  lastText: string | null;
  result: { subtype: string; isError: boolean; text: string } | null;
  /** Why it cannot have done its task, where it says so. */
  failure: "login" | "rate-limit" | "billing" | "max-turns" | "budget" | "model" | null;
  /** Nobody answers there: it is to be told in another run. */
  endsInQuestion: boolean;
  /** Of the last line. */
  lastAt: string | null;
  lines: number;
  /** Lines that were too long to be read. */
  skipped: number;
  /** Of the answer that is being counted: it comes in several lines. */
  counted: { id: string; tokens: Tokens } | null;
  /** Its last tool was a question to its user. */
  hasAsked: boolean;
  tasks: { id: string; isDone: boolean }[];
  /** What its tools are to write, and have not yet. */
  writing: { id: string; file: string }[];
}

export interface Tokens {
  input: number;
  output: number;
  cacheRead: number;
  cacheWritten: number;
}

const MOST_FILES = 200;
const MOST_TASKS = 200;
const MOST_WRITING = 50;
const MOST_DENIED = 20;
const MOST_TEXT = 4000;
/** Of one that was let in before: some four seconds. */
const REFUSALS_AFTER_ALL = 3;
const MOST_ID = 100;
const NO_TOKENS: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWritten: 0 };

export function newView(): View {
  return {
    ...{
      model: null,
      directory: null,
      writing: [],
      login: "unknown",
      doing: null,
      turns: 0,
      files: [],
      filesTouched: 0,
      tokens: NO_TOKENS,
    },
    ...{ modelCost: null, retries: { count: 0, why: null }, isRetrying: false, denials: { count: 0, tools: [] } },
    ...{ todo: null, ticks: 0, lastText: null, result: null, failure: null, endsInQuestion: false },
    ...{ lastAt: null, lines: 0, skipped: 0, refusals: 0, counted: null, hasAsked: false, tasks: [] },
  };
}

/** `line` is undefined for one that was too long to be read. */
export function addLine(view: View, line: string | undefined, at: Date): View {
  const seen = { ...view, lines: view.lines + 1, lastAt: at.toISOString() };
  if (line === undefined) return { ...seen, skipped: seen.skipped + 1 };
  const event = eventOf(line);
  return event === undefined ? seen : addEvent(seen, event);
}

function addEvent(view: View, event: ClaudeEvent): View {
  switch (event.type) {
    case "system":
      return addSystem(view, event);
    case "assistant":
      return addAnswer(view, event);
    case "user":
      return event.message.content.reduce(
        (sum, block) => (block.type === "tool_result" ? addGiven(sum, block) : sum),
        view,
      );
    case "result":
      return addResult(view, event);
  }
}

type Of<Type extends ClaudeEvent["type"]> = Extract<ClaudeEvent, { type: Type }>;

function addSystem(view: View, { subtype, model, cwd, error, error_status: status }: Of<"system">): View {
  if (subtype === "init") {
    const known = { model: model === undefined ? view.model : oneLine(model, 100) };
    return { ...view, ...known, directory: cwd === undefined ? view.directory : oneLine(cwd, 500) };
  }
  if (subtype !== "api_retry") return view;
  const why = oneLine(status == null ? (error ?? "") : String(status), 60);
  const isRefusal = status === 401 || error === "authentication_failed";
  const refusals = isRefusal ? view.refusals + 1 : 0;
  const retried = { ...view, retries: { count: view.retries.count + 1, why }, isRetrying: true, refusals };
  // Every next try is refused as well, and takes minutes to say so; who was let in before may be let in again.
  return refusals >= (view.login === "in" ? REFUSALS_AFTER_ALL : 1) ? refused(retried) : retried;
}

function refused(view: View): View {
  return { ...view, login: "refused", failure: "login" };
}

/** The client's own words for why the model gave no answer (2.1.328). */
const ERRORS: Readonly<Record<string, NonNullable<View["failure"]>>> = {
  authentication_failed: "login",
  oauth_org_not_allowed: "login",
  billing_error: "billing",
  rate_limit: "rate-limit",
  overloaded: "rate-limit",
  model_not_found: "model",
};

function addAnswer(view: View, { message, error, parent_tool_use_id: parent }: Of<"assistant">): View {
  const texts = message.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  if (error !== undefined) {
    const failure = Object.hasOwn(ERRORS, error) ? (ERRORS[error] ?? null) : null;
    const failed = { ...view, lastText: lastText(texts) ?? view.lastText, failure: failure ?? view.failure };
    return failure === "login" ? refused(failed) : failed;
  }
  const isOwn = parent == null;
  const counted = count(view, message);
  const isNew = counted.counted?.id !== view.counted?.id;
  const answered: View = {
    ...counted,
    ...{ login: "in", failure: view.failure === "login" ? null : view.failure, isRetrying: false, refusals: 0 },
    turns: view.turns + (isNew && isOwn ? 1 : 0),
    lastText: (isOwn ? lastText(texts) : undefined) ?? view.lastText,
  };
  return message.content.reduce((sum, block) => (block.type === "tool_use" ? addTool(sum, block) : sum), answered);
}

/** Each line of an answer tells what all of it took so far. */
function count(view: View, { id = "", usage }: { id?: string | undefined; usage: Usage }): View {
  const tokens = tokensOf(usage);
  const before = view.counted?.id === id ? view.counted.tokens : NO_TOKENS;
  return {
    ...view,
    tokens: plus(view.tokens, plus(tokens, before, -1)),
    counted: { id: id.slice(0, MOST_ID), tokens },
  };
}

function tokensOf(usage: Usage): Tokens {
  const { input_tokens: input, output_tokens: output } = usage;
  return { input, output, cacheRead: usage.cache_read_input_tokens, cacheWritten: usage.cache_creation_input_tokens };
}

function plus(a: Tokens, b: Tokens, sign: 1 | -1 = 1): Tokens {
  return {
    input: a.input + sign * b.input,
    output: a.output + sign * b.output,
    cacheRead: a.cacheRead + sign * b.cacheRead,
    cacheWritten: a.cacheWritten + sign * b.cacheWritten,
  };
}

function addTool(view: View, { id, name, input }: Extract<Block, { type: "tool_use" }>): View {
  const doing = { tool: oneLine(name, 60), about: from(view, aboutTool(input)) };
  const hasAsked = name === "AskUserQuestion";
  const file = writtenFile(name, input);
  const isWriting = file !== undefined && id !== undefined && id.length <= MOST_ID;
  return {
    ...withTasks(view, name, input),
    ...{ doing, hasAsked, ticks: view.ticks + ticked(input) },
    writing: isWriting ? [...view.writing, { id, file: from(view, file) }].slice(-MOST_WRITING) : view.writing,
  };
}

/** A tool is done: what it was to write stands there, unless it failed, and the model thinks. */
function addGiven(view: View, { tool_use_id: id, is_error: isError }: Extract<Block, { type: "tool_result" }>): View {
  const written = view.writing.find((one) => one.id === id)?.file;
  const done = { ...view, doing: null, writing: view.writing.filter((one) => one.id !== id) };
  if (written === undefined || isError || view.files.includes(written)) return done;
  const files = view.files.length < MOST_FILES ? [...view.files, written] : view.files;
  return { ...done, files, filesTouched: view.filesTouched + 1 };
}

/** A path as it is from where claude stands. */
function from({ directory }: View, path: string): string {
  return directory !== null && path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}

const TODOS = v.object({ todos: v.array(v.object({ status: v.string() })) });
const TASK = v.object({ taskId: v.string(), status: v.string() });

function withTasks(view: View, name: string, input: Readonly<Record<string, unknown>>): View {
  if (name === "TodoWrite") {
    const parsed = v.safeParse(TODOS, input);
    if (!parsed.success) return view;
    const { todos } = parsed.output;
    return {
      ...view,
      todo: { done: todos.filter(({ status }) => status === "completed").length, total: todos.length },
    };
  }
  if (name === "TaskCreate" && view.tasks.length < MOST_TASKS) {
    // The client counts them from 1 (2.1.328).
    return progress({ ...view, tasks: [...view.tasks, { id: String(view.tasks.length + 1), isDone: false }] });
  }
  if (name !== "TaskUpdate") return view;
  const parsed = v.safeParse(TASK, input);
  if (!parsed.success) return view;
  const { taskId, status } = parsed.output;
  return progress({
    ...view,
    tasks: view.tasks.map((one) => (one.id === taskId ? { ...one, isDone: status === "completed" } : one)),
  });
}

function progress(view: View): View {
  return { ...view, todo: { done: view.tasks.filter(({ isDone }) => isDone).length, total: view.tasks.length } };
}

/** Boxes that an edit ticks. */
function ticked({ old_string: before, new_string: after }: Readonly<Record<string, unknown>>): number {
  if (typeof before !== "string" || typeof after !== "string") return 0;
  return Math.max(0, boxesTicked(after) - boxesTicked(before));
}

function boxesTicked(text: string): number {
  return text.match(/^[ \t]{0,40}[-*+][ \t]{1,8}\[[xX]\]/gm)?.length ?? 0;
}

function addResult(view: View, event: Of<"result">): View {
  const { subtype = "", result = "", errors, usage, permission_denials: denied } = event;
  const text = bounded(result === "" ? errors.join("\n") : result);
  const denials = [...new Set(denied.map(({ tool_name: name }) => oneLine(name, 60)))].slice(0, MOST_DENIED);
  const tokens = tokensOf(usage);
  const ended: View = {
    ...view,
    ...{ doing: null, isRetrying: false },
    turns: Math.max(view.turns, event.num_turns),
    modelCost: event.total_cost_usd ?? view.modelCost,
    // What the lines told is less than what was paid for: they come before an answer is whole.
    tokens: tokens.input + tokens.output > 0 ? tokens : view.tokens,
    denials: { count: denied.length, tools: denials },
    result: { subtype: oneLine(subtype, 60), isError: event.is_error || subtype.startsWith("error"), text },
    lastText: result === "" ? view.lastText : text,
    failure: failureOf(view, event),
  };
  const asks = view.hasAsked || asksSomething(ended.lastText ?? "");
  const failed = ended.failure === "login" ? refused(ended) : ended;
  return { ...failed, endsInQuestion: failed.result?.isError !== true && asks };
}

function failureOf(view: View, { subtype, is_error: isError, api_error_status: status, ...event }: Of<"result">) {
  const reason = event.terminal_reason ?? "";
  if (subtype === "error_max_turns" || reason === "max_turns") return "max-turns";
  if (subtype === "error_max_budget_usd" || reason === "budget_exhausted") return "budget";
  if (!isError) return null;
  if (status === 401) return "login";
  if (status === 429 || status === 529) return "rate-limit";
  const said = [event.result ?? "", ...event.errors].map((one) => one.slice(0, MOST_TEXT).trim());
  return said.some((one) => NO_LOGIN.test(one)) ? "login" : view.failure;
}

/** The client's words, where they are all that it says (2.0.77 to 2.1.328): only of a result that is an error. */
const NO_LOGIN =
  /^(Failed to authenticate\b|Not logged in\b|Login expired\b|Invalid API key\b|OAuth token (has expired|revoked)\b|API Error: 401\b)|· Please run \/login$/;

function lastText(texts: readonly string[]): string | undefined {
  const last = texts.findLast((text) => text.trim() !== "");
  return last === undefined ? undefined : bounded(last);
}

/** The end, which says most. */
function bounded(text: string): string {
  const trimmed = text.trim();
  return printableLines(trimmed.length <= MOST_TEXT ? trimmed : `…${trimmed.slice(-MOST_TEXT)}`);
}
