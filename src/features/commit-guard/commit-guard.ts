// The room's door: the guard of commits, as a few lines in a pre-commit hook that call `claims check --staged`. It is put
// where git looks for that hook, by the rules of whose file it is; what is tracked is never changed.

export { putGuard, takeGuard } from "./hook-file.ts";
export { type HookPlace, hookPlaces } from "./hook-place.ts";
export { BY_HAND, guardLines } from "./hook-text.ts";
export { keepingGuard } from "./keep.ts";
export { asideOf, type GuardState, guardState, writtenAnewAt } from "./state.ts";
