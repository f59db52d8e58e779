// Which run is meant: by its id, the beginning of it, its name, or the provider's id; the newest where several have a name.

import { Failure, usage } from "../../core/failure.ts";
import { counted, printable } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { Run } from "./run.ts";
import { allRuns, runsNamed } from "./store.ts";

/** Without a name: the one that is under way, else the newest. Errors: `sandbox.unknown`, `usage.ambiguous`. */
export function runMeant(db: Db, named: string | undefined): Run {
  if (named === undefined)
    return newest(allRuns(db).filter(({ request, step }) => !request.isDryRun || step !== "ended"));
  const found = runsNamed(db, named);
  const exact = found.find(({ id, instance_id: instance }) => id === named || instance === named);
  const byName = found.filter(({ name }) => name === named);
  const [only = byName[0], ...more] = byName.length > 0 ? byName : found;
  if (exact !== undefined) return exact;
  if (only === undefined) throw unknown(named);
  if (byName.length === 0 && more.length > 0) {
    const ids = [only, ...more].slice(0, 5).map(({ id }) => id.slice(0, 8));
    throw usage("ambiguous", `"${printable(named)}" begins the ids of several runs: ${ids.join(", ")}.`);
  }
  return byName.find(({ step }) => step !== "ended") ?? only;
}

function newest(runs: readonly Run[]): Run {
  const open = runs.filter(({ step }) => step !== "ended");
  if (open.length > 1) {
    const ids = open.map(({ id, name }) => `${id.slice(0, 8)}${name === null ? "" : ` (${printable(name)})`}`);
    throw usage("ambiguous", `${counted(open.length, "run")} are under way: ${ids.join(", ")}.`, "Name one.");
  }
  const found = open[0] ?? runs[0];
  if (found !== undefined) return found;
  throw new Failure({
    code: "sandbox.unknown",
    message: "Nothing has run in a sandbox yet.",
    hint: "See parallel-cc sandbox run --help.",
  });
}

function unknown(named: string): Failure {
  return new Failure({
    code: "sandbox.unknown",
    message: `There is no sandbox run "${printable(named)}".`,
    hint: "See which there are with parallel-cc sandbox list.",
  });
}
