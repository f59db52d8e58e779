// `notify.command`: the user's own command gets each merge as one JSON document on its standard input. Nothing of a merge
// stands in its words, so that no branch's name is ever a shell's to read.

import { asFailure } from "../../core/failure.ts";
import { isoText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { Recorded } from "./tell.ts";
import { noteTrouble } from "./trouble.ts";

const TIMEOUT_MS = 30_000;
const MOST_OUTPUT_BYTES = 1024 * 1024;
const MOST_NOTED = 1000;

type Effects = Pick<World, "env" | "runProgram" | "signal" | "paths" | "now" | "log">;

/** Once for each, whatever comes of it. */
export async function notify(world: Effects, command: string, recorded: readonly Recorded[]): Promise<void> {
  for (const one of recorded) {
    const { id, branch_name: branch } = one.event;
    const asked = { directory: world.env.home, timeoutMs: TIMEOUT_MS, signal: world.signal() };
    try {
      const ran = await world.runProgram({
        ...{ command: "sh", args: ["-c", command], input: `${JSON.stringify(documentOf(one))}\n` },
        ...asked,
        maxOutputBytes: MOST_OUTPUT_BYTES,
      });
      if (ran.exit === 0) continue;
      const { exit, signal, stderr } = ran;
      noteTrouble(world, "notify.failed", { id, branch, exit, signal, stderr: stderr.slice(-MOST_NOTED) });
    } catch (thrown) {
      const { code, message } = asFailure(thrown);
      noteTrouble(world, "notify.failed", { id, branch, code, message });
    }
  }
}

function documentOf({ event, told }: Recorded) {
  return {
    event: "branch.merged",
    id: event.id,
    repository: event.repo_path,
    branch: event.branch_name,
    targetBranch: event.target_branch,
    sourceCommit: event.source_commit,
    targetCommit: event.target_commit,
    method: event.method,
    mergedBy: event.merged_by,
    mergedAt: isoText(event.merged_at),
    detectedAt: isoText(event.detected_at),
    sessions: told.map(({ session, part }) => ({ sessionId: session.id, name: session.name, is: part.is })),
  };
}
