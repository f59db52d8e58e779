// A disk that is full, here: what is lacking is said, what came home before stays, and with room all of it comes.

import { expect, test } from "bun:test";
import { join } from "node:path";
import type { DriverInput } from "./results-driver.ts";
import { makeRun, type Run } from "./results-scene.ts";

const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];

/** The driver, where the directory of the run's files is a disk of so many KiB with what stood there on it. */
async function driveOnSmallDisk(run: Run, kilobytes: number): Promise<string> {
  const input: DriverInput = {
    ...{ path: run.place.path, programs: [], inside: [], base: run.base, sent: run.sent.commit, branch: "home" },
  };
  const script = `cp -a "$2" "$2.before"; mount -t tmpfs -o size="$1"k,mode=0700 tmpfs "$2"; cp -a "$2.before/." "$2"; shift 2; exec "$@"`;
  const words = [String(kilobytes), run.place.at("data"), process.execPath, join(import.meta.dir, "results-driver.ts")];
  const child = Bun.spawn(["unshare", ...NAMESPACE, "sh", "-euc", script, "sh", ...words, JSON.stringify(input)], {
    ...{ cwd: run.place.path, env: run.place.env(), stdout: "ignore", stderr: "pipe" },
  });
  const stderr = await child.stderr.text();
  await child.exited;
  await Bun.$`rm -rf ${run.place.at("data")}.before`.quiet();
  return `${child.exitCode} ${stderr}`;
}

test.each([
  ["the bundle does not fit", 1200],
  ["its objects do not fit beside it", 5200],
])("%s: it is told, and with room all of it comes home", async (_, kilobytes) => {
  await using run = await makeRun();
  await run.claude("head -c 3000000 /dev/urandom >big; git add .; git commit -qm big");
  const said = await driveOnSmallDisk(run, kilobytes);
  expect(said).toStartWith("1 ");
  expect(said).toContain("results.no-space");
  expect(said).toMatch(/No space left on device|ENOSPC/);
  expect(await run.repo.git("for-each-ref", "refs/parallel-cc")).toBe("");
  expect(await run.deliver()).toMatchObject({ form: "uncommitted" });
});
