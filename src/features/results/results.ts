// The room's door: what comes home out of a sandbox, and how it is looked at, made history of, and delivered.

export { type GatherInput, gather, gatheredBefore } from "./gather.ts";
export type { Gathered } from "./kept.ts";
