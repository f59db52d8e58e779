// The command line's door: words → operation → input → answer → exit code. Failures are shown here and nowhere else.

import { asFailure, errorDocument, type Failure, usage } from "../core/failure.ts";
import type { AnyOperation } from "../core/operation.ts";
import { v } from "../core/shape.ts";
import { nearest, printable } from "../core/text.ts";
import { ROOMS } from "../registry.ts";
import { makeWorld, type World } from "../world.ts";
import type { Stream } from "./commands/watch-status.ts";
import { exitCodeOf } from "./exit.ts";
import { parseWords, refusal, shapeInput } from "./flags.ts";
import { modernise } from "./legacy.ts";
import { findOperation } from "./lookup.ts";
import { answer, failureText, tell } from "./output.ts";
import { isTerminal, pageFor } from "./terminal.ts";

/** Runs one command line and answers its exit code. Never throws. */
export async function run(argv: readonly string[]): Promise<number> {
  // Asked by shells, with words that are not for us to judge.
  if (argv[0] === "complete") return (await import("./complete.ts")).complete(argv.slice(1));
  // Run by Claude Code, for which every exit code means something.
  if ((argv[0] === "hook" || argv[0] === "statusline") && !argv.includes("--help") && !argv.includes("-h")) {
    return (await import("./commands/hook.ts")).hook(argv);
  }
  try {
    const world = makeWorld();
    return await runIn(world, argv);
  } catch (thrown) {
    return show(asFailure(thrown), argv);
  }
}

async function runIn(world: World, argv: readonly string[]): Promise<number> {
  const modern = modernise(commonFlagsLast(argv));
  const { words } = modern;
  const [first] = words;
  if (first === undefined || first === "help" || /^(--help|-h|--json|--(no-)?color)$/.test(first)) {
    return help(world, words);
  }
  const load = ROOMS[first];
  if (load === undefined) throw modern.instead === undefined ? unknownCommand(words) : notYet(modern.instead);
  const { operations } = await load();
  const found = findOperation(operations, words);
  if (found === undefined && modern.instead !== undefined) throw notYet(modern.instead);
  if (modern.instead !== undefined) {
    tell(`Warning: "${modern.instead.old}" is an old spelling; type "parallel-cc ${modern.instead.now}" instead.\n`);
  }
  if (found === undefined) {
    if (words.includes("--help") || words.includes("-h")) return help(world, words, [first]);
    throw unknownVerb(operations, words);
  }
  const rest = words.slice(found.length);
  if (rest.includes("--help") || rest.includes("-h")) return help(world, rest, found.operation.cli.path);
  const parsed = parseWords(found.operation, rest);
  const { common } = parsed;
  if (common.help) return help(world, rest, found.operation.cli.path);
  const { input: shaped, wrong } = shapeInput(found.operation, parsed);
  if (wrong.length > 0) {
    const keys = new Set(wrong.map(({ key }) => key));
    const also = shaped === undefined ? [] : await found.operation.alsoWrong?.(world, shaped, keys);
    throw refusal([...wrong.map(({ failure }) => failure), ...(also ?? [])]);
  }
  const stream = await streamFor(found.operation, shaped, common);
  if (stream !== undefined) return stream(world, shaped, common);
  const { operation } = found;
  const output = await (common.json
    ? operation.run(world, shaped)
    : (operation.runForPeople ?? operation.run)(world, shaped));
  if (common.json) {
    answer(`${JSON.stringify(output)}\n`);
  } else {
    const told = operation.narration?.(output, await pageFor(world, 2, common.colour), shaped) ?? "";
    if (told !== "") tell(told);
    answer(operation.text(output, await pageFor(world, 1, common.colour), shaped));
  }
  return operation.exitCode?.(output, shaped) ?? 0;
}

// What streams is written by hand; it takes over when its input asks for it.
async function streamFor(
  operation: AnyOperation<World>,
  input: unknown,
  { json }: { json: boolean },
): Promise<Stream | undefined> {
  if (operation.name === "sessions.status" && v.is(WATCHED, input)) {
    return (await import("./commands/watch-status.ts")).watchStatus;
  }
  if (operation.name === "config.trust" && !json && v.is(UNDECIDED, input) && (await isTerminal(0))) {
    const { askForTrust } = await import("./commands/trust.ts");
    return (here) => askForTrust(here);
  }
  if (operation.name === "claims.release" && v.is(FORCED, input) && !(await isTerminal(0))) {
    throw usage(
      "no-terminal",
      "--force releases other sessions' claims: only somebody at a terminal may, and this is none.",
    );
  }
  if (operation.name === "install.run" && !json && (await isTerminal(0))) {
    return (await import("./commands/install.ts")).questionsFor(input);
  }
  if (operation.name === "demo.play" && !json) return (await import("./commands/demo.ts")).demo;
  if (operation.name === "mcp.serve") return (await import("./commands/serve-mcp.ts")).serveMcp;
  if (operation.name === "watch.sessions") return (await import("./commands/watch-sessions.ts")).watchSessionEvents;
  if (operation.name === "watch.merges" && v.is(CONTINUOUS, input)) {
    return (await import("./commands/watch-merges.ts")).watchMergeEvents;
  }
  if (operation.name.startsWith("sandboxes.")) return sandboxStream(operation.name, input, json);
  if (operation.name === "worktrees.resume" && !json) return (await import("./commands/resume.ts")).resume;
  return undefined;
}

async function sandboxStream(name: string, input: unknown, json: boolean): Promise<Stream | undefined> {
  const load = () => import("./commands/sandbox.ts");
  if (name === "sandboxes.logs" && v.is(FOLLOWED, input)) return (await load()).followLogs;
  if (json || v.is(ALONE, input)) return undefined;
  if (name === "sandboxes.run") return (await load()).runInSandbox;
  if (name === "sandboxes.attach") return (await load()).attachToRun;
  return name === "sandboxes.kill" ? (await load()).killRun : undefined;
}

const FOLLOWED = v.looseObject({ follow: v.literal(true) });
const ALONE = v.union([
  v.looseObject({ detach: v.literal(true) }),
  v.looseObject({ unattended: v.literal(true) }),
  v.looseObject({ dryRun: v.literal(true) }),
]);
const UNDECIDED = v.strictObject({});
const FORCED = v.looseObject({ force: v.literal(true) });
const CONTINUOUS = v.looseObject({ once: v.optional(v.literal(false)), unattended: v.optional(v.literal(false)) });
const WATCHED = v.looseObject({ watch: v.literal(true) });

/** Flags of every command may stand before it. */
function commonFlagsLast(argv: readonly string[]): readonly string[] {
  const start = argv.findIndex((word) => !/^--(json|(no-)?color)$/.test(word));
  return start <= 0 ? argv : [...argv.slice(start), ...argv.slice(0, start)];
}

/** Help on the topic, or on what else the words name. */
async function help(world: World, words: readonly string[], topic?: readonly string[]): Promise<number> {
  const { helpText } = await import("./help.ts");
  const bare = words.filter((word) => !word.startsWith("-"));
  const colour = words.includes("--no-color") ? false : words.includes("--color") ? true : undefined;
  const isOfTopic = topic === undefined && bare[0] === "help";
  answer(await helpText(world, { words: topic ?? (isOfTopic ? bare.slice(1) : bare), isOfTopic, colour }));
  return 0;
}

function notYet({ old, now }: { old: string; now: string }): Failure {
  const message = `"${old}" (now "${now}") is not in this version of parallel-cc.`;
  return usage("unknown-command", message, "See parallel-cc --help for what is.");
}

function unknownCommand(words: readonly string[]): Failure {
  const [first = ""] = words;
  const kind = first.startsWith("-") ? "flag" : "command";
  const close = nearest(first, kind === "flag" ? ["--help", "--version"] : Object.keys(ROOMS));
  return usage(
    `unknown-${kind}`,
    `Unknown ${kind} "${printable(first)}".`,
    close === undefined ? "See parallel-cc --help." : `Did you mean "${close}"?`,
  );
}

function unknownVerb(operations: readonly AnyOperation<World>[], words: readonly string[]): Failure {
  const [noun = "", verb] = words;
  const listed = operations.filter(({ cli }) => cli.path[0] === noun && cli.isOwn !== true);
  const verbs = listed.flatMap(({ cli }) => cli.path[1] ?? []);
  const known = verbs.length > 0 ? `Known: ${verbs.map((one) => `${noun} ${one}`).join(", ")}.` : "See --help.";
  if (verb === undefined) return usage("verb-missing", `"${printable(noun)}" needs a verb.`, known);
  const close = nearest(verb, verbs);
  return usage(
    "unknown-command",
    `Unknown command "${printable(noun)} ${printable(verb)}".`,
    close === undefined ? known : `Did you mean "${noun} ${close}"?`,
  );
}

/** Shows a failure and answers its exit code. With `--json` it is the one document on stdout. */
function show(failure: Failure, argv: readonly string[]): number {
  const beforeDashes = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  // Where the answer itself cannot be written, only stderr is left.
  if (beforeDashes.includes("--json") && failure.code !== "output.unwritable") {
    answer(`${JSON.stringify(errorDocument(failure))}\n`);
  } else {
    // What a shell evals must fail in it as well: nothing to eval would be success.
    if (beforeDashes.includes("--shell")) answer(`(exit ${exitCodeOf(failure)})\n`);
    tell(failureText(failure));
  }
  return exitCodeOf(failure);
}
