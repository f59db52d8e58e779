// Which files differ between trees: many pairs of them by one git.

import type { Git, GitOptions } from "../../git/git.ts";

export interface Change {
  /** One character for each byte. */
  path: string;
  /** Object names, undefined where there is nothing. */
  before: string | undefined;
  after: string | undefined;
}

export interface Trees {
  from: string;
  to: string;
}

const DIFF = ["diff-tree", "--stdin", "-r", "-z", "--no-renames", "--no-ext-diff"];

/** For each pair, in their order. Errors: those of git. */
export async function changesBetween(git: Git, pairs: readonly Trees[], options: GitOptions): Promise<Change[][]> {
  if (pairs.length === 0) return [];
  const input = pairs.map(({ from, to }) => `${from} ${to}\n`).join("");
  return parse(Buffer.from(await git.bytes(DIFF, { ...options, input })).toString("latin1"));
}

/** For each pair, in order: what files that were renamed held before, by their new paths. Errors: those of git. */
export async function renamesBetween(
  git: Git,
  pairs: readonly Trees[],
  options: GitOptions,
): Promise<ReadonlyMap<string, string>[]> {
  if (pairs.length === 0) return [];
  const input = pairs.map(({ from, to }) => `${from} ${to}\n`).join("");
  const words = ["diff-tree", "--stdin", "-r", "-z", "--find-renames", "--no-ext-diff"];
  const said = Buffer.from(await git.bytes(words, { ...options, input })).toString("latin1");
  const all: Map<string, string>[] = [];
  for (let at = 0; at < said.length; ) {
    if (said[at] !== ":") {
      all.push(new Map());
      at = said.indexOf("\n", at) + 1;
      if (at === 0) break;
      continue;
    }
    const meta = said.indexOf("\0", at);
    const first = said.indexOf("\0", meta + 1);
    const [, , before = "", , kind = ""] = said.slice(at, meta).split(" ");
    if (!kind.startsWith("R")) {
      at = first + 1;
      continue;
    }
    const second = said.indexOf("\0", first + 1);
    all.at(-1)?.set(said.slice(first + 1, second), before);
    at = second + 1;
  }
  return all;
}

/** A line with the two trees, then the files that differ: modes, objects and kind, and the path behind a NUL. */
function parse(said: string): Change[][] {
  const all: Change[][] = [];
  for (let at = 0; at < said.length; ) {
    if (said[at] !== ":") {
      all.push([]);
      at = said.indexOf("\n", at) + 1;
      if (at === 0) break;
      continue;
    }
    const meta = said.indexOf("\0", at);
    const end = said.indexOf("\0", meta + 1);
    const [, , before = "", after = ""] = said.slice(at, meta).split(" ");
    const named = (id: string) => (/^0+$/.test(id) ? undefined : id);
    all.at(-1)?.push({ path: said.slice(meta + 1, end), before: named(before), after: named(after) });
    at = end + 1;
  }
  return all;
}
