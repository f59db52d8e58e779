// What was removed from the repository and can still be brought back, and removals that were cut short.

import { counted, sizeText } from "../../core/text.ts";
import { type Removal, removalsOf } from "../removals/removals.ts";
import type { Check } from "./check.ts";
import type { State } from "./repository.ts";
import type { Scene } from "./scene.ts";

export async function checkTrash({ world, config }: Scene, { db, repository }: State): Promise<Check[]> {
  const name = "trash";
  const removals = removalsOf(db, repository.gitDir);
  const underWay = removals.filter(({ state }) => state === "removing" || state === "restoring");
  const cutShort = underWay.filter((one) => world.processes.probe(identityOf(one)).state === "dead");
  const kept = removals.filter((one) => one.state === "removed" && one.path !== null && one.trash_pruned_at === null);
  const bytes = kept.reduce((sum, one) => sum + (one.size_bytes ?? 0), 0);
  const isMeasured = kept.every(({ size_bytes }) => size_bytes !== null);
  const size = `${isMeasured ? "" : "at least "}${sizeText(bytes)}`;
  const most = await config().then(
    ({ settings }) => settings["cleanup.trashMaxSize"],
    () => undefined,
  );
  const held: Check =
    kept.length === 0
      ? { name, status: "ok", detail: "empty" }
      : {
          ...{ name, status: "ok", detail: `${counted(kept.length, "removed worktree")}, ${size}` },
          hint: "Any of them comes back: parallel-cc undo --list",
        };
  return [
    most !== undefined && bytes > most
      ? { name, status: "warn", detail: `${held.detail}; cleanup.trashMaxSize is ${sizeText(most)}.`, hint: PRUNES }
      : held,
    ...cutShort.map(interrupted),
  ];
}

const PRUNES = "parallel-cc cleanup makes room, the oldest first.";

function interrupted({ state, name: worktree, id }: Removal): Check {
  const what = state === "removing" ? "The removal" : "The undo";
  const detail = `${what} of ${worktree} (${id.slice(0, 8)}) was interrupted.`;
  return { name: "trash", status: "warn", detail, hint: "Put right by: parallel-cc cleanup" };
}

function identityOf(row: Removal) {
  const { start_time: startTime, boot_id: bootId, pid_namespace: pidNamespace, host } = row;
  return { pid: row.pid ?? 0, startTime, bootId, pidNamespace, host };
}
