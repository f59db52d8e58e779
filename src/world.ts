// The composition root: the only reader of the environment, the working directory, the clock and randomness.
// A feature function asks for the members it uses (`Pick<World, …>`), so that its signature tells its effects.

import { writeSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { Failure, usage } from "./core/failure.ts";
import { HANDED_ON } from "./core/handed-on.ts";
import { VERSION } from "./core/version.ts";
import type { Db } from "./db/db.ts";
import { type Paths, pathsIn } from "./files/paths.ts";
import { type UserPlaces, userPlaces } from "./files/user-places.ts";
import { type Git, makeGit } from "./git/git.ts";
import { LOG_LEVELS, type Log, type LogLevel, makeLog } from "./log/log.ts";
import { type Processes, systemProcesses } from "./proc/alive.ts";
import { type Piped, type PipedInput, startPiped } from "./proc/piped.ts";
import { isPortFree } from "./proc/port.ts";
import { type RunInput, type RunResult, run, runShown } from "./proc/run.ts";
import type { Ended } from "./proc/spawn.ts";
import { becomes, handOver, type Scripted, startDetached, startScripted } from "./proc/start.ts";
import { readAll, type Streams, systemStreams } from "./proc/streams.ts";

/** What the environment says, read once. */
export interface Env {
  home: string;
  places: UserPlaces;
  path: string;
  logLevel: LogLevel;
  noColor: boolean;
  /** The terminal knows no escape sequences (`TERM=dumb`). */
  isDumb: boolean;
  forceColor: boolean;
  columns: number | undefined;
  /** Names of git's local variables (GIT_DIR, …) that are set: parallel-cc never follows them. */
  gitVariables: readonly string[];
  /** PARALLEL_CC_SESSION_ID: the session that this process was started in, perhaps. */
  sessionId: string | undefined;
  /** PARALLEL_CC_WRAPPER_VERSION: the release of the claude-parallel that called. */
  wrapperVersion: string | undefined;
  /** PARALLEL_CC_HOOK_VERSION: the release of the heartbeat hook's script that called. */
  hookVersion: string | undefined;
  /** CLAUDE_PID: the claude whose hook this is. */
  claudePid: number | undefined;
  /** CLAUDE_ENV_FILE: what a hook writes there, the claude's shells read. */
  claudeEnvFile: string | undefined;
  /** Names of what a session leases (PARALLEL_CC_PORT, …) that are set: they are that session's, not another's. */
  leaseVariables: readonly string[];
  /** GIT_DIR and GIT_INDEX_FILE as git tells its hooks: for who looks at the commit that is being made. */
  commit: { gitDir: string | undefined; indexFile: string | undefined };
  /** PARALLEL_CC_GIT_USER and PARALLEL_CC_GIT_EMAIL: in whose name a sandbox commits. */
  gitUser: string | undefined;
  gitEmail: string | undefined;
  /** SANDBOX_PROVIDER. */
  sandboxProvider: string | undefined;
  /** What a sandbox's claude gets beside its key (`--env`): handed to the process that starts it, and to no other. */
  sandboxVariables: Readonly<Record<string, string>>;
  /** PARALLEL_CC_BYPASS: the commit is to be made whatever others have claimed. */
  isBypassed: boolean;
  /** NATIVE_SANDBOX_ROOT: the directory that native sandboxes are made in. */
  nativeSandboxRoot: string | undefined;
  /** What claude logs in with, for the claude of a sandbox: secrets. */
  claudeAuth: ClaudeAuth;
}

export interface ClaudeAuth {
  /** ANTHROPIC_API_KEY */
  apiKey: string | undefined;
  /** ANTHROPIC_AUTH_TOKEN */
  authToken: string | undefined;
  /** CLAUDE_CODE_OAUTH_TOKEN */
  oauthToken: string | undefined;
  /** ANTHROPIC_BASE_URL */
  baseUrl: string | undefined;
}

export interface World {
  version: string;
  /** The file of this very program; run from source, of the Bun that runs it. */
  program: string;
  cwd: string;
  env: Env;
  paths: Paths;
  pid: number;
  parentPid: number;
  log: Log;
  now(): Date;
  newId(): string;
  sleep(ms: number): Promise<void>;
  /** Aborted by SIGINT, SIGTERM and SIGHUP; asking for it turns their default (die at once) off. */
  signal(): AbortSignal;
  /** Aborted by the next one of them: somebody does not want to wait for what the first has begun. */
  secondSignal(): AbortSignal;
  db(): Promise<Db>;
  /** As `db`, for who is waited for: at most 200 ms for a lock, and `db.outdated` instead of a migration. */
  dbInHaste(): Promise<Db>;
  git(directory: string): Git;
  /** Runs another program than git, in the environment its user gave it; nothing prompts there. */
  runProgram(program: Program): Promise<RunResult>;
  /** As `runProgram`, but what it says goes to our standard error as it comes. */
  runShown(program: Omit<Program, "maxOutputBytes" | "input">): Promise<Ended>;
  /** A variable that our caller named, of the environment that we were started in. */
  variable(name: string): string | undefined;
  /** A line of narration to people, on standard error, when it happens. */
  say(line: string): void;
  /** What our standard input holds to its end, in UTF-8; undefined for a terminal, or more than so many bytes. */
  readInput(mostBytes: number): string | undefined;
  /** Our standard input and output, for a talk with the program that started us. */
  streams(): Streams;
  /** Runs another program with our terminal and streams, in the environment its user gave it. */
  handOver(program: Pick<Program, "command" | "args" | "directory">): Promise<Ended>;
  /** Starts another program that does what it is then told, in the environment its user gave it. */
  startScripted(program: Pick<Program, "command" | "args" | "directory">): Scripted;
  /** Starts another program whose output is read as it comes; `only` is then its whole environment. */
  startPiped(program: PipedProgram): Piped;
  /** What starts this very program with other words. */
  self(words: readonly string[]): Pick<Program, "command" | "args">;
  /** This machine as somebody has it whose home is that directory: no settings, no identity, no sessions of the user's. */
  inHome(directory: string): World;
  /** Starts this very program anew in this process, unless the environment has these variables so already. */
  restartWith(variables: Readonly<Record<string, string>>): void;
  /**
   * Starts this very program with other words, to go on when we have ended; it stands in no checkout. Secrets reach it
   * by variables alone.
   */
  startInBackground(words: readonly string[], variables?: Readonly<Record<string, string>>): void;
  processes: Processes;
  /** Whether nobody listens on a TCP port of this machine, and we may. Synchronous, some 0.1 ms. */
  isPortFree(port: number): boolean;
}

export type Program = Pick<RunInput, "command" | "args" | "input" | "timeoutMs" | "signal" | "maxOutputBytes"> & {
  directory: string;
  /** Added to the environment. */
  variables?: Readonly<Record<string, string>>;
};

export type PipedProgram = Pick<PipedInput, "command" | "args" | "input" | "timeoutMs" | "signal"> & {
  directory: string;
  /** Added to the environment. */
  variables?: Readonly<Record<string, string>>;
  only?: Readonly<Record<string, string>>;
};

/** git's own list (`git rev-parse --local-env-vars`, 2.39 to 2.52): they name a repository other than the cwd's. */
const GIT_LOCAL_VARIABLES = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_CONFIG_COUNT",
  "GIT_CONFIG_PARAMETERS",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
] as const;

/** Longer than any write of ours holds the lock; a hook is waited for by a person. */
const HASTE_MS = 200;

/** They make a program compiled by Bun run other code or be Bun itself (1.4.4). */
const BUN_VARIABLES = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_PRELOAD"] as const;

export function makeWorld(variables: Record<string, string | undefined> = process.env): World {
  const now = () => new Date();
  const env = readEnv(variables);
  const paths = pathsIn(dataDirectory(variables["PARALLEL_CC_HOME"] || join(env.home, ".parallel-cc")));
  const log = makeLog({ level: env.logLevel, now, write: (line) => writeStderr(line) });
  const self: World["self"] = (words) => {
    // Compiled, the program is all of it; else it is what Bun was told to run.
    const script = /^(\/\$bunfs|B:[\\/]~BUN)[\\/]/.test(Bun.main) ? [] : [Bun.main];
    return { command: process.execPath, args: [...script, ...words] };
  };
  let db: Promise<Db> | undefined;
  let signals: Record<"first" | "second", AbortSignal> | undefined;
  const deaths = () => {
    signals ??= signalsOfDeath();
    return signals;
  };
  return {
    version: VERSION,
    program: process.execPath,
    cwd: currentDirectory(),
    env,
    paths,
    pid: process.pid,
    parentPid: process.ppid,
    log,
    now,
    newId: () => crypto.randomUUID(),
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    signal: () => deaths().first,
    secondSignal: () => deaths().second,
    db: () => {
      db ??= import("./db/db.ts")
        .then(({ openDb }) => openDb({ file: paths.database, clock: now }))
        .catch((thrown: unknown) => {
          // Who stays longer than what held it may ask again.
          db = undefined;
          throw thrown;
        });
      return db;
    },
    dbInHaste: async () => {
      const { openDb } = await import("./db/db.ts");
      return openDb({ file: paths.database, clock: now, busyTimeoutMs: HASTE_MS, isInHaste: true });
    },
    readInput: (most) => readAll(0, most),
    git: (directory) => makeGit({ directory, env: childEnv(variables), log }),
    runProgram: ({ directory, variables: added, ...program }) =>
      run({ ...program, cwd: directory, env: { ...childEnv(variables), ...added }, group: true }),
    runShown: ({ directory, variables: added, ...program }) =>
      runShown({ ...program, cwd: directory, env: { ...childEnv(variables), ...added } }),
    variable: (name) => variables[name],
    streams: systemStreams,
    say: (line) => writeStderr(`${line}\n`),
    handOver: ({ command, args, directory }) => handOver({ command, args, cwd: directory, env: childEnv(variables) }),
    startScripted: ({ command, args, directory }) =>
      startScripted({ command, args, cwd: directory, env: childEnv(variables) }),
    startPiped: ({ directory, variables: added, only, ...program }) =>
      startPiped({ ...program, cwd: directory, env: { ...(only ?? childEnv(variables)), ...added } }),
    self,
    inHome: (directory) => makeWorld(strangersVariables(variables, directory)),
    restartWith: (added) => {
      if (Object.keys(added).some((name) => variables[name] !== undefined)) return;
      becomes({ ...self(process.argv.slice(2)), env: { ...childEnv(variables), ...added } });
    },
    startInBackground: (words, added) =>
      startDetached({ ...self(words), env: { ...childEnv(variables), ...added }, cwd: "/" }),
    processes: systemProcesses({ platform: process.platform, host: hostname() }),
    isPortFree,
  };
}

function readEnv(variables: Record<string, string | undefined>): Env {
  const level = (variables["PARALLEL_CC_LOG_LEVEL"] ?? "warn").toLowerCase();
  const home = variables["HOME"] || homedir();
  return {
    home,
    places: userPlaces(variables, home),
    path: variables["PATH"] ?? "",
    logLevel: LOG_LEVELS.find((known) => known === level) ?? "warn",
    noColor: Boolean(variables["NO_COLOR"]),
    isDumb: variables["TERM"] === "dumb",
    forceColor: Boolean(variables["FORCE_COLOR"]) && variables["FORCE_COLOR"] !== "0",
    columns: positiveInteger(variables["COLUMNS"]),
    gitVariables: GIT_LOCAL_VARIABLES.filter((name) => variables[name] !== undefined),
    sessionId: variables["PARALLEL_CC_SESSION_ID"] || undefined,
    wrapperVersion: release(variables["PARALLEL_CC_WRAPPER_VERSION"]),
    hookVersion: release(variables["PARALLEL_CC_HOOK_VERSION"]),
    claudePid: positiveInteger(variables["CLAUDE_PID"]),
    claudeEnvFile: variables["CLAUDE_ENV_FILE"] || undefined,
    leaseVariables: leaseVariables(variables),
    commit: { gitDir: variables["GIT_DIR"] || undefined, indexFile: variables["GIT_INDEX_FILE"] || undefined },
    gitUser: variables["PARALLEL_CC_GIT_USER"] || undefined,
    gitEmail: variables["PARALLEL_CC_GIT_EMAIL"] || undefined,
    sandboxProvider: variables["SANDBOX_PROVIDER"] || variables["PARALLEL_CC_SANDBOX_PROVIDER"] || undefined,
    sandboxVariables: handedOn(variables),
    isBypassed: Boolean(variables["PARALLEL_CC_BYPASS"]) && variables["PARALLEL_CC_BYPASS"] !== "0",
    nativeSandboxRoot: variables["NATIVE_SANDBOX_ROOT"] || undefined,
    claudeAuth: {
      apiKey: variables["ANTHROPIC_API_KEY"] || undefined,
      authToken: variables["ANTHROPIC_AUTH_TOKEN"] || undefined,
      oauthToken: variables["CLAUDE_CODE_OAUTH_TOKEN"] || undefined,
      baseUrl: variables["ANTHROPIC_BASE_URL"] || undefined,
    },
  };
}

function handedOn(variables: Record<string, string | undefined>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith(HANDED_ON) && value !== undefined) found[name.slice(HANDED_ON.length)] = value;
  }
  return found;
}

// A compose project is a session's when it ends in that session's slug; any other is the user's own.
function leaseVariables(variables: Record<string, string | undefined>): string[] {
  const slug = variables["PARALLEL_CC_SLUG"];
  const isOfSession = Boolean(slug) && variables["COMPOSE_PROJECT_NAME"]?.endsWith(`-${slug}`) === true;
  return Object.keys(variables).filter((name) => {
    if (variables[name] === undefined) return false;
    return /^PARALLEL_CC_(SLUG|PORT(_\d+)?)$/.test(name) || (name === "COMPOSE_PROJECT_NAME" && isOfSession);
  });
}

/** The environment of children: ours, without git's local variables and what would turn a Bun program into another. */
function childEnv(variables: Record<string, string | undefined>): Record<string, string> {
  const dropped = new Set<string>([...GIT_LOCAL_VARIABLES, ...BUN_VARIABLES]);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && !dropped.has(name)) kept[name] = value;
  }
  return kept;
}

/** What tells git, claude and parallel-cc of their user. Where git keeps its programs is no such thing. */
const PERSONAL = /^(GIT_(?!EXEC_PATH$)|XDG_|CLAUDE|PARALLEL_CC_|COMPOSE_PROJECT_NAME$)/;

function strangersVariables(variables: Record<string, string | undefined>, home: string) {
  const kept = Object.entries(variables).filter(([name]) => !PERSONAL.test(name));
  return { ...Object.fromEntries(kept), HOME: home, TMPDIR: home, GIT_CONFIG_NOSYSTEM: "1" };
}

// One that depended on the current directory would be a registry for each of them.
function dataDirectory(path: string): string {
  if (isAbsolute(path)) return resolve(path);
  throw usage("relative-home", `PARALLEL_CC_HOME and HOME must be absolute paths; "${path}" is not.`);
}

function positiveInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

function release(text: string | undefined): string | undefined {
  return text !== undefined && /^\d[\w.+-]{0,63}$/.test(text) ? text : undefined;
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new Failure({
      code: "directory.gone",
      message: "The current directory does not exist any more.",
      hint: "Change to a directory that exists and run the command again.",
      cause,
    });
  }
}

function signalsOfDeath() {
  const first = new AbortController();
  const second = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const controller = first.signal.aborted ? second : first;
      controller.abort(
        new Failure({
          kind: "cancelled",
          code: "cancelled.signal",
          message: `Stopped by ${name}.`,
          details: { signal: name },
        }),
      );
    });
  }
  return { first: first.signal, second: second.signal };
}

function writeStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // Nobody listens: a log line is not worth dying for.
  }
}
