// Loaded before every test file: code that runs inside the test process finds an empty home of its own, and nothing
// of the machine's git, claude or parallel-cc settings.

import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOREIGN = /^(PARALLEL_CC_|CLAUDE|ANTHROPIC_|GIT_|XDG_|BUN_|SANDBOX_|E2B_|DAYTONA_|CLOUDFLARE_|DOCKER_|NATIVE_)/;

const home = mkdtempSync(join(tmpdir(), "parallel-cc-home-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

for (const name of Object.keys(process.env)) {
  if (FOREIGN.test(name)) delete process.env[name];
}
Object.assign(process.env, {
  HOME: home,
  LC_ALL: "C",
  TZ: "UTC",
  NO_COLOR: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_ALLOW_PROTOCOL: "file",
  GIT_TERMINAL_PROMPT: "0",
});
