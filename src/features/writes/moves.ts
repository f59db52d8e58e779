// What moved a checkout's HEAD since it was last looked at, as its reflog tells: git's own commands write there what they
// were. Without a reflog (core.logAllRefUpdates=false, the reftable format) nothing is known of it.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Mark } from "./store.ts";

export interface Move {
  from: string;
  to: string;
  /** A commit of work that was done here, not one that git brought from elsewhere. */
  isCommit: boolean;
}

/** Some thousand lines: nobody commits as often between two looks. */
const MOST_BYTES = 512 * 1024;
const NOWHERE: Mark = { ino: "", size: 0 };

export interface Since {
  mark: Mark;
  head: string | null;
}

/** `since`: undefined when only the mark is wanted. */
export function movesSince(gitDir: string, since: Since | undefined): { mark: Mark; moves: Move[] } {
  let log: number;
  try {
    log = openSync(join(gitDir, "logs", "HEAD"), "r");
  } catch {
    return { mark: NOWHERE, moves: [] };
  }
  try {
    const { size, ino } = fstatSync(log);
    const isSameFile = since !== undefined && since.mark.ino === String(ino) && since.mark.size <= size;
    const known = isSameFile ? since.mark.size : 0;
    const start = Math.max(known, size - MOST_BYTES);
    const bytes = Buffer.alloc(size - start);
    const text = bytes.toString("latin1", 0, readSync(log, bytes, 0, bytes.length, start));
    // Its last line may be written just now.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const mark = { ino: String(ino), size: start + whole.length };
    const all = since === undefined ? [] : parseReflog(start === known ? whole : whole.slice(whole.indexOf("\n") + 1));
    return { mark, moves: isSameFile ? all : afterwards(all, since?.head ?? null) };
  } finally {
    closeSync(log);
  }
}

// git wrote it anew (`reflog expire`, `gc`): the last time that HEAD came to where it was then. Else nothing is known.
function afterwards(moves: readonly Move[], head: string | null): Move[] {
  if (head === null) return [...moves];
  const last = moves.findLastIndex(({ to }) => to === head);
  return last < 0 ? [] : moves.slice(last + 1);
}

/** `commit (merge)`, `(cherry-pick)` and `(rebase)` end what git began: most of what is in them came from elsewhere. */
const COMMIT = /^commit( \((amend|initial)\))?:/;

export function parseReflog(text: string): Move[] {
  return text.split("\n").flatMap((line) => {
    const [, from, to] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) /.exec(line) ?? [];
    const tab = line.indexOf("\t");
    if (from === undefined || to === undefined) return [];
    return [{ from, to, isCommit: tab >= 0 && COMMIT.test(line.slice(tab + 1)) }];
  });
}
