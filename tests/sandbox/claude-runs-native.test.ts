// Claude in a sandbox that counts its processes from a beginning of its own, and in which each program that is run beside
// it sees none of it: it is stopped all the same, with all that it has started.

import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { follow, launch, standing, stopClaude } from "../../src/features/claude-runs/claude-runs.ts";
import { AUTH, KEY, processesWith } from "./claude-scene.ts";
import { nativeScene } from "./native-scene.ts";

const claude = (sh: string): string => `#!/bin/sh
if [ "$1" = --version ]; then echo '2.1.328 (Claude Code)'; exit 0; fi
${sh}
`;

const INPUT = {
  ...{ prompt: new TextEncoder().encode("Do it."), env: {}, auth: AUTH, usesOwnClaude: true },
  identity: { name: "Ada", email: "ada@example.com" },
};

test("a native sandbox runs claude to its end, and what it has left goes with it", async () => {
  await using staged = await nativeScene({ programs: { claude: claude("cat; setsid sleep 300 & exit 4") } });
  const sandbox = await staged.make();
  expect(await launch(staged.world, sandbox, INPUT)).toEqual({ version: "2.1.328", isNew: true });
  const printed = Buffer.concat(await Array.fromAsync(follow(staged.world, sandbox, { from: 0 })));
  expect(printed.toString()).toBe("Do it.");
  expect(await standing(sandbox)).toMatchObject({ state: "ended", exit: 4, by: "itself" });
  expect(await processesWith(`PARALLEL_CC_SANDBOX_RUN=${sandbox.places.run}`)).toEqual([]);
});

test("a claude that does not listen is killed in a native sandbox, with what it has started", async () => {
  const sh = "trap '' TERM; setsid sleep 300 & sleep 300 & echo hi; sleep 300";
  await using staged = await nativeScene({ programs: { claude: claude(sh) } });
  const sandbox = await staged.make();
  await launch(staged.world, sandbox, INPUT);
  for await (const _chunk of follow(staged.world, sandbox, { from: 0 })) break;
  expect(await stopClaude(sandbox, { graceMs: 300 })).toMatchObject({ state: "ended", exit: 137, by: "stop" });
  expect(await processesWith(`PARALLEL_CC_SANDBOX_RUN=${sandbox.places.run}`)).toEqual([]);
});

test("no command line on this machine shows a key while claude runs in a native sandbox", async () => {
  await using staged = await nativeScene({ programs: { claude: claude("echo hi; sleep 300") } });
  const sandbox = await staged.make();
  await launch(staged.world, sandbox, { ...INPUT, env: { TOKEN: "planted-in-env-12345" } });
  for await (const _chunk of follow(staged.world, sandbox, { from: 0 })) break;
  const running = await processesWith(KEY);
  expect(running.length).toBeGreaterThan(0);
  for (const name of await readdir("/proc")) {
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    expect(line).not.toContain(KEY);
    expect(line).not.toContain("planted-in-env-12345");
  }
  await stopClaude(sandbox);
});
