// Which package holds the Bun of a machine, and under what name it is kept, as scripts/dev/fetch-bun.sh decides.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { makePlace } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";

const ROOT = join(import.meta.dir, "../..");

async function decide(system: string, cpu: string): Promise<{ said: string; exit: number }> {
  await using place = await makePlace();
  const uname = { sh: `case $1 in -s) echo "${system}" ;; -m) echo "${cpu}" ;; esac` };
  const programs = await makePrograms(place, { uname, ldd: { stdout: "ldd (GNU libc) 2.36\n" } });
  const script = ". scripts/dev/fetch-bun.sh; platform_package; bun_file";
  const env = place.env({ path: [programs.folder] });
  const child = Bun.spawn(["sh", "-c", script], { cwd: ROOT, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { said: `${stdout}${stderr}`.trim(), exit };
}

test.each([
  ["Linux", "x86_64", "@oven/bun-linux-x64\nbun"],
  ["Linux", "aarch64", "@oven/bun-linux-aarch64\nbun"],
  ["Darwin", "arm64", "@oven/bun-darwin-aarch64\nbun"],
  ["MINGW64_NT-10.0-26100", "x86_64", "@oven/bun-windows-x64\nbun.exe"],
])("%s on %s", async (system, cpu, said) => {
  expect(await decide(system, cpu)).toEqual({ said, exit: 0 });
});

test.each([
  ["SunOS", "x86_64", "parallel-cc does not run on SunOS."],
  ["Linux", "riscv64", "Bun does not run on this machine's processor (riscv64)."],
])("%s on %s is refused", async (system, cpu, why) => {
  const { said, exit } = await decide(system, cpu);
  expect(said).toContain(why);
  expect(exit).toBe(1);
});
