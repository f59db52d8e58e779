// The lines of `--output-format stream-json` (2.0.77 to 2.1.328), as far as something is made of them. Whatever else
// stands there, and whatever is not as it should be, is no event: a sandbox may print what it likes.

import { NUMBER, TEXT, v, YES_OR_NO } from "../../core/shape.ts";

const COUNT = v.fallback(v.pipe(NUMBER, v.finite(), v.minValue(0)), 0);
const MAYBE = v.fallback(v.optional(TEXT), undefined);
const STATUS = v.fallback(v.nullish(NUMBER), undefined);

const USAGE = v.fallback(
  v.object({
    input_tokens: COUNT,
    output_tokens: COUNT,
    cache_read_input_tokens: COUNT,
    cache_creation_input_tokens: COUNT,
  }),
  { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
);
export type Usage = v.InferOutput<typeof USAGE>;

const INPUT = v.record(TEXT, v.unknown());
const BLOCK = v.variant("type", [
  v.object({ type: v.literal("text"), text: TEXT }),
  v.object({ type: v.literal("tool_use"), id: MAYBE, name: TEXT, input: v.fallback(INPUT, {}) }),
  v.object({
    type: v.literal("tool_result"),
    tool_use_id: MAYBE,
    is_error: v.fallback(v.optional(YES_OR_NO, false), false),
    content: v.fallback(v.optional(v.union([TEXT, v.array(v.unknown())]), ""), ""),
  }),
]);
export type Block = v.InferOutput<typeof BLOCK>;

const OTHER = v.pipe(
  v.unknown(),
  v.transform(() => undefined),
);
const BLOCKS = v.pipe(
  v.union([TEXT, v.array(v.union([BLOCK, OTHER]))]),
  v.transform((content): Block[] =>
    typeof content === "string"
      ? [{ type: "text", text: content }]
      : content.flatMap((one) => (one === undefined ? [] : [one])),
  ),
);

const EVENT = v.variant("type", [
  v.object({
    type: v.literal("system"),
    subtype: MAYBE,
    session_id: MAYBE,
    model: MAYBE,
    cwd: MAYBE,
    /** Of `api_retry`. */
    error_status: STATUS,
    error: MAYBE,
  }),
  v.object({
    type: v.literal("assistant"),
    /** Set in what an agent of claude's own says. */
    parent_tool_use_id: v.fallback(v.nullish(TEXT), undefined),
    error: MAYBE,
    message: v.object({ id: MAYBE, model: MAYBE, content: BLOCKS, usage: USAGE }),
  }),
  v.object({
    type: v.literal("user"),
    parent_tool_use_id: v.fallback(v.nullish(TEXT), undefined),
    message: v.object({ content: BLOCKS }),
  }),
  v.object({
    type: v.literal("result"),
    subtype: MAYBE,
    is_error: v.fallback(v.optional(YES_OR_NO, false), false),
    num_turns: COUNT,
    result: MAYBE,
    errors: v.fallback(v.optional(v.array(TEXT), []), []),
    total_cost_usd: v.fallback(v.optional(v.pipe(NUMBER, v.finite(), v.minValue(0))), undefined),
    usage: USAGE,
    terminal_reason: MAYBE,
    api_error_status: STATUS,
    permission_denials: v.fallback(v.array(v.object({ tool_name: TEXT })), []),
  }),
]);
export type ClaudeEvent = v.InferOutput<typeof EVENT>;

/** Undefined for whatever is none. */
export function eventOf(line: string): ClaudeEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed = v.safeParse(EVENT, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
