// Objects from a run's private directory into the user's repository: what it lacks, as one pack. What came out of the
// sandbox was looked at before; what was made of it here is git's own work.

import { join } from "node:path";
import type { Git } from "../../git/git.ts";
import { quotedPath } from "../../git/quoted-path.ts";

export interface Transfer {
  store: string;
  gitDir: string;
  repository: Git;
  tips: readonly string[];
  /** The repository has it. */
  base: string;
  signal: AbortSignal | undefined;
}

/** What is there is not sent again. Errors: `git.failed`. */
export async function transfer({ store, gitDir, repository, tips, base, signal }: Transfer): Promise<void> {
  const lacking = await lackingIn(repository, tips);
  if (lacking.length === 0) return;
  // The repository's own git writes the pack, with what the store has beside its own.
  const git = repository.configured({
    settings: { "pack.window": "0", "pack.threads": "1" },
    env: { GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(join(store, "objects")) },
  });
  const input = [...lacking, "--not", base].map((line) => `${line}\n`).join("");
  const args = ["pack-objects", "--revs", "--delta-base-offset", "--quiet", join(gitDir, "objects/pack/pack")];
  await git.output(args, { input, timeoutMs: PACK_MS, ...(signal && { signal }) });
}

const PACK_MS = 10 * 60_000;

async function lackingIn(repository: Git, ids: readonly string[]): Promise<string[]> {
  const input = ids.map((id) => `${id}\n`).join("");
  const said = await repository.output(["cat-file", "--batch-check=%(objectname)"], { input });
  return [...new Set([...said.matchAll(/^([0-9a-f]+) missing$/gm)].map(([, id = ""]) => id))];
}
