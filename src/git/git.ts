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
  input?: string;
  /** Default 120 s: a checkout of a very large tree takes long, a hung one must still end. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface Git {
  directory: string;
  /** Runs git and answers whatever the exit code is. */
  attempt(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** Runs git and answers its standard output; any other exit than 0 is a Failure `git.failed`. */
  output(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The same git in another directory. */
  at(directory: string): Git;
  /**
   * The same git for a git directory that was located before: also where the user lets git use none that it merely
   * finds (safe.bareRepository=explicit, which in git 2.39 means `.git` of a checkout as well).
   */
  trusting(): Git;
}

const decoder = new TextDecoder();
const TRUSTING = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.bareRepository", GIT_CONFIG_VALUE_0: "all" };

export function makeGit(made: { directory: string; env: Record<string, string>; log: Log }): Git {
  const env = { ...made.env, LC_ALL: "C", LANGUAGE: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" };
  const attempt = async (args: readonly string[], options: GitOptions = {}): Promise<GitResult> => {
    const result = await run({
      command: "git",
      args: [...args],
      cwd: made.directory,
      env,
      timeoutMs: options.timeoutMs ?? 120_000,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }).catch((thrown: unknown) => {
      throw explained(thrown, made.directory, args);
    });
    made.log("debug", "git", { args, directory: made.directory, exit: result.exit });
    if (result.exit === null) {
      throw new Failure({
        kind: "unavailable",
        code: "git.killed",
        message: `git ${args[0] ?? ""} was killed by ${result.signal ?? "a signal"}.`,
        hint: "Run the command again; if it happens again, look for what kills it (memory, a time limit).",
      });
    }
    return { exit: result.exit, stdout: decoder.decode(result.stdout), stderr: result.stderr };
  };
  return {
    directory: made.directory,
    attempt,
    output: async (args, options) => {
      const result = await attempt(args, options);
      if (result.exit !== 0) throw gitFailed(args, result);
      return result.stdout;
    },
    at: (directory) => makeGit({ ...made, directory }),
    trusting: () => makeGit({ ...made, env: { ...made.env, ...TRUSTING } }),
  };
}

/** What git said, as a Failure: its own last words are the message, since only git knows why. */
export function gitFailed(args: readonly string[], result: GitResult): Failure {
  return new Failure({
    code: "git.failed",
    message: `git ${args[0] ?? ""} failed (exit ${result.exit}): ${gitWords(result) || "it said nothing"}`,
    details: { args, exit: result.exit, stderr: result.stderr.slice(-4000) },
  });
}

/** The lines of git's standard error that matter, in one. */
export function gitWords(result: GitResult): string {
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /^(fatal|error):/.test(line));
  return (telling.length > 0 ? telling : lines.slice(-3))
    .map((line) => line.replace(/^(fatal|error): /, ""))
    .join("; ");
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
      message: `git ${args[0] ?? ""} did not finish in time.`,
      hint: "A hook, a lock or a slow disk may hold it up; run it by hand in the repository to see.",
      cause: thrown,
    });
  }
  return thrown;
}
