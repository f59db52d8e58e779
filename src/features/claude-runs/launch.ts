// Starts claude in a sandbox, once: a run that is launched again, by whomever, finds the claude that runs or has run.
// The prompt goes through a file and keys through the environment of that one process; command lines show neither.

import { Failure, usage } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { capture, type Sandbox } from "../providers/providers.ts";
import type { Auth } from "./auth.ts";
import { script } from "./scripts.ts";
import { hasStarted } from "./standing.ts";

export interface Launch {
  /** Byte for byte what claude reads. */
  prompt: Uint8Array;
  model?: string;
  maxTurns?: number;
  /** Added to claude's environment; may hold secrets. */
  env: Readonly<Record<string, string>>;
  auth: Auth;
  /** The provider has this machine's claude; else one is fetched where there is none. */
  usesOwnClaude: boolean;
  /** Who the commits are by. */
  identity: { name: string; email: string };
}

export interface Launched {
  version: string;
  /** False: it was launched before. */
  isNew: boolean;
}

/**
 * The oldest that was tried: its --max-turns, its lines of JSON and its leave to skip permissions in a sandbox are as this
 * program takes them.
 */
const LEAST_VERSION = [2, 0, 77] as const;
const PACKAGE = "@anthropic-ai/claude-code";
const LOOK_MS = 60_000;
/** It takes less than one, and some of them on a busy machine. */
const VERSION_SECONDS = 15;
const INSTALL_MS = 10 * 60_000;
const PUT_MS = 60_000;
const START_MS = 60_000;

const MODEL = /^[A-Za-z0-9][\w.:@/[\]-]{0,199}$/;

/** For every claude in a sandbox: it may skip permissions as root, and asks for nothing but the model. */
const FIXED = {
  IS_SANDBOX: "1",
  DISABLE_AUTOUPDATER: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
} as const;

/**
 * Errors: `claude.missing`, `claude.silent`, `claude.too-old`, `claude.not-installed`, `claude.not-started`, `usage.*`,
 * `sandbox.*`.
 */
export async function launch(
  world: Pick<World, "log">,
  sandbox: Pick<Sandbox, "exec" | "start" | "places">,
  input: Launch,
): Promise<Launched> {
  const words = wordsFor(input);
  const { isStarted, ...found } = await findClaude(sandbox, input);
  if (isStarted) return { version: found.version, isNew: false };
  const { home, run } = sandbox.places;
  await put(sandbox, { file: `${run}/prompt`, bytes: input.prompt });
  const { credentials } = input.auth;
  const credentialsFile = credentials === undefined ? "" : `${home}/.claude/.credentials.json`;
  if (credentials !== undefined) {
    await put(sandbox, { file: credentialsFile, bytes: new TextEncoder().encode(credentials) });
  }
  world.log("debug", "claude.launched", { path: found.path, version: found.version, source: input.auth.source });
  const keys = { ...input.env, ...input.auth.variables };
  const { name, email } = input.identity;
  await sandbox.start({
    argv: script("keep", [run, found.path, credentialsFile, Object.keys(keys).join(" "), ...words]),
    env: {
      ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
      ...keys,
      ...FIXED,
    },
  });
  if (!(await hasStarted(sandbox, { withinMs: START_MS, orNever: true }))) throw notStarted(found.path);
  return { version: found.version, isNew: true };
}

function notStarted(path: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "claude.not-started",
    message: `The sandbox did not start ${printable(path)} within ${START_MS / 1000} seconds.`,
  });
}

/** claude's own words. Errors: `usage.*`. */
function wordsFor({ prompt, model, maxTurns, env }: Launch): string[] {
  if (prompt.length === 0) throw usage("empty-prompt", "The prompt is empty.");
  if (prompt.includes(0)) throw usage("prompt-nul", "The prompt holds a NUL character; it must be text.");
  const odd = Object.keys(env).find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (odd !== undefined) throw usage("variable", `"${printable(odd)}" is no name of an environment variable.`);
  const words = ["-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"];
  if (model !== undefined) {
    if (!MODEL.test(model)) throw usage("model", `"${printable(model)}" is no name of a model.`);
    words.push("--model", model);
  }
  if (maxTurns !== undefined) {
    if (!Number.isSafeInteger(maxTurns) || maxTurns < 1) throw usage("max-turns", "A claude takes at least one turn.");
    words.push("--max-turns", String(maxTurns));
  }
  return words;
}

interface Found {
  path: string;
  version: string;
  isStarted: boolean;
}

async function findClaude(
  sandbox: Pick<Sandbox, "exec" | "places">,
  { usesOwnClaude }: Pick<Launch, "usesOwnClaude">,
): Promise<Found> {
  const first = await look(sandbox);
  if (first.isNever) throw notStarted(first.path ?? "claude");
  if (first.path !== undefined || first.isStarted) return checked(first);
  if (usesOwnClaude || !first.hasNpm) throw missing(usesOwnClaude);
  const { exit, stderr } = await capture(sandbox, {
    argv: script("install", [sandbox.places.run, PACKAGE]),
    cwd: sandbox.places.run,
    env: { HOME: sandbox.places.home },
    timeoutMs: INSTALL_MS,
  });
  const second = await look(sandbox);
  if (exit === 0 && second.path !== undefined) return checked(second);
  throw new Failure({
    kind: "unavailable",
    code: "claude.not-installed",
    message: `npm could not install ${PACKAGE} in the sandbox.`,
    hint: "See that npm's registry is among the hosts that the sandbox may reach, or use an image that has claude.",
    details: { exit, stderr: printable(stderr.slice(-1000)) },
  });
}

interface Looked {
  isStarted: boolean;
  /** It was waited for in vain. */
  isNever: boolean;
  hasNpm: boolean;
  path: string | undefined;
  said: string;
  /** It had to be ended before it had answered. */
  isSilent: boolean;
}

async function look(sandbox: Pick<Sandbox, "exec" | "places">): Promise<Looked> {
  const { exit, stdout, stderr } = await capture(sandbox, {
    argv: script("find", [sandbox.places.run, String(VERSION_SECONDS)]),
    env: { DISABLE_AUTOUPDATER: "1" },
    timeoutMs: LOOK_MS,
  });
  if (exit !== 0) throw notDone("claude could not be looked for in the sandbox.", { exit, stderr });
  const lines = stdout.split("\n");
  const after = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  return {
    isStarted: lines.includes("started"),
    isNever: lines.includes("never"),
    hasNpm: lines.includes("npm"),
    path: after("claude"),
    said: after("version") ?? "",
    isSilent: lines.includes("silent"),
  };
}

/** One that runs or has run was good enough. */
function checked({ isStarted, path = "claude", said, isSilent }: Looked): Found {
  const version = /\b(\d{1,6})\.(\d{1,6})\.(\d{1,6})\b/.exec(said);
  if (isStarted) return { isStarted, path, version: version?.[0] ?? "" };
  if (isSilent && version === null) throw silent(path);
  const numbers = version?.slice(1).map(Number) ?? [];
  const shown = printable(said.trim().slice(0, 100));
  const least = LEAST_VERSION.join(".");
  if (version === null) {
    throw new Failure({
      code: "claude.unknown-version",
      message: `${printable(path)} --version answered "${shown}", which is no version of Claude Code.`,
      hint: "Put Claude Code's own claude first on the PATH.",
    });
  }
  const differs = LEAST_VERSION.findIndex((one, index) => numbers[index] !== one);
  if (differs === -1 || (numbers[differs] ?? 0) > (LEAST_VERSION[differs] ?? 0))
    return { isStarted, path, version: version[0] };
  throw new Failure({
    code: "claude.too-old",
    message: `The sandbox's Claude Code is ${version[0]}; a run in a sandbox needs ${least} or later.`,
    hint: `Update it (\`claude update\`). ${least} is the oldest that parallel-cc was tried with.`,
    details: { version: version[0], least },
  });
}

function silent(path: string): Failure {
  return new Failure({
    code: "claude.silent",
    message: `${printable(path)} --version did not answer within ${VERSION_SECONDS} seconds in the sandbox.`,
    hint: "See that `claude --version` answers at once in a shell; put Claude Code's own claude first on the PATH.",
  });
}

function missing(usesOwnClaude: boolean): Failure {
  return new Failure({
    code: "claude.missing",
    message: usesOwnClaude
      ? "There is no claude on this machine's PATH."
      : "The sandbox has no claude, and no npm to fetch it.",
    hint: usesOwnClaude
      ? `Install Claude Code (\`npm install -g ${PACKAGE}\`), and see that \`claude --version\` works.`
      : "Use an image or a template that has claude or npm.",
  });
}

/** Readable by its user alone, whole or not there. */
async function put(
  sandbox: Pick<Sandbox, "exec">,
  { file, bytes }: { file: string; bytes: Uint8Array },
): Promise<void> {
  const { exit, stderr } = await capture(sandbox, {
    argv: script("put", [file, String(bytes.length)]),
    input: bytes,
    timeoutMs: PUT_MS,
  });
  if (exit !== 0) throw notDone("A file could not be written in the sandbox.", { exit, stderr });
}

function notDone(message: string, { exit, stderr }: { exit: number | null; stderr: string }): Failure {
  return new Failure({
    kind: "unavailable",
    code: "sandbox.exec",
    message,
    details: { exit, stderr: printable(stderr.slice(-500)) },
  });
}
