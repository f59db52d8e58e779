// A run looked at while it goes on: on a terminal a few lines that are painted anew, and above them what has happened;
// elsewhere a line for each step. All of it is narration; the answer comes at the end.

import type { Page } from "../../core/operation.ts";
import { v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import {
  attach,
  endText,
  kill,
  type Looker,
  linesOf,
  lookerOf,
  lookOnNamed,
  type Run,
  runAnswer,
  runToEnd,
  type Seen,
  stepsOf,
} from "../../features/sandboxes/sandboxes.ts";
import type { World } from "../../world.ts";
import type { CommonFlags } from "../flags.ts";
import { answer, tell } from "../output.ts";
import { pageFor } from "../terminal.ts";
import type { Stream } from "./watch-status.ts";

const NAMED = v.looseObject({
  run: v.optional(v.string()),
  sessionId: v.optional(v.string()),
  discard: v.optional(v.boolean()),
});

/** `sandbox run`, for who waits for it. */
export const runInSandbox: Stream = async (world, input, { colour }) => {
  const { detach: _, ...asked } = v.parse(v.looseObject({}), input);
  const show = await showing(world, colour);
  const ended = await runToEnd(world, asked, { isDetached: false, look: show.look });
  show.clear();
  answer(endText(ended, await pageFor(world, 1, colour)));
  return ended.success ? 0 : 1;
};

export const attachToRun: Stream = async (world, input, { colour }) => {
  const { run, sessionId } = v.parse(NAMED, input);
  const show = await showing(world, colour);
  const ended = await attach(world, { run: run ?? sessionId, isUnattended: false, look: show.look });
  show.clear();
  answer(endText(ended, await pageFor(world, 1, colour)));
  return ended.success ? 0 : 1;
};

export const killRun: Stream = async (world, input, { colour }) => {
  const { run, sessionId, discard } = v.parse(NAMED, input);
  const show = await showing(world, colour);
  const ended = await kill(world, { run: run ?? sessionId, discard: discard === true, look: show.look });
  show.clear();
  answer(endText(runAnswer(ended, { paths: world.paths, now: world.now() }), await pageFor(world, 1, colour)));
  return 0;
};

/** `sandbox logs --follow`: all there is, and what comes, until the run has ended. */
export const followLogs: Stream = async (world, input, { json }) => {
  const { run, sessionId } = v.parse(NAMED, input);
  let looker: Looker | undefined;
  const look = (at: Run) => {
    looker ??= lookerOf(world.paths, at.id);
    for (const seen of looker.look(world.now())) {
      const lines = json ? [documentOf(seen)] : linesOf(seen);
      for (const line of lines) answer(`${line}\n`);
    }
  };
  await lookOnNamed(world, run ?? sessionId, { look });
  return 0;
};

/** The client's own line where it is JSON. */
function documentOf(seen: Seen): string {
  if (seen.kind === "note") return JSON.stringify(seen);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), seen.line);
  return JSON.stringify(parsed.success ? { kind: "event", event: parsed.output } : { kind: "line", line: seen.line });
}

async function showing(world: World, colour: CommonFlags["colour"]) {
  const page = await pageFor(world, 2, colour);
  let looker: Looker | undefined;
  let painted = 0;
  const clear = () => {
    if (painted > 0) tell(`\x1b[${painted}A\x1b[J`);
    painted = 0;
  };
  const look = async (run: Run) => {
    looker ??= lookerOf(world.paths, run.id);
    const happened = looker.look(world.now()).flatMap(stepsOf).map(printable);
    if (page.columns === undefined) {
      for (const line of happened) tell(`${line}\n`);
      return;
    }
    // Its width may have changed.
    const now: Page = await pageFor(world, 2, colour);
    clear();
    for (const line of happened) tell(`${now.paint.dim(line)}\n`);
    const live = looker.live(run, now);
    if (live.length > 0) tell(`${live.join("\n")}\n`);
    painted = live.length;
  };
  return { look, clear };
}
