// How long after claude has printed a line people see it: with `sandbox logs --follow`, and with `sandbox run` on a
// terminal. Of the lines of a run the slowest twentieth are left out.

import { makeRepo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { DONE, NOW, type SandboxScene, sandboxScene } from "./sandbox-scene.ts";
import { timeOf } from "./spawn.ts";

const LINES = 40;
const SHARE = 0.95;
const CONTENT = `[{\\"type\\":\\"text\\",\\"text\\":\\"printed at ${NOW}.\\"}]`;
const PRINTING = `sleep 1
for line in $(seq ${LINES}); do
  echo "{\\"type\\":\\"assistant\\",\\"message\\":{\\"id\\":\\"m$line\\",\\"role\\":\\"assistant\\",\\"usage\\":{},\\"content\\":${CONTENT}}}"
  sleep 0.3
done
${DONE}`;

/** Called with what is shown, as it comes. */
type See = (part: Uint8Array) => void;

const asFigure = (name: string, show: (scene: SandboxScene, see: See) => Promise<void>): Figure => ({
  ...{ name, unit: "nothing", measures: "ms", bound: { ms: 500 }, rounds: 2 },
  async prepare(place) {
    const scene = await sandboxScene(place, { repo: await makeRepo(place), sh: PRINTING });
    return {
      ours: async () => {
        const delays = new Map<string, number>();
        let shown = "";
        await show(scene, (part) => {
          shown = shown.slice(-4096) + new TextDecoder().decode(part);
          for (const [, at = ""] of shown.matchAll(/printed at (\d+)\./g)) {
            if (!delays.has(at)) delays.set(at, Date.now() - Number(at));
          }
        });
        if (delays.size < LINES) throw new Error(`only ${delays.size} of ${LINES} lines were seen`);
        return [...delays.values()].toSorted((a, b) => a - b)[Math.ceil(SHARE * LINES) - 1] ?? Number.NaN;
      },
      unit: () => 1,
    };
  },
});

export const sandboxVisibleInLogs = asFigure("sandbox-visible-logs", async (scene, see) => {
  timeOf(scene.run("--prompt", "Print", "--detach", "--json"));
  const { id } = scene.newest();
  const { command, cwd, env } = scene.command("logs", id, "--follow");
  const child = Bun.spawn([...command], { cwd, env, stdio: ["ignore", "pipe", "ignore"] });
  for await (const part of child.stdout) see(part);
});

export const sandboxVisibleLive = asFigure("sandbox-visible-live", async (scene, see) => {
  const { command, cwd, env } = scene.run("--prompt", "Print");
  const terminal = { cols: 100, rows: 30, data: (_: unknown, part: Uint8Array) => see(part) };
  const child = Bun.spawn([...command], { cwd, env: { ...env, TERM: "xterm" }, terminal });
  await child.exited;
  child.terminal?.close();
});
