// The only importer of valibot: schemas for everything that comes from outside (arguments, JSON, rows, git), and the
// few field kinds that an operation's input may have.

import * as v from "valibot";

export { v };

// Shared wherever they stand: every schema that is made costs the start that makes it, and some sixty of them make the
// engine compile valibot's constructor, for 3 MB of its own code (Bun 1.4.4, valibot 1.5).
export const TEXT = v.string();
export const TEXT_OR_NULL = v.nullable(TEXT);
export const NUMBER = v.number();
export const YES_OR_NO = v.boolean();

/** A text field. `value` is the word shown in help, for example `path`. */
export function text(description: string, value = "text") {
  return v.pipe(TEXT, v.metadata({ value, expected: "a text" }), v.description(description));
}

/** A text field that may not be empty. */
export function word(description: string, value = "text") {
  return v.pipe(
    TEXT,
    v.metadata({ value, expected: "a text that is not empty" }),
    v.nonEmpty("It may not be empty."),
    v.description(description),
  );
}

/** A whole number from `from` on. */
export function whole(description: string, from: number, value = "n") {
  return v.pipe(
    NUMBER,
    v.metadata({ value, expected: `a whole number from ${from}` }),
    v.safeInteger(),
    v.minValue(from),
    v.description(description),
  );
}

/** A yes-or-no field: a bare flag. */
export function flag(description: string) {
  return v.pipe(YES_OR_NO, v.description(description));
}

/** The answer's kind of `null` where a thing may be absent. */
export function orNull<S extends v.GenericSchema>(schema: S) {
  return v.nullable(schema);
}
