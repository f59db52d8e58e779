// What may stand at the end of a command line, from the same operations that help and the parsing of flags come from.

import { flag, v } from "../core/shape.ts";
import { printable } from "../core/text.ts";
import { type Candidate, type Candidates, candidatesFor } from "../features/completions/completions.ts";
import { allOperations, ROOMS } from "../registry.ts";
import type { World } from "../world.ts";
import { COMMON_FLAGS, type Field, fieldsOf } from "./flags.ts";
import { findOperation, pathsOf } from "./lookup.ts";
import { flagsLeft, readStanding, type Standing } from "./standing.ts";

export interface Question {
  /** "claude-parallel", or anything else for parallel-cc. */
  program: string;
  /** The words behind the program's, without the last one. */
  before: readonly string[];
  current: string;
}

export interface Offer extends Omit<Candidates, "values" | "shell"> {
  /** What the shell is to offer as well; "claude" is what it offers for claude. */
  shell?: Candidates["shell"] | "claude";
  /** What is asked for, for people. */
  what: string;
  candidates: readonly Candidate[];
  /** What stands before each candidate in the same word: "--base=". */
  inline: string;
}

/** More than anybody reads; a repository may have a hundred thousand branches. */
const MOST = 1000;

/** Nothing that would reach the terminal as anything but text, and of very many those that are begun. */
export async function offerFor(world: World, question: Question): Promise<Offer> {
  const { program, current } = question;
  const offer = await (program === "claude-parallel" ? wrapperOffer(world, question) : commandOffer(world, question));
  const shown = offer.candidates.filter(({ value }) => value !== "" && printable(value) === value);
  if (shown.length <= MOST) return { ...offer, candidates: shown };
  const begun = shown.filter(({ value }) => (offer.inline + value).startsWith(current));
  return { ...offer, candidates: begun.slice(0, MOST) };
}

const VERSION_FLAG = { value: "--version", description: "The version" };

async function commandOffer(world: World, { before, current }: Question): Promise<Offer> {
  const common = Object.entries(COMMON_FLAGS).map(([name, description]) => ({ value: `--${name}`, description }));
  // Flags of every command may stand before it.
  const start = before.findIndex((word) => !/^--(json|(no-)?color)$/.test(word));
  const line = start < 0 ? [] : before.slice(start);
  const [first] = line;
  const isFlag = current.startsWith("-");
  if (first === undefined) return plain("command", isFlag ? [VERSION_FLAG, ...common] : await commands());
  if (first === "help") return plain("topic", line.length === 1 ? await topics() : await verbsOf(line.slice(1)));
  const operations = (await ROOMS[first]?.())?.operations;
  if (operations === undefined) return plain("", []);
  const verbs = isFlag ? [] : await verbsOf(line);
  const found = findOperation(operations, line);
  if (found === undefined) return plain("command", isFlag && line.length === 1 ? common : verbs);
  const { operation, length } = found;
  const fields = fieldsOf(operation);
  const positionals = operation.cli.positionals ?? [];
  const standing = readStanding({ fields, positionals, before: line.slice(length), current });
  const offer = await standingOffer(world, standing, fields);
  const more = standing.kind === "flag" ? common.filter(({ value }) => !standing.used.has(value.slice(2))) : [];
  return { ...offer, candidates: [...verbs, ...offer.candidates, ...more] };
}

function plain(what: string, candidates: readonly Candidate[]): Offer {
  return { what, candidates, inline: "" };
}

/** First words, and what each is for. */
async function commands(): Promise<Candidate[]> {
  const operations = await allOperations();
  const known = Object.keys(ROOMS).map((word) => {
    const whole = operations.find((one) => pathsOf(one).some((path) => path.length === 1 && path[0] === word));
    const listed = operations.filter(({ cli }) => cli.path[0] === word && cli.isOwn !== true);
    const verbs = listed.flatMap(({ cli }) => cli.path[1] ?? []);
    return { value: word, description: whole?.summary ?? verbs.join(", ") };
  });
  return [...known, { value: "help", description: "Help on a command or a topic" }];
}

/** The words that may follow a noun. */
async function verbsOf(line: readonly string[]): Promise<Candidate[]> {
  const [noun = "", ...others] = line;
  if (others.length > 0) return [];
  const operations = (await ROOMS[noun]?.())?.operations ?? [];
  const listed = operations.filter(({ cli }) => cli.isOwn !== true);
  return listed.flatMap((one) =>
    pathsOf(one).flatMap(([first, verb]) =>
      first === noun && verb !== undefined ? { value: verb, description: one.summary } : [],
    ),
  );
}

async function topics(): Promise<Candidate[]> {
  const { TOPICS } = await import("./topics.ts");
  const pages = Object.entries(TOPICS).map(([value, page]) => {
    return { value, description: page.split("\n", 1)[0]?.replace(/^#+ */, "") ?? "" };
  });
  const words = (await commands()).filter(({ value }) => value !== "help" && !Object.hasOwn(TOPICS, value));
  return [...pages, ...words];
}

/** claude-parallel's own flags; everything else is claude's. */
async function wrapperOffer(world: World, { before, current }: Question): Promise<Offer> {
  const fields = await wrapperFields();
  const standing = readStanding({ fields, positionals: [], before, current });
  if (standing.kind === "value") return standingOffer(world, standing, fields);
  const isFlag = standing.kind === "flag" && current.startsWith("-");
  return { shell: "claude", ...plain("flag", isFlag ? flagsLeft(fields, standing.used) : []) };
}

/** Those it hands to register, and its own. */
async function wrapperFields(): Promise<Field[]> {
  const operations = (await ROOMS["register"]?.())?.operations ?? [];
  const register = findOperation(operations, ["register"])?.operation;
  const shared = (register === undefined ? [] : fieldsOf(register)).filter(({ flag }) => HANDED_ON.includes(flag));
  return [...shared, ...fieldsOf({ input: ownOfWrapper, cli: { path: [], examples: [] } })];
}

const HANDED_ON = ["name", "base", "no-worktree"];
const ownOfWrapper = () =>
  v.strictObject({ uncoordinated: v.optional(flag("Start claude even when the session cannot be registered")) });

async function standingOffer(world: World, standing: Standing, fields: readonly Field[]): Promise<Offer> {
  if (standing.kind === "nothing") return plain("", []);
  if (standing.kind === "flag") return plain("flag", flagsLeft(fields, standing.used));
  const { field, inline, taken, mayBeginWithDash, given } = standing;
  const choices = field.options.map((value) => ({ value, description: "" }));
  // Where there is no repository, or nothing to be read, there is nothing to offer.
  const found = await candidatesFor(world, field.value, given).catch((): Candidates => ({ values: [] }));
  const { values, ...rest } = choices.length > 0 ? { values: choices } : found;
  const candidates = values.filter(({ value }) => {
    // A value that begins with a dash would be read as a flag.
    return (mayBeginWithDash || !value.startsWith("-")) && !taken.includes(value);
  });
  return { ...rest, what: field.description, candidates, inline };
}
