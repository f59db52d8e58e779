// An operation is a plain object, defined once and served by every door: from it come the command's flags, help and
// `--json`, the MCP tool with its JSON Schemas, and the README's reference.

import type { v } from "./shape.ts";

/** Inputs stay poor on purpose (string, number, boolean, picklist, list of strings), so that they can become flags. */
export type InputShape = v.StrictObjectSchema<v.ObjectEntries, undefined>;

export interface CliDoor {
  /** The words typed, for example `["merge", "check"]`. */
  path: readonly string[];
  /** Other words for the same, shown in help. */
  aliases?: readonly (readonly string[])[];
  /** Input keys taken from bare words, in order; a list key takes all that is left. */
  positionals?: readonly string[];
  /** Input keys whose flag is not the key in kebab-case. */
  flagNames?: Readonly<Record<string, string>>;
  examples: readonly string[];
}

export interface Operation<World, Input, Output> {
  /** `<room>.<verb>`. */
  name: string;
  summary: string;
  /** More help, shown below the summary. */
  description?: string;
  /** Made when asked for: a room's schemas cost more than the run of a small command. */
  input(): v.GenericSchema<unknown, Input> & InputShape;
  output(): v.GenericSchema<unknown, Output>;
  cli: CliDoor;
  run(world: World, input: Input): Promise<Output>;
  /** As `run`, but worth waiting for by people: it may measure what `run` only remembers. */
  runForPeople?(world: World, input: Input): Promise<Output>;
  /** The answer for people: the same facts as the JSON. */
  text(output: Output, page: Page, input: Input): string;
  /** What people are told beside the answer, on stderr; not with `--json`, whose document says it all. */
  narration?(output: Output, page: Page, input: Input): string;
  /** Exit code of an answer that is not a failure; 0 when absent. */
  exitCode?(output: Output): number;
}

/** An operation as the doors see it: its input was parsed by its own schema before it gets back in. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where operations of different types stand in one list
export type AnyOperation<World> = Operation<World, any, any>;

/** Lets TypeScript infer input and output from the two schemas. */
export function operation<World, Input, Output>(made: Operation<World, Input, Output>): AnyOperation<World> {
  return made;
}

/** What a text may know of the place it is shown in. */
export interface Page {
  /** Width in columns; undefined when it is not a terminal, and then nothing is cut. */
  columns: number | undefined;
  now: Date;
  paint: Paint;
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", (text: string) => string>>;
