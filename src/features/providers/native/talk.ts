// What a keeper is asked, how it is asked, and how one is started where there is none any more.

import { Failure } from "../../../core/failure.ts";
import { NUMBER, TEXT, v } from "../../../core/shape.ts";
import { withLock } from "../../../db/lock.ts";
import { killOutright } from "../../../proc/kill.ts";
import { askAt } from "../../../proc/socket.ts";
import type { World } from "../../../world.ts";
import { furnish, type Ground, type KeeperStanding, recordOf, standingOf } from "./ground.ts";

export const ASKED = () =>
  v.variant("ask", [
    v.object({
      ask: v.literal("start"),
      /** What `tellStart` made, in base64. */
      told: TEXT,
      word: TEXT,
      argv: v.tupleWithRest([TEXT], TEXT),
      directory: TEXT,
    }),
    v.object({ ask: v.literal("extend"), minutes: NUMBER }),
    v.object({ ask: v.literal("end") }),
  ]);
export type Asked = v.InferOutput<ReturnType<typeof ASKED>>;

const TROUBLE = () =>
  v.object({
    error: v.object({ code: TEXT, message: TEXT, hint: v.nullable(TEXT), details: v.record(TEXT, v.unknown()) }),
  });

export type Callers = Pick<World, "processes" | "self" | "signal" | "sleep" | "startPiped">;

/** The longest answer waits for a program to start inside. */
const ANSWER_MS = 30_000;
const START_MS = 30_000;

/** Errors: what the keeper could not do; `proc.no-answer`. */
export async function ask(ground: Ground, asked: Asked): Promise<void> {
  const answer: unknown = JSON.parse(await askAt(ground.socket, JSON.stringify(asked), { timeoutMs: ANSWER_MS }));
  const trouble = failureIn(answer);
  if (trouble !== undefined) throw trouble;
}

/**
 * As it stands, with a keeper that lives: another one is started if need be, and stopped again for the signal. Errors:
 * `sandbox.gone`, `provider.*`.
 */
export async function awake(world: Callers, ground: Ground, signal?: AbortSignal): Promise<KeeperStanding> {
  const found = standingOf(ground);
  if (found !== undefined && isKept(world, found)) return found;
  // Not there: no lock to be made for it either.
  recordOf(ground);
  return withLock(world, ground.lock, () => startUnlessKept(world, ground, signal), {
    doing: "been starting a sandbox",
  });
}

async function startUnlessKept(world: Callers, ground: Ground, signal?: AbortSignal): Promise<KeeperStanding> {
  signal?.throwIfAborted();
  const found = standingOf(ground);
  if (found !== undefined && isKept(world, found)) return found;
  furnish(ground);
  const child = world.startPiped({
    ...world.self(["sandbox", "keep", ground.directory, "--json"]),
    directory: ground.desk,
    // Where the runtime puts its sockets.
    variables: { TMPDIR: ground.net },
    timeoutMs: undefined,
  });
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), START_MS);
  late.signal.addEventListener("abort", () => void child.stop());
  // Somebody waits: what it has made by then is taken away by who made its ground. It leads a group.
  const kill = () => killOutright([-child.pid]);
  signal?.addEventListener("abort", kill);
  const said = await firstLine(child.stdout);
  clearTimeout(timer);
  signal?.removeEventListener("abort", kill);
  const standing = standingOf(ground);
  if (said === "kept" && standing !== undefined) return standing;
  const { stderr } = await child.ended;
  signal?.throwIfAborted();
  throw failureIn(parsed(said)) ?? notKept(stderr);
}

export function isKept({ processes }: Pick<World, "processes">, { keeper }: KeeperStanding): boolean {
  return processes.probe(keeper).state !== "dead";
}

/** What else it says nobody reads. */
async function firstLine(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    text += decoder.decode(value, { stream: true });
    const end = text.indexOf("\n");
    if (end === -1 && !done) continue;
    reader.cancel().catch(() => undefined);
    return end === -1 ? text : text.slice(0, end);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failureIn(answer: unknown): Failure | undefined {
  const read = v.safeParse(TROUBLE(), answer);
  if (!read.success) return undefined;
  const { code, message, hint, details } = read.output.error;
  return new Failure({ kind: "unavailable", code, message, hint: hint ?? undefined, details });
}

function notKept(stderr: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "provider.not-ready",
    message: "The process that keeps a native sandbox ended before the sandbox was ready.",
    hint: "See what is missing on this machine with `parallel-cc doctor --sandbox`.",
    details: { stderr: stderr.slice(-2000) },
  });
}
