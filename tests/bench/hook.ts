// A hook with nothing to say: what each use of a tool costs in every session.

import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, type Spawned, timeOf } from "./spawn.ts";

export const hook: Figure = {
  name: "hook-silent",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 4 },
  rounds: 60,
  async prepare(place, stack, clock) {
    const repo = await makeRepo(place);
    const pid = String(stack.use(sleeper()).pid);
    const told = (event: string): Spawned => {
      const { env, ...started } = pccCommand(place, ["hook", event], repo.path);
      const content = { filePath: `${repo.path}/file-0.txt`, content: "a line of a file\n".repeat(200) };
      const input = JSON.stringify({ session_id: "c", cwd: repo.path, tool_name: "Write", tool_response: content });
      return { ...started, env: { ...env, CLAUDE_PID: pid }, input };
    };
    for (const event of ["SessionStart", "PostToolUse"]) timeOf(told(event));
    const ours = told("PostToolUse");
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};
