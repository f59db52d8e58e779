// Where two versions of a text meet in changing what both came from: the places where git's merge of the three would
// conflict. Pure. Two changes that touch count as one, as git has it.

import { matchLines, NO_MATCH } from "../../git/line-match.ts";

/** Lines from 1, both included; where there are none `to` is the line before `from`. */
export interface Lines {
  from: number;
  to: number;
}

export interface Meeting {
  ours: Lines;
  theirs: Lines;
  /** A name for what they have made of it: the same as long as that is the same, wherever it stands by now. */
  theirChange: string;
}

/** From the start of a line, not counting the end. */
export interface Change {
  base: readonly [from: number, to: number];
  side: readonly [from: number, to: number];
}

export interface Texts {
  base: string;
  ours: string;
  theirs: string;
}

export function meetingsOf(texts: Texts): Meeting[] {
  const [base, ours, theirs] = [texts.base, texts.ours, texts.theirs].map(linesOf);
  if (base === undefined || ours === undefined || theirs === undefined) return [];
  const meetings: Meeting[] = [];
  for (const group of groupsOf(changesOf(base, ours), changesOf(base, theirs))) {
    const { from, to } = group;
    const ourSpan = spanOf(group.ours, { from, to });
    const theirSpan = spanOf(group.theirs, { from, to });
    const [ourText, theirText] = [ours.slice(...ourSpan), theirs.slice(...theirSpan)];
    if (ourText.join("\n") === theirText.join("\n")) continue;
    meetings.push({ ours: shown(ourSpan), theirs: shown(theirSpan), theirChange: nameOf(group.theirs, base, theirs) });
  }
  return meetings;
}

export function linesOf(text: string): string[] {
  return text.split("\n");
}

export function shown([from, to]: readonly [number, number]): Lines {
  return { from: from + 1, to };
}

/** What of the base was replaced by what, in order. */
export function changesOf(base: readonly string[], side: readonly string[]): Change[] {
  const matched = matchLines(base, side);
  const changes: Change[] = [];
  let [atBase, atSide] = [0, 0];
  for (let line = 0; line <= base.length; line++) {
    const partner = line === base.length ? side.length : (matched[line] ?? NO_MATCH);
    if (partner === NO_MATCH) continue;
    if (line > atBase || partner > atSide) changes.push({ base: [atBase, line], side: [atSide, partner] });
    [atBase, atSide] = [line + 1, partner + 1];
  }
  return changes;
}

interface Group {
  /** In the base. */
  from: number;
  to: number;
  ours: Change[];
  theirs: Change[];
}

/** Changes of both sides that overlap or touch. */
function groupsOf(ours: readonly Change[], theirs: readonly Change[]): Group[] {
  const all = [
    ...ours.map((change) => ({ side: "ours" as const, change })),
    ...theirs.map((change) => ({ side: "theirs" as const, change })),
  ].sort((a, b) => a.change.base[0] - b.change.base[0] || a.change.base[1] - b.change.base[1]);
  const groups: Group[] = [];
  for (const { side, change } of all) {
    const [from, to] = change.base;
    const last = groups.at(-1);
    const group = last !== undefined && from <= last.to ? last : { from, to, ours: [], theirs: [] };
    if (group !== last) groups.push(group);
    group.to = Math.max(group.to, to);
    group[side].push(change);
  }
  return groups.filter((group) => group.ours.length > 0 && group.theirs.length > 0);
}

/** What a side has in place of that part of the base, whose ends it has not changed. */
function spanOf(changes: readonly Change[], { from, to }: { from: number; to: number }): [number, number] {
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined) return [0, 0];
  return [first.side[0] - (first.base[0] - from), last.side[1] + (to - last.base[1])];
}

function nameOf(changes: readonly Change[], base: readonly string[], theirs: readonly string[]): string {
  const hash = new Bun.CryptoHasher("sha1");
  for (const change of changes) {
    const parts = [base.slice(...change.base), theirs.slice(...change.side)];
    hash.update(parts.map((lines) => `${lines.length}\n${lines.join("\n")}\n`).join("\0"));
  }
  return hash.digest("hex").slice(0, 16);
}
