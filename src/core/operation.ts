// An operation is a plain object, defined once and served by every door: from it come the command's flags, help and
// `--json`, the MCP tool with its JSON Schemas, and the README's reference.

import type { v } from "./shape.ts";

/** Inputs stay poor on purpose (string, number, boolean, picklist, list of strings), so that they can become flags. */
export type InputShape = v.ObjectSchema<v.ObjectEntries, undefined>;
export type OutputShape = v.GenericSchema;

export interface CliDoor {
  /** The words typed, for example `["merge", "check"]`. */
  path: readonly [string, ...string[]];
  aliases?: readonly (readonly string[])[];
  /** Input keys taken from bare words, in order; a list key takes all that is left. */
  positionals?: readonly string[];
  /** Input keys whose flag is not the key in kebab-case. */
  flagNames?: Readonly<Record<string, string>>;
  examples: readonly string[];
  /** Exit code for an answer that is not a failure (0 when absent). */
  exitCode?: (output: never) => number;
}

export interface Operation<World, Input, Output> {
  name: string;
  summary: string;
  /** More help, shown below the summary. */
  description?: string;
  input: InputShape;
  output: OutputShape;
  cli?: CliDoor;
  run(world: World, input: Input): Promise<Output>;
  /** The answer for people. The same facts as the JSON. */
  text(output: Output, page: Page): string;
}

/** What a text may know of the place it is shown in. */
export interface Page {
  /** Width in columns, or undefined when it is not a terminal (never cut then). */
  columns: number | undefined;
  now: Date;
  paint: Paint;
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", (text: string) => string>>;
