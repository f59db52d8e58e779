// Claude inside a sandbox: found, started once, followed, stopped; what it prints read into a view, and how that looks.

export { type Auth, type AuthMethod, hostsOf, readAuth, type Secret, secretsOf } from "./auth.ts";
export { type Ending, endingOf, quietSince } from "./ending.ts";
export { type FollowInput, follow } from "./follow.ts";
export { type KeptView, viewOf } from "./kept-view.ts";
export { type Launch, type Launched, launch } from "./launch.ts";
export { type Lines, makeLines } from "./lines.ts";
export { durationText, liveText, type RunFacts } from "./look.ts";
export { readableLines, stepLine } from "./readable.ts";
export { type ClaudeEnd, lastWords, type Standing, standing, stopClaude } from "./standing.ts";
export { addLine, newView, type Tokens, type View } from "./view.ts";
