// What the doors may call of the demo.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, orNull, TEXT, v } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { type Demo, playDemo } from "./demo.ts";
import { STORY } from "./story.ts";
import { demoText } from "./text.ts";

const demoOperation = operation({
  name: "demo.play",
  summary: "See three agents share a repository, in a few seconds",
  description:
    "Needs nothing but git and a shell. In a temporary repository, with a registry of its own, three scripted agents " +
    "register, change the same file, crash or end; the work of one lands by squash, and a cleanup tells it from what " +
    "must stay. All of it is real, nothing of yours is touched, and nothing is left.",
  input: () => v.strictObject({ keep: v.optional(flag("Leave the temporary repository, and say where it is")) }),
  output: () =>
    v.strictObject({
      steps: v.array(v.union(STORY.map((part) => part.shape()))),
      keptIn: orNull(v.strictObject({ directory: TEXT, repository: TEXT, dataDirectory: TEXT })),
      next: v.array(TEXT),
    }),
  cli: { path: ["demo"], examples: ["parallel-cc demo", "parallel-cc demo --keep", "parallel-cc demo --json"] },
  run: (world: World, input): Promise<Demo> =>
    playDemo(world, input, { begin: () => undefined, tell: () => undefined }),
  text: (demo, page) => demoText(demo, page),
});

export const operations: readonly AnyOperation<World>[] = [demoOperation];
