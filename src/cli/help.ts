// Help from the operations themselves, rendered by citty (its only importer, loaded when help is asked for), and the
// embedded topic pages.

import { type ArgsDef, type CommandDef, defineCommand, renderUsage } from "citty";
import { usage } from "../core/failure.ts";
import type { AnyOperation } from "../core/operation.ts";
import { nearest, printable } from "../core/text.ts";
import { allOperations } from "../registry.ts";
import type { World } from "../world.ts";
import { COMMON_FLAGS, type Field, fieldsOf } from "./flags.ts";
import { pageFor } from "./terminal.ts";
import { TOPICS } from "./topics.ts";

interface Asked {
  words: readonly string[];
  /** `help <words>`: a page of that name goes before a command. */
  isOfTopic?: boolean;
  colour?: boolean | undefined;
}

export async function helpText(world: World, { words, isOfTopic = false, colour }: Asked): Promise<string> {
  const operations = await allOperations();
  const rendered = await (isOfTopic ? pageOr : helpFor)(operations, words, world.version);
  const { paint } = await pageFor(world, 1, colour);
  return paint.bold("x") === "x" ? Bun.stripANSI(rendered) : rendered;
}

/** A topic's page, with where the usage is of a command that goes by the same word; else what `helpFor` gives. */
export async function pageOr(operations: readonly AnyOperation<World>[], words: readonly string[], version: string) {
  const [first = "", ...more] = words;
  const page = more.length > 0 ? undefined : TOPICS[first];
  if (page === undefined) return helpFor(operations, words, version);
  const isCommand = operations.some((one) => one.cli.path[0] === first);
  return `${page.trim()}\n${isCommand ? `\nHow it is typed: parallel-cc ${first} --help\n` : ""}`;
}

/** Plain or coloured help of a command, a noun, a topic, or everything. Also what the README's reference is made of. */
export async function helpFor(operations: readonly AnyOperation<World>[], words: readonly string[], version: string) {
  const [first] = words;
  if (first === undefined) return overview(operations, version);
  const topic = TOPICS[first];
  const exact = operations.find((one) => sameWords(one, words));
  if (exact !== undefined) return commandHelp(exact);
  const below = words.length > 1 ? [] : operations.filter((one) => one.cli.path[0] === first);
  if (below.length > 0) return nounHelp(first, below);
  if (topic !== undefined && words.length === 1) return `${topic.trim()}\n`;
  const close = nearest(first, [...operations.map((one) => one.cli.path[0] ?? ""), ...Object.keys(TOPICS)]);
  const hint = close === undefined ? `Topics: ${Object.keys(TOPICS).join(", ")}.` : `Did you mean "${close}"?`;
  throw usage("unknown-topic", `There is no command or topic "${printable(words.join(" "))}".`, hint);
}

/** Whether people are to know of it. */
export function isListed({ cli }: AnyOperation<World>): boolean {
  return cli.isOwn !== true;
}

function sameWords(operation: AnyOperation<World>, words: readonly string[]): boolean {
  return [operation.cli.path, ...(operation.cli.aliases ?? [])].some(
    (path) => path.length === words.length && path.every((word, i) => word === words[i]),
  );
}

async function overview(operations: readonly AnyOperation<World>[], version: string): Promise<string> {
  const subCommands: Record<string, CommandDef> = {};
  for (const { cli, summary } of operations.filter(isListed)) {
    const words = cli.path.join(" ");
    subCommands[words] = defineCommand({ meta: { name: words, description: summary } });
  }
  const root = defineCommand({
    meta: { name: "parallel-cc", version, description: "Several coding agents on one repository, no work ever lost" },
    subCommands,
  });
  return `${await tidy(root)}\n\nTopics (parallel-cc help <topic>): ${Object.keys(TOPICS).join(", ")}\n`;
}

async function nounHelp(noun: string, operations: readonly AnyOperation<World>[]): Promise<string> {
  const subCommands: Record<string, CommandDef> = {};
  for (const { cli, summary } of operations.filter(isListed)) {
    subCommands[cli.path[1] ?? ""] = defineCommand({ meta: { name: cli.path[1] ?? "", description: summary } });
  }
  return `${await tidy(defineCommand({ meta: { name: `parallel-cc ${noun}`, description: `Commands: ${Object.keys(subCommands).join(", ")}` }, subCommands }))}\n`;
}

async function commandHelp(operation: AnyOperation<World>): Promise<string> {
  const { cli, summary, description } = operation;
  const command = defineCommand({
    meta: { name: `parallel-cc ${cli.path.join(" ")}`, description: summary },
    args: argsOf(fieldsOf(operation)),
  });
  const aliases = (cli.aliases ?? []).map((alias) => `parallel-cc ${alias.join(" ")}`);
  return [
    await tidy(command),
    ...(description === undefined ? [] : [wrapped(description)]),
    ...(aliases.length === 0 ? [] : [`Also: ${aliases.join(", ")}`]),
    `Examples:\n${cli.examples.map((example) => `  ${example}`).join("\n")}\n`,
  ].join("\n\n");
}

function argsOf(fields: readonly Field[]): ArgsDef {
  const args: ArgsDef = {};
  for (const field of fields) {
    const { description } = field;
    const hint = field.kind === "array" ? `${field.value}>...` : field.value;
    if (field.isPositional) args[field.flag] = { type: "positional", description, required: !field.isOptional };
    else if (field.kind === "boolean") args[field.flag] = { type: "boolean", description };
    else if (field.kind === "picklist") args[field.flag] = { type: "enum", options: [...field.options], description };
    else args[field.flag] = { type: "string", valueHint: hint, description };
  }
  args["json"] = { type: "boolean", description: COMMON_FLAGS.json };
  args["color"] = { type: "boolean", description: COMMON_FLAGS.color };
  args["help"] = { type: "boolean", alias: "h", description: COMMON_FLAGS.help };
  return args;
}

/** Without what citty leaves at the ends of lines, also before a colour's end. */
async function tidy(command: CommandDef): Promise<string> {
  const text = await renderUsage(command);
  return text.replace(TRAILING, "$1").trim();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const TRAILING = /[ \t]+((?:\x1b\[[0-9;]*m)*)$/gm;

function wrapped(text: string, width = 80): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.join("\n");
}
