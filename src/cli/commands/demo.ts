// `demo` for people: each line is shown when it happens.

import { v } from "../../core/shape.ts";
import { beginText, endText, lineText, playDemo } from "../../features/demo/demo.ts";
import { answer } from "../output.ts";
import { pageFor } from "../terminal.ts";
import type { Stream } from "./watch-status.ts";

const INPUT = v.object({ keep: v.optional(v.boolean()) });

/** Where nobody reads on, it goes to its end all the same: it is short, and has to clear up. */
export const demo: Stream = async (world, input, flags) => {
  const page = await pageFor(world, 1, flags.colour);
  const played = await playDemo(world, v.parse(INPUT, input), {
    begin: (keptIn) => answer(beginText(keptIn, page)),
    tell: (line) => answer(lineText(line, page)),
  });
  answer(endText(played, page));
  return 0;
};
