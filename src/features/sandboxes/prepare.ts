// The first step: a worktree of the run's own, which is a session from now on, so that nobody else is given it and nothing
// removes it.

import { join } from "node:path";
import { commitOf } from "../../git/repository.ts";
import { forgetProcess, type KnownSession, session } from "../roster/roster.ts";
import { register } from "../sessions/sessions.ts";
import { carryChanges } from "./carry.ts";
import type { Driving } from "./driving.ts";
import type { Run } from "./run.ts";
import { hasEnded, markSession } from "./store.ts";

export async function prepare(driving: Driving): Promise<void> {
  const run = driving.run();
  const placed = run.session_id === null ? await place(driving, run) : run;
  const { worktree_path: worktree, base_commit: base } = placed;
  if (worktree === null || base === null) throw new Error(`run ${run.id} has a session and no worktree`);
  if (run.request.withChanges) {
    const own = { index: join(driving.place.directory, "carry.index"), objects: driving.place.carried };
    await carryChanges(driving.world, { caller: run.caller_path, worktree, base, ...own });
    driving.note("Your uncommitted changes are in it.");
  }
  driving.change({ step: "placed" });
}

async function place(driving: Driving, run: Run): Promise<Run> {
  const { world, db } = driving;
  // One that an earlier driver has registered and could not write down any more.
  const earlier = session(db, run.id);
  const made = earlier?.state === "active" ? { session: earlier, warnings: [] } : await registered(driving, run);
  const { id, worktree_path: path, worktree_name: name, fork_commit: fork } = made.session;
  db.write(() => {
    markSession(db, id, { provider: run.provider, title: run.title });
    // It lives by the run, not by whoever drives it.
    for (const { role, pid } of made.session.processes) forgetProcess(db, id, { role, pid });
  });
  const baseCommit = fork ?? run.request.baseCommit;
  driving.change({
    session: { id, path, name },
    baseCommit,
    facts: { warnings: [...run.facts.warnings, ...made.warnings] },
  });
  for (const warning of made.warnings) driving.note(warning, "warning");
  driving.note(`Worktree ${path}, from ${baseCommit.slice(0, 12)}.`);
  world.log("debug", "sandbox.placed", { id: run.id, path });
  return driving.run();
}

async function registered({ world, db }: Driving, run: Run): Promise<{ session: KnownSession; warnings: string[] }> {
  const { base, baseCommit } = run.request;
  const git = world.git(run.caller_path);
  // A branch may have moved since; its name still says where the work is meant to land.
  const isThere = base !== null && (await commitOf(git, base)) === baseCommit;
  return register(world, {
    ...{ repo: run.caller_path, pid: world.pid, apart: "anywhere", base: isThere ? base : baseCommit },
    ...(run.name === null ? {} : { name: run.name }),
    ...(hasEnded(db, run.id) ? {} : { id: run.id }),
  });
}
