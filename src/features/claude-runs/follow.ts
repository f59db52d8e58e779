// What claude prints, as it comes, from any byte on: the sandbox keeps it in a file, so that a connection that breaks
// loses nothing and repeats nothing.

import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import type { Sandbox } from "../providers/providers.ts";
import { script } from "./scripts.ts";

export interface FollowInput {
  /** How many bytes are known already. */
  from: number;
  signal?: AbortSignal;
}

/** More than this no task prints: who writes on fills the disk of who reads. */
const MOST_BYTES = 8 * 1024 ** 3;
const WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
/** Of a sandbox that answers, and in which nothing can be followed. */
const MOST_FAILURES = 20;

/** What claude printed was taken away: only claude can have done that. */
const NOTHING_THERE = 4;
const MOST_LOOKS = 2;

/**
 * Ends when claude has ended and all of it was told. It waits for a sandbox out of reach as long as it takes. Errors:
 * `sandbox.gone`, `claude.too-much-output`, `claude.no-output`, `proc.cancelled`.
 */
export async function* follow(
  { sleep }: Pick<World, "sleep">,
  sandbox: Pick<Sandbox, "exec" | "places" | "inspect" | "download">,
  { from, signal }: FollowInput,
): AsyncGenerator<Uint8Array> {
  let at = from;
  let failures = 0;
  for (;;) {
    const execution = sandbox.exec({
      argv: script("follow", [sandbox.places.run, String(at)]),
      ...(signal && { signal }),
    });
    let why: unknown;
    let most = MOST_FAILURES;
    try {
      for await (const chunk of execution.stdout) {
        at += chunk.length;
        failures = 0;
        if (at > MOST_BYTES) throw tooMuch();
        yield chunk;
      }
      const { exit, stderr } = await execution.ended;
      if (exit === 0) return;
      if (exit === NOTHING_THERE) most = MOST_LOOKS;
      why = new Failure({
        code: "claude.no-output",
        message:
          "Claude can be followed no further: what tells of it was taken away in the sandbox, where claude can write.",
        hint: "Look at what it has done by then, and run it again for the rest.",
        details: { exit, stderr },
      });
    } catch (thrown) {
      if (isFinal(thrown) || signal?.aborted) throw thrown;
      why = thrown;
    } finally {
      await execution.stop();
    }
    failures += 1;
    const state = await stateOf(sandbox);
    if (state === "gone") throw gone(why);
    if (state === "stopped") {
      yield* rest(sandbox, { from: at, signal });
      return;
    }
    if (state === "running" && failures >= most) throw why;
    await sleep(Math.min(WAIT_MS * failures, LONGEST_WAIT_MS));
  }
}

/** Of a sandbox in which nothing runs any more. */
async function* rest(
  sandbox: Pick<Sandbox, "places" | "download">,
  { from, signal }: { from: number; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  let passed = 0;
  for await (const chunk of await sandbox.download(`${sandbox.places.run}/output.jsonl`, signal)) {
    const known = Math.max(0, from - passed);
    passed += chunk.length;
    if (passed > MOST_BYTES) throw tooMuch();
    if (known < chunk.length) yield chunk.subarray(known);
  }
}

async function stateOf(sandbox: Pick<Sandbox, "inspect">): Promise<"running" | "stopped" | "gone" | "unknown"> {
  try {
    return (await sandbox.inspect()).state;
  } catch {
    return "unknown";
  }
}

function isFinal(thrown: unknown): boolean {
  if (!(thrown instanceof Failure)) return false;
  return ["sandbox.gone", "claude.too-much-output", "proc.cancelled"].includes(thrown.code);
}

function gone(cause: unknown): Failure {
  return new Failure({ code: "sandbox.gone", message: "The sandbox is not there any more.", cause });
}

function tooMuch(): Failure {
  return new Failure({
    code: "claude.too-much-output",
    message: "The claude in the sandbox printed more than 8 GB.",
    hint: "What it printed so far is kept; its work can still be brought home.",
  });
}
