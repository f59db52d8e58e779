// The room's door: who comes to a repository and who leaves it, and what lands in it, told as it happens.

export { looksForMerges, type MergesTold, mergesText } from "./merges.ts";
export { type Told, toldEvents } from "./operations.ts";
