// The only place that runs git: argument arrays, English-free decisions, one environment. A `Git` is bound to a
// directory; which repository that is, git alone decides (see repository.ts).

import { Failure } from "../core/failure.ts";
import type { Log } from "../log/log.ts";
import { run } from "../proc/run.ts";

export interface GitResult {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface GitOptions {
  input?: string | Uint8Array;
  /** Default 120 s: a checkout of a very large tree takes long, a hung one must still end. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Without a terminal to ask at: what would prompt (ssh for a password) fails. */
  isUnattended?: boolean;
}

export interface Git {
  directory: string;
  /** Runs git and answers whatever the exit code is. */
  attempt(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** Runs git and answers its standard output; any other exit than 0 is a Failure `git.failed`. */
  output(args: readonly string[], options?: GitOptions): Promise<string>;
  /** As `output`, byte for byte: what files hold need not be UTF-8. */
  bytes(args: readonly string[], options?: GitOptions): Promise<Uint8Array>;
  /** The same git in another directory. */
  at(directory: string): Git;
  /**
   * The same git for a git directory that was located before: also where the user lets git use none that it merely
   * finds (safe.bareRepository=explicit, which in git 2.39 means `.git` of a checkout as well).
   */
  trusting(): Git;
  /** The same git with settings of ours above all of the user's, and more in its environment. */
  configured(added: { settings?: Readonly<Record<string, string>>; env?: Readonly<Record<string, string>> }): Git;
}

const decoder = new TextDecoder();
const TRUSTING = { "safe.bareRepository": "all" };
// Whatever is asked, no monitor of the repository's is started, and no daemon left in each worktree.
const ALWAYS = { "core.fsmonitor": "false" };

export interface GitInput {
  directory: string;
  env: Readonly<Record<string, string>>;
  log: Log;
  /** Configuration above that of every file. */
  settings?: Readonly<Record<string, string>>;
  /** Above everything else in the environment. */
  added?: Readonly<Record<string, string>>;
}

export function makeGit(made: GitInput): Git {
  const env = {
    ...made.env,
    ...settingsEnv({ ...ALWAYS, ...made.settings }),
    ...{ LC_ALL: "C", LANGUAGE: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" },
    ...made.added,
  };
  const attemptRaw = async (args: readonly string[], options: GitOptions = {}) => {
    const result = await run({
      command: "git",
      args: [...args],
      cwd: made.directory,
      env,
      timeoutMs: options.timeoutMs ?? 120_000,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.isUnattended === true ? { group: true } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }).catch((thrown: unknown) => {
      throw explained(thrown, made.directory, args);
    });
    made.log("debug", "git", { args, directory: made.directory, exit: result.exit });
    if (result.exit === null) {
      throw new Failure({
        kind: "unavailable",
        code: "git.killed",
        message: `git ${wordOf(args)} was killed by ${result.signal ?? "a signal"}.`,
        hint: "Run the command again; if it happens again, look for what kills it (memory, a time limit).",
        details: { signal: result.signal },
      });
    }
    return { exit: result.exit, bytes: result.stdout, stderr: result.stderr };
  };
  const bytes = async (args: readonly string[], options?: GitOptions): Promise<Uint8Array> => {
    const result = await attemptRaw(args, options);
    if (result.exit !== 0) throw gitFailed(args, { ...result, stdout: "" });
    return result.bytes;
  };
  const configured: Git["configured"] = (added) =>
    makeGit({
      ...made,
      added: { ...made.added, ...added.env },
      settings: { ...made.settings, ...added.settings },
    });
  return {
    directory: made.directory,
    attempt: async (args, options) => {
      const { exit, bytes: stdout, stderr } = await attemptRaw(args, options);
      return { exit, stdout: decoder.decode(stdout), stderr };
    },
    output: async (args, options) => decoder.decode(await bytes(args, options)),
    bytes,
    at: (directory) => makeGit({ ...made, directory }),
    trusting: () => configured({ settings: TRUSTING }),
    configured,
  };
}

function settingsEnv(settings: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(settings);
  if (entries.length === 0) return {};
  const numbered = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(numbered) };
}

/** The command's word: what stands before it are git's own options. */
function wordOf(args: readonly string[]): string {
  const at = args.findIndex((arg, i) => !arg.startsWith("-") && !/^-[cC]$/.test(args[i - 1] ?? ""));
  return args[at] ?? "";
}

/** What git said, as a Failure: its own last words are the message, since only git knows why. */
export function gitFailed(args: readonly string[], result: GitResult): Failure {
  return new Failure({
    code: "git.failed",
    message: `git ${wordOf(args)} failed (exit ${result.exit}): ${gitWords(result) || "it said nothing"}`,
    details: { args, exit: result.exit, stderr: result.stderr.slice(-4000) },
  });
}

/** The lines of git's standard error that matter, in one. */
export function gitWords(result: GitResult): string {
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /^(fatal|error):/.test(line));
  const said = (telling.length > 0 ? telling : lines.slice(-3)).map((line) => line.replace(/^(fatal|error): /, ""));
  // A full disk is told once for every file.
  const most = said.slice(0, 3).join("; ");
  return said.length > 3 ? `${most}; and ${said.length - 3} more such lines` : most;
}

function explained(thrown: unknown, directory: string, args: readonly string[]): unknown {
  if (!(thrown instanceof Failure)) return thrown;
  if (thrown.code === "proc.not-found") {
    return new Failure({
      code: "git.missing",
      message: "git was not found on PATH.",
      hint: "Install git 2.39 or newer, or put it on PATH.",
      cause: thrown,
    });
  }
  if (thrown.code === "proc.no-directory") {
    return new Failure({ code: "directory.gone", message: `There is no directory ${directory}.`, cause: thrown });
  }
  if (thrown.code === "proc.timeout") {
    return new Failure({
      kind: "unavailable",
      code: "git.timeout",
      message: `git ${wordOf(args)} did not finish in time.`,
      hint: "A hook, a lock or a slow disk may hold it up; run it by hand in the repository to see.",
      cause: thrown,
    });
  }
  return thrown;
}
