// The guard of commits in the repository that doctor is asked in, where it was ever put in: tools that write a hook anew
// take it away, and nobody is told by a commit that goes through.

import { counted, printable } from "../../core/text.ts";
import { guardStanding } from "../install/install.ts";
import type { Check } from "./check.ts";
import type { Scene } from "./scene.ts";

const name = "guard";
const hint = "Put it in: parallel-cc install --guard";

export async function checkGuard({ world, repository }: Scene): Promise<Check[]> {
  const located = await repository();
  if (located.kind !== "found") return [];
  const guard = await guardStanding(world, located.repository.here.top);
  const hook = printable(guard.hookPath ?? "");
  if (guard.isGone) {
    return [{ name, status: "warn", detail: `${hook} does not have the guard any more: it was put in before.`, hint }];
  }
  if (!guard.installed) return [];
  if (guard.missingIn.length > 0) {
    const where = counted(guard.missingIn.length, "other checkout");
    return [{ name, status: "warn", detail: `in ${hook}, and not in the hooks of ${where}.`, hint }];
  }
  if (!guard.upToDate) {
    return [
      { name, status: "warn", detail: `in ${hook}, where it calls another parallel-cc than is installed.`, hint },
    ];
  }
  return [{ name, status: "ok", detail: `in ${hook}` }];
}
