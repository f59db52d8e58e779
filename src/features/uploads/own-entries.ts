// Settings and MCP servers of claude's as a sandbox gets them: without what calls parallel-cc, which is not there and has
// nothing to say there. Everything else in these files stays as it stands.

import { withoutOurs } from "../install/install.ts";

const FILES = new Set([".mcp.json", ".claude/settings.json", ".claude/settings.local.json"]);

export function mayHoldOurs(path: string): boolean {
  return FILES.has(path);
}

/** Undefined when nothing of ours is in it, or nobody can read it as what it should be. */
export function cleaned(content: Buffer): Buffer | undefined {
  const text = content.toString("latin1");
  const left = withoutOurs(text);
  return left === text ? undefined : Buffer.from(left, "latin1");
}
