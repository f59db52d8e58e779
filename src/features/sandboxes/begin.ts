// A run begins with its row and its prompt; a process of its own drives it from there. Runs whose driver died get a new one.

import { writeFileSync } from "node:fs";
import { HANDED_ON } from "../../core/handed-on.ts";
import type { World } from "../../world.ts";
import { isDriven } from "./driving.ts";
import { writeNote } from "./notes.ts";
import { makePlace, placeOf } from "./place.ts";
import type { Planned } from "./request.ts";
import type { Run } from "./run.ts";
import { insertRun, openRuns } from "./store.ts";

type Effects = Pick<World, "now" | "db" | "paths" | "newId" | "processes" | "startInBackground">;

/** Answers its id when somebody drives it. */
export async function beginRun(world: Effects, { run, prompt, variables, warnings }: Planned): Promise<string> {
  const db = await world.db();
  const id = world.newId();
  const place = placeOf(world.paths, id);
  makePlace(world.paths, place);
  writeFileSync(place.prompt, prompt, { mode: 0o600 });
  const at = world.now().toISOString();
  for (const text of warnings) writeNote(place.notes, { at, after: 0, kind: "warning", text });
  db.write((now) => insertRun(db, { ...run, id, warnings }, now));
  startDriver(world, id, variables);
  return id;
}

function startDriver(
  world: Pick<World, "startInBackground">,
  id: string,
  variables: Record<string, string> = {},
): void {
  const handed = Object.entries(variables).map(([name, value]) => [`${HANDED_ON}${name}`, value]);
  world.startInBackground(["sandbox", "attach", "--unattended", id], Object.fromEntries(handed));
}

/** Those that have met what only their user can mend stay as they are; see `goOn`. */
export async function healRuns(world: Effects): Promise<void> {
  const db = await world.db();
  for (const run of openRuns(db)) if (!run.facts.isParked || run.wanted !== null) goOn(world, run);
}

/** Nothing when it is driven, or over. `variables`: those that it was asked for with, as far as they are known here. */
export function goOn(
  world: Pick<World, "processes" | "startInBackground">,
  run: Run,
  variables?: Record<string, string>,
): void {
  if (run.step !== "ended" && !isDriven(world, run)) startDriver(world, run.id, variables);
}
