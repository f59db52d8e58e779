// What every start costs: the least that the program can do.

import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, timeOf } from "./spawn.ts";

export const startUp: Figure = {
  name: "version",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 2 },
  rounds: 60,
  async prepare(place) {
    const ours = pccCommand(place, ["--version"]);
    return { ours: () => timeOf(ours), unit: () => timeOf(emptyCommand(ours)) };
  },
};
