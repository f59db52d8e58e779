// Broken, odd and hostile messages by the thousand: each is answered or passed over, in bounded time and memory.
// FUZZ_MESSAGES sets how many, FUZZ_SEED which.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { greetedServer, type Server } from "../support/mcp.ts";
import { makePlace } from "../support/place.ts";
import { makeRandom, ODD_CHARACTERS, type Random } from "../support/random.ts";

const MESSAGES = Number(process.env["FUZZ_MESSAGES"] ?? 20_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** What is said before the answers are waited for. */
const BATCH = 500;
const MOST_MEGABYTES = 160;
/** Some 20 times what they take. */
const DEADLINE_MS = 20_000 + 2 * MESSAGES;

const METHODS = [
  ...["tools/call", "tools/list", "initialize", "ping", "server/discover", "resources/list", "prompts/get"],
  ...["logging/setLevel", "completion/complete", "tasks/get", "notifications/cancelled", "notifications/progress"],
  ...["notifications/initialized", "", "__proto__", "constructor", "tools/call\u0000"],
];
const KEYS = [
  ...["jsonrpc", "id", "method", "params", "name", "arguments", "repo_path", "_meta", "progressToken", "result"],
  ...["error", "code", "message", "task", "cursor", "requestId", "protocolVersion", "capabilities", "clientInfo"],
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "toJSON",
    "then",
    "length",
    "",
    "io.modelcontextprotocol/related-task",
  ],
];
const NAMES = ["get_my_session", "getMySession", "no_such_tool", "__proto__", "hasOwnProperty", "\u001b[2J", ""];
const ODD_NUMBERS = ["0", "-1", "1e999", "9007199254740993", "-0", "1.5", "NaN", "1e-400"];

function from<Value>(random: Random, values: readonly Value[]): Value {
  const [first, ...rest] = values;
  if (first === undefined) throw new Error("nothing to pick from");
  return random.pick([first, ...rest]);
}

function text(random: Random): string {
  if (random.int(0, 199) === 0) return from(random, ODD_CHARACTERS).repeat(random.int(0, 20_000));
  return Array.from({ length: random.int(0, 9) }, () => from(random, [...ODD_CHARACTERS, "\u0000", "\ud800"])).join("");
}

/** JSON, as text: some of what can stand in a message cannot stand in a value. */
function json(random: Random, depth = 0): string {
  const kind = random.int(0, depth > 4 ? 5 : 8);
  if (kind === 0) return "null";
  if (kind === 1) return random.bool() ? "true" : "false";
  if (kind === 2) return from(random, ODD_NUMBERS);
  if (kind === 3) return String(random.int(-5, 5));
  if (kind <= 5) return JSON.stringify(random.bool() ? text(random) : from(random, [...NAMES, ...METHODS]));
  const length = random.int(0, 4);
  if (kind === 6) return `[${Array.from({ length }, () => json(random, depth + 1)).join(",")}]`;
  const entries = Array.from({ length }, () => `${JSON.stringify(from(random, KEYS))}:${json(random, depth + 1)}`);
  return `{${entries.join(",")}}`;
}

/** Near enough to a message to get far. */
function nearly(random: Random): string {
  const parts = [`"jsonrpc":${random.int(0, 19) === 0 ? json(random) : '"2.0"'}`];
  if (random.int(0, 3) > 0) parts.push(`"id":${random.int(0, 3) === 0 ? json(random) : random.int(0, 1e6)}`);
  if (random.int(0, 9) > 0) parts.push(`"method":${JSON.stringify(from(random, METHODS))}`);
  const call = `{"name":${JSON.stringify(from(random, NAMES))},"arguments":${random.int(0, 3) === 0 ? "{}" : json(random)}}`;
  if (random.int(0, 4) > 0) parts.push(`"params":${random.bool() ? call : json(random)}`);
  if (random.int(0, 19) === 0) parts.push(`${JSON.stringify(from(random, KEYS))}:${json(random)}`);
  return `{${parts.join(",")}}`;
}

function mutated(random: Random, line: string): string {
  const at = random.int(0, line.length);
  const [before, after] = [line.slice(0, at), line.slice(at)];
  return from(random, [
    () => before,
    () => before + from(random, ODD_CHARACTERS) + after,
    () => before + after.slice(1),
    () => before + line + after,
    () => `[${line},${line}]`,
    () => "[".repeat(random.int(1, 3000)) + line,
    () => `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`,
  ])().replaceAll("\n", " ");
}

function message(random: Random): string {
  const line = random.int(0, 9) === 0 ? json(random) : nearly(random);
  return random.int(0, 4) === 0 ? mutated(random, line) : line;
}

/** Says a batch and reads until an answer shows that all of it was read. */
async function sayAndSettle(server: Server, lines: readonly string[], number: number): Promise<number> {
  const id = `settled-${number}`;
  const said = server.say(...lines, JSON.stringify({ jsonrpc: "2.0", id, method: "ping" }));
  for (let answers = 0; ; answers++) {
    const answer = await server.next();
    if (answer === undefined) throw new Error(`the server ended: ${JSON.stringify(await server.exited)}`);
    if (answer.id === id) return said.then(() => answers);
  }
}

function peakMegabytes({ pid }: Server): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

test(
  `${MESSAGES} messages (seed ${SEED}) are answered or passed over`,
  async () => {
    await using place = await makePlace();
    await using server = await greetedServer(place);
    const random = makeRandom(SEED);
    let answers = 0;
    for (let said = 0; said < MESSAGES; said += BATCH) {
      const lines = Array.from({ length: BATCH }, () => message(random));
      answers += await sayAndSettle(server, lines, said);
    }
    expect(answers).toBeGreaterThan(MESSAGES / 4);
    if (process.platform === "linux") expect(peakMegabytes(server)).toBeLessThan(MOST_MEGABYTES);
    expect((await server.call("get_my_session")).structuredContent).toMatchObject({ sessionId: null });
    await server.closeInput();
    expect(await server.exited).toMatchObject({ exit: 0, signal: null });
  },
  DEADLINE_MS,
);

test(
  `${MESSAGES / 10} lines of random bytes (seed ${SEED}) are answered or passed over`,
  async () => {
    await using place = await makePlace();
    await using server = await greetedServer(place);
    const random = makeRandom(SEED);
    for (let said = 0; said < MESSAGES / 10; said += BATCH) {
      for (let line = 0; line < BATCH; line++) {
        await server.sayBytes(Uint8Array.from({ length: random.int(0, 200) }, () => random.int(0, 255)));
      }
      await server.say("");
      await sayAndSettle(server, [], said);
    }
    await server.closeInput();
    expect(await server.exited).toMatchObject({ exit: 0, signal: null });
  },
  DEADLINE_MS,
);
