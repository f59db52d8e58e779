// What is said of a file that could not be written, whoever wanted to.

import { Failure } from "../core/failure.ts";

export function unwritableFile({ file, code, cause }: { file: string; code: string; cause: unknown }): Failure {
  return new Failure({
    kind: "unavailable",
    code,
    message: `${file} could not be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: "Mend the cause (missing rights, a full disk) and run the command again.",
    cause,
  });
}
