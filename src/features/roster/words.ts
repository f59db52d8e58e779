// A session in words, for agents and their users. Names, paths and branches are others' words: quoted, and shown escaped.

import { cutEnd, printable, unframed } from "../../core/text.ts";
import type { KnownSession } from "./store.ts";

const LONGEST_NAME = 60;

export function whoIs({ name, id }: Pick<KnownSession, "name" | "id">): string {
  return name === null ? `session ${id.slice(0, 8)}` : `session ${quoted(name)}`;
}

/** `isHere`: in the checkout of whom it is told. */
export function whereIs({ is_main_repo, worktree_path, branch }: KnownSession, isHere: boolean): string {
  const place = is_main_repo === 1 ? "in the main checkout" : `in ${quoted(worktree_path, Number.POSITIVE_INFINITY)}`;
  const on = branch === null ? "on no branch" : `on branch ${quoted(branch)}`;
  return `${isHere ? "in this same checkout" : place}, ${on}`;
}

export function quoted(text: string, longest = LONGEST_NAME): string {
  const shown = unframed(printable(text.replace(/["\\]/g, "\\$&")));
  return `"${shown.length > longest ? cutEnd(shown, longest) : shown}"`;
}
