// The room's door: parallel-cc at work, shown with real processes, git and commands in a place of its own.

import type { Line, Played } from "./part.ts";
import { type Effects, onStage } from "./scene.ts";
import { STORY } from "./story.ts";

export { beginText, endText, lineText } from "./text.ts";

export interface Demo {
  steps: Played[];
  /** Null when nothing of it is left. */
  keptIn: Place | null;
  /** What to type next. */
  next: string[];
}

export interface Place {
  directory: string;
  repository: string;
  dataDirectory: string;
}

export type DemoInput = { keep?: boolean | undefined };

/** Some second. `begin` and `tell` get to know what happens when it does. Errors: as `onStage`. */
export async function playDemo(
  world: Effects,
  { keep }: DemoInput,
  telling: { begin(keptIn: Place | null): void; tell(line: Line): void },
): Promise<Demo> {
  return onStage(world, { isKept: keep === true }, async (stage) => {
    const { directory, repository, dataDirectory } = stage;
    const keptIn = keep === true ? { directory, repository, dataDirectory } : null;
    telling.begin(keptIn);
    const steps: Played[] = [];
    for (const part of STORY) steps.push(await part.play(stage, telling.tell));
    return { steps, keptIn, next: ["claude-parallel"] };
  });
}
