// An operation is a plain object, defined once and served by every door: from it come the command's flags, help and
// `--json`, the MCP tool with its JSON Schemas, and the README's reference.

import type { Failure } from "./failure.ts";
import { v } from "./shape.ts";

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
  /** The flag that words behind all positionals are most likely meant for, and its value then; shown as a hint. */
  meant?(words: readonly string[], given: Readonly<Record<string, unknown>>): { flag: string; value: string };
  examples: readonly string[];
  /** Only parallel-cc itself types it: it is listed nowhere, and told of when it is asked for by name. */
  isOwn?: true;
}

/** How agents reach it. */
export interface McpDoor<Input, Output> {
  /** Its published name, in snake case; in camel case it is answered as well, and not listed. */
  tool: string;
  /** For an agent: when to call it, and what comes back. */
  description: string;
  /** Claude Code shows it to the model from the start; other tools the model has to look for. For the few of every day. */
  isAlwaysLoaded?: boolean;
  /** As MCP means them: changes nothing; may take something away; a second call with the same input changes no more. */
  annotations: { isReadOnly: boolean; isDestructive: boolean; isIdempotent: boolean };
  /** Where its arguments are not the operation's input; see `published`. */
  input?: PublishedInput<NoInfer<Input>>;
  /** Where its answer is not the operation's output. */
  output?: { shape(): v.GenericSchema; write(output: NoInfer<Output>): unknown };
}

export interface PublishedInput<Input> {
  shape(): InputShape;
  /** From arguments that fit the shape. */
  read(given: unknown): Input;
}

/** What an operation is, whoever calls it. */
export interface Action<World, Input, Output> {
  /** `<room>.<verb>`. */
  name: string;
  summary: string;
  /** Made when asked for: a room's schemas cost more than the run of a small command. */
  input(): v.GenericSchema<unknown, Input> & InputShape;
  output(): v.GenericSchema<unknown, Output>;
  run(world: World, input: Input): Promise<Output>;
}

export interface Operation<World, Input, Output> extends Action<World, Input, Output> {
  /** More help, shown below the summary. */
  description?: string;
  cli: CliDoor;
  mcp?: McpDoor<Input, Output>;
  /**
   * What else keeps it from beginning, told with words that do not fit: `input` is without these, `unclear` has their
   * keys, and undefined for what is of no key.
   */
  alsoWrong?(world: World, input: Input, unclear: ReadonlySet<string | undefined>): Promise<Failure[]>;
  /** As `run`, but worth waiting for by people: it may measure what `run` only remembers. */
  runForPeople?(world: World, input: Input): Promise<Output>;
  /** The answer for people: the same facts as the JSON. */
  text(output: Output, page: Page, input: Input): string;
  /** What people are told beside the answer, on stderr; not with `--json`, whose document says it all. */
  narration?(output: Output, page: Page, input: Input): string;
  /** Exit code of an answer that is not a failure; 0 when absent. */
  exitCode?(output: Output, input: Input): number;
}

/** One that only agents ask for: there is no command for it. */
export interface AgentOperation<World, Input, Output> extends Action<World, Input, Output> {
  mcp: McpDoor<Input, Output>;
}

/** An operation as the doors see it: its input was parsed by its own schema before it gets back in. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where operations of different types stand in one list
export type AnyOperation<World> = Operation<World, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyAgentOperation<World> = AgentOperation<World, any, any>;

/** Lets TypeScript infer input and output from the two schemas. */
export function operation<World, Input, Output>(made: Operation<World, Input, Output>): AnyOperation<World> {
  return made;
}

/** As `operation`. */
export function agentOperation<World, Input, Output>(
  made: AgentOperation<World, Input, Output>,
): AnyAgentOperation<World> {
  return made;
}

/** A tool's own arguments, and the input that they stand for. */
export function published<Shape extends InputShape, Input>(
  shape: () => Shape,
  read: (given: v.InferOutput<Shape>) => Input,
): PublishedInput<Input> {
  return { shape, read: (given) => read(v.parse(shape(), given)) };
}

/** What a text may know of the place it is shown in. */
export interface Page {
  /** Width in columns; undefined when it is not a terminal, and then nothing is cut. */
  columns: number | undefined;
  now: Date;
  paint: Paint;
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", (text: string) => string>>;
