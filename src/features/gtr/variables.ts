// A variable of the environment that gtr reads, asked for as it asks: from a child that has the user's environment.

import type { World } from "../../world.ts";

/** Undefined when it is not set or empty. */
export async function variable(world: Pick<World, "runProgram">, name: string): Promise<string | undefined> {
  const printed = await world.runProgram({ command: "printenv", args: [name], directory: "/", timeoutMs: 5000 });
  const value = new TextDecoder().decode(printed.stdout).replace(/\n$/, "");
  return printed.exit !== 0 || value === "" ? undefined : value;
}
