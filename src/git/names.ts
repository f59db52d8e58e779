// The names that a repository has for commits, asked for cheaply: no object is read.

import { realpathSync } from "node:fs";
import type { Git } from "./git.ts";
import { shortBranch } from "./porcelain.ts";

export interface RefName {
  name: string;
  kind: "branch" | "remote branch" | "tag";
}

/** Long enough for any repository that a person would wait for. */
const PATIENCE_MS = 2000;

/** Branches and tags below these places, in their order, each name once. */
export async function refNames(git: Git, below: readonly string[]): Promise<RefName[]> {
  const words = ["for-each-ref", "--format=%(refname)", "--end-of-options", ...below];
  const listed = await git.output(words, { timeoutMs: PATIENCE_MS, isUnattended: true });
  const names = new Map<string, RefName>();
  for (const place of below) {
    for (const ref of listed.split("\n")) {
      // refs/remotes/origin/HEAD is another word for one of the others.
      if (!ref.startsWith(`${place}/`) || /^refs\/remotes\/[^/]+\/HEAD$/.test(ref)) continue;
      const found = named(ref);
      if (!names.has(found.name)) names.set(found.name, found);
    }
  }
  return [...names.values()];
}

function named(ref: string): RefName {
  if (ref.startsWith("refs/remotes/")) return { name: ref.slice("refs/remotes/".length), kind: "remote branch" };
  if (ref.startsWith("refs/tags/")) return { name: ref.slice("refs/tags/".length), kind: "tag" };
  return { name: shortBranch(ref), kind: "branch" };
}

/** The real path of the common git directory: the repository's identity. */
export async function commonDirectory(git: Git): Promise<string> {
  const words = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
  const answered = await git.output(words, { timeoutMs: PATIENCE_MS, isUnattended: true });
  return realpathSync(answered.replace(/\n$/, ""));
}
