// The look at what may be removed, of whatever kind it is. What cannot be looked at stays.

import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { BUSY, type Effects, type Examined, examine, type Known, type Subject } from "./examine.ts";
import { examineBranch, examineRegistration } from "./leftovers.ts";
import { adminDirOf, type TreePlace } from "./place.ts";
import type { RemovalKind } from "./rescue.ts";
import { isUnderWay } from "./store.ts";

export function placeOf({ gitDir, adminName, row }: Subject): TreePlace {
  return { gitDir, top: row.path, adminDir: adminDirOf(gitDir, adminName) };
}

export async function look(
  world: Effects & Pick<World, "now">,
  { kind, subject }: { kind: RemovalKind; subject: Subject },
  known: Known = {},
): Promise<Examined> {
  const { row, gitDir } = subject;
  const isBusy = async () => isUnderWay(await world.db(), { gitDir, path: row.path, branch: row.branch });
  const wasBusy = await isBusy();
  const found = await lookAt(world, { kind, subject }, known);
  // Half of it may have been looked at before the other one began, and half since.
  const isSeen = wasBusy || found.keeps.some(({ reason }) => reason === "busy");
  if (found.keeps.length === 0 || !(isSeen || (await isBusy()))) return found;
  return { ...found, keeps: [BUSY, ...found.keeps.filter(({ reason }) => reason === "live-session")] };
}

async function lookAt(
  world: Effects & Pick<World, "now">,
  { kind, subject }: { kind: RemovalKind; subject: Subject },
  known: Known,
): Promise<Examined> {
  const place = placeOf(subject);
  try {
    if (kind === "branch") return await examineBranch(world, subject, known);
    if (kind === "registration") return await examineRegistration(world, subject, place, known);
    return await examine(world, subject, place, known);
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind === "cancelled") throw thrown;
    const keeps = [{ reason: "unreadable" as const, detail: `it cannot be judged: ${printable(failure.message)}` }];
    return { standing: undefined, branchTip: null, landings: [], keeps, proofs: [], isUnused: false, repositories: [] };
  }
}
