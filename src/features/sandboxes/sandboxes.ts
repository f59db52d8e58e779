// The room's door: tasks run in sandboxes, and what becomes of them.

export { runAnswer } from "./answers.ts";
export { healRuns } from "./begin.ts";
export { type LeftRun, leftRuns } from "./left.ts";
export { attach, kill, runToEnd } from "./view.ts";
