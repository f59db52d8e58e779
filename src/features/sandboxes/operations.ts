// What the doors may call of sandboxes.

import { type AnyAgentOperation, type AnyOperation, operation } from "../../core/operation.ts";
import { flag, NUMBER, orNull, TEXT, TEXT_OR_NULL, v, whole, word } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { executeOperation } from "./agents.ts";
import { listed, listShape, runAnswer, runShape } from "./answers.ts";
import type { RunInput } from "./request.ts";
import { statusShape } from "./state.ts";
import { downloadedText, dryRunText, endText, listText, statusText } from "./text.ts";

const RUN_HELP =
  "The run, by its id, the beginning of it, or its name (default: this repository's one under way, else its newest)";

const which = () => ({
  run: v.optional(word(RUN_HELP, "run")),
  sessionId: v.optional(word("The same, as earlier releases have it", "run")),
});

type Which = { run?: string | undefined; sessionId?: string | undefined };

export function named({ run, sessionId }: Which): string | undefined {
  return run ?? sessionId;
}

const minutes = () =>
  v.pipe(
    NUMBER,
    v.metadata({ value: "minutes", expected: "a number of minutes above 0" }),
    v.minValue(0.05),
    v.description("How long it may take, with bringing its result home (default: sandbox.timeoutMinutes)"),
  );

const repeated = (item: string, value: string, description: string) =>
  v.optional(v.pipe(v.array(word(item, value)), v.minLength(1), v.description(description)));

const runOperation = operation({
  name: "sandboxes.run",
  summary: "Give a task to Claude Code in a sandbox, and bring its result home",
  description:
    "claude works inside with all permissions; the sandbox keeps it from everything else. The command may be killed: the " +
    "run goes on, and `parallel-cc sandbox attach` looks on again. Ctrl-C stops claude and brings home what it has done. " +
    "See `parallel-cc help sandbox`.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Any directory of the repository (default: the current one)", "path")),
      prompt: v.optional(word("The task", "text")),
      promptFile: v.optional(word("A file with the task, or a plan in phases", "path")),
      focusPhase: v.optional(whole("Only this phase of the plan", 0)),
      name: v.optional(word("What to call the run and its worktree (default: from the task)", "name")),
      provider: v.optional(word("Where it runs (default: SANDBOX_PROVIDER, or sandbox.provider)", "provider")),
      branch: v.optional(word('Commit the result on this branch; "auto" makes a name (default: uncommitted)', "name")),
      base: v.optional(word("Where it starts (default: the current commit)", "ref")),
      withChanges: v.optional(flag("Take along what is not committed here")),
      timeout: v.optional(minutes()),
      authMethod: v.optional(
        v.pipe(v.picklist(["api-key", "oauth"]), v.description("How claude logs in (default: api-key)")),
      ),
      model: v.optional(word("For claude", "model")),
      maxTurns: v.optional(whole("How many turns claude may take", 1)),
      env: repeated("A variable", "name=value", "A variable for claude; NAME alone takes its value from here"),
      include: repeated("A path", "path", "Send this file too, though git ignores it or it looks like a credential"),
      weakIsolation: v.optional(flag("Accept a weaker isolation where this machine refuses the strict one")),
      dryRun: v.optional(flag("Only send the files, say which, and remove the sandbox; needs no task and no key")),
      detach: v.optional(flag("Answer when it has begun; it goes on by itself")),
      yes: v.optional(flag("Take the plan that is found (PLAN.md, .apm/Implementation_Plan.md) when no task is given")),
    }),
  output: runShape,
  alsoWrong: async (world: World, input, unclear) => {
    const { problemsBeside } = await import("./request.ts");
    return problemsBeside(world, input, unclear);
  },
  cli: {
    path: ["sandbox", "run"],
    // A prompt without quotes has its first word behind the flag, and the others alone.
    meant: (words, { prompt }) => {
      const [first = ""] = words;
      if (prompt === undefined && words.length === 1 && /\.(md|txt)$/i.test(first)) {
        return { flag: "prompt-file", value: first };
      }
      return { flag: "prompt", value: [...(typeof prompt === "string" ? [prompt] : []), ...words].join(" ") };
    },
    examples: [
      'parallel-cc sandbox run --prompt "Fix the failing tests" --branch auto',
      "parallel-cc sandbox run --prompt-file PLAN.md --timeout 120",
      "parallel-cc sandbox run --dry-run",
    ],
  },
  run: async (world: World, input) => {
    const { runToEnd } = await import("./view.ts");
    const { detach, ...asked } = input;
    return runToEnd(world, asked satisfies RunInput, { isDetached: detach === true });
  },
  text: (answer, page, input) => (input.dryRun === true ? dryRunText(answer, page) : endText(answer, page)),
  exitCode: ({ success }) => (success ? 0 : 1),
});

const attachOperation = operation({
  name: "sandboxes.attach",
  summary: "Look on at a run again, and go on with one that its driver left",
  description: "From any process, also after a crash. A run that waits for a key goes on with what is set here.",
  input: () =>
    v.strictObject({
      ...which(),
      unattended: v.optional(flag("As started by run: drive it to its end, with nobody looking on")),
    }),
  output: runShape,
  cli: {
    path: ["sandbox", "attach"],
    positionals: ["run"],
    examples: ["parallel-cc sandbox attach", "parallel-cc sandbox attach 1a2b3c4d"],
  },
  run: async (world: World, input) => {
    const { attach } = await import("./view.ts");
    return attach(world, { run: named(input), isUnattended: input.unattended === true });
  },
  text: (answer, page, input) => (input.unattended === true ? "" : endText(answer, page)),
  exitCode: ({ success }, { unattended }) => (success || unattended === true ? 0 : 1),
});

const listOperation = operation({
  name: "sandboxes.list",
  summary: "Show the runs in sandboxes, newest first",
  input: () =>
    v.strictObject({ repo: v.optional(word("Only this repository's (default: all that are known)", "path")) }),
  output: listShape,
  cli: {
    path: ["sandbox", "list"],
    examples: ["parallel-cc sandbox list", "parallel-cc sandbox list --repo . --json"],
  },
  run: async (world: World, { repo }) => {
    const { listRuns } = await import("./list.ts");
    const sessions = (await listRuns(world, repo)).map((run) => listed(run, world.now()));
    return { sessions, total: sessions.length };
  },
  text: ({ sessions }, page) => listText(sessions, page),
});

const statusOperation = operation({
  name: "sandboxes.status",
  summary: "Show how a run goes: what its claude does, and what its sandbox uses",
  input: () => v.strictObject(which()),
  output: statusShape,
  cli: {
    path: ["sandbox", "status"],
    positionals: ["run"],
    examples: ["parallel-cc sandbox status", "parallel-cc sandbox status fix-tests --json"],
  },
  run: async (world: World, input) => {
    const { stateOf } = await import("./state.ts");
    return stateOf(world, named(input));
  },
  text: (answer, page) => statusText(answer, page),
});

const logsOperation = operation({
  name: "sandboxes.logs",
  summary: "Show what the claude of a run did, while it works or long after",
  input: () =>
    v.strictObject({
      ...which(),
      follow: v.optional(flag("Go on until the run has ended; with --json each line is a document")),
      lines: v.optional(whole("Only the last of them (default: 100)", 1)),
    }),
  output: () =>
    v.strictObject({
      ...{ success: v.boolean(), sessionId: TEXT, sandboxId: TEXT_OR_NULL, status: TEXT },
      ...{ output: TEXT, lineCount: NUMBER, logPath: TEXT },
    }),
  cli: {
    path: ["sandbox", "logs"],
    positionals: ["run"],
    examples: ["parallel-cc sandbox logs", "parallel-cc sandbox logs fix-tests --follow"],
  },
  run: async (world: World, input) => {
    const { lastLines } = await import("./logs.ts");
    return lastLines(world, { run: named(input), lines: input.lines ?? 100 });
  },
  text: ({ output }) => (output === "" ? "Nothing yet.\n" : `${output}\n`),
});

const downloadOperation = operation({
  name: "sandboxes.download",
  summary: "Take what a run has made so far, without stopping it",
  description:
    "The commits, and what is not committed in the sandbox, come under the run's ref; with --output the changed files are " +
    "written below an empty directory as well.",
  input: () =>
    v.strictObject({
      ...which(),
      output: v.optional(word("Write the changed files here", "directory")),
      withKeys: v.optional(flag("Also a result that is held back since it holds a key")),
    }),
  output: () =>
    v.strictObject({
      ...{ success: v.boolean(), sessionId: TEXT, sandboxId: TEXT_OR_NULL, resultRef: TEXT_OR_NULL },
      ...{ commits: NUMBER, filesChanged: NUMBER, hasUncommitted: v.boolean() },
      ...{ outputPath: TEXT_OR_NULL, filesDownloaded: orNull(NUMBER), sizeBytes: orNull(NUMBER) },
    }),
  cli: {
    path: ["sandbox", "download"],
    positionals: ["run"],
    examples: ["parallel-cc sandbox download", "parallel-cc sandbox download fix-tests --output ./so-far"],
  },
  run: async (world: World, input) => {
    const { download } = await import("./download.ts");
    const { output: directory, withKeys } = input;
    const taken = await download(world, { run: named(input), output: directory, withKeys: withKeys === true });
    const { run, result, output } = taken;
    const { commits, filesChanged, hasUncommitted, ref } = result;
    return {
      ...{ success: true, sessionId: run.id, sandboxId: run.instance_id, resultRef: ref },
      ...{ commits: commits.length, filesChanged, hasUncommitted, outputPath: output?.path ?? null },
      ...{ filesDownloaded: output?.files ?? null, sizeBytes: output?.bytes ?? null },
    };
  },
  text: (answer) => downloadedText(answer),
});

const killOperation = operation({
  name: "sandboxes.kill",
  summary: "Stop a run; what its claude has done comes home first",
  input: () =>
    v.strictObject({ ...which(), discard: v.optional(flag("Do not bring home what has not come home yet")) }),
  output: runShape,
  cli: {
    path: ["sandbox", "kill"],
    positionals: ["run"],
    examples: ["parallel-cc sandbox kill fix-tests", "parallel-cc sandbox kill 1a2b3c4d --discard"],
  },
  run: async (world: World, input) => {
    const { kill } = await import("./view.ts");
    return runAnswer(await kill(world, { run: named(input), discard: input.discard === true }), {
      paths: world.paths,
      now: world.now(),
    });
  },
  text: (answer, page) => endText(answer, page),
});

export const agentOperations: readonly AnyAgentOperation<World>[] = [executeOperation];

export const operations: readonly AnyOperation<World>[] = [
  ...[runOperation, attachOperation, listOperation, statusOperation],
  ...[logsOperation, downloadOperation, killOperation],
];
