// Locks of git in a checkout: somebody is just at work there, or was killed. One is waited for a little, and never removed.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Git, gitFailed } from "../../git/git.ts";
import type { World } from "../../world.ts";

/** Of the whole wait. git has it as a setting for those of references. */
export const LOCK_MS = 3_000;
const LOOK_MS = 100;
const MOST_TRIES = 3;

/** Before a checkout is changed. Error: `results.locked`. */
export async function requireUnlocked(world: Pick<World, "sleep">, git: Git): Promise<void> {
  const files = await pathsOf(git, ["index.lock", "HEAD.lock"]);
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const lock = files.find((file) => existsSync(file));
    if (lock === undefined) return;
    if (waitedMs >= LOCK_MS) throw locked(lock);
    await world.sleep(LOOK_MS);
  }
}

/** One git that takes the lock of the index. Errors: `results.locked`, `git.failed`. */
export async function outputUnlocked(world: Pick<World, "sleep">, git: Git, args: readonly string[]): Promise<void> {
  for (let n = 1; ; n++) {
    await requireUnlocked(world, git);
    const result = await git.attempt(args);
    if (result.exit === 0) return;
    if (n === MOST_TRIES) throw gitFailed(args, result);
  }
}

/** Of a reference that could not be written. Error: `results.locked`. */
export async function requireRefUnlocked(git: Git, ref: string): Promise<void> {
  const [lock = ""] = await pathsOf(git, [`${ref}.lock`]);
  if (existsSync(lock)) throw locked(lock);
}

async function pathsOf(git: Git, names: readonly string[]): Promise<string[]> {
  const words = names.flatMap((name) => ["--git-path", name]);
  const said = await git.output(["rev-parse", "--path-format=absolute", ...words]);
  return said.split("\n").filter(Boolean);
}

function locked(file: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "results.locked",
    message: `Another git is at work, or was killed: ${printable(file)} stands there.`,
    hint: "When no git is at work there, remove that file",
    details: { lock: file },
  });
}
