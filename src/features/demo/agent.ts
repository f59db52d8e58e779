// A scripted agent: a shell of its own that does, command by command, what its script says, and registers as a user's
// script would. It has nothing on its side that a real agent has not; it ends with the one who tells it what to do.

import { Failure } from "../../core/failure.ts";
import { TEXT, v, YES_OR_NO } from "../../core/shape.ts";
import { shellQuote } from "../../core/text.ts";
import type { Ended } from "../../proc/spawn.ts";
import type { Scripted } from "../../proc/start.ts";
import { answerIn } from "./answer.ts";

const registered = () =>
  v.object({ sessionId: TEXT, worktreePath: TEXT, branch: TEXT, isMainRepo: YES_OR_NO, startDirectory: TEXT });
export type Session = v.InferOutput<ReturnType<typeof registered>>;

export interface Agent {
  name: string;
  pid: number;
  /** What registering answered. */
  session(): Session;
  register(): Promise<void>;
  /** Runs commands of its script, and answers the one line that they print. Errors: `demo.agent` when it ends there. */
  run(script: string): Promise<string>;
  /** Runs parallel-cc with words as a shell has them. */
  ask<S extends v.GenericSchema>(words: string, answer: S): Promise<v.InferOutput<S>>;
  /** It kills itself at once, as a crash would. */
  crash(): Promise<Ended>;
  /** Its script is over. */
  leave(): Promise<Ended>;
  /** Ends it whatever it does, and waits for that; nothing when it has ended. */
  stop(): Promise<void>;
}

export function startAgent(shell: Scripted, { name, signal }: { name: string; signal: AbortSignal }): Agent {
  const lines = linesOf(shell.stdout);
  const said = new Response(shell.stderr).text().catch(String);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // It is raced against, and may come when nobody waits.
  aborted.catch(() => undefined);
  const before = async <T>(work: Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return Promise.race([work, aborted]);
  };
  // Told to end, it first takes in the end of what it runs: an orphan may stay undead for long where init is slow.
  shell.tell("set -eu; trap : TERM\n");

  const run: Agent["run"] = async (script) => {
    // Its commands must not read what it is told next.
    shell.tell(`{ ${script}\n} </dev/null\n`);
    const { value, done } = await before(lines.next());
    if (done !== true) return value;
    const { exit, signal: killed } = await before(shell.ended);
    throw new Failure({
      kind: "unavailable",
      code: "demo.agent",
      message: `The agent "${name}" of the demo ended (${killed ?? `exit ${exit}`}): ${(await said).trim().slice(-500)}`,
    });
  };
  const ask: Agent["ask"] = async (words, answer) =>
    answerIn(answer, { words, said: await run(`"$@" ${words} --json`) });
  let session: Session | undefined;
  return {
    name,
    pid: shell.pid,
    session: () => {
      if (session === undefined) throw new Error(`${name} has not registered`);
      return session;
    },
    register: async () => {
      session = await ask(`register --pid $$ --name ${shellQuote(name)}`, registered());
      await run(`cd ${shellQuote(session.startDirectory)} && echo`);
    },
    run,
    ask,
    crash: () => {
      shell.tell("kill -KILL $$\n");
      return before(shell.ended);
    },
    leave: () => {
      shell.close();
      return before(shell.ended);
    },
    stop: () => {
      shell.close();
      return shell.stop();
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}
