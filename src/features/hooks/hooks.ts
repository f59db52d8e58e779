// The room's door: what Claude Code's hooks call.

export { claudeOf } from "./claude.ts";
export { blockingEvents, eventsKnownTo, HOOK_EVENTS, type HookEvent, hookWords, WORKTREE_EVENTS } from "./events.ts";
export { answerHook, type HookAnswer } from "./hook.ts";
export { isBlocking } from "./in-doubt.ts";
export { statusLine } from "./status-line.ts";
export { noteTrouble } from "./trouble.ts";
