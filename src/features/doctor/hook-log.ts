// What went wrong in hooks of late: nobody sees what a hook says beside its answer, so it is told here.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../core/shape.ts";
import { age, counted, printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import type { Check } from "./check.ts";
import type { Scene } from "./scene.ts";

const LINE = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ at: v.pipe(v.string(), v.isoTimestamp()), hook: v.string(), message: v.string() }),
);
type Trouble = v.InferOutput<typeof LINE>;

/** What was wrong before is most often mended by now. */
const RECENT_MS = 24 * 3600 * 1000;
const MOST_BYTES = 1024 * 1024;

/** Nothing where nothing went wrong. */
export async function checkHookLog({ world }: Scene): Promise<Check[]> {
  const file = join(world.paths.logs, "hooks.log");
  const recent = troublesIn(file).filter(({ at }) => world.now().getTime() - Date.parse(at) < RECENT_MS);
  const last = recent.at(-1);
  return last === undefined ? [] : [{ name: "hook log", status: "warn", ...words(world, { file, recent, last }) }];
}

function words(
  { now }: Pick<World, "now">,
  { file, recent, last }: { file: string; recent: readonly Trouble[]; last: Trouble },
): Pick<Check, "detail" | "hint"> {
  const count = `${counted(recent.length, "hook")} failed within a day`;
  const when = `${age(new Date(last.at), now())} ago`;
  return {
    detail: `${count}; the last one, ${printable(last.hook) || "of no event"}, ${when}: ${printable(last.message)}`,
    hint: `Nothing was stopped by it. All of them: ${file}`,
  };
}

/** A line that is none of ours, or half of one, tells nothing. */
function troublesIn(file: string): Trouble[] {
  try {
    if (statSync(file).size > MOST_BYTES) return [];
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.flatMap((line) => {
      const parsed = v.safeParse(LINE, line);
      return parsed.success ? [parsed.output] : [];
    });
  } catch {
    return [];
  }
}
