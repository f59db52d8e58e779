// The command, its driver and all programs that these start on this machine, in 120 MB together: a project of 500 MB goes
// up and a tenth of it comes home; a claude prints 1 GB. What is measured is what they had for themselves; what they read
// and write counts against the limit as well. The keeper and the sandbox stand beside it.

import { createReadStream } from "node:fs";
import { makeRepo } from "../support/repo.ts";
import { bigRepo } from "./big-repo.ts";
import { type ControlGroup, limitedGroup } from "./control-group.ts";
import type { Contest, Figure } from "./figure.ts";
import { DONE, type SandboxScene, sandboxScene, type Told } from "./sandbox-scene.ts";

const LIMIT = 120 * 1024 ** 2;
const MEGABYTE = 1024 ** 2;

const asFigure = (name: string, prepare: Figure["prepare"]): Figure => ({
  ...{ name, unit: "nothing", measures: "MB", bound: { megabytes: 120 }, rounds: 1, prepare },
});

const CHANGING = `sed -i 's/a/b/' folder-*0/*
sha256sum folder-*0/* | sha256sum | sed 's/^/{"sum":"/; s/ .*/"}/'
${DONE}`;

/** On disk: what stands in memory would count. */
export const sandboxMemoryProject = asFigure("sandbox-memory-project", async (place, stack) => {
  const scene = await sandboxScene(place, { repo: await bigRepo(place), sh: CHANGING });
  return contest(scene, limitedGroup(stack, LIMIT), async ({ id, log }) => {
    const printed = /"sum":"(\w+)"/.exec(await Bun.file(log).text())?.[1];
    const [worktree = ""] = [
      ...new Bun.Glob(`*${id.slice(0, 8)}`).scanSync({ cwd: place.at("repo-worktrees"), onlyFiles: false }),
    ];
    const sum = Bun.spawnSync(["sh", "-c", "sha256sum folder-*0/* | sha256sum"], {
      cwd: place.at("repo-worktrees", worktree),
    });
    if (printed === undefined || !sum.stdout.toString().startsWith(printed)) throw new Error("other bytes came home");
  });
});

const LINES = 2_000_000;
/** Each line of 512 bytes and another one. */
const PRINTING = `awk 'BEGIN { text = sprintf("%0360d", 7); for (i = 0; i < ${LINES}; i++)
  printf "{\\"type\\":\\"assistant\\",\\"message\\":{\\"id\\":\\"msg_%09d\\",\\"role\\":\\"assistant\\",\\"usage\\":{},\\"content\\":[{\\"type\\":\\"text\\",\\"text\\":\\"%s\\"}]}}\\n", i, text }' |
  tee "$TMPDIR/copy" && sha256sum <"$TMPDIR/copy" | sed 's/^/{"sum":"/; s/ .*/"}/'
${DONE}`;

export const sandboxMemoryPrint = asFigure("sandbox-memory-print", async (place, stack) => {
  const scene = await sandboxScene(place, { repo: await makeRepo(place), sh: PRINTING });
  return contest(scene, limitedGroup(stack, LIMIT), async ({ log }) => {
    const hasher = new Bun.CryptoHasher("sha256");
    let end = "";
    for await (const chunk of createReadStream(log)) end = (end + chunk.toString("latin1")).slice(-2000);
    const printed = /"sum":"(\w+)"/.exec(end)?.[1] ?? "nothing";
    const lines = Bun.spawn(["sh", "-c", `grep '^{"type":"assistant"' "$1"`, "sh", log], { stdout: "pipe" });
    for await (const chunk of lines.stdout) hasher.update(chunk);
    if (hasher.digest("hex") !== printed) throw new Error("the log is not what was printed");
  });
});

async function contest(
  scene: SandboxScene,
  group: ControlGroup,
  check: (told: Told) => Promise<void>,
): Promise<Contest> {
  return {
    ours: async () => {
      group.peak();
      const { command, cwd, env } = scene.run("--prompt", "Go");
      const words = ["sh", "-c", `${group.enter} "$@"`, "sh", ...command];
      const child = Bun.spawn(words, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      const [said] = await Promise.all([child.stdout.text(), emptied(child.stderr), child.exited]);
      if (child.exitCode !== 0) throw new Error(`the run ended with ${child.signalCode ?? child.exitCode}: ${said}`);
      if (group.killed() > 0) throw new Error("something was killed for want of memory");
      await check(scene.newest());
      return group.peak() / MEGABYTE;
    },
    unit: () => 1,
  };
}

/** Every line that claude prints is told there. */
async function emptied(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}
