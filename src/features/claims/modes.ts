// The three ways to claim, and which of two sessions may have at the same time. Pure.

/** Weakest first. */
export const MODES = ["INTENT", "SHARED", "EXCLUSIVE"] as const;
export type Mode = (typeof MODES)[number];

/** Whether one session may have the one while another has the other: EXCLUSIVE is for one alone. */
export function areCompatible(one: Mode, other: Mode): boolean {
  return one !== "EXCLUSIVE" && other !== "EXCLUSIVE";
}

export function isStronger(one: Mode, other: Mode): boolean {
  return MODES.indexOf(one) > MODES.indexOf(other);
}
