// Claude inside a sandbox: found, started once, followed, stopped; what it prints read into a view, and how that looks.

export { type Auth, type AuthMethod, hostsOf, readAuth, type Secret, secretsOf } from "./auth.ts";
export { endingOf, quietSince, wasKilled } from "./ending.ts";
export { follow } from "./follow.ts";
export { viewOf } from "./kept-view.ts";
export { type Launch, launch } from "./launch.ts";
export { makeLines } from "./lines.ts";
export { durationText, keptView, liveText, type RunFacts } from "./look.ts";
export { makeReadable, type Readable } from "./readable.ts";
export { type ClaudeEnd, hasStarted, type Standing, standing, stopClaude } from "./standing.ts";
export { addLine, newView, type View } from "./view.ts";
