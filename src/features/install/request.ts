// What is asked for, from the flags: which parts, in which direction, and where.

import { usage } from "../../core/failure.ts";
import { flag, v, word } from "../../core/shape.ts";

export const inputShape = () =>
  v.strictObject({
    all: v.optional(flag("Programs, hooks for all repositories, alias, MCP server, completions and database")),
    interactive: v.optional(flag("Ask for each part, on a terminal")),
    hooks: v.optional(flag("Hooks of Claude Code, which keep the registry and the agents up to date")),
    global: v.optional(flag("These hooks for every repository of yours")),
    local: v.optional(flag("These hooks in the settings of one repository's checkout")),
    alias: v.optional(flag("The alias claude=claude-parallel, in the profile of your shell")),
    mcp: v.optional(flag("The MCP server, for every project of yours")),
    plugin: v.optional(flag("Hooks and MCP server as a plugin of Claude Code, in place of --hooks --global --mcp")),
    completions: v.optional(flag("What has Tab complete our commands, for your shell")),
    worktrees: v.optional(flag("Worktrees of ours for claude --worktree and agents that work apart")),
    statusline: v.optional(flag("Claude Code's status line, where you have none")),
    guard: v.optional(flag("A guard in the repository's pre-commit hook, for what others have claimed EXCLUSIVE")),
    gitignore: v.optional(flag("A line for .claude/ in the repository's .gitignore")),
    status: v.optional(flag("Only say what is installed")),
    uninstall: v.optional(flag("Take out what was put in: all of it, or the parts that are named")),
    purge: v.optional(flag("With --uninstall: the data directory too")),
    repo: v.optional(word("Any directory of the checkout (default: the current one)", "repository")),
  });
export type Input = v.InferOutput<ReturnType<typeof inputShape>>;

export type Part =
  | "programs"
  | "hooks"
  | "alias"
  | "mcp"
  | "plugin"
  | "completions"
  | "worktrees"
  | "statusline"
  | "gitignore"
  | "guard"
  | "database";

export interface Request {
  action: "install" | "uninstall";
  parts: ReadonlySet<Part>;
  /** Of hooks; both false for taking out all that are known. */
  scope: { isGlobal: boolean; isLocal: boolean };
  /** All of it goes, wherever it was put. */
  isWhole: boolean;
  isPurge: boolean;
  repo: string | undefined;
}

const WAYS =
  "--all for everything; or --hooks --global, --hooks --local, --alias, --mcp, --plugin, --completions, --worktrees, --statusline, --guard";

/** What only somebody at a terminal can answer. */
export function isAsked(input: Input): boolean {
  const { repo: _, ...flags } = input;
  const isAllOpen = Object.keys(flags).every((key) => key === "interactive");
  if (isAllOpen || input.interactive === true) return isAllOpen;
  return input.hooks === true && !isPlaced(input);
}

function isPlaced({ all, global, local, uninstall, status }: Input): boolean {
  return [all, global, local, uninstall, status].includes(true);
}

/** Errors: usage, for flags that do not go together or leave something open. */
export function requestFrom(input: Input): Request {
  if (input.interactive === true) {
    const { repo: _, interactive: __, ...others } = input;
    if (Object.keys(others).length > 0) throw usage("flags", "--interactive goes with no other flag but --repo.");
    throw usage("no-terminal", "--interactive asks at a terminal, and this is none.", `Say what to install: ${WAYS}.`);
  }
  const { all, global, local } = input;
  const isUninstall = input.uninstall === true;
  const named = namedParts(input);
  if (input.purge === true && (!isUninstall || (named.size > 0 && all !== true))) {
    throw usage("flags", "--purge goes with --uninstall alone: the data directory goes when nothing uses it any more.");
  }
  if (isUninstall) {
    const isWhole = named.size === 0 || all === true;
    const parts = isWhole ? ALL : named;
    return {
      ...{ action: "uninstall", parts, isWhole, isPurge: input.purge === true, repo: input.repo },
      scope: { isGlobal: global === true, isLocal: local === true },
    };
  }
  if (all !== true && named.size === 0) {
    throw usage(
      "nothing-named",
      "Say what to install.",
      `On a terminal parallel-cc install asks; else name it: ${WAYS}.`,
    );
  }
  if (input.hooks === true && !isPlaced(input)) {
    throw usage("scope", "--hooks needs --global (every repository of yours) or --local (this one).");
  }
  const parts = new Set([...named, ...(all === true ? OF_ALL : [])]);
  if (input.plugin === true) {
    if (named.has("hooks") || named.has("mcp")) {
      throw usage("flags", "--plugin stands in place of --hooks, --global, --local and --mcp: name one way.");
    }
    parts.delete("hooks");
    parts.delete("mcp");
  }
  // An alias of a program that is not there would leave its user without claude.
  if (parts.has("alias")) parts.add("programs");
  const scope = { isGlobal: global === true || (all === true && local !== true), isLocal: local === true };
  return { action: "install", parts, isWhole: false, isPurge: false, repo: input.repo, scope };
}

const OF_ALL: readonly Part[] = ["programs", "hooks", "alias", "mcp", "completions", "database"];
const ALL: ReadonlySet<Part> = new Set<Part>([...OF_ALL, "plugin", "worktrees", "statusline", "gitignore", "guard"]);

const NAMED = ["alias", "mcp", "plugin", "completions", "worktrees", "statusline", "gitignore", "guard"] as const;

function namedParts(input: Input): Set<Part> {
  const named: Part[] = [];
  if (input.hooks === true || input.global === true || input.local === true) named.push("hooks");
  for (const part of NAMED) if (input[part] === true) named.push(part);
  return new Set(named);
}
