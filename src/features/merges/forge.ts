// GitHub's own word on a branch, through `gh` where that is set up: it knows of a squash whose conflicts were resolved
// by hand, which no diff can show. Believed only for this very tip, and only with a merge commit that the target has.

import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import type { World } from "../../world.ts";

export interface ForgeQuestion {
  directory: string;
  branch: string;
  tip: string;
  signal: AbortSignal;
}

const TIMEOUT_MS = 8_000;

const pullRequests = () =>
  v.array(v.object({ headRefOid: v.string(), mergeCommit: v.nullable(v.object({ oid: v.string() })) }));

/** Merge commits of pull requests that had exactly this tip. Undefined when gh is not set up or does not answer. */
export async function mergedOnForge(
  world: Pick<World, "runProgram" | "log">,
  { directory, branch, tip, signal }: ForgeQuestion,
): Promise<string[] | undefined> {
  const args = ["pr", "list", `--head=${branch}`, "--state=merged", "--json=headRefOid,mergeCommit", "--limit=50"];
  const variables = { GH_PROMPT_DISABLED: "1", GH_NO_UPDATE_NOTIFIER: "1", GH_SPINNER_DISABLED: "1", NO_COLOR: "1" };
  const asked = { command: "gh", args, directory, variables, timeoutMs: TIMEOUT_MS, signal };
  try {
    const ran = await world.runProgram(asked);
    const found = ran.exit === 0 ? v.safeParse(pullRequests(), parsed(ran.stdout)) : undefined;
    if (found?.success !== true) {
      world.log("info", "gh", { exit: ran.exit, stderr: ran.stderr.slice(-1000) });
      return undefined;
    }
    return found.output.flatMap(({ headRefOid, mergeCommit }) =>
      headRefOid === tip && mergeCommit !== null && /^[0-9a-f]{40,64}$/.test(mergeCommit.oid) ? [mergeCommit.oid] : [],
    );
  } catch (thrown) {
    // Not there, or too slow: it only ever adds to what git says.
    if (thrown instanceof Failure && thrown.code.startsWith("proc.") && !signal.aborted) return undefined;
    throw thrown;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
