// What the claude of a run did, readable, with what its driver said at the right places.

import type { World } from "../../world.ts";
import { makeReadable } from "../claude-runs/claude-runs.ts";
import { runAsked } from "./find.ts";
import { placeOf } from "./place.ts";
import { statusOf } from "./run.ts";
import { readerOf, type Seen } from "./seen.ts";

export interface LastLines {
  success: boolean;
  sessionId: string;
  sandboxId: string | null;
  status: string;
  output: string;
  lineCount: number;
  logPath: string;
}

/** Constant memory, whatever was printed. Errors: `sandbox.unknown`, `usage.ambiguous`. */
export async function lastLines(
  world: World,
  { run: named, lines }: { run: string | undefined; lines: number },
): Promise<LastLines> {
  const run = await runAsked(world, named);
  const place = placeOf(world.paths, run.id);
  const last: string[] = [];
  const reader = readerOf(place);
  const linesOf = makeTeller();
  for (let seen = reader.read(); seen !== undefined; seen = reader.read()) {
    for (const one of seen) {
      last.push(...linesOf(one));
      if (last.length > 2 * lines + MOST_AT_ONCE) last.splice(0, last.length - lines);
    }
  }
  const kept = last.slice(-lines);
  const { id: sessionId, instance_id: sandboxId } = run;
  const told = { success: true, sessionId, sandboxId, status: statusOf(run), logPath: place.log };
  return { ...told, output: kept.join("\n"), lineCount: kept.length };
}

/** So that little is moved about for each. */
const MOST_AT_ONCE = 1000;

/** As `sandbox logs` shows it, in order: our own words in brackets. */
export function makeTeller(): (seen: Seen) => string[] {
  const readable = makeReadable();
  return (seen) => {
    if (seen.kind === "line") return readable.lines(seen.line);
    const mark = seen.note.kind === "warning" ? "!" : "-";
    return [`[${mark}] ${seen.note.text}`];
  };
}
