// A scripted model: the Messages API on 127.0.0.1, as far as Claude Code uses it. A rule answers a prompt with its turns,
// one for each request; gates hold a turn back until the test lets it pass, so that sessions meet in a known order.
// It counts no tokens and checks nothing that a client says beyond what it reads of it.

import { v } from "../../../src/core/shape.ts";
import { waitFor } from "../processes.ts";

export type Block = string | { tool: string; input?: object };

export interface Turn {
  /** Texts and calls of tools. What calls none ends the model's turn. */
  blocks: readonly Block[];
  /** The answer waits here. */
  gate?: Gate;
}

export interface Rule {
  /** In what the user typed. */
  prompt: string;
  /** In order; beyond the last the model says "Done." */
  turns: readonly (Turn | Block)[];
}

export interface Gate {
  /** Resolves when a request stands here. */
  reached: Promise<void>;
  open(): void;
  opened: Promise<void>;
  arrive(): void;
}

export function gate(): Gate {
  const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return { reached: reached.promise, opened: opened.promise, arrive: reached.resolve, open: opened.resolve };
}

const TEXT = v.looseObject({ type: v.literal("text"), text: v.string() });
const RESULT = v.looseObject({
  type: v.literal("tool_result"),
  tool_use_id: v.string(),
  content: v.optional(v.union([v.string(), v.array(v.looseObject({ text: v.optional(v.string()) }))])),
  is_error: v.optional(v.boolean()),
});
const CALL = v.looseObject({ type: v.literal("tool_use"), id: v.string(), name: v.string() });
const CONTENT = v.union([v.string(), v.array(v.union([TEXT, RESULT, CALL, v.looseObject({ type: v.string() })]))]);
const REQUEST = v.looseObject({
  model: v.string(),
  stream: v.optional(v.boolean(), false),
  system: v.optional(CONTENT, ""),
  messages: v.array(v.looseObject({ role: v.picklist(["user", "assistant", "system"]), content: CONTENT })),
  tools: v.optional(v.array(v.looseObject({ name: v.string() })), []),
});
type Content = v.InferOutput<typeof CONTENT>;
type Body = v.InferOutput<typeof REQUEST>;

export interface Asked {
  /** Which session of the client's asked. */
  session: string;
  /** Its key or token, as the header has it. */
  login: string;
  /** The prompt of the rule that answered, and which of its turns; undefined for what nobody scripted. */
  prompt: string | undefined;
  turn: number;
  /** All that the model was given to read: the system prompt and every message, in order. */
  text: string;
  /** What the tools of the last turn gave, in the order in which they were done. */
  results: { tool: string; text: string; isError: boolean }[];
  tools: string[];
}

export interface ScriptedModel extends AsyncDisposable {
  url: string;
  /** Every request so far, in order. */
  asked: readonly Asked[];
  /** Requests to anything but the Messages API. */
  strayed: readonly string[];
  /** The request of this turn of the rule, once it has come. */
  request(prompt: string, turn: number): Promise<Asked>;
}

export function startModel(rules: readonly Rule[]): ScriptedModel {
  const asked: Asked[] = [];
  const strayed: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // A request may wait at a gate for as long as its test.
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method !== "POST" || pathname !== "/v1/messages") {
        strayed.push(`${request.method} ${pathname}`);
        return Response.json(failure("not_found_error", `There is no ${pathname} here.`), { status: 404 });
      }
      const parsed = v.safeParse(REQUEST, await request.json());
      if (!parsed.success) {
        strayed.push(`${pathname}: ${v.summarize(parsed.issues)}`);
        return Response.json(failure("invalid_request_error", v.summarize(parsed.issues)), { status: 400 });
      }
      const body = parsed.output;
      const found = pick(rules, body);
      asked.push({
        session: request.headers.get("x-claude-code-session-id") ?? "",
        login: request.headers.get("authorization") ?? request.headers.get("x-api-key") ?? "",
        ...{ prompt: found?.rule.prompt, turn: found?.turn ?? 0 },
        text: [body.system, ...body.messages.map(({ content }) => content)].map(textOf).join("\n"),
        results: newResults(body),
        tools: body.tools.map(({ name }) => name),
      });
      const next = found?.rule.turns[found.turn] ?? "Done.";
      const turn: Turn = typeof next === "object" && "blocks" in next ? next : { blocks: [next] };
      turn.gate?.arrive();
      await turn.gate?.opened;
      const message = answer(turn, body.model);
      return body.stream ? streamed(message) : Response.json(message);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    strayed,
    request: (prompt, turn) =>
      waitFor(() => asked.find((one) => one.prompt === prompt && one.turn === turn), `turn ${turn} of "${prompt}"`),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/**
 * The rule of the newest thing the user typed that any rule answers, and how often the model has answered it already.
 * Nothing is remembered here, so sessions, retries and several prompts of one session do not disturb each other.
 * Requests without tools are the client's own (titles, topics): no rule is meant for them.
 */
function pick(rules: readonly Rule[], { messages, tools }: Body): { rule: Rule; turn: number } | undefined {
  if (tools.length === 0) return undefined;
  let turn = 0;
  for (const { role, content } of messages.toReversed()) {
    if (role === "assistant") turn += 1;
    const rule = role === "user" ? rules.find(({ prompt }) => typed(content).includes(prompt)) : undefined;
    if (rule !== undefined) return { rule, turn };
  }
  return undefined;
}

/** Without what the client puts beside it. */
function typed(content: Content): string {
  const texts = typeof content === "string" ? [content] : content.filter((block) => v.is(TEXT, block)).map(textIn);
  return texts.join("\n").replaceAll(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "");
}

function textOf(content: Content): string {
  return typeof content === "string" ? content : content.map(textIn).join("\n");
}

function textIn(block: unknown): string {
  if (v.is(TEXT, block)) return block.text;
  return v.is(RESULT, block) ? resultText(block) : "";
}

function resultText({ content = "" }: v.InferOutput<typeof RESULT>): string {
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("\n");
}

/** Those that the model has not seen before. */
function newResults({ messages }: Body): Asked["results"] {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  const calls = blocksOf(messages.slice(0, last + 1)).filter((block) => v.is(CALL, block));
  return blocksOf(messages.slice(last + 1))
    .filter((block) => v.is(RESULT, block))
    .map((block) => ({
      tool: calls.find(({ id }) => id === block.tool_use_id)?.name ?? "",
      ...{ text: resultText(block), isError: block.is_error ?? false },
    }));
}

function blocksOf(messages: Body["messages"]) {
  return messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
}

const USAGE = { input_tokens: 1000, output_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

type Answered = ReturnType<typeof answer>;

function answer({ blocks }: Turn, model: string) {
  const content = blocks.map((block) =>
    typeof block === "string"
      ? ({ type: "text", text: block } as const)
      : ({ type: "tool_use", id: `toolu_${newId()}`, name: block.tool, input: block.input ?? {} } as const),
  );
  const reason = content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  return {
    ...{ id: `msg_${newId()}`, type: "message", role: "assistant", model, content },
    ...{ stop_reason: reason, stop_sequence: null, usage: USAGE },
  } as const;
}

function streamed(message: Answered): Response {
  const events: { type: string; [key: string]: unknown }[] = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
  ];
  for (const [index, block] of message.content.entries()) {
    const empty = block.type === "text" ? { ...block, text: "" } : { ...block, input: {} };
    const delta =
      block.type === "text"
        ? { type: "text_delta", text: block.text }
        : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
    events.push({ type: "content_block_start", index, content_block: empty });
    events.push({ type: "content_block_delta", index, delta }, { type: "content_block_stop", index });
  }
  const { stop_reason, stop_sequence, usage } = message;
  events.push({ type: "message_delta", delta: { stop_reason, stop_sequence }, usage }, { type: "message_stop" });
  const lines = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
}

function failure(type: string, message: string) {
  return { type: "error", error: { type, message } };
}

function newId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 20);
}
