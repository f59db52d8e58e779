// The command that starts the server.

import { type AnyOperation, operation } from "../core/operation.ts";
import { NUMBER, v } from "../core/shape.ts";
import type { World } from "../world.ts";

const serveOperation = operation({
  name: "mcp.serve",
  summary: "Serve agents over MCP on standard input and output",
  description:
    "Started by a client of the Model Context Protocol, not by people; Claude Code is told of it by `parallel-cc " +
    "install --mcp`. It ends when the client closes its end.",
  input: () => v.strictObject({}),
  output: () => v.strictObject({ calls: NUMBER }),
  cli: { path: ["mcp", "serve"], examples: ["parallel-cc mcp serve"] },
  run: async (world: World) => (await import("./serve.ts")).serve(world),
  // Its standard output is the client's.
  text: () => "",
});

export const operations: readonly AnyOperation<World>[] = [serveOperation];
