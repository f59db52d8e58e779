// Talking to the compiled `mcp serve`: as the SDK's own client does, and line by line where a client would not.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { v } from "../../src/core/shape.ts";
import { type PccInput, PROGRAM, type Ran } from "./cli.ts";
import type { Place } from "./place.ts";

export type ServerInput = Pick<PccInput, "cwd" | "env" | "path">;

const MESSAGE = v.looseObject({
  id: v.optional(v.union([v.string(), v.number()])),
  result: v.optional(v.looseObject({})),
  error: v.optional(v.looseObject({ code: v.number(), message: v.string() })),
});
export type Message = v.InferOutput<typeof MESSAGE>;

const CALLED = v.object({
  content: v.tuple([v.object({ type: v.literal("text"), text: v.string() })]),
  structuredContent: v.optional(v.record(v.string(), v.unknown())),
  isError: v.optional(v.boolean()),
});
export type Called = v.InferOutput<typeof CALLED>;

const ERROR = v.object({
  error: v.strictObject({
    code: v.string(),
    message: v.string(),
    hint: v.nullable(v.string()),
    details: v.record(v.string(), v.unknown()),
  }),
});

export interface Server extends AsyncDisposable {
  pid: number;
  /** Lines, as they are; resolves when the server has taken them. */
  say(...lines: string[]): Promise<void>;
  sayBytes(bytes: Uint8Array): Promise<void>;
  request(message: object): Promise<void>;
  /** The next message of the server's; undefined at its end. */
  next(): Promise<Message | undefined>;
  /** Asks, and gives the answer; others that come before it are lost. */
  ask(method: string, params?: object): Promise<Message>;
  call(name: string, given?: object): Promise<Called>;
  closeInput(): Promise<void>;
  /** Reads no more; what is written to it fails from then on. */
  stopReading(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Its standard output holds what nobody has read. */
  exited: Promise<Ran>;
}

export function startServer(place: Place, input: ServerInput = {}): Server {
  const child = Bun.spawn([PROGRAM, "mcp", "serve"], {
    cwd: input.cwd ?? place.path,
    env: place.env({ path: input.path ?? [], extra: input.env ?? {} }),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let unread = "";
  let asked = 0;
  const sayBytes = async (bytes: Uint8Array): Promise<void> => {
    child.stdin.write(bytes);
    await child.stdin.flush();
  };
  const say = (...lines: string[]): Promise<void> =>
    sayBytes(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
  const next = async (): Promise<Message | undefined> => {
    while (!unread.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      unread += decoder.decode(value, { stream: true });
    }
    const end = unread.indexOf("\n");
    const line = unread.slice(0, end);
    unread = unread.slice(end + 1);
    return v.parse(MESSAGE, JSON.parse(line));
  };
  const ask = async (method: string, params: object = {}): Promise<Message> => {
    const id = `asked-${++asked}`;
    await say(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    for (;;) {
      const message = await next();
      if (message === undefined) throw new Error(`the server ended before it answered ${method}`);
      if (message.id === id) return message;
    }
  };
  const exited = (async (): Promise<Ran> => {
    const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
    const signal = child.signalCode === null ? null : String(child.signalCode);
    return { stdout: unread, stderr, exit: child.exitCode, signal };
  })();
  return {
    pid: child.pid,
    say,
    sayBytes,
    request: (message) => say(JSON.stringify({ jsonrpc: "2.0", ...message })),
    next,
    ask,
    call: async (name, given = {}) => {
      const { result, error } = await ask("tools/call", { name, arguments: given });
      if (error !== undefined) throw new Error(`${name} was refused: ${error.message}`);
      return v.parse(CALLED, result);
    },
    closeInput: async () => {
      await child.stdin.end();
    },
    stopReading: () => reader.cancel(),
    kill: (signal) => child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

export const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "tests", version: "1" },
} as const;

/** A server that has been greeted. */
export async function greetedServer(place: Place, input: ServerInput = {}): Promise<Server> {
  const server = startServer(place, input);
  await server.ask("initialize", INITIALIZE);
  await server.request({ method: "notifications/initialized" });
  return server;
}

/** The failure that a call was answered with, which must come as text alone. */
export function failureIn(called: Called) {
  if (called.isError !== true || called.structuredContent !== undefined) throw new Error(JSON.stringify(called));
  return v.parse(ERROR, JSON.parse(called.content[0].text)).error;
}

/** The SDK's own client, which itself checks each answer by the schema that was listed. */
export async function connectClient(place: Place, input: ServerInput = {}) {
  const client = new Client({ name: "tests", version: "1" });
  const transport = new StdioClientTransport({
    command: PROGRAM,
    args: ["mcp", "serve"],
    cwd: input.cwd ?? place.path,
    env: place.env({ path: input.path ?? [], extra: input.env ?? {} }),
    stderr: "pipe",
  });
  await client.connect(transport);
  return {
    client,
    call: async (name: string, given: Record<string, unknown> = {}): Promise<Called> =>
      v.parse(CALLED, await client.callTool({ name, arguments: given })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
