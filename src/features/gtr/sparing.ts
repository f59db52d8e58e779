// gtr's copy rules climb into the git directory (`**/.env*` finds every tree in our trash there), where nothing is to be
// copied from and a worktree has a file. gtr (1.0 to 2.11) asks for its rules scope by scope and so sees nothing of
// GIT_CONFIG_COUNT: what is to be excluded is told in a system configuration that takes in the real one.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Git } from "../../git/git.ts";

/** Not `.git/*`: from 2.11 on gtr warns of an excluded directory by that name for every one that it copies. */
const EXCLUDED = [
  ["gtr.copy.exclude", ".gi[t]/*"],
  ["gtr.copy.excludeDirs", ".gi[t]"],
  ["gtr.copy.excludeDirs", ".gi[t]/*"],
] as const;

/** Does the work with variables for gtr, which hold until it has ended. */
export async function sparingGitDir<Result>(
  git: Git,
  work: (variables: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  const { origin, own } = await systemSettings(git);
  const directory = mkdtempSync(join(tmpdir(), "parallel-cc-gtr-"));
  try {
    const file = join(directory, "gitconfig");
    const include = origin === undefined ? [] : [["include.path", origin] as const];
    writeFileSync(file, [...include, ...own, ...EXCLUDED].map(([key, value]) => line(key, value)).join(""));
    return await work({ GIT_CONFIG_SYSTEM: file });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Where they stand, and gtr's among them: asked for one scope, git follows no include. */
async function systemSettings(git: Git): Promise<{ origin: string | undefined; own: [string, string][] }> {
  const listed = await git.attempt(["config", "--system", "--show-origin", "-z", "--list"]);
  if (listed.exit !== 0) return { origin: undefined, own: [] };
  const parts = listed.stdout.split("\0");
  const own: [string, string][] = [];
  for (let at = 1; at < parts.length; at += 2) {
    const [, key, value = ""] = /^(gtr\.[^\n]*)(?:\n(.*))?$/s.exec(parts[at] ?? "") ?? [];
    if (key !== undefined) own.push([key, value]);
  }
  return { origin: parts[0]?.startsWith("file:") ? parts[0].slice("file:".length) : undefined, own };
}

function line(key: string, value: string): string {
  const [first, last] = [key.indexOf("."), key.lastIndexOf(".")];
  const middle = first === last ? "" : ` "${key.slice(first + 1, last).replace(/["\\]/g, "\\$&")}"`;
  const quoted = value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n");
  return `[${key.slice(0, first)}${middle}]\n\t${key.slice(last + 1)} = "${quoted}"\n`;
}
