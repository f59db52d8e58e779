// In whose name a sandbox commits.

import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

export interface Identity {
  name: string;
  email: string;
}

/** PARALLEL_CC_GIT_USER and PARALLEL_CC_GIT_EMAIL, else git's own of that checkout, else ours. */
export async function identityOf({ env, git }: Pick<World, "env" | "git">, top: string): Promise<Identity> {
  const own = await identityIn(git(top));
  return { name: env.gitUser ?? own.name, email: env.gitEmail ?? own.email };
}

/** git's own, else ours. */
export async function identityIn(git: Git): Promise<Identity> {
  const setting = async (key: string) => {
    const { exit, stdout } = await git.attempt(["config", "--get", key]);
    return exit === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
  };
  return {
    name: (await setting("user.name")) ?? "parallel-cc sandbox",
    email: (await setting("user.email")) ?? "sandbox@parallel-cc.invalid",
  };
}
