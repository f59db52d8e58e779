// In whose name a sandbox commits.

import type { World } from "../../world.ts";

export interface Identity {
  name: string;
  email: string;
}

/** PARALLEL_CC_GIT_USER and PARALLEL_CC_GIT_EMAIL, else git's own of that checkout, else ours. */
export async function identityOf({ env, git }: Pick<World, "env" | "git">, top: string): Promise<Identity> {
  const own = git(top);
  const setting = async (key: string) => {
    const { exit, stdout } = await own.attempt(["config", "--get", key]);
    return exit === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
  };
  return {
    name: env.gitUser ?? (await setting("user.name")) ?? "parallel-cc sandbox",
    email: env.gitEmail ?? (await setting("user.email")) ?? "sandbox@parallel-cc.invalid",
  };
}
