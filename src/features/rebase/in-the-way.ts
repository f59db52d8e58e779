// Files of the worktree that git does not track and a rebase would write over: git spares those that are not ignored,
// and takes ignored ones for worthless. Here nothing is.

import { lstatSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { counted, printable } from "../../core/text.ts";
import type { Git, GitOptions } from "../../git/git.ts";
import type { Onto } from "./onto.ts";
import type { Place } from "./place.ts";

/** A path that the branch does not track and something on the way to the result does. */
export interface Addition {
  path: string;
  mode: string;
  /** Its blob; null where it is not the same all along, or is gone again in the end. */
  object: string | null;
}

/** Of trees that are checked out one after the other where `from` was; `last` is undefined where it is not known. */
export async function additionsTo(
  git: Git,
  { from, trees, last }: { from: string; trees: readonly string[]; last: string | undefined },
  options: GitOptions,
): Promise<Addition[]> {
  const words = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=A"];
  const pairs = [...new Set(trees)].map((tree) => `${from} ${tree}\n`).join("");
  const all = added(await git.output([...words, "--stdin"], { ...options, input: pairs }));
  const kept = last === undefined ? [] : added(await git.output([...words, from, last, "--"], options));
  const found = new Map<string, Addition>(kept.map((one) => [one.path, one]));
  for (const one of all) {
    if (found.get(one.path)?.object !== one.object) found.set(one.path, { ...one, object: null });
  }
  return [...found.values()];
}

function added(raw: string): Addition[] {
  const fields = raw.split("\0");
  return fields.flatMap((field, at) => {
    // Of each pair of trees a line of its own comes first.
    const [, mode, object] = /(?:^|\n):\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) A$/.exec(field) ?? [];
    const path = fields[at + 1];
    return mode === undefined || object === undefined || path === undefined ? [] : [{ path, mode, object }];
  });
}

/** Errors: `rebase.in-the-way`. */
export async function requireNoneInTheWay(
  place: Place,
  { additions, onto }: { additions: readonly Addition[]; onto: Pick<Onto, "target"> },
): Promise<void> {
  const files = await inTheWay(place, additions);
  if (files.length === 0) return;
  throw new Failure({
    code: "rebase.in-the-way",
    message: `${counted(files.length, "file")} in ${printable(place.top)} that git does not track would be written over by what ${printable(onto.target)} has there: ${shortly(files)}.`,
    hint: "Nothing was changed. Move or delete them first, the ignored ones as well.",
    details: { files },
  });
}

/** Files that git does not track, where the other commit has some. Errors: `rebase.in-the-way`. */
export async function requireNoneThere(
  place: Place,
  { from, to, as }: { from: string; to: string; as: string },
  signal: AbortSignal,
): Promise<void> {
  const asked = { from: `${from}^{tree}`, trees: [], last: `${to}^{tree}` };
  const additions = await additionsTo(place.git, asked, { signal });
  await requireNoneInTheWay(place, { additions, onto: { target: as } });
}

const MOST_NAMED = 5;

/** The first of them, and how many more there are. */
export function shortly(files: readonly string[]): string {
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : "";
  return `${files.slice(0, MOST_NAMED).map(printable).join(", ")}${more}`;
}

/** A command line is only so long. */
const AT_ONCE = 200;
const GITLINK = "160000";

async function inTheWay(place: Place, additions: readonly Addition[]): Promise<string[]> {
  const there = [...new Set(additions.flatMap((one) => standing(place.top, one) ?? []))];
  const others: string[] = [];
  for (let at = 0; at < there.length; at += AT_ONCE) {
    const paths = there.slice(at, at + AT_ONCE).map((path) => `:(top,literal)${path}`);
    const listed = await place.git.output(["ls-files", "--others", "--full-name", "-z", "--", ...paths]);
    others.push(...listed.split("\0").filter((path) => path !== ""));
  }
  const blobs = new Map(additions.map(({ path, object }) => [path, object]));
  const same = await Promise.all(others.map((path) => isSame(place, path, blobs.get(path) ?? null)));
  return others.filter((_, at) => !same[at]);
}

/** What stands where it would be: itself, or a file where it needs a directory. */
function standing(top: string, { path, mode }: Addition): string | undefined {
  const parts = path.split("/");
  for (let length = 1; length <= parts.length; length += 1) {
    const at = parts.slice(0, length).join("/");
    const found = lstatSync(join(top, at), { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    // Into the directory of a submodule a rebase does not look.
    if (length === parts.length) return mode === GITLINK && found.isDirectory() ? undefined : at;
    if (!found.isDirectory()) return at;
  }
  return undefined;
}

async function isSame({ git, top }: Place, path: string, object: string | null): Promise<boolean> {
  if (object === null || !lstatSync(join(top, path), { throwIfNoEntry: false })?.isFile()) return false;
  const made = await git.attempt(["hash-object", "--", path]);
  return made.exit === 0 && made.stdout.trim() === object;
}
