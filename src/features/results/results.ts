// The room's door: what comes home out of a sandbox, and how it is looked at, made history of, and delivered.

export { type Delivered, type DeliverInput, deliver } from "./deliver.ts";
export { type ExamineInput, examine, type Findings } from "./examine.ts";
export { type GatherInput, gather, gatheredBefore } from "./gather.ts";
export type { Gathered } from "./kept.ts";
export { redacted } from "./needles.ts";
export { type Replayed, type ReplayInput, replay } from "./replay.ts";
export { type TakeInput, type Taken, takeTo } from "./take.ts";
