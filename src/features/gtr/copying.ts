// Whether gtr's copy rules could write or delete outside of the new worktree. gtr (2.11) follows symbolic links there,
// and deletes what `excludeDirs` names after it has copied: a committed link and one line in `.gtrconfig` then empty a
// folder of the user's. In such a repository the rules are left alone, and that is said.

import { printable, shellWord } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { type Gtr, isAtLeast } from "./detect.ts";
import { type GtrSettings, readSettings } from "./settings.ts";

/**
 * Why the rules should not run; undefined when nothing speaks against them, or there are none. `to` is the commit of the
 * new worktree, `from` that of the main checkout, if it has one.
 */
export async function copyDoubt(
  git: Git,
  { settings, to, from = to }: { settings: GtrSettings; to: string; from: string | undefined },
): Promise<string | undefined> {
  const { theirs } = rulesOf(settings);
  if (!hasCopyRules(settings)) return undefined;
  const climbing = theirs.find(({ pattern }) => mayClimb(pattern));
  if (climbing !== undefined) return `"${printable(climbing.pattern)}" of the repository's may lead out of it`;
  const deep = theirs.find(({ kind, pattern }) => kind === "excludedirs" && pattern.split("/").length > 2);
  if (deep !== undefined) return `"${printable(deep.pattern)}" of its .gtrconfig may delete what a link leads to`;
  for (const tree of new Set([to, from])) {
    const link = await linkOut(git, tree);
    if (link !== undefined) return `${printable(link)} is a symbolic link that leads out of the repository`;
  }
  return undefined;
}

/** Whether gtr has anything to copy. */
export function hasCopyRules(settings: GtrSettings): boolean {
  const { own, theirs } = rulesOf(settings);
  return [...own, ...theirs].some(({ kind }) => kind !== "excludedirs");
}

/** What its user types to have gtr copy into a worktree that is there; undefined when it cannot or has nothing to. */
export async function copyByHand(
  world: Pick<World, "git">,
  { gtr, repositoryPath, branch }: { gtr: Gtr; repositoryPath: string; branch: string | null },
): Promise<string | undefined> {
  const words = branch === null ? undefined : copyWords(gtr, branch);
  if (words === undefined || !hasCopyRules(await readSettings(world, { gtr, repositoryPath }))) return undefined;
  return words;
}

/** Before 2.1 it has no such word. */
export function copyWords(gtr: Gtr, branch: string): string | undefined {
  return isAtLeast(gtr, "2.1.0") ? `git gtr copy ${shellWord(branch)}` : undefined;
}

interface Rule {
  kind: string;
  pattern: string;
}

const KINDS = /^copy\.(include|includedirs|excludedirs)$/;

function rulesOf({ git, file, include }: GtrSettings): { own: Rule[]; theirs: Rule[] } {
  const rules = (settings: readonly { key: string; value: string }[]): Rule[] =>
    settings.flatMap(({ key, value }) => {
      const kind = KINDS.exec(key.replace(/^gtr\./, ""))?.[1];
      const patterns = value.split("\n").filter((line) => line !== "");
      return kind === undefined ? [] : patterns.map((pattern) => ({ kind, pattern }));
    });
  return { own: rules(git), theirs: [...rules(file), ...include.map((pattern) => ({ kind: "include", pattern }))] };
}

/** Before version 5.2 a pattern of bash like `.?` also means `..`; one that climbs is followed by a slash. */
function mayClimb(pattern: string): boolean {
  return pattern
    .split("/")
    .slice(0, -1)
    .some((part) => /^[.[\\]/.test(part) && /[?*[\\]/.test(part));
}

async function linkOut(git: Git, tree: string): Promise<string | undefined> {
  const listed = await git.output(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree]);
  const links = listed.split("\0").flatMap((line) => {
    const [, object, path] = /^120000 blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    return object === undefined || path === undefined ? [] : [{ object, path }];
  });
  if (links.length === 0) return undefined;
  const input = links.map(({ object }) => `${object}\n`).join("");
  const targets = contents(await git.bytes(["cat-file", "--batch"], { input }));
  return links.find(({ path }, index) => leadsOut(path, targets[index] ?? "/"))?.path;
}

/** Of `git cat-file --batch`: a line that ends with the size, that many bytes, a line end. */
function contents(output: Uint8Array): string[] {
  const decoder = new TextDecoder();
  const found: string[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(decoder.decode(output.subarray(at, end)))?.[1] ?? Number.NaN);
    if (end < 0 || Number.isNaN(size)) return found;
    found.push(decoder.decode(output.subarray(end + 1, end + 1 + size)));
    at = end + size + 2;
  }
  return found;
}

/** Also one that climbs after it has gone down: that way may lead over another link. */
function leadsOut(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const down = parts.findIndex((part) => part !== "..");
  const climbs = down < 0 ? parts.length : down;
  return climbs > path.split("/").length - 1 || parts.slice(climbs).includes("..");
}
