// Which .gitattributes a commit holds, or a checkout: they decide how files merge (binary, union, a driver).

import { lstatSync, readFileSync } from "node:fs";
import { type Git, type GitOptions, gitWords } from "./git.ts";
import type { Attributes, Scratch } from "./merge-scratch.ts";

/** For each commit its attributes, or why they cannot be told. */
type AttributesByCommit = ReadonlyMap<string, Attributes | { why: string }>;

/** Two gits for any number of commits: all of the first, and how each other one differs from it. */
export async function attributesOf(
  git: Git,
  commits: readonly string[],
  options: GitOptions,
): Promise<AttributesByCommit> {
  const asked = [...new Set(commits)];
  const [first, ...others] = asked;
  if (first === undefined) return new Map();
  const whole = await listed(git, first, options);
  const differing = "why" in whole ? undefined : await differences(git, { first, others }, options);
  if ("why" in whole || differing === undefined) {
    const found = new Map<string, Attributes | { why: string }>([[first, whole]]);
    for (const one of others) found.set(one, await listed(git, one, options));
    return found;
  }
  return new Map(asked.map((commit) => [commit, changed(whole, differing.get(commit) ?? [])]));
}

const REGULAR = /^100/;

async function listed(git: Git, commit: string, options: GitOptions): Promise<Attributes | { why: string }> {
  // Names need not be UTF-8; only the words of a failure are read as text.
  const args = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit];
  const bytes = await git.bytes(args, options).catch(() => undefined);
  if (bytes === undefined) return { why: gitWords(await git.attempt(args, options)) || "it cannot be read" };
  return Buffer.from(bytes)
    .toString("latin1")
    .split("\0")
    .flatMap((line) => {
      const path = line.slice(line.indexOf("\t") + 1);
      const [mode = "", , object = ""] = line.slice(0, line.indexOf("\t")).split(" ");
      return isAttributes(path) && REGULAR.test(mode) ? [{ path, object }] : [];
    });
}

function isAttributes(path: string): boolean {
  return path === ".gitattributes" || path.endsWith("/.gitattributes");
}

interface Change {
  path: string;
  /** Undefined where it is not there, or no file. */
  object: string | undefined;
}

/** A commit with another one after it is compared with that as if it were its parent. */
async function differences(
  git: Git,
  { first, others }: { first: string; others: readonly string[] },
  options: GitOptions,
): Promise<ReadonlyMap<string, Change[]> | undefined> {
  if (others.length === 0) return new Map();
  const input = others.map((commit) => `${commit} ${first}\n`).join("");
  const args = ["diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--", ":(glob)**/.gitattributes"];
  const bytes = await git.bytes(args, { ...options, input }).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const tokens = Buffer.from(bytes).toString("latin1").split("\0");
  const found = new Map<string, Change[]>();
  let own: Change[] = [];
  for (let at = 0; at < tokens.length - 1; at++) {
    const token = tokens[at] ?? "";
    if (!token.startsWith(":")) {
      own = [];
      found.set(token.trim(), own);
      continue;
    }
    const [, mode = "", , object = ""] = token.split(" ");
    own.push({ path: tokens[++at] ?? "", object: REGULAR.test(mode) ? object : undefined });
  }
  return found;
}

function changed(whole: Attributes, changes: readonly Change[]): Attributes {
  if (changes.length === 0) return whole;
  const kept = whole.filter(({ path }) => changes.every((one) => one.path !== path));
  const added = changes.flatMap(({ path, object }) => (object === undefined ? [] : [{ path, object }]));
  return [...kept, ...added].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Git's own limit: it passes over a larger one. */
const LARGEST_BYTES = 100 * 1024 * 1024;

export interface CheckoutAttributes {
  attributes: Attributes;
  /** Commits of which it is not known which directories they have, and why. */
  unread: ReadonlyMap<string, { why: string }>;
}

/**
 * Those that stand in a checkout, committed or not: what git goes by when it merges there. Only directories of the
 * commits are looked at, since no others hold what is merged.
 */
export async function attributesInCheckout(
  { git, writeBlob }: Pick<Scratch, "git" | "writeBlob">,
  { top, commits }: { top: string; commits: readonly string[] },
  options: GitOptions,
): Promise<CheckoutAttributes> {
  const folders = new Set([""]);
  const unread = new Map<string, { why: string }>();
  for (const commit of new Set(commits)) {
    const args = ["ls-tree", "-r", "-d", "-z", "--name-only", "--full-tree", "--end-of-options", commit];
    const bytes = await git.bytes(args, options).catch(() => undefined);
    if (bytes === undefined) {
      unread.set(commit, { why: gitWords(await git.attempt(args, options)) || "it cannot be read" });
      continue;
    }
    const names = Buffer.from(bytes).toString("latin1").split("\0").slice(0, -1);
    for (const name of names) folders.add(`${name}/`);
  }
  const attributes = [...folders].sort().flatMap((folder) => {
    const path = `${folder}.gitattributes`;
    const content = regularFile(Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]));
    return content === undefined ? [] : [{ path, object: writeBlob(content) }];
  });
  return { attributes, unread };
}

/** Undefined where git would read none either. */
function regularFile(file: Buffer): Uint8Array | undefined {
  try {
    const found = lstatSync(file);
    return found.isFile() && found.size <= LARGEST_BYTES ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  }
}
