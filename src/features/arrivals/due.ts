// Who is at work sees to it that merges are seen: a process of its own looks for them, at most once a minute for a
// repository, whoever and however many ask. Hooks come here, so it loads next to nothing.

import { asFailure } from "../../core/failure.ts";
import { type Db, utcText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { isPollDue, takePoll } from "./store.ts";

/** Whether it was started. One indexed read when it is not due; never throws for what the database cannot do just now. */
export function startPollIfDue(
  world: Pick<World, "now" | "startInBackground" | "log">,
  db: Db,
  { git_dir: gitDir, repo_path: path }: Pick<KnownSession, "git_dir" | "repo_path">,
): boolean {
  if (gitDir === null) return false;
  try {
    if (!isPollDue(db, gitDir, utcText(world.now()))) return false;
    if (!db.write((now) => takePoll(db, gitDir, now))) return false;
    world.startInBackground(["watch", "merges", "--once", "--unattended", "--repo", path]);
    return true;
  } catch (thrown) {
    const { kind, code } = asFailure(thrown);
    if (kind === "internal") throw thrown;
    // The next one who asks will.
    world.log("info", "merges.not-started", { code });
    return false;
  }
}
