// The memory of a watch that stands by as long as a session, once it has looked and told of somebody.

import { readFileSync } from "node:fs";
import { PROGRAM } from "../support/cli.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, peakOf, timeOf } from "./spawn.ts";

export const watchMemory: Figure = {
  name: "watch-memory",
  unit: "empty binary",
  measures: "MB",
  bound: { megabytes: 40 },
  rounds: 3,
  async prepare(place, stack) {
    const { path: cwd } = await makeRepo(place);
    const own = stack.use(sleeper());
    const register = (pid: number) => {
      timeOf(pccCommand(place, ["register", "--pid", String(pid), "--no-worktree"], cwd));
    };
    register(own.pid);
    return {
      async ours() {
        const child = Bun.spawn([PROGRAM, "watch", "sessions", "--here", "--interval", "1"], {
          ...{ cwd, env: place.env({ extra: { CLAUDE_PID: String(own.pid) } }) },
          ...{ stdin: "ignore", stdout: "pipe", stderr: "inherit" },
        });
        await using guest = sleeper();
        register(guest.pid);
        await child.stdout.getReader().read();
        const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
        child.kill();
        await child.exited;
        return peak;
      },
      unit: () => peakOf(emptyCommand(pccCommand(place, [], cwd))),
    };
  },
};
