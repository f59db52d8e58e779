// Which files that git does not track a new worktree gets from another checkout: by patterns of .gitignore, in the
// settings and in the repository's .worktreeinclude. Directories that git ignores as a whole are only entered by a
// pattern that names their path: nobody wants every `.env` of node_modules.

import ignore from "ignore";
import type { Git } from "../../git/git.ts";
import { includedPatterns } from "./include.ts";

export interface Choice {
  /** Stands in the checkout that has the files. */
  git: Git;
  top: string;
  /** worktree.copyFiles. */
  patterns: readonly string[];
}

/** Paths below the top; those of directories end in "/". */
export async function chooseFiles({ git, top, patterns }: Choice): Promise<string[]> {
  const included = includedPatterns(top);
  if (patterns.length === 0 && included.length === 0) return [];
  const listed = async (...args: string[]) =>
    (await git.output(["ls-files", "-z", "--others", ...args])).split("\0").filter((path) => path !== "");
  const ignored = await listed("--ignored", "--exclude-standard", "--directory");
  const chosen = new Set<string>();
  const choose = async (lines: readonly string[], others: readonly string[]) => {
    const matcher = ignore({ ignorecase: false }).add([...lines]);
    const candidates = [...ignored, ...others];
    for (const path of candidates) if (matcher.ignores(path)) chosen.add(path);
    for (const prefix of prefixesWithin(lines, ignored)) {
      const below = await listed("--ignored", "--exclude-standard", "--", `:(top,literal)${prefix}`);
      for (const path of below) if (matcher.ignores(path)) chosen.add(path);
    }
  };
  if (included.length > 0) await choose(included, []);
  if (patterns.length > 0) await choose(patterns, await listed("--exclude-standard"));
  const directories = [...chosen].filter((path) => path.endsWith("/"));
  return [...chosen].filter((path) => !directories.some((one) => path !== one && path.startsWith(one))).sort();
}

/** The parts without wildcards of patterns that lead into a directory that is ignored as a whole. */
function prefixesWithin(lines: readonly string[], ignored: readonly string[]): string[] {
  const directories = ignored.filter((path) => path.endsWith("/"));
  return lines.flatMap((line) => {
    const pattern = line.trim().replace(/^\//, "");
    if (pattern.startsWith("#") || pattern.startsWith("!") || !pattern.includes("/")) return [];
    const literal = pattern.split(/[*?[\\]/, 1)[0] ?? "";
    const prefix = literal === pattern ? literal.replace(/\/$/, "") : literal.slice(0, literal.lastIndexOf("/"));
    return directories.some((directory) => `${prefix}/`.startsWith(directory)) ? [prefix] : [];
  });
}
