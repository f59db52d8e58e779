// What a run's result is committed on: a name that is valid and free, or one that is made of the task and the time.

import { Failure } from "../../core/failure.ts";
import { printable, slug } from "../../core/text.ts";
import { branchTip, type Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";

const LONGEST_SLUG = 50;

interface WantedBranch {
  wanted: string | undefined;
  title: string;
  provider: string;
}

/** Undefined: no branch is wanted. Errors: `branch.invalid`, `branch.exists`. */
export async function branchOf(
  world: World,
  repository: Repository,
  { wanted, title, provider }: WantedBranch,
): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  const git = world.git(repository.gitDir).trusting();
  if (wanted === "auto") {
    const stamp = world.now().toISOString().slice(0, 16).replace("T", "-").replace(":", "-");
    const made = `${provider}/${slug(title, LONGEST_SLUG) || "task"}-${stamp}`;
    for (let n = 1; ; n++) {
      const name = n === 1 ? made : `${made}-${n}`;
      if ((await branchTip(git, name)) === undefined) return requireFree(git, name);
    }
  }
  const { exit } = await git.attempt(["check-ref-format", "--branch", wanted]);
  if (exit !== 0 || wanted.startsWith("-") || wanted.startsWith("@{")) {
    throw new Failure({
      code: "branch.invalid",
      message: `"${printable(wanted)}" cannot be the name of a branch.`,
      hint: "Give it another name, or --branch auto.",
    });
  }
  return requireFree(git, wanted);
}

/** A branch `a` and a branch `a/b` cannot be at once. */
async function requireFree(git: ReturnType<World["git"]>, name: string): Promise<string> {
  const parts = name.split("/");
  const above = parts.map((_, i) => `refs/heads/${parts.slice(0, i + 1).join("/")}`);
  const found = await git.output(["for-each-ref", "--format=%(refname)", ...above, `refs/heads/${name}/`]);
  const taken = found.split("\n").find((ref) => above.includes(ref) || ref.startsWith(`refs/heads/${name}/`));
  if (taken === undefined) return name;
  throw new Failure({
    code: "branch.exists",
    message: `There is a branch ${printable(taken.replace("refs/heads/", ""))} already, so none can be called ${printable(name)}.`,
    hint: "Give it another name, or --branch auto.",
  });
}
