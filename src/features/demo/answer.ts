// What parallel-cc answered in the demo: its one JSON document, of which the story takes what it tells.

import { Failure } from "../../core/failure.ts";
import { orNull, TEXT, v } from "../../core/shape.ts";

const failed = () => v.object({ error: v.object({ code: TEXT, message: TEXT, hint: orNull(TEXT) }) });

/** Errors: that of the command itself, by its own code; `demo.answer` for what is no answer at all. */
export function answerIn<S extends v.GenericSchema>(
  shape: S,
  { words, said }: { words: string; said: string },
): v.InferOutput<S> {
  const document = documentIn(said);
  const answer = v.safeParse(shape, document);
  if (answer.success) return answer.output;
  const failure = v.safeParse(failed(), document);
  if (!failure.success) {
    throw new Failure({
      kind: "internal",
      code: "demo.answer",
      message: `parallel-cc ${words} answered in the demo: ${said.slice(0, 500)}`,
    });
  }
  const { code, message, hint } = failure.output.error;
  throw new Failure({ code, message: `parallel-cc ${words} failed in the demo: ${message}`, hint: hint ?? undefined });
}

function documentIn(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
