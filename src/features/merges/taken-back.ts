// Which commits of a target's own line take back, as a whole, what is known to have landed there. Said only where it is
// certain: the commit names what it reverts in full, in git's own words, and makes exactly the inverse change.

import type { Git } from "../../git/git.ts";
import { type Change, inverse, isSame, readChanges, readTexts, type Texts } from "./changes.ts";
import { type Judging, judgingGit, type Memory } from "./judging.ts";

export interface Known {
  /** The branch's, when it landed. */
  tip: string;
  /** The commit of the target that brought it. */
  commit: string;
  /** By a merge, which is the whole of it; else it has to be shown that this one commit is. */
  isMerge: boolean;
}

export interface TakenBack<T extends Known> {
  known: T;
  by: string;
  /** Who committed that. */
  person: string;
}

interface Asked<T extends Known> {
  gitDir: string;
  signal: AbortSignal;
  memory?: Memory;
  /** Where the target stands. */
  to: string;
  /** What these reach was looked at before. */
  without: readonly string[];
  known: readonly T[];
}

/** Errors: `git.*`, but not of commits that are there no more. */
export async function takenBack<T extends Known>(git: Git, asked: Asked<T>): Promise<TakenBack<T>[]> {
  const { gitDir, signal, memory, known } = asked;
  const judging = await judgingGit(git, { signal }, { gitDir, memory });
  const said = await readSaid(judging, asked);
  const undone = new Set(said.flatMap(({ names }) => names));
  const found: TakenBack<T>[] = [];
  for (const { id, parent, names, person } of said) {
    // What was itself taken back is no news any more.
    if (parent === undefined || undone.has(id)) continue;
    for (const one of known.filter(({ commit }) => names.includes(commit))) {
      if (await isInverse(judging, one, { from: parent, to: id })) found.push({ known: one, by: id, person });
    }
  }
  return found;
}

interface Said {
  id: string;
  parent: string | undefined;
  /** In full. */
  names: string[];
  person: string;
}

async function readSaid({ git, options }: Judging, { to, without }: Pick<Asked<Known>, "to" | "without">) {
  const words = ["--first-parent", "--fixed-strings", "--grep=This reverts commit", "--no-commit-header"];
  const format = "--format=%x02%H%x00%P%x00%cn%x00%ce%x00%B";
  const listed = await git.output(["rev-list", ...words, format, to, ...without.map((id) => `^${id}`)], options);
  return listed.split("\u0002").flatMap((record): Said[] => {
    const [id = "", parents = "", name = "", mail = "", message = ""] = record.split("\0");
    if (id === "") return [];
    const names = [...message.matchAll(/This reverts commit ([0-9a-f]{64}|[0-9a-f]{40})\b/g)];
    const person = name.trim() || mail.trim() || "nobody named";
    return [{ id, parent: parents.split(" ")[0] || undefined, names: names.map(([, full = ""]) => full), person }];
  });
}

async function isInverse(judging: Judging, { tip, commit, isMerge }: Known, revert: { from: string; to: string }) {
  const { git, options } = judging;
  const before = await oneLine(git.attempt(["rev-parse", "--verify", "--quiet", `${commit}^1`], options));
  if (before === undefined) return false;
  const fork = await oneLine(git.attempt(["merge-base", "--end-of-options", tip, before], options));
  if (fork === undefined && !isMerge) return false;
  const whole = isMerge || fork === undefined ? [] : [{ from: fork, to: tip }];
  const [landed, undone, own] = await readChanges(judging, [{ from: before, to: commit }, revert, ...whole]);
  const turned = landed === undefined ? undefined : inverse(landed);
  if (landed === undefined || undone === undefined || turned === undefined || undone.files.length === 0) return false;
  const texts: Texts = new Map();
  const changes: Change[] = [landed, turned, undone, ...(own === undefined ? [] : [own])];
  await readTexts(judging, changes, texts);
  return isSame(turned, undone, texts) && (own === undefined || isSame(own, landed, texts));
}

async function oneLine(asked: Promise<{ exit: number; stdout: string }>): Promise<string | undefined> {
  const { exit, stdout } = await asked;
  return exit === 0 ? stdout.split("\n")[0] || undefined : undefined;
}
