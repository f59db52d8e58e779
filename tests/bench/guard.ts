// What the guard adds to each commit where sessions work and none has claimed anything EXCLUSIVE, as mostly.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, timeOf } from "./spawn.ts";

export const guard: Figure = {
  name: "guard",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 5 },
  rounds: 60,
  async prepare(place, stack, clock) {
    const repo = await makeRepo(place);
    for (const name of ["one", "two"]) {
      const { pid } = stack.use(sleeper());
      timeOf(pccCommand(place, ["register", "--pid", String(pid), "--name", name], repo.path));
    }
    writeFileSync(join(repo.path, "file-0.txt"), "changed\n");
    await repo.git("add", "--all");
    const ours = pccCommand(place, ["claims", "check", "--staged"], repo.path);
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};
