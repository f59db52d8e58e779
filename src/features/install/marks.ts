// Which entries we make, and which are ours to replace and take out: those that run one of our commands and nothing
// else, in the form of this release or of an earlier one. Whatever does more than that is its user's.

import { shellWord } from "../../core/text.ts";
import type { Addition } from "../../files/json-put.ts";
import type { Mark } from "../../files/json-take.ts";
import { type HookEvent, hookWords, WORKTREE_EVENTS } from "../hooks/hooks.ts";
import { type Call, callOf, type Entry, isHeartbeat, within } from "./entries.ts";

export const SERVER_NAME = "parallel-cc";

export const HOOKS: Mark = {
  at: ["hooks", "*", "*", "hooks", "*"],
  is: (value) => commands(value, (call) => isHookCall(call) && !isWorktreeCall(call)),
  frame: ["matcher"],
};

/** They are asked for apart from the others. */
export const WORKTREES: Mark = { ...HOOKS, is: (value) => commands(value, isWorktreeCall) };

export const STATUS_LINE: Mark = {
  at: ["statusLine"],
  is: (value) => commands(value, ({ args }) => is(args, "statusline")),
};

export const SERVER: Mark = {
  at: ["mcpServers", SERVER_NAME],
  is: (value) => {
    const [type, command, args] = ["type", "command", "args"].map((key) => within(value, key));
    if (type !== undefined && type !== "stdio") return false;
    if (typeof command !== "string" || !Array.isArray(args)) return false;
    const call = callOf([command, ...args.map(String)]);
    return call !== undefined && isWhole(call) && isServerCall(call);
  },
};

/** Whether installing again would put this release's entry in its place. */
export function isReplaced({ kind, at, value }: Entry): boolean {
  if (kind === "hook") return HOOKS.is(value);
  return kind === "statusline" ? STATUS_LINE.is(value) : at === SERVER_NAME && SERVER.is(value);
}

export function hooksOf(program: string, events: readonly HookEvent[]): Addition[] {
  return events.map(({ event, matcher, timeoutSeconds, onFailure }) => {
    const command = [shellWord(program), ...hookWords(event)].join(" ");
    const hooks = [
      { type: "command", command, timeout: timeoutSeconds, ...(onFailure !== undefined && { onFailure }) },
    ];
    return { at: ["hooks", event], append: matcher === undefined ? { hooks } : { matcher, hooks } };
  });
}

export function statusLineOf(program: string): Addition {
  return { at: ["statusLine"], set: { type: "command", command: `${shellWord(program)} statusline` } };
}

/**
 * With `alwaysLoad` the client waits for it before the first prompt, up to 5 s; without, a prompt typed at once does not
 * know of our tools (2.1.328). Which of them it then shows from the start they say themselves.
 */
export function serverOf(program: string): Addition {
  const server = { type: "stdio", command: program, args: ["mcp", "serve"], alwaysLoad: true };
  return { at: ["mcpServers", SERVER_NAME], set: server };
}

function commands(value: unknown, isMeant: (call: Call) => boolean): boolean {
  const command = within(value, "type") === "command" ? within(value, "command") : undefined;
  const call = typeof command === "string" ? callOf(exactWords(command) ?? []) : undefined;
  return call !== undefined && isWhole(call) && isMeant(call);
}

/** By its name, or by a path that does not depend on where one stands. A shell in between is its user's doing. */
function isWhole({ program, isByShell }: Call): boolean {
  return !isByShell && (!program.includes("/") || /^(\/|~\/|\$HOME\/|\$\{HOME\}\/)/.test(program));
}

function isHookCall({ program, args, isOfNode }: Call): boolean {
  if (isHeartbeat(program)) return args.length === 0;
  if (isOfNode) return is(args, "heartbeat");
  // Also events that this release does not enter any more.
  return args.length === 2 && args[0] === "hook" && /^[A-Z][A-Za-z]{1,60}$/.test(args[1] ?? "");
}

function isWorktreeCall(call: Call): boolean {
  return isHookCall(call) && WORKTREE_EVENTS.some(({ event }) => event === call.args[1]);
}

function isServerCall({ program, args }: Call): boolean {
  return !isHeartbeat(program) && (is(args, "mcp", "serve") || is(args, "mcp-serve"));
}

function is(args: readonly string[], ...words: readonly string[]): boolean {
  return args.length === words.length && words.every((word, i) => args[i] === word);
}

/** One word of a shell, without anything in it that is more than text; $HOME and ~ may stand at its front. */
const WORD =
  /^(?:~(?=\/)|\$HOME(?=\/)|\$\{HOME\}(?=\/)|"\$(?:HOME|\{HOME\})(?=\/)[^"\\$`!]*")?(?:[\w./:@%+=,-]|\P{ASCII}|\\[^\n]|'[^']*'|"[^"\\$`!]*")*/u;

/** The words of a command that is nothing but words; undefined when a shell would do more with it than split it. */
export function exactWords(command: string): string[] | undefined {
  const words: string[] = [];
  for (let rest = command.trim(); rest !== ""; ) {
    const word = WORD.exec(rest)?.[0] ?? "";
    const [gap = ""] = /^[ \t]+|^$/.exec(rest.slice(word.length)) ?? [undefined];
    if (word === "" || (gap === "" && word.length < rest.length)) return undefined;
    words.push(word.replace(/\\([^\n])|'([^']*)'|"([^"]*)"/g, (_, one, single, double) => one ?? single ?? double));
    rest = rest.slice(word.length + gap.length);
  }
  return words;
}
