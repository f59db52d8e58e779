// `bun scripts/dev/check-gtr.ts <bin/git-gtr of an unpacked gtr>…`: whether what the tests believe of gtr, and their
// stand-in, are true of these. No part of the suites: the real programs are fetched by hand and stay out of this tree.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = join(import.meta.dir, "../..");

function check(program: string): boolean {
  if (!existsSync(program)) {
    process.stderr.write(`There is no ${program}.\n`);
    return false;
  }
  const args = ["test", "--timeout=60000", "./tests/real/gtr.ts"];
  const env = { ...process.env, GTR_REAL: resolve(program) };
  return Bun.spawnSync([process.execPath, ...args], { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] })
    .success;
}

const programs = process.argv.slice(2);
if (programs.length === 0) process.stderr.write("Name the bin/git-gtr of an unpacked gtr, or several.\n");
process.exit(programs.length > 0 && programs.map(check).every(Boolean) ? 0 : 1);
