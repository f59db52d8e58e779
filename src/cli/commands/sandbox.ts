// A run looked at while it goes on: on a terminal a few lines that are painted anew, and above them what has happened;
// elsewhere a line for each step. All of it is narration; the answer comes at the end.

import { asFailure } from "../../core/failure.ts";
import type { Page } from "../../core/operation.ts";
import { v } from "../../core/shape.ts";
import { counted, cutEnd } from "../../core/text.ts";
import {
  attach,
  endText,
  kill,
  type Looker,
  lookerOf,
  lookOnNamed,
  makeTeller,
  type Run,
  runAnswer,
  runToEnd,
  type Seen,
  type Step,
} from "../../features/sandboxes/sandboxes.ts";
import type { World } from "../../world.ts";
import { exitCodeOf } from "../exit.ts";
import type { CommonFlags } from "../flags.ts";
import { answer, tell } from "../output.ts";
import { pageFor, rowsOf } from "../terminal.ts";
import type { Stream } from "./watch-status.ts";

const NAMED = v.looseObject({
  run: v.optional(v.string()),
  sessionId: v.optional(v.string()),
  discard: v.optional(v.boolean()),
});

/** `sandbox run`, for who waits for it. */
export const runInSandbox: Stream = async (world, input, { colour }) => {
  const { detach: _, ...asked } = v.parse(v.looseObject({}), input);
  const ended = await shown(world, { colour, from: "first" }, (look) =>
    runToEnd(world, asked, { isDetached: false, look }),
  );
  answer(endText(ended, await pageFor(world, 1, colour)));
  return ended.success ? 0 : 1;
};

export const attachToRun: Stream = async (world, input, { colour }) => {
  const { run, sessionId } = v.parse(NAMED, input);
  const named = run ?? sessionId;
  const ended = await shown(world, { colour, from: "last" }, (look) =>
    attach(world, { run: named, isUnattended: false, look }),
  );
  answer(endText(ended, await pageFor(world, 1, colour)));
  return ended.success ? 0 : 1;
};

export const killRun: Stream = async (world, input, { colour }) => {
  const { run, sessionId, discard } = v.parse(NAMED, input);
  const asked = { run: run ?? sessionId, discard: discard === true };
  const ended = await shown(world, { colour, from: "last" }, (look) => kill(world, { ...asked, look }));
  answer(endText(runAnswer(ended, { paths: world.paths, now: world.now() }), await pageFor(world, 1, colour)));
  return 0;
};

/** `sandbox logs --follow`: all there is, and what comes, until the run has ended. */
export const followLogs: Stream = async (world, input, { json }) => {
  const { run, sessionId } = v.parse(NAMED, input);
  let looker: Looker | undefined;
  const linesOf = makeTeller();
  let isClosed = false;
  const take = (seen: Seen) => {
    const lines = json ? [documentOf(seen)] : linesOf(seen);
    for (const line of lines) isClosed ||= answer(`${line}\n`) === "closed";
  };
  const look = async (at: Run) => {
    looker ??= lookerOf(world.paths, at.id);
    // What is long is interrupted for a signal, and when nobody reads any more.
    while (looker.look(world.now(), take) && !isClosed && !world.signal().aborted) await world.sleep(0);
  };
  await lookOnNamed(world, run ?? sessionId, { look, isEnough: () => isClosed });
  const signal = world.signal();
  return signal.aborted ? exitCodeOf(asFailure(signal.reason)) : 0;
};

/** The client's own line where it is JSON. */
function documentOf(seen: Seen): string {
  if (seen.kind === "note") return JSON.stringify(seen);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), seen.line);
  return JSON.stringify(parsed.success ? { kind: "event", event: parsed.output } : { kind: "line", line: seen.line });
}

interface Showing extends Pick<CommonFlags, "colour"> {
  /** Who comes late is shown the last steps of what was before, and nothing of a run that has ended. */
  from: "first" | "last";
}

/** Shows a run as it goes on for as long as `work` takes, and leaves only what has happened. */
async function shown<Ended>(
  world: World,
  { colour, from }: Showing,
  work: (look: (run: Run) => Promise<void>) => Promise<Ended>,
): Promise<Ended> {
  const page = await pageFor(world, 2, colour);
  const isPainted = page.columns !== undefined && !world.env.isDumb;
  const most = isPainted ? MOST_STEPS : from === "last" ? LAST_STEPS : Number.POSITIVE_INFINITY;
  let looker: Looker | undefined;
  let isOver: boolean | undefined;
  let painted: string[] = [];
  const look = async (run: Run) => {
    isOver ??= from === "last" && run.step === "ended";
    if (isOver) return;
    looker ??= lookerOf(world.paths, run.id);
    if (most === Number.POSITIVE_INFINITY) {
      const { step } = looker;
      const take = (seen: Seen) => {
        const one = step(seen);
        if (one !== undefined) tell(`${stepText(one, page)}\n`);
      };
      while (looker.look(world.now(), take) && !world.signal().aborted) await world.sleep(0);
      return;
    }
    const latest = latestOf(looker, most);
    while (looker.look(world.now(), latest.take) && !isPainted && !world.signal().aborted) await world.sleep(0);
    // Its size may have changed.
    const now = isPainted ? await pageFor(world, 2, colour) : page;
    const earlier = `... ${counted(latest.passed(), "step")} before: parallel-cc sandbox logs ${run.id.slice(0, 8)} --lines <n>\n`;
    const steps = latest.steps.map((one) => `${stepText(one, now)}\n`).join("");
    const lines = (latest.passed() === 0 ? "" : earlier) + steps;
    if (!isPainted) {
      if (lines !== "") tell(lines);
      return;
    }
    const rows = (await rowsOf(2)) ?? LEAST_ROWS;
    const live = looker.live(run, now).slice(0, rows - 1);
    // Nothing of it wraps: what is painted must be as many rows as it is lines.
    tell(`${erased(painted, now)}${lines}\x1b[?7l${live.map((line) => `${line}\n`).join("")}\x1b[?7h`);
    painted = live;
  };
  try {
    return await work(look);
  } finally {
    if (painted.length > 0) tell(erased(painted, await pageFor(world, 2, colour)));
  }
}

const LEAST_ROWS = 24;
/** Of what came since the last look: nobody reads more of it in a moment. */
const MOST_STEPS = 40;
const LAST_STEPS = 20;

interface Latest {
  take(seen: Seen): void;
  steps: readonly Step[];
  /** How many came before these. */
  passed(): number;
}

/** Who looks on late is not shown hours in a moment; our own words are few, and stay. */
function latestOf({ step }: Looker, most: number): Latest {
  const steps: Step[] = [];
  let passed = 0;
  const take = (seen: Seen) => {
    const one = step(seen);
    if (one !== undefined) steps.push(one);
    const first = steps.length > most ? steps.findIndex(({ by }) => by === "claude") : -1;
    if (first !== -1) passed += steps.splice(first, 1).length;
  };
  return { take, steps, passed: () => passed };
}

/** A terminal that became narrower has wrapped what stood there. The cursor may stand behind a ^C. */
function erased(lines: readonly string[], { columns = 80 }: Page): string {
  if (lines.length === 0) return "";
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(Bun.stringWidth(line) / columns)), 0);
  return `\r\x1b[${rows}A\x1b[J`;
}

/** What claude says and does is cut where the terminal ends: `sandbox logs` has all of it. */
function stepText({ by, text }: Step, { paint, columns = Number.POSITIVE_INFINITY }: Page): string {
  if (by === "warning") return paint.yellow(`warning: ${text}`);
  return by === "us" ? text : paint.dim(cutEnd(text, columns));
}
