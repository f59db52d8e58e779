// Entries as an installation has them, for tests of the edits of JSON files, and what a value with them should be.

import { type Settled, settle } from "../../src/files/json-edit.ts";
import type { Note } from "../../src/files/json-note.ts";
import type { Addition } from "../../src/files/json-put.ts";
import type { Mark } from "../../src/files/json-take.ts";

export const FILE = "settings.json";

type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const HOOKS: Mark = {
  at: ["hooks", "*", "*", "hooks", "*"],
  is: (value) => isObject(value) && /^parallel-cc hook \w+$/.test(String(value["command"])),
  frame: ["matcher"],
};

export const SERVER: Mark = {
  at: ["mcpServers", "parallel-cc"],
  is: (value) => isObject(value) && value["command"] === "parallel-cc",
};

export const OURS = [HOOKS, SERVER];

export function hookOf(event: string, matcher?: string): Addition {
  const hooks = [{ type: "command", command: `parallel-cc hook ${event}` }];
  return { at: ["hooks", event], append: matcher === undefined ? { hooks } : { matcher, hooks } };
}

export const SERVER_ENTRY: Addition = {
  at: ["mcpServers", "parallel-cc"],
  set: { command: "parallel-cc", args: ["mcp", "serve"], alwaysLoad: true },
};

export const HOOK_ENTRIES = [
  hookOf("SessionStart"),
  hookOf("PreToolUse", "Edit|Write"),
  hookOf("PreToolUse", "Bash"),
  hookOf("PostToolUse", "*"),
];

export const WANTED = [...HOOK_ENTRIES, SERVER_ENTRY];

export function install(text: string | undefined, note?: Note): Settled {
  return settle(text, { file: FILE, ours: OURS, wanted: WANTED, note });
}

export function uninstall(text: string | undefined, note?: Note): Settled {
  return settle(text, { file: FILE, ours: OURS, wanted: [], note });
}

/** The value with the wanted entries, by plain means. */
export function withOurs(value: unknown): unknown {
  const root: Json = isObject(value) ? structuredClone(value) : {};
  for (const addition of WANTED) {
    const last = addition.at.length - 1;
    let inner = root;
    for (const key of addition.at.slice(0, last)) {
      const next = isObject(inner[key]) ? inner[key] : {};
      inner[key] = next;
      inner = next;
    }
    const key = addition.at[last] ?? "";
    const there = inner[key];
    if ("append" in addition) inner[key] = [...(Array.isArray(there) ? there : []), addition.append];
    else if (!(key in inner)) inner[key] = addition.set;
  }
  return root;
}

/** The value without entries of ours, and without all that is empty where they may stand. */
export function withoutOurs(value: unknown): unknown {
  if (!isObject(value)) return {};
  const root: Json = { ...value };
  const { hooks, mcpServers } = root;
  if (isObject(hooks)) {
    const events = Object.entries(hooks).map(([event, groups]) => [event, withoutGroups(groups)] as const);
    root["hooks"] = Object.fromEntries(events.filter(([, groups]) => !Array.isArray(groups) || groups.length > 0));
  }
  if (isObject(mcpServers)) {
    root["mcpServers"] = Object.fromEntries(Object.entries(mcpServers).filter(([, server]) => !SERVER.is(server)));
  }
  const isEmpty = (inner: unknown) => isObject(inner) && Object.keys(inner).length === 0;
  return Object.fromEntries(
    Object.entries(root).filter(([key, inner]) => !["hooks", "mcpServers"].includes(key) || !isEmpty(inner)),
  );
}

function withoutGroups(groups: unknown): unknown {
  if (!Array.isArray(groups)) return groups;
  return groups.flatMap((group) => {
    if (!isObject(group) || !Array.isArray(group["hooks"])) return [group];
    const hooks = group["hooks"].filter((hook) => !HOOKS.is(hook));
    const isShell = hooks.length === 0 && Object.keys(group).every((key) => key === "hooks" || key === "matcher");
    return isShell ? [] : [{ ...group, hooks }];
  });
}
