// A settings file or .mcp.json as it is for a place where parallel-cc is not: for who carries a project there.

import { Failure } from "../../core/failure.ts";
import { type Mark, takeFrom } from "../../files/json-take.ts";
import { readTree } from "../../files/json-tree.ts";
import { HOOKS, SERVER, STATUS_LINE, WORKTREES } from "./marks.ts";

/** By any name: there is no program behind it. */
const SERVERS: Mark = { ...SERVER, at: ["mcpServers", "*"] };

/** The same text where nothing of ours is in it, or where it is no JSON. */
export function withoutOurs(text: string): string {
  try {
    const tree = readTree("", text);
    const { text: left, count } = takeFrom(tree, { ours: [HOOKS, WORKTREES, STATUS_LINE, SERVERS], note: undefined });
    return count === 0 || left === undefined ? text : left;
  } catch (thrown) {
    if (thrown instanceof Failure) return text;
    throw thrown;
  }
}
