// What a hook is told on its standard input, as far as we use it. Anything may come: a field of another form counts as
// not told, and what is no JSON object at all tells nothing.

import { v } from "../../core/shape.ts";

/** A tool's answer comes along, and may be a large file. */
export const MOST_BYTES = 64 * 1024 * 1024;

const WORD = v.fallback(v.optional(v.string()), undefined);

const FLAG = v.fallback(v.optional(v.boolean()), undefined);

const TOLD = v.object({
  session_id: WORD,
  cwd: WORD,
  /** SessionStart: startup, resume, clear, compact. */
  source: WORD,
  /** SessionEnd: clear, prompt_input_exit, other, … */
  reason: WORD,
  tool_name: WORD,
  /** PreToolUse, PostToolUse: as the tool is called. */
  tool_input: v.fallback(v.optional(v.looseObject({ file_path: WORD, notebook_path: WORD, command: WORD })), undefined),
  /** Of a tool that a subagent uses. */
  agent_id: WORD,
  /** Told by clients since 2.1.133: in which prompt's turn it is, and how hard the model thinks. */
  prompt_id: WORD,
  effort: v.fallback(v.optional(v.object({})), undefined),
  /** Stop: a hook has made it go on before. */
  stop_hook_active: FLAG,
  message: WORD,
  notification_type: WORD,
  /** WorktreeCreate. */
  name: WORD,
  /** WorktreeRemove. */
  worktree_path: WORD,
});
export type Told = v.InferOutput<typeof TOLD>;

export function parseTold(text: string | undefined): Told {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "{}");
  } catch {
    found = {};
  }
  const parsed = v.safeParse(TOLD, found);
  return parsed.success ? parsed.output : v.parse(TOLD, {});
}
