// Talk between processes of one user, through a socket in a directory that only this user can enter: one question, one
// answer. Nothing of it is ever in a file.

import { Failure } from "../core/failure.ts";

const MOST_BYTES = 16 * 1024 * 1024;

export interface Listening {
  close(): Promise<void>;
}

/** Answers whoever asks at this path; what `answer` throws is a bug, told as an empty answer. */
export function answerAt(file: string, answer: (asked: string) => Promise<string>): Listening {
  const server = Bun.serve({
    unix: file,
    maxRequestBodySize: MOST_BYTES,
    fetch: async (request) => new Response(await answer(await request.text())),
    error: () => new Response("", { status: 500 }),
  });
  return { close: async () => void (await server.stop()) };
}

/** Errors: `proc.no-answer`. */
export async function askAt(file: string, asked: string, { timeoutMs }: { timeoutMs: number }): Promise<string> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch("http://localhost/", { unix: file, method: "POST", body: asked, signal, proxy: "" });
    if (answer.ok) return await answer.text();
  } catch (cause) {
    throw noAnswer(file, cause);
  }
  throw noAnswer(file, undefined);
}

function noAnswer(file: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "proc.no-answer",
    message: "A process of parallel-cc that should answer does not.",
    details: { file },
    cause,
  });
}
