// The MCP server, on a pair of streams: the only importer of its SDK. Whatever comes in is answered or passed over; it
// ends when the client closes its stream or stops reading, or at a signal.

import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Failure } from "../core/failure.ts";
import { v } from "../core/shape.ts";
import { type Db, openDb } from "../db/db.ts";
import type { World } from "../world.ts";
import instructions from "./instructions.md" with { type: "text" };
import { lineReader } from "./lines.ts";
import { type Called, callTool, listTools } from "./tools.ts";

/** More than any message of a client: an argument is a path, a name or a list of them. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Each may run several gits. */
const MOST_CALLS = 8;
/** As many wait before no more is read. */
const MOST_WAITING = 64;
/** SQLite waits in one go, and nothing else is answered meanwhile. */
const LOCK_PATIENCE_MS = 2000;
/** What is stopped may clear up; a client kills soon after its signal. */
const END_PATIENCE_MS = 1000;
const MOST_LOGGED = 500;

export interface Served {
  /** Calls of tools that were answered. */
  calls: number;
}

/** For forms that a server has its client fill in, and we have none. Without it the SDK makes an ajv at its start (1.32: 1.2 ms). */
const NEVER_ASKED = {
  getValidator: () => {
    throw new Error("nothing that an elicitation answers is validated here");
  },
};

/** Serves until the client goes away. At a signal it throws what the signal is told by. */
export async function serve(world: World): Promise<Served> {
  const streams = world.streams();
  const signal = world.signal();
  const desk = makeDesk();
  const lookout = makeLookout();
  const gone = Promise.withResolvers<void>();
  let calls = 0;
  let written: Promise<void> = Promise.resolve();
  const send = (message: object): Promise<void> => {
    written = written.then(async () => {
      if ((await streams.write(`${JSON.stringify(message)}\n`)) === "closed") gone.resolve();
    });
    return written;
  };
  const server = new Server(
    { name: "parallel-cc", version: world.version },
    { capabilities: { tools: {} }, instructions: instructions.trim(), jsonSchemaValidator: NEVER_ASKED },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => desk.serve(async () => ({ tools: await listTools() })));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) =>
    desk.serve(async () => {
      const call = { name: params.name, given: params.arguments ?? {} };
      const called = await callOnce(world, { cancelled: extra.signal, call, after: lookout });
      calls++;
      return { ...called };
    }),
  );
  server.onerror = (error) => world.log("debug", "mcp.passed-over", { error: error.message.slice(0, MOST_LOGGED) });
  const transport: Transport = { start: async () => {}, close: async () => {}, send };
  await server.connect(transport);
  const receive = (message: JSONRPCMessage): void => transport.onmessage?.(message);
  const readAll = async (): Promise<void> => {
    const reader = lineReader({
      mostBytes: MOST_BYTES,
      onLine: (line) => take(line, { receive, send }),
      onTooLong: () => send(refusal(undefined, ErrorCode.InvalidRequest, `A message has at most ${MOST_BYTES} bytes.`)),
    });
    for await (const bytes of streams.input) {
      reader.push(bytes);
      // Who asks faster than is answered, or does not read the answers, waits.
      await desk.hasRoom();
      await written;
    }
    reader.end();
    // What was asked for begins within this turn.
    await world.sleep(0);
    await desk.isIdle();
    await world.sleep(0);
    await written;
  };
  await Promise.race([readAll(), gone.promise, aborted(signal)]);
  await server.close();
  // Calls that hear of the end may clear up.
  await Promise.race([desk.isIdle(), world.sleep(END_PATIENCE_MS)]);
  if (signal.aborted) throw signal.reason;
  return { calls };
}

/** One line of the client's. */
function take(
  line: string,
  { receive, send }: { receive(message: JSONRPCMessage): void; send(message: object): Promise<void> },
): void {
  if (line.trim() === "") return;
  const parsed = parsedJson(line);
  if (parsed === undefined) {
    void send(refusal(undefined, ErrorCode.ParseError, "This is not JSON."));
    return;
  }
  const message = JSONRPCMessageSchema.safeParse(parsed.value);
  if (message.success) {
    receive(message.data);
    return;
  }
  const shape = v.safeParse(ANY_MESSAGE, parsed.value);
  // Two programs that refuse each other's refusals would never end.
  if (shape.success && ("result" in shape.output || "error" in shape.output)) return;
  const id = v.safeParse(IDENTIFIED, parsed.value);
  const why = "This is no message of JSON-RPC 2.0.";
  void send(refusal(id.success ? id.output.id : undefined, ErrorCode.InvalidRequest, why));
}

const ANY_MESSAGE = v.looseObject({});
const IDENTIFIED = v.looseObject({ id: v.union([v.string(), v.pipe(v.number(), v.safeInteger())]) });

function parsedJson(line: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) };
  } catch {
    return undefined;
  }
}

/** Without an id where the message had none that could be read, as MCP's schema has it. */
function refusal(id: string | number | undefined, code: number, message: string) {
  return { jsonrpc: "2.0", ...(id === undefined ? {} : { id }), error: { code, message } };
}

interface Call {
  cancelled: AbortSignal;
  call: Parameters<typeof callTool>[1];
  /** What is done with the database that the call has opened. */
  after(world: World, db: Db): Promise<void>;
}

/**
 * A call in a world of its own: its database is opened for it, since in the days that a server runs the file may be
 * brought up to date by a newer release, replaced or locked; and it stops when the client cancels it.
 */
async function callOnce(world: World, { cancelled, call, after }: Call): Promise<Called> {
  let db: Promise<Db> | undefined;
  const signal = AbortSignal.any([world.signal(), withReason(cancelled)]);
  const own: World = {
    ...world,
    signal: () => signal,
    db: () => {
      db ??= openDb({ file: world.paths.database, clock: world.now, busyTimeoutMs: LOCK_PATIENCE_MS });
      return db;
    },
  };
  try {
    return await callTool(own, call);
  } finally {
    const opened = await db?.catch(() => undefined);
    if (opened !== undefined && !signal.aborted) await after(own, opened);
    opened?.close();
  }
}

const LOOKOUT_MS = 30_000;

/** For a client without our hooks: has the repository looked at for merges when that is due. */
function makeLookout(): Call["after"] {
  let next = Number.NEGATIVE_INFINITY;
  return async (world, db) => {
    const now = world.now().getTime();
    if (now < next) return;
    next = now + LOOKOUT_MS;
    const [{ startPollIfDue }, { sessionOfClaude }] = await Promise.all([
      import("../features/arrivals/arrivals.ts"),
      import("../features/roster/roster.ts"),
    ]);
    try {
      const own = sessionOfClaude(world, db);
      if (own !== undefined) startPollIfDue(world, db, own);
    } catch (thrown) {
      // The call has been answered.
      world.log("info", "mcp.no-lookout", { error: String(thrown) });
    }
  };
}

/** The same signal, aborted by a failure: what listens throws its reason. */
function withReason(cancelled: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const failure = new Failure({
    kind: "cancelled",
    code: "cancelled.client",
    message: "The client cancelled the call.",
  });
  cancelled.addEventListener("abort", () => controller.abort(failure), { once: true });
  return controller.signal;
}

/** So many works at once; the others wait in their order. */
function makeDesk() {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  let changed = Promise.withResolvers<void>();
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await changed.promise;
  };
  return {
    async serve<T>(work: () => Promise<T>): Promise<T> {
      if (atWork >= MOST_CALLS) await new Promise<void>((turn) => waiting.push(turn));
      else atWork++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) atWork--;
        else next();
        changed.resolve();
        changed = Promise.withResolvers();
      }
    },
    hasRoom: () => until(() => waiting.length < MOST_WAITING),
    isIdle: () => until(() => atWork === 0),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}
