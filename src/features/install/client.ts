// Which Claude Code is installed: its release decides which events may stand in its settings.

import { allOnPath, firstOnPath } from "../../files/programs.ts";
import { releaseOf } from "../../files/release.ts";
import type { World } from "../../world.ts";

const PATIENCE_MS = 2000;

/** Undefined where there is none, or one that does not tell. Starts it. */
export async function clientRelease(world: Pick<World, "env" | "runProgram" | "log">): Promise<string | undefined> {
  const { path } = world.env;
  const wrapper = firstOnPath("claude-parallel", path)?.real;
  const client = allOnPath("claude", path).find(({ real }) => real !== wrapper && typeof releaseOf(real) !== "string");
  if (client === undefined) return undefined;
  const bounds = { timeoutMs: PATIENCE_MS, maxOutputBytes: 65_536 };
  try {
    const asking = { command: client.path, args: ["--version"], directory: "/", ...bounds };
    const { exit, stdout } = await world.runProgram(asking);
    const said = new TextDecoder().decode(stdout);
    return exit === 0 ? /^(\d{1,5}\.\d{1,5}\.\d{1,9}) \(Claude Code\)\s*$/.exec(said)?.[1] : undefined;
  } catch (thrown) {
    world.log("debug", "install.client", { client: client.path, error: String(thrown) });
    return undefined;
  }
}
