// What each step of a run gets: the run as its row is now, and what changes it. Who was superseded by another driver finds
// out at the next change, and stops.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { ProcessIdentity } from "../../proc/alive.ts";
import type { World } from "../../world.ts";
import type { Secret } from "../claude-runs/claude-runs.ts";
import { PROVIDERS, type Provider, type ProviderName, providerNamed, type Sandbox } from "../providers/providers.ts";
import { type Note, writeNote } from "./notes.ts";
import { placeOf, type RunPlace } from "./place.ts";
import { type Run, statusOf } from "./run.ts";
import { type Change, changeRun, noteInSession, runOf } from "./store.ts";

export interface Driving {
  world: World;
  db: Db;
  me: ProcessIdentity;
  place: RunPlace;
  /** Values that must not be written anywhere, as far as this process knows them. */
  secrets: readonly Secret[];
  id: string;
  /** As it stands now. */
  run(): Run;
  change(change: Change): void;
  /** To whoever looks on. */
  note(text: string, kind?: Note["kind"]): void;
  provider(): Promise<Provider>;
  /** Undefined: it is not there any more. */
  sandbox(): Promise<Sandbox | undefined>;
}

/** Another process drives the run by now: nothing more is this one's to do. */
export class Superseded extends Error {}

export interface DrivingInput {
  db: Db;
  me: ProcessIdentity;
  id: string;
  secrets: readonly Secret[];
}

export function drivingOf(world: World, { db, me, id, secrets }: DrivingInput): Driving {
  const place = placeOf(world.paths, id);
  const run = () => requireRun(db, id);
  const provider = () => providerNamed(world, nameOfProvider(run().provider));
  return {
    ...{ world, db, me, place, secrets, id, run, provider },
    change: (change) =>
      db.write(() => {
        if (!changeRun(db, { id }, me, change)) throw new Superseded();
        const changed = requireRun(db, id);
        if (changed.session_id === null || changed.step === "ended") return;
        noteInSession(db, changed.session_id, { status: statusOf(changed), instanceId: changed.instance_id });
      }),
    note: (text, kind = "step") => {
      const after = Bun.file(place.log).size;
      writeNote(place.notes, { at: world.now().toISOString(), after, kind, text });
    },
    sandbox: async () => {
      const { instance_id: instance } = run();
      return instance === null ? undefined : (await provider()).open(instance);
    },
  };
}

export function isDriven({ processes }: Pick<World, "processes">, { driver }: Pick<Run, "driver">): boolean {
  return driver !== null && processes.probe(driver).state !== "dead";
}

export function requireRun(db: Db, id: string): Run {
  const found = runOf(db, id);
  if (found !== undefined) return found;
  throw new Failure({ code: "sandbox.unknown", message: `There is no sandbox run ${printable(id)} any more.` });
}

/** A run whose repository is gone waits: what it has done is in its sandbox. Error: `sandbox.repository-gone`. */
export function requireRepository({ git_dir: directory, id }: Pick<Run, "git_dir" | "id">): void {
  if (existsSync(directory)) return;
  throw new Failure({
    code: "sandbox.repository-gone",
    message: `The repository is not at ${printable(directory)} any more.`,
    hint: `Move it back, and go on: parallel-cc sandbox attach ${id.slice(0, 8)}`,
  });
}

export function nameOfProvider(text: string): ProviderName {
  const found = PROVIDERS.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Failure({
    code: "provider.unknown",
    message: `This parallel-cc knows no provider "${printable(text)}".`,
    hint: `It knows ${PROVIDERS.join(", ")}.`,
  });
}

export function minutesLater(date: Date, minutes: number): string {
  return new Date(date.getTime() + minutes * 60_000).toISOString();
}
