// Which Claude Code is installed: its release decides which events may stand in its settings.

import { allOnPath, firstOnPath } from "../../files/programs.ts";
import { releaseOf } from "../../files/release.ts";
import type { World } from "../../world.ts";

const PATIENCE_MS = 2000;

type Effects = Pick<World, "env" | "runProgram" | "log">;

export interface Client {
  path: string;
  /** Undefined when it does not tell. */
  release: string | undefined;
}

/** As `clientOnPath`. */
export async function clientRelease(world: Effects): Promise<string | undefined> {
  return (await clientOnPath(world))?.release;
}

/** The first claude that is not our wrapper; undefined where there is none. Starts it. */
export async function clientOnPath(world: Effects): Promise<Client | undefined> {
  const { path } = world.env;
  const wrapper = firstOnPath("claude-parallel", path)?.real;
  const client = allOnPath("claude", path).find(({ real }) => real !== wrapper && typeof releaseOf(real) !== "string");
  return client === undefined ? undefined : { path: client.path, release: await releaseToldBy(world, client.path) };
}

async function releaseToldBy(world: Effects, client: string): Promise<string | undefined> {
  const bounds = { timeoutMs: PATIENCE_MS, maxOutputBytes: 65_536 };
  try {
    const asking = { command: client, args: ["--version"], directory: "/", ...bounds };
    const { exit, stdout } = await world.runProgram(asking);
    const said = new TextDecoder().decode(stdout);
    return exit === 0 ? /^(\d{1,5}\.\d{1,5}\.\d{1,9}) \(Claude Code\)\s*$/.exec(said)?.[1] : undefined;
  } catch (thrown) {
    world.log("debug", "install.client", { client, error: String(thrown) });
    return undefined;
  }
}
