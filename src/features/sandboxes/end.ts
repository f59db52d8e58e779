// The last step: what was lent to the run is given back. Its result is safe here by now, or nobody wants it.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { session } from "../roster/roster.ts";
import { releaseMade } from "../sessions/sessions.ts";
import { uncarryChanges } from "./carried.ts";
import { startRef } from "./carry.ts";
import type { Driving } from "./driving.ts";

export async function end(driving: Driving): Promise<void> {
  const { world, db, place } = driving;
  const sandbox = await driving.sandbox();
  await sandbox?.destroy();
  // The prompt may hold what its user would not leave lying about.
  rmSync(place.prompt, { force: true });
  for (const name of ["carry.index", "start.index"]) rmSync(join(place.directory, name), { force: true });
  const { session_id: sessionId, git_dir: gitDir, id, request, caller_path: caller, worktree_path } = driving.run();
  const isThere = existsSync(gitDir) && worktree_path !== null && existsSync(worktree_path);
  // Who was killed while changes were carried has left an index of objects that go now.
  if (isThere && existsSync(place.carried)) await world.git(worktree_path).attempt(["read-tree", "HEAD"]);
  rmSync(place.carried, { recursive: true, force: true });
  // What came home stands on it.
  if (existsSync(gitDir))
    await world
      .git(gitDir)
      .trusting()
      .attempt(["update-ref", "-d", startRef(id)]);
  if (request.isDryRun && existsSync(gitDir)) {
    const nothing = ["update-ref", "-d", `refs/parallel-cc/sandbox/${id}`];
    await world.git(gitDir).trusting().attempt(nothing);
  }
  // What stands there then are copies, of credentials among others.
  const hasWork = !request.isDryRun && driving.run().started_at !== null;
  if (isThere && request.withChanges && !hasWork && existsSync(caller)) {
    await uncarryChanges(world, { caller, worktree: worktree_path });
  }
  if (sessionId !== null && session(db, sessionId) !== undefined) {
    const { worktreeRemoved } = await releaseMade(world, sessionId);
    if (worktreeRemoved) {
      driving.change({ facts: { isWorktreeGone: true } });
      driving.note("Its worktree went: there was nothing in it.");
    }
  }
  driving.change({ step: "ended", endedAt: world.now().toISOString() });
}
