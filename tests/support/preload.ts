// Loaded before every test file: code that runs inside the test process finds an empty home of its own and the
// environment of `hermeticEnv`, nothing of the machine's git, claude or parallel-cc settings. PATH stays.

import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hermeticEnv } from "./env.ts";

const FOREIGN =
  /^(PARALLEL_CC_|CLAUDE|ANTHROPIC_|GIT_|GITHUB_|XDG_|BUN_|SANDBOX_|E2B_|DAYTONA_|CLOUDFLARE_|DOCKER_|NATIVE_|(FORCE|NO)_COLOR$)/;

const home = mkdtempSync(join(tmpdir(), "parallel-cc-home-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

for (const name of Object.keys(process.env)) {
  if (FOREIGN.test(name)) delete process.env[name];
}
Object.assign(process.env, hermeticEnv({ home, extra: { PATH: process.env["PATH"] } }));

// Bun gives children the environment that it was started with, whatever process.env says now (Bun 1.4).
const { spawn, spawnSync } = Bun;
Bun.spawn = withEnv(spawn);
Bun.spawnSync = withEnv(spawnSync);

function withEnv<Spawn extends typeof spawn | typeof spawnSync>(start: Spawn): Spawn {
  const started = (first: unknown, second: unknown): unknown =>
    Array.isArray(first)
      ? Reflect.apply(start, Bun, [first, { env: process.env, ...Object(second) }])
      : Reflect.apply(start, Bun, [{ env: process.env, ...Object(first) }]);
  return started as Spawn; // The same calls, with a default for env.
}
