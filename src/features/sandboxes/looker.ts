// What a looker-on has seen of a run so far, and how that looks on a terminal.

import type { Page } from "../../core/operation.ts";
import { cutEnd, printable } from "../../core/text.ts";
import type { Paths } from "../../files/paths.ts";
import { addLine, liveText, makeReadable, newView, type View } from "../claude-runs/claude-runs.ts";
import { costOf } from "./cost.ts";
import { placeOf } from "./place.ts";
import { type Run, statusOf } from "./run.ts";
import { readerOf, type Seen } from "./seen.ts";

export interface Looker {
  /** Hands over, one by one, what has come since the last look. True: there is more, for another look at once. */
  look(now: Date, take: (seen: Seen) => void): boolean;
  /** What there is to say of one; asked for each of them, in order. */
  step(seen: Seen): Step | undefined;
  /** A few lines on how it goes; none while there is nothing to show. */
  live(run: Run, page: Page): string[];
}

/** In one line. `by`: our own word, a warning of ours, or what its claude says and does. */
export interface Step {
  by: "us" | "warning" | "claude";
  text: string;
}

/** What a claude prints in a fraction of a second is not much; what it printed before somebody looked may be. */
const MOST_READS = 64;

export function lookerOf(paths: Pick<Paths, "sandboxes" | "logs">, id: string): Looker {
  const reader = readerOf(placeOf(paths, id));
  const readable = makeReadable();
  let view: View = newView();
  return {
    look: (now, take) => {
      for (let reads = 0; reads < MOST_READS; reads++) {
        const seen = reader.read();
        if (seen === undefined) return false;
        for (const one of seen) {
          if (one.kind === "line") view = addLine(view, one.line, now);
          take(one);
        }
      }
      return true;
    },
    step: (seen) => {
      if (seen.kind === "note") {
        return { by: seen.note.kind === "warning" ? "warning" : "us", text: printable(seen.note.text) };
      }
      const text = readable.step(seen.line);
      return text === undefined ? undefined : { by: "claude", text };
    },
    live: (run, page) => {
      const begun = BEGUN[run.step];
      if (begun !== undefined) return [cutEnd(`${page.paint.bold(begun)} ${titleOf(run)}`, page.columns ?? 80)];
      if (run.started_at === null || run.over_at !== null) return [];
      const startedAt = new Date(run.started_at);
      const limitAt = run.limit_at === null ? undefined : new Date(run.limit_at);
      const { sandbox: sandboxCost } = costOf(run, page.now);
      const state = run.wanted === null ? statusOf(run).toLowerCase() : "stopping";
      return liveText(view, { state, title: titleOf(run), startedAt, limitAt, sandboxCost }, page);
    },
  };
}

/** What is done after each step but those where there is claude to look at, and where there is nothing more to do. */
const BEGUN: Partial<Record<Run["step"], string>> = {
  planned: "making a worktree",
  placed: "making the sandbox",
  made: "sending files",
  sent: "starting claude",
  over: "bringing it home",
  home: "putting it in place",
  delivered: "removing the sandbox",
};

/** Short, since both ends of a narrow terminal are needed: what to call it elsewhere, and what it is about. */
function titleOf({ id, provider, title }: Run): string {
  return `${id.slice(0, 8)} (${provider}): ${printable(title)}`;
}
