// What was asked for, looked at as a whole before anything is made: all that is wrong is told at once.

import { realpathSync } from "node:fs";
import { relative, resolve } from "node:path";
import { asFailure, Failure } from "../../core/failure.ts";
import { counted, printable, slug } from "../../core/text.ts";
import { existingDirectory } from "../../files/directory.ts";
import { commitOf, type Repository } from "../../git/repository.ts";
import { redact } from "../../log/log.ts";
import type { World } from "../../world.ts";
import { type Auth, hostsOf, readAuth } from "../claude-runs/claude-runs.ts";
import { loadConfig } from "../config/config.ts";
import { findPlan, type Prompt, readPrompt } from "../plans/plans.ts";
import { type ProviderName, providerNamed } from "../providers/providers.ts";
import { locateHealed } from "../sessions/sessions.ts";
import { checkIncludes } from "../uploads/uploads.ts";
import { branchOf } from "./branch.ts";
import { nameOfProvider } from "./driving.ts";
import type { RunRequest } from "./run.ts";
import type { NewRun } from "./store.ts";
import { variablesOf } from "./variables.ts";

export interface RunInput {
  repo?: string | undefined;
  name?: string | undefined;
  prompt?: string | undefined;
  promptFile?: string | undefined;
  focusPhase?: number | undefined;
  provider?: string | undefined;
  branch?: string | undefined;
  base?: string | undefined;
  withChanges?: boolean | undefined;
  timeout?: number | undefined;
  authMethod?: "api-key" | "oauth" | undefined;
  model?: string | undefined;
  maxTurns?: number | undefined;
  env?: readonly string[] | undefined;
  include?: readonly string[] | undefined;
  weakIsolation?: boolean | undefined;
  dryRun?: boolean | undefined;
  yes?: boolean | undefined;
}

export interface Planned {
  run: Omit<NewRun, "id" | "warnings">;
  /** Byte for byte. */
  prompt: Uint8Array;
  /** For the sandbox's claude: they may be secrets. */
  variables: Record<string, string>;
  /** What does not keep it from beginning. */
  warnings: string[];
}

/** Errors: `sandbox.preflight`, whose `details.problems` are all there are; `usage.*` for a call that makes no sense. */
export async function planRun(world: World, input: RunInput): Promise<Planned> {
  const { problems, planned } = await lookedAt(world, input, new Set());
  if (problems.length > 0 || planned === undefined) throw preflight(problems);
  return planned();
}

/**
 * What else is wrong with a call some of whose words make no sense: `unclear` has the inputs that these are of, and
 * undefined for a flag or a word that is of none.
 */
export async function problemsBeside(
  world: World,
  input: RunInput,
  unclear: ReadonlySet<string | undefined>,
): Promise<Failure[]> {
  try {
    return (await lookedAt(world, input, unclear)).problems;
  } catch (thrown) {
    return [asFailure(thrown)];
  }
}

interface LookedAt {
  problems: Failure[];
  /** Only where there are none. */
  planned: (() => Promise<Planned>) | undefined;
}

async function lookedAt(world: World, input: RunInput, unclear: ReadonlySet<string | undefined>): Promise<LookedAt> {
  const directory = existingDirectory(world.cwd, input.repo);
  const git = world.git(directory);
  const repository = await locateHealed(world, git);
  const { settings } = await loadConfig(world, repository.path);
  const top = repository.here.top ?? repository.path;
  const problems: Failure[] = [];
  const isDryRun = input.dryRun === true;
  // Whatever is found wrong is put aside, and the next thing looked at.
  const look = async <T>(work: () => Promise<T> | T): Promise<T | undefined> => {
    world.signal().throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      problems.push(asFailure(thrown));
      return undefined;
    }
  };
  const provider = input.provider ?? world.env.sandboxProvider ?? settings["sandbox.provider"];
  const name = await look(() => nameOfProvider(provider));
  // It may be what was typed wrongly.
  const isPromptUnclear = [undefined, "prompt", "promptFile"].some((key) => unclear.has(key));
  const isPromptless = isPromptUnclear || (isDryRun && !hasPrompt(input));
  const prompt = isPromptless ? NO_PROMPT : await look(() => promptOf(world, { input, top }));
  const variables: Record<string, string> = {};
  for (const one of input.env ?? []) await look(() => Object.assign(variables, variablesOf(world, [one])));
  await look(() => checkIncludes(top, input.include ?? []));
  const baseCommit = await look(() => baseOf(world, repository, { directory, base: input.base }));
  const authMethod = input.authMethod ?? "api-key";
  const { auth, problems: unfit } = await readAuth(world, authMethod);
  if (!isDryRun && !unclear.has("authMethod")) problems.push(...unfit);
  const minutes = input.timeout ?? settings["sandbox.timeoutMinutes"];
  const hosts = [...settings["sandbox.hosts"], ...(auth === undefined ? [] : hostsOf(auth))];
  if (name !== undefined) {
    const isWeak = input.weakIsolation === true;
    problems.push(...(await providerProblems(world, { name, minutes, hosts, isWeak })));
  }
  const title = prompt?.title ?? "";
  const branch = await look(() => branchOf(world, repository, { wanted: input.branch, title, provider }));
  if (input.withChanges === true && baseCommit !== undefined && baseCommit !== repository.here.head) {
    problems.push(changesElsewhere());
  }
  if (problems.length > 0 || prompt === undefined || baseCommit === undefined || name === undefined) {
    return { problems, planned: undefined };
  }
  const request: RunRequest = {
    ...{
      base: input.base ?? null,
      baseCommit,
      branch: branch ?? null,
      isBranchMade: input.branch === "auto",
      withChanges: input.withChanges === true,
    },
    ...{ isDryRun, timeoutMinutes: minutes, checkpointMinutes: settings["sandbox.checkpointMinutes"], authMethod },
    ...{ model: input.model ?? null, maxTurns: input.maxTurns ?? null, include: [...(input.include ?? [])] },
    ...{
      variables: Object.keys(variables),
      hosts,
    },
    ...{ memoryBytes: settings["sandbox.memory"], processes: settings["sandbox.processes"] },
    ...{ isWeak: input.weakIsolation === true, promptSource: prompt.source },
  };
  const { path, gitDir, gitDirId } = repository;
  const run = {
    ...{
      name: input.name ?? (slug(redact(title), LONGEST_NAME) || null),
      provider: name,
      title: redact(title),
      request,
    },
    ...{ repository: { path, gitDir, gitDirId }, callerPath: top },
  };
  const planned = async () => {
    const warnings = [
      ...(await changesWarnings(world, top, input)),
      ...(await planWarnings(world, { top, input, source: prompt.source })),
      ...loginWarnings(world, auth, minutes),
    ];
    return { run, prompt: prompt.bytes, variables, warnings };
  };
  return { problems, planned };
}

function loginWarnings({ now }: Pick<World, "now">, auth: Auth | undefined, minutes: number): string[] {
  const until = auth?.expiresAt;
  if (until === undefined || until.getTime() > now().getTime() + minutes * 60_000) return [];
  return [`The login of claude is good until ${until.toISOString()}, and cannot be renewed inside.`];
}

async function changesWarnings({ git }: Pick<World, "git">, top: string, input: RunInput): Promise<string[]> {
  if (input.withChanges === true) return [];
  const said = await git(top).attempt(["status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=dirty"]);
  const count = said.stdout.split("\0").length - 1;
  if (count <= 0) return [];
  return [
    `${counted(count, "uncommitted file")} ${count === 1 ? "is" : "are"} not sent; --with-changes takes along what is not committed.`,
  ];
}

interface PlanAsked {
  top: string;
  input: RunInput;
  source: string | null;
}

/** claude gets a plan's text in any case; it ticks off what is done only where the file goes in. */
async function planWarnings(world: World, { top, input, source }: PlanAsked): Promise<string[]> {
  if (source === null || source === "-" || input.withChanges === true) return [];
  const file = relative(top, realpathSync(resolve(world.cwd, source)));
  if (file.startsWith("..")) return [];
  const git = world.git(top);
  const said = await git.attempt(["status", "--porcelain", "-z", "--ignored", "--", `:(literal)${file}`]);
  if (said.stdout === "") return [];
  return [
    `${printable(source)} is not as it was committed: commit it, or pass --with-changes, so that claude sees it.`,
  ];
}

const LONGEST_NAME = 30;
const NO_PROMPT: Prompt = { bytes: new Uint8Array(), title: "dry run", source: null };

function hasPrompt({ prompt, promptFile }: RunInput): boolean {
  return prompt !== undefined || promptFile !== undefined;
}

async function promptOf(world: World, { input, top }: { input: RunInput; top: string }): Promise<Prompt> {
  const { prompt, focusPhase } = input;
  const plan = hasPrompt(input) ? undefined : await findPlan(top);
  const promptFile = input.promptFile ?? (input.yes === true ? plan : undefined);
  if (promptFile === undefined && prompt === undefined && plan !== undefined) {
    throw new Failure({
      kind: "usage",
      code: "usage.prompt-missing",
      message: "There is no task: neither --prompt nor --prompt-file was given.",
      hint: `There is a plan: --prompt-file ${plan} takes it, and so does --yes.`,
    });
  }
  return readPrompt(world, { prompt, promptFile, focusPhase, top });
}

async function baseOf(
  world: World,
  repository: Repository,
  { directory, base }: { directory: string; base: string | undefined },
): Promise<string> {
  const commit = await commitOf(world.git(directory), base ?? "HEAD");
  if (commit !== undefined) return commit;
  throw new Failure({
    code: base === undefined ? "repository.unborn" : "base.unknown",
    message:
      base === undefined
        ? `${repository.path} has no commit yet, so there is nothing to start from.`
        : `There is no commit "${printable(base)}" in ${repository.path} to start from.`,
    hint: base === undefined ? "Make a first commit." : "Name a branch, tag or commit that exists.",
  });
}

async function providerProblems(
  world: World,
  { name, minutes, ...spec }: { name: ProviderName; minutes: number; hosts: readonly string[]; isWeak: boolean },
): Promise<Failure[]> {
  try {
    const provider = await providerNamed(world, name);
    const most = provider.capabilities.maxMinutes;
    const late = most === undefined || minutes <= most ? [] : [tooLong(name, most)];
    return [...late, ...(await provider.problems(spec))];
  } catch (thrown) {
    world.signal().throwIfAborted();
    return [asFailure(thrown)];
  }
}

function tooLong(name: string, most: number): Failure {
  return new Failure({
    code: "sandbox.timeout-too-long",
    message: `Sandboxes of ${name} live ${most} minutes at most.`,
    hint: `Pass --timeout ${most} or less.`,
  });
}

function changesElsewhere(): Failure {
  return new Failure({
    code: "sandbox.changes-elsewhere",
    message: "--with-changes carries what is uncommitted on the commit you stand on, and --base names another one.",
    hint: "Leave one of them out.",
  });
}

function preflight(problems: readonly Failure[]): Failure {
  const [only] = problems;
  if (only !== undefined && problems.length === 1) return only;
  const lines = problems.map(({ message, hint }) => `\n- ${message}${hint === undefined ? "" : ` ${hint}`}`);
  return new Failure({
    kind: problems.every(({ kind }) => kind === "usage") ? "usage" : "user",
    code: "sandbox.preflight",
    message: `The run cannot begin:${lines.join("")}`,
    hint: "Nothing was made. See parallel-cc doctor --sandbox.",
    details: {
      problems: problems.map(({ code, message, hint }) => ({ code, message, hint: hint ?? null })),
    },
  });
}
