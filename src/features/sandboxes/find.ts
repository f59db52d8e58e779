// Which run is meant: by its id, the beginning of it, its name, or the provider's id; the newest where several have a
// name, of the repository that one stands in.

import { asFailure, Failure, usage } from "../../core/failure.ts";
import { counted, printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { locateHealed } from "../sessions/sessions.ts";
import type { Run } from "./run.ts";
import { allRuns, runsNamed } from "./store.ts";

/**
 * Of the repository that one stands in: only its runs without a name, and before those of others with one. Errors:
 * `sandbox.unknown`, `usage.ambiguous`.
 */
export async function runAsked(world: World, named: string | undefined): Promise<Run> {
  const db = await world.db();
  // An id, or the beginning of one, is of one run wherever one stands.
  const isName = named === undefined || runsNamed(db, named).some(({ name }) => name === named);
  return runMeant(db, named, isName ? await repositoryHere(world) : undefined);
}

/** Its git directory's id; undefined outside of all. */
async function repositoryHere(world: World): Promise<string | undefined> {
  try {
    return (await locateHealed(world, world.git(world.cwd))).gitDirId;
  } catch (thrown) {
    const { kind } = asFailure(thrown);
    if (kind === "internal" || kind === "cancelled") throw thrown;
    return undefined;
  }
}

/** Without a name: the one that is under way, else the newest. Errors: `sandbox.unknown`, `usage.ambiguous`. */
function runMeant(db: Db, named: string | undefined, here?: string): Run {
  if (named === undefined) {
    const all = allRuns(db).filter(({ request, step }) => !request.isDryRun || step !== "ended");
    const ours = here === undefined ? all : all.filter(({ git_dir_id: id }) => id === here);
    if (ours.length === 0 && all.length > 0) throw noneHere();
    return newest(ours);
  }
  const found = runsNamed(db, named);
  const exact = found.find(({ id, instance_id: instance }) => id === named || instance === named);
  const everywhere = found.filter(({ name }) => name === named);
  const ofHere = everywhere.filter(({ git_dir_id: id }) => id === here);
  const byName = ofHere.length > 0 ? ofHere : everywhere;
  const [only = byName[0], ...more] = byName.length > 0 ? byName : found;
  if (exact !== undefined) return exact;
  if (only === undefined) throw unknown(named);
  if (byName.length === 0 && more.length > 0) {
    const ids = [only, ...more].slice(0, 5).map(({ id }) => id.slice(0, 8));
    throw usage(
      "ambiguous",
      `"${printable(named)}" begins the ids of several runs: ${ids.join(", ")}.`,
      "Give more of it.",
    );
  }
  const open = byName.filter(({ step }) => step !== "ended");
  return open.length === 0 ? only : newest(open);
}

function newest(runs: readonly Run[]): Run {
  const open = runs.filter(({ step }) => step !== "ended");
  if (open.length > 1) {
    const ids = open.map(({ id, name }) => `${id.slice(0, 8)}${name === null ? "" : ` (${printable(name)})`}`);
    throw usage("ambiguous", `${counted(open.length, "run")} are under way: ${ids.join(", ")}.`, "Name one by its id.");
  }
  const found = open[0] ?? runs[0];
  if (found !== undefined) return found;
  throw new Failure({
    code: "sandbox.unknown",
    message: "Nothing has run in a sandbox yet.",
    hint: "See parallel-cc sandbox run --help.",
  });
}

function noneHere(): Failure {
  return new Failure({
    code: "sandbox.unknown",
    message: "Nothing of this repository has run in a sandbox yet.",
    hint: "To mean a run of another one, name it; see which there are with parallel-cc sandbox list.",
  });
}

function unknown(named: string): Failure {
  return new Failure({
    code: "sandbox.unknown",
    message: `There is no sandbox run "${printable(named)}".`,
    hint: "See which there are with parallel-cc sandbox list.",
  });
}
