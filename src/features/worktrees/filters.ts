// Filters (Git LFS and the like) for a look that nobody asked for. Those of the user's own configuration run, as for every
// status that is typed: without them each file they keep would seem changed. Those that only the repository's names do not:
// it may come with an archive that was unpacked, or be an agent's. What is typed (`status`) runs what git would run.

import type { Git, GitOptions } from "../../git/git.ts";

export interface Filtering {
  /** Runs none that only the repository names. */
  git: Git;
  /** Without the files that only seem changed since their filter did not run. */
  known(changed: readonly string[]): Promise<string[]>;
}

const FILTERS = ["config", "--includes", "--show-scope", "-z", "--get-regexp", "^filter\\."];

/** Errors: those of git. */
export async function ownFilters(git: Git, options: GitOptions): Promise<Filtering> {
  const { stdout } = await git.attempt(FILTERS, options);
  const [theirs, own] = [new Set<string>(), new Map<string, string>()];
  const words = stdout.split("\0");
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [, key = "", value = ""] = /^([^\n]*)\n?(.*)$/s.exec(words[at + 1] ?? "") ?? [];
    if (words[at] === "local" || words[at] === "worktree") theirs.add(key);
    else own.set(key, value);
  }
  if (theirs.size === 0) return { git, known: async (changed) => [...changed] };
  const settings = [...theirs].map((key) => [key, own.get(key) ?? (key.endsWith(".required") ? "false" : "")]);
  const off = new Set([...theirs].flatMap((key) => (own.has(key) ? [] : (nameOf(key) ?? []))));
  return {
    git: git.configured({ settings: Object.fromEntries(settings) }),
    known: async (changed) => {
      if (changed.length === 0 || off.size === 0) return [...changed];
      const input = changed.map((path) => `${path}\0`).join("");
      const said = await git.output(["check-attr", "-z", "--stdin", "filter"], { ...options, input });
      const fields = said.split("\0");
      return changed.filter((_, at) => !off.has(fields[3 * at + 2] ?? ""));
    },
  };
}

function nameOf(key: string): string | undefined {
  return /^filter\.(.*)\.(?:clean|process)$/s.exec(key)?.[1];
}
