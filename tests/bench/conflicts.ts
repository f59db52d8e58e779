// 362 real merges tried out together, each as git makes it; beside git's own merge-tree of the same, which writes what
// they make into the repository.

import { mergePairs } from "../../src/git/merge-tree.ts";
import { corpusRepository } from "../support/corpus.ts";
import { testWorld } from "../support/world.ts";
import type { Figure } from "./figure.ts";
import { timeOf } from "./spawn.ts";

export const conflictsCorpus: Figure = {
  name: "conflicts-corpus-362",
  unit: "git merge-tree of the same",
  measures: "ms",
  bound: { ratio: 1.8 },
  rounds: 12,
  async prepare(place, stack) {
    const { path, merges } = await corpusRepository(place);
    const world = stack.use(testWorld(place, { cwd: path }));
    const input = merges.map(({ ours, theirs }) => `${ours} ${theirs}\n`).join("");
    const command = ["git", "merge-tree", "--write-tree", "--stdin", "-z"];
    return {
      async ours() {
        const start = performance.now();
        await mergePairs(
          world.git(path),
          merges.map(({ ours, theirs }) => ({ ours, theirs })),
          {
            objects: { gitDir: path },
          },
        );
        return performance.now() - start;
      },
      unit: () => timeOf({ command, cwd: path, env: place.env(), input }),
    };
  },
};
