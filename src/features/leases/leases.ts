// The room's door: what a session has of the machine for itself while it lives, and how its shell is told. It asks for
// no session by itself; who is over is its caller's to say.

export { leasePorts } from "./allocate.ts";
export type { PortRange } from "./candidates.ts";
export { variablesOf } from "./holder.ts";
export { hasLeases } from "./store.ts";
