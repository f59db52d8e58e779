// The room's door: what a merge would conflict on, who brought it, and what to do about it.

export { explainFiles, type FileCheck } from "./brought.ts";
export { type Checked, type CheckInput, checkConflicts, type TargetCheck } from "./check.ts";
export { fileEntries, fileLines, fileShape } from "./file-text.ts";
