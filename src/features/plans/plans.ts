// What a sandbox's claude is told to do: a prompt as it was typed, a file as it stands, or a plan with a few words before
// it. Nothing of it is changed, quoted or run here.

import { realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { Failure, usage } from "../../core/failure.ts";
import { cutEnd, printable } from "../../core/text.ts";
import { readSmallBytes } from "../../files/small.ts";
import type { World } from "../../world.ts";
import { type Phase, readPlan } from "./phases.ts";
import preamble from "./preamble.md" with { type: "text" };

export type { Phase } from "./phases.ts";

export interface Prompt {
  /** What claude reads, byte for byte. */
  bytes: Uint8Array;
  /** One printable line of at most 100 characters. */
  title: string;
  /** The file it is from, as it was named; null: it was typed. */
  source: string | null;
  /** Of a plan. */
  phases?: Pick<Phase, "number" | "title" | "done" | "total">[];
}

export interface PromptInput {
  prompt?: string | undefined;
  /** From the current directory; "-" is the standard input. */
  promptFile?: string | undefined;
  /** Only this phase of the plan. */
  focusPhase?: number | undefined;
  /** The top of the checkout, where a plan would be offered from. */
  top: string;
}

const PLANS = ["PLAN.md", ".apm/Implementation_Plan.md"] as const;
const MOST_TITLE = 100;
const MOST_INPUT_BYTES = 1024 * 1024;

/** The plan of a checkout; undefined where there is none, or where a link leads out of it. */
export function findPlan(top: string): string | undefined {
  return PLANS.map((name) => join(top, name)).find((file) => {
    try {
      return statSync(file).isFile() && realpathSync(file).startsWith(`${realpathSync(top)}${sep}`);
    } catch {
      return false;
    }
  });
}

/** Errors: `usage.*`, `plan.unreadable`, `plan.empty`, `plan.no-phase`. */
export function readPrompt(world: Pick<World, "cwd" | "readInput">, input: PromptInput): Prompt {
  const { prompt, promptFile, focusPhase, top } = input;
  if (prompt !== undefined && promptFile !== undefined) {
    throw usage("prompt-twice", "--prompt and --prompt-file are both given.", "Give one of them.");
  }
  if (promptFile !== undefined) return fromFile(world, { file: promptFile, focusPhase });
  if (prompt === undefined) throw noPrompt(top);
  if (focusPhase !== undefined) {
    throw usage("focus-phase", "--focus-phase takes a phase of a plan.", "Give the plan with --prompt-file.");
  }
  if (prompt.trim() === "") throw usage("empty-prompt", "The prompt is empty.", "Say what is to be done.");
  if (prompt.includes("\0")) throw usage("prompt-nul", "The prompt holds a NUL character; it must be text.");
  return { bytes: new TextEncoder().encode(prompt), title: titleOf(prompt), source: null };
}

function noPrompt(top: string): Failure {
  const plan = findPlan(top);
  return usage(
    "prompt-missing",
    "There is no task: neither --prompt nor --prompt-file is given.",
    plan === undefined
      ? 'Pass --prompt "…" or --prompt-file <file>.'
      : `There is a plan: --prompt-file ${printable(plan)}`,
  );
}

function fromFile(
  world: Pick<World, "cwd" | "readInput">,
  { file, focusPhase }: { file: string; focusPhase: number | undefined },
): Prompt {
  const text = file === "-" ? inputOf(world) : textOf(resolve(world.cwd, file), file);
  const shown = file === "-" ? "The standard input" : printable(file);
  if (text.trim() === "")
    throw new Failure({ code: "plan.empty", message: `${shown} is empty: it says nothing to do.` });
  const { title, phases, total } = readPlan(text);
  const named = { title: titleOf(title ?? text), source: file };
  if (focusPhase !== undefined)
    return { ...named, ...focused(text, { phases, focusPhase, title: named.title, shown }) };
  if (phases.length === 0 && total === 0) return { ...named, bytes: new TextEncoder().encode(text) };
  return { ...named, bytes: withPreamble(text), phases: phases.map(told) };
}

function focused(
  text: string,
  { phases, focusPhase, title, shown }: { phases: Phase[]; focusPhase: number; title: string; shown: string },
): Pick<Prompt, "bytes" | "title" | "phases"> {
  const phase = phases.find(({ number }) => number === focusPhase);
  if (phase === undefined) {
    const there = phases.map(({ number, title: name }) => printable(`${number} (${name})`)).join(", ");
    throw new Failure({
      code: "plan.no-phase",
      message: `${shown} has no phase ${focusPhase}.`,
      hint: there === "" ? 'A phase is a heading like "## Phase 1: …".' : `It has ${there}.`,
      details: { phases: phases.map(told) },
    });
  }
  const introduction = text.slice(0, Math.min(...phases.map(({ from }) => from)));
  const only = `Only phase ${phase.number} is to be done now; what the other phases ask for is not.\n`;
  return {
    bytes: withPreamble(`${ended(introduction)}${text.slice(phase.from, phase.to)}`, only),
    title: titleOf(`${title}: phase ${phase.number}${phase.title === "" ? "" : `, ${phase.title}`}`),
    phases: [told(phase)],
  };
}

function told({ number, title, done, total }: Phase) {
  return { number, title: titleOf(title), done, total };
}

function withPreamble(text: string, more = ""): Uint8Array {
  return new TextEncoder().encode(`${preamble}${more === "" ? "" : `\n${more}`}\n---\n\n${text}`);
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** The first line that says something. */
function titleOf(text: string): string {
  const line = text.split(/[\r\n]+/).find((one) => one.trim() !== "") ?? "";
  const shown = printable(line.slice(0, 4 * MOST_TITLE)).trim();
  // Signs without a width of their own are counted, too.
  return [...cutEnd(shown.replace(/^#+\s+/, ""), MOST_TITLE)].slice(0, MOST_TITLE).join("");
}

function inputOf({ readInput }: Pick<World, "readInput">): string {
  const text = readInput(MOST_INPUT_BYTES);
  if (text === undefined) throw usage("prompt-file", "The standard input is a terminal, or holds more than 1 MB.");
  if (text.includes("\0")) throw unreadable("The standard input holds a NUL character; a prompt is text.");
  return text.replace(/^\uFEFF/, "");
}

function textOf(path: string, file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readSmallBytes(path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      const hint = '--prompt-file takes a path from the current directory; "-" is the standard input.';
      throw new Failure({ code: "plan.unreadable", message: `There is no file ${printable(file)}.`, hint, cause });
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unreadable(`${printable(file)} cannot be read: ${printable(why)}`, cause);
  }
  if (bytes.includes(0)) throw unreadable(`${printable(file)} holds a NUL character; a prompt is text.`);
  try {
    // A byte order mark at the front is no part of the text.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable(`${printable(file)} is not in UTF-8.`, cause);
  }
}

function unreadable(message: string, cause?: unknown): Failure {
  return new Failure({ code: "plan.unreadable", message, cause });
}
