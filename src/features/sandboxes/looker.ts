// What a looker-on has seen of a run so far, and how that looks on a terminal.

import type { Page } from "../../core/operation.ts";
import type { Paths } from "../../files/paths.ts";
import { addLine, liveText, newView, stepLine, type View } from "../claude-runs/claude-runs.ts";
import { costOf } from "./cost.ts";
import { placeOf } from "./place.ts";
import { type Run, statusOf } from "./run.ts";
import { readerOf, type Seen } from "./seen.ts";

export interface Looker {
  /** What has come since the last look; all of it when the run has ended. */
  look(now: Date): Seen[];
  /** A few lines on how it goes; none while there is nothing to show. */
  live(run: Run, page: Page): string[];
}

/** What a claude prints in a fraction of a second is not much; what it printed before somebody looked may be. */
const MOST_READS = 64;

export function lookerOf(paths: Pick<Paths, "sandboxes" | "logs">, id: string): Looker {
  const reader = readerOf(placeOf(paths, id));
  let view: View = newView();
  return {
    look: (now) => {
      const all: Seen[] = [];
      for (let reads = 0; reads < MOST_READS; reads++) {
        const seen = reader.read();
        if (seen === undefined) break;
        for (const one of seen) if (one.kind === "line") view = addLine(view, one.line, now);
        all.push(...seen);
      }
      return all;
    },
    live: (run, page) => {
      if (run.started_at === null || run.over_at !== null) return [];
      const startedAt = new Date(run.started_at);
      const limitAt = run.limit_at === null ? undefined : new Date(run.limit_at);
      const { sandbox: sandboxCost } = costOf(run, page.now);
      const state = statusOf(run).toLowerCase();
      return liveText(view, { state, title: titleOf(run), startedAt, limitAt, sandboxCost }, page);
    },
  };
}

function titleOf({ name, id, provider, title }: Run): string {
  return `${name ?? id.slice(0, 8)} (${provider}): ${title}`;
}

/** For who has no terminal to paint on: a line a step. */
export function stepsOf(seen: Seen): string[] {
  if (seen.kind === "note") return [`${seen.note.kind === "warning" ? "warning: " : ""}${seen.note.text}`];
  const step = stepLine(seen.line);
  return step === undefined ? [] : [step];
}
