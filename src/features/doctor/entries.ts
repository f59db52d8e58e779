// Our entries in Claude Code's files, and nothing else of them: hooks and MCP servers whose program is one of ours, by
// its name. A command of the user's that merely lies in a folder called parallel-cc is not ours.

import { basename } from "node:path";
import { v } from "../../core/shape.ts";

export interface Entry {
  kind: "hook" | "mcp";
  /** The hook's event, or the server's name. */
  at: string;
  /** As it is written: a name, or a path that may begin with ~ or $HOME. */
  program: string;
  args: string[];
  /** Of the implementation before 3.0: a script of Node's. */
  isOfNode: boolean;
  /** Handed to a shell, so that the file need not be executable. */
  isByShell: boolean;
}

/** Undefined where it is no JSON. */
export function parseFile(text: string): unknown {
  try {
    // What JSON.parse says quotes the file, in which secrets stand.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}

/** Of a settings.json. What has another form than expected is passed over, for its own sake alone. */
export function hookEntries(settings: unknown): Entry[] {
  return Object.entries(tableOf(settings, "hooks")).flatMap(([event, groups]) =>
    listOf(groups)
      .flatMap((group) => listOf(within(group, "hooks")))
      .map((hook) => within(hook, "command"))
      .flatMap((command) => (typeof command === "string" ? ours("hook", event, shellWords(command)) : [])),
  );
}

/** Of ~/.claude.json, for the user and for the project named, or of a project's .mcp.json. */
export function serverEntries(file: unknown, project?: string): Entry[] {
  const own = project === undefined ? undefined : tableOf(file, "projects")[project];
  return [file, own].flatMap((holder) =>
    Object.entries(tableOf(holder, "mcpServers")).flatMap(([name, server]) => {
      const args = listOf(within(server, "args")).flatMap((arg) => (typeof arg === "string" ? [arg] : []));
      const command = within(server, "command");
      return typeof command === "string" ? ours("mcp", name, [command, ...args]) : [];
    }),
  );
}

const TABLE = v.record(v.string(), v.unknown());
const LIST = v.array(v.unknown());

function tableOf(holder: unknown, key: string): Record<string, unknown> {
  const value = within(holder, key);
  return v.is(TABLE, value) && !Array.isArray(value) ? value : {};
}

function within(holder: unknown, key: string): unknown {
  return v.is(TABLE, holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return v.is(LIST, value) ? value : [];
}

const NAMES = new Set(["parallel-cc", "parallel-cc-heartbeat.sh"]);

function ours(kind: Entry["kind"], at: string, [program, ...args]: readonly string[]): Entry[] {
  if (program === undefined) return [];
  const made = { kind, at, isOfNode: false, isByShell: false };
  if (NAMES.has(basename(program))) return [{ ...made, program, args }];
  const [first, ...rest] = args.filter((arg) => !arg.startsWith("-"));
  if (first === undefined) return [];
  if (/^(ba|da|k|z)?sh$/.test(basename(program)) && NAMES.has(basename(first))) {
    return [{ ...made, program: first, args: rest, isByShell: true }];
  }
  const isOfNode = /^(node|bun)$/.test(basename(program)) && /(^|\/)parallel-cc[^/]*\/dist\/cli\.js$/.test(first);
  return isOfNode ? [{ ...made, program: first, args: rest, isOfNode }] : [];
}

/**
 * The words of a shell's first simple command, without what stands before its program: variables that are set for it,
 * `exec`, `env`. Expansions stay as they are written.
 */
export function shellWords(command: string): string[] {
  const words: string[] = [];
  const [simple = ""] = command.trim().split(/[;|&\n<>]/, 1);
  for (const [word] of simple.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)) {
    const plain = word.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped, double, single) =>
      String(escaped ?? double ?? single),
    );
    if (words.length > 0 || !/^([A-Za-z_]\w*=.*|exec|env|command)$/s.test(plain)) words.push(plain);
  }
  return words;
}
