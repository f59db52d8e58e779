// How it stands with the claude of a sandbox, and its end: asked of what the script beside it has written down. Claude
// can write there, too, so that all of it is data.

import { Failure } from "../../core/failure.ts";
import { printableLines } from "../../core/text.ts";
import { capture, type Sandbox } from "../providers/providers.ts";
import { script } from "./scripts.ts";

export type Standing = { state: "not-started" } | { state: "running"; since: Date | undefined } | ClaudeEnd;

export interface ClaudeEnd {
  state: "ended";
  /** As a shell has it: 128 and the number of the signal that ended it. null: nobody was there to see it. */
  exit: number | null;
  at: Date | undefined;
  /** "loss": what looked after it was ended from outside. */
  by: "itself" | "stop" | "loss";
  /** What it wrote to its standard error last: why it did not begin, where it did not. Can be shown as it is. */
  said: string;
}

/** A sandbox that is busy answers late, and one behind a network later. */
const ANSWER_MS = 60_000;
const MOST_STATUS = 255;
const GRACE_MS = 3_000;

/** Errors: `sandbox.*`, `proc.*`. */
export async function standing(sandbox: Pick<Sandbox, "exec" | "places">): Promise<Standing> {
  const said = await capture(sandbox, { argv: script("standing", [sandbox.places.run]), timeoutMs: ANSWER_MS });
  return standingIn(said.stdout) ?? notAsked(said);
}

interface Started {
  /** To wait for it. */
  withinMs: number;
  /** One that has not begun by then never does. */
  orNever?: true;
}

/** Whether claude was ever started, by whomever. Errors: `sandbox.*`, `proc.*`. */
export async function hasStarted(
  sandbox: Pick<Sandbox, "exec" | "places">,
  { withinMs, orNever }: Started,
): Promise<boolean> {
  const words = [sandbox.places.run, String(Math.ceil(withinMs / 100)), orNever ? "never" : ""];
  const said = await capture(sandbox, { argv: script("begun", words), timeoutMs: ANSWER_MS + withinMs });
  const word = said.stdout.trim();
  return word === "begun" || (word !== "not-begun" && notAsked(said));
}

function notAsked({ exit, stderr }: { exit: number | null; stderr: string }): never {
  throw new Failure({
    kind: "unavailable",
    code: "sandbox.exec",
    message: "What runs in the sandbox could not be asked.",
    details: { exit, stderr: stderr.slice(-500) },
  });
}

/**
 * Ends claude and all it started: asked first, killed when the grace is over. One that has ended, or never started, is no
 * error. Error: `claude.not-stopped`.
 */
export async function stopClaude(
  sandbox: Pick<Sandbox, "exec" | "places">,
  { graceMs = GRACE_MS }: { graceMs?: number } = {},
): Promise<Standing> {
  const words = [sandbox.places.run, String(Math.max(0, Math.ceil(graceMs / 100)))];
  const { exit, stdout, stderr } = await capture(sandbox, {
    argv: script("stop", words),
    timeoutMs: graceMs + ANSWER_MS,
  });
  const stands = exit === 0 ? standingIn(stdout) : undefined;
  if (stands !== undefined) return stands;
  throw new Failure({
    kind: "unavailable",
    code: "claude.not-stopped",
    message: "The claude in the sandbox did not end when it was told to.",
    details: { exit, stderr: stderr.slice(-500) },
  });
}

/** The first line says it, what follows are claude's last words. */
function standingIn(told: string): Standing | undefined {
  const [first = "", ...rest] = told.split("\n");
  const [state, ...facts] = first.split(" ");
  if (state === "not-started") return { state };
  if (state === "running") return { state, since: secondOf(facts[0]) };
  return state === "ended" ? endOf(facts, rest.join("\n")) : undefined;
}

function endOf([code, second, by]: readonly string[], words: string): ClaudeEnd {
  const exit = code !== undefined && /^\d{1,3}$/.test(code) ? Math.min(Number(code), MOST_STATUS) : null;
  const cause = by === "stop" || by === "itself" ? by : "loss";
  return { state: "ended", exit, at: secondOf(second), by: cause, said: printableLines(words.trim()) };
}

function secondOf(text: string | undefined): Date | undefined {
  return text !== undefined && /^\d{9,11}$/.test(text) ? new Date(Number(text) * 1000) : undefined;
}
