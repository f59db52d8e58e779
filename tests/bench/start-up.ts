// What every start costs: the least that the program can do.

import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand } from "./spawn.ts";

export const startUp: Figure = {
  name: "version",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 2 },
  rounds: 60,
  async prepare(place, _stack, clock) {
    const ours = pccCommand(place, ["--version"]);
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};
