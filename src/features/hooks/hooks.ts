// The room's door: what Claude Code's hooks call.

export { eventsKnownTo, HOOK_EVENTS, type HookEvent, hookWords } from "./events.ts";
