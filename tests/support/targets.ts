// The targets of the build, by name.

import { TARGETS, type Target } from "../../scripts/dev/targets.ts";

export function targetOf(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  return target;
}
