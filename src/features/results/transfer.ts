// Objects from a run's private directory into the user's repository: what it lacks, as one pack. What came out of the sandbox was looked at
// before; what was made of it here is git's own work.

import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { type Pipes, pipeGit, requireDone } from "./piped-git.ts";

export interface Transfer {
  store: string;
  gitDir: string;
  repository: Git;
  tips: readonly string[];
  /** The repository has it. */
  base: string;
  signal: AbortSignal | undefined;
}

type Effects = Pipes & Pick<World, "git">;

/** What is there is not sent again. Errors: `git.failed`. */
export async function transfer(
  world: Effects,
  { store, gitDir, repository, tips, base, signal }: Transfer,
): Promise<void> {
  const lacking = await lackingIn(repository, tips);
  if (lacking.length === 0) return;
  const input = Buffer.from([...lacking, "--not", base].map((line) => `${line}\n`).join(""));
  // What stands in the repository is borrowed here, and so not local.
  const packing = ["pack-objects", "--stdout", "--revs", "--local", "--delta-base-offset", "--quiet"];
  const packed = pipeGit(world, { store, args: packing, input, signal });
  const unpacking = ["index-pack", "--stdin"];
  const unpacked = pipeGit(world, { store: gitDir, args: unpacking, input: packed.stdout, signal });
  for await (const _ of unpacked.stdout);
  const ended = await unpacked.ended;
  requireDone(packing, await packed.ended);
  requireDone(unpacking, ended);
}

async function lackingIn(repository: Git, ids: readonly string[]): Promise<string[]> {
  const input = ids.map((id) => `${id}\n`).join("");
  const said = await repository.output(["cat-file", "--batch-check=%(objectname)"], { input });
  return [...new Set([...said.matchAll(/^([0-9a-f]+) missing$/gm)].map(([, id = ""]) => id))];
}
