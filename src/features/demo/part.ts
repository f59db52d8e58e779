// A part of the demo's story: it acts, tells each thing in a line when it has happened, and ends with what it found. Every
// word of a line comes from what a process, git or parallel-cc answered.

import { TEXT, v } from "../../core/shape.ts";
import type { Stage } from "./scene.ts";

export interface Played {
  step: string;
  told: string[];
  facts: unknown;
}

/** One line, when it happens. */
export interface Line {
  step: string;
  text: string;
  isFirst: boolean;
}

export interface Part {
  shape(): v.GenericSchema<unknown, Played>;
  play(stage: Stage, tell: (line: Line) => void): Promise<Played>;
}

export function part<E extends v.ObjectEntries>(made: {
  /** What the lines begin with: one short word. */
  name: string;
  facts(): E;
  play(stage: Stage): AsyncGenerator<string, v.InferOutput<v.StrictObjectSchema<E, undefined>>>;
}): Part {
  return {
    shape: () =>
      v.strictObject({ step: v.picklist([made.name]), told: v.array(TEXT), facts: v.strictObject(made.facts()) }),
    play: async (stage, tell) => {
      const told: string[] = [];
      const lines = made.play(stage);
      for (;;) {
        const next = await lines.next();
        if (next.done === true) return { step: made.name, told, facts: next.value };
        tell({ step: made.name, text: next.value, isFirst: told.length === 0 });
        told.push(next.value);
      }
    },
  };
}
