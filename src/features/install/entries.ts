// What in Claude Code's files runs a program of ours, and nothing else of them: hooks, MCP servers and the status line, by
// the program's name. A command of the user's that merely lies in a folder called parallel-cc is not ours; one that does
// more than ours is found here all the same, and is no entry that we may replace (`marks.ts`).

import { basename } from "node:path";
import { v } from "../../core/shape.ts";

export interface Entry {
  kind: "hook" | "mcp" | "statusline";
  /** The hook's event, the server's name, or `statusLine`. */
  at: string;
  /** As it is written: a name, or a path that may begin with ~ or $HOME. */
  program: string;
  args: string[];
  /** Of the implementation before 3.0: a script of Node's. */
  isOfNode: boolean;
  /** Handed to a shell, so that the file need not be executable. */
  isByShell: boolean;
  /** As it stands there; undefined where an installation would not put one. Never to be shown. */
  value: unknown;
}

/** Of a settings.json. What has another form than expected is passed over, for its own sake alone. */
export function hookEntries(settings: unknown): Entry[] {
  return Object.entries(tableOf(settings, "hooks")).flatMap(([event, groups]) =>
    listOf(groups)
      .flatMap((group) => listOf(within(group, "hooks")))
      .flatMap((hook) => ours({ kind: "hook", at: event, value: hook }, shellWords(within(hook, "command")))),
  );
}

/** Of a settings.json. */
export function statusLineEntries(settings: unknown): Entry[] {
  const value = within(settings, "statusLine");
  return ours({ kind: "statusline", at: "statusLine", value }, shellWords(within(value, "command")));
}

/** Of ~/.claude.json, for the user and for the project named, or of a project's .mcp.json. */
export function serverEntries(file: unknown, project?: string): Entry[] {
  const own = project === undefined ? undefined : tableOf(file, "projects")[project];
  return [file, own].flatMap((holder) =>
    Object.entries(tableOf(holder, "mcpServers")).flatMap(([name, server]) => {
      const args = listOf(within(server, "args")).flatMap((arg) => (typeof arg === "string" ? [arg] : []));
      const command = within(server, "command");
      if (typeof command !== "string") return [];
      return ours({ kind: "mcp", at: name, value: holder === file ? server : undefined }, [command, ...args]);
    }),
  );
}

const TABLE = v.record(v.string(), v.unknown());
const LIST = v.array(v.unknown());

function tableOf(holder: unknown, key: string): Record<string, unknown> {
  const value = within(holder, key);
  return v.is(TABLE, value) && !Array.isArray(value) ? value : {};
}

export function within(holder: unknown, key: string): unknown {
  return v.is(TABLE, holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return v.is(LIST, value) ? value : [];
}

function ours(found: Pick<Entry, "kind" | "at" | "value">, words: readonly string[]): Entry[] {
  const call = callOf(words);
  return call === undefined ? [] : [{ ...found, ...call }];
}

const PROGRAM = "parallel-cc";
const HEARTBEAT = "parallel-cc-heartbeat.sh";

export type Call = Omit<Entry, "kind" | "at" | "value">;

/** Which program of ours a command line runs; undefined for any other program. */
export function callOf([program, ...args]: readonly string[]): Call | undefined {
  if (program === undefined) return undefined;
  const made = { isOfNode: false, isByShell: false };
  if (isOurProgram(program)) return { ...made, program, args };
  const [first, ...rest] = args.filter((arg) => !arg.startsWith("-"));
  if (first === undefined) return undefined;
  if (/^(ba|da|k|z)?sh$/.test(basename(program)) && isOurProgram(first)) {
    return { ...made, program: first, args: rest, isByShell: true };
  }
  const isOfNode = /^(node|bun)$/.test(basename(program)) && /(^|\/)parallel-cc[^/]*\/dist\/cli\.js$/.test(first);
  return isOfNode ? { ...made, program: first, args: rest, isOfNode } : undefined;
}

function isOurProgram(word: string): boolean {
  return basename(word) === PROGRAM || isHeartbeat(word);
}

export function isHeartbeat(word: string): boolean {
  return basename(word) === HEARTBEAT;
}

/**
 * The words of a shell's first simple command, without what stands before its program: variables that are set for it,
 * `exec`, `env`. Expansions stay as they are written.
 */
export function shellWords(command: unknown): string[] {
  if (typeof command !== "string") return [];
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
