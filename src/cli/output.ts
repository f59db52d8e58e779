// The two streams: stdout is the answer, stderr the narration. Written synchronously: touching process.stdout costs
// more than starting the program, and an answer must be out before the exit.

import { writeSync } from "node:fs";
import { Failure } from "../core/failure.ts";
import { printableLines } from "../core/text.ts";

/** Writes the answer. A reader that went away (`| head`) is not an error; a full disk is (`output.unwritable`). */
export function answer(text: string): "written" | "closed" {
  return writeAll(1, text);
}

/** Tells people something beside the answer. */
export function tell(text: string): void {
  writeAll(2, text);
}

/** A failure in words, as people see it on stderr. */
export function failureText(failure: Failure): string {
  const hint = failure.hint === undefined ? "" : `  ${printableLines(failure.hint)}\n`;
  const trace = failure.kind === "internal" && failure.cause instanceof Error ? `${failure.cause.stack ?? ""}\n` : "";
  return `error: ${printableLines(failure.message)}\n${hint}${printableLines(trace)}`;
}

function writeAll(fd: 1 | 2, text: string): "written" | "closed" {
  const bytes = new TextEncoder().encode(text);
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (thrown) {
      const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
      if (code === "EAGAIN") {
        // A non-blocking pipe that is full: wait until the reader has taken some.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        continue;
      }
      if (code === "EPIPE" || code === "EBADF" || fd === 2) return "closed";
      throw unwritable(thrown);
    }
  }
  return "written";
}

function unwritable(cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "output.unwritable",
    message: `The answer could not be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: "The command itself has run; only its answer is lost. See `parallel-cc status`.",
    cause,
  });
}
