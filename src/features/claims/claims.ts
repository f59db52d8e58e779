// The room's door: who is at which file. Hooks come here at every edit.

export { claimEdit, meetClaims, type Verdict } from "./edit.ts";
export { claimWritten } from "./written.ts";
