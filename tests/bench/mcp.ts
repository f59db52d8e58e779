// The MCP server: what a client waits for before it knows the tools, what a question costs it then, and the memory that
// stands by as long as a session.

import { readFileSync } from "node:fs";
import { greetedServer, INITIALIZE, startServer } from "../support/mcp.ts";
import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, peakOf, timeOf } from "./spawn.ts";

export const mcpList: Figure = {
  name: "mcp-list",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 12 },
  rounds: 40,
  async prepare(place, stack, clock) {
    const cwd = await repositoryAtWork(place, stack);
    const unit = emptyCommand(pccCommand(place, [], cwd));
    return {
      async ours() {
        const began = performance.now();
        await using server = startServer(place, { cwd });
        await server.ask("initialize", INITIALIZE);
        await server.request({ method: "notifications/initialized" });
        await server.ask("tools/list");
        return performance.now() - began;
      },
      unit: () => clock(unit),
    };
  },
};

/** Of the slowest tool that reads: it asks git. */
export const mcpRead: Figure = {
  name: "mcp-read",
  unit: "empty binary",
  measures: "ms",
  bound: { ms: 5 },
  rounds: 100,
  async prepare(place, stack, clock) {
    const cwd = await repositoryAtWork(place, stack);
    const server = stack.use(await greetedServer(place, { cwd }));
    const unit = emptyCommand(pccCommand(place, [], cwd));
    return {
      async ours() {
        const began = performance.now();
        await server.call("get_parallel_status");
        return performance.now() - began;
      },
      unit: () => clock(unit),
    };
  },
};

export const mcpMemory: Figure = {
  name: "mcp-memory",
  unit: "empty binary",
  measures: "MB",
  bound: { megabytes: 60 },
  rounds: 3,
  async prepare(place, stack) {
    const cwd = await repositoryAtWork(place, stack);
    return {
      async ours() {
        await using server = await greetedServer(place, { cwd });
        await server.ask("tools/list");
        for (let call = 0; call < 500; call++) await server.call("get_parallel_status");
        return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024;
      },
      unit: () => peakOf(emptyCommand(pccCommand(place, [], cwd))),
    };
  },
};

async function repositoryAtWork(place: Place, stack: AsyncDisposableStack): Promise<string> {
  const { path } = await makeRepo(place);
  timeOf(pccCommand(place, ["register", "--pid", String(stack.use(sleeper()).pid)], path));
  return path;
}
