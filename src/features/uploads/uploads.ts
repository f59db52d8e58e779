// The room's door: what of a project goes into a sandbox, and the way there. What comes home is another room's.

export { objectDirectories } from "./alternates.ts";
export { credentialIn, LONGEST } from "./credential-contents.ts";
export { checkIncludes } from "./includes.ts";
export { type PlanInput, type Planning, planUpload, type Reason, type UploadPlan } from "./plan.ts";
export { type SendOptions, sendUpload } from "./send.ts";
export { SENT } from "./store.ts";
