// Disks that fill up while a run works: this side's, the repository's, the sandbox's, the worktree's. It is told, nothing is lost, and with
// room again the run goes on. Small file systems of the test's own, in a mount namespace that is gone with its process.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { v } from "../../src/core/shape.ts";
import { makePlace } from "../support/place.ts";

const INSIDE = join(import.meta.dir, "run-disk-inside.ts");
const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
const RAN = v.object({ exit: v.number(), stdout: v.string(), stderr: v.string() });
const TOLD = v.object({
  ...{ full: RAN, room: RAN, step: v.string(), printed: v.boolean() },
  ...{ whenFull: v.array(v.string()), whenRoom: v.array(v.string()) },
});

async function withFull(disk: string): Promise<v.InferOutput<typeof TOLD>> {
  await using place = await makePlace();
  const child = Bun.spawn(["unshare", ...NAMESPACE, process.execPath, INSIDE, disk], {
    env: { ...place.env(), TMPDIR: place.tmp },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode !== 0) throw new Error(`exit ${child.exitCode}: ${stderr}`);
  return v.parse(TOLD, JSON.parse(stdout));
}

const CODES = {
  "the data directory": "disk.full",
  "the repository": "disk.full",
  "the sandbox": "results.unreadable",
} as const;

for (const disk of ["the data directory", "the repository", "the sandbox"] as const) {
  test.concurrent(`no room on the disk of ${disk}: told, and with room it comes home whole`, async () => {
    const { full, room, step, printed } = await withFull(disk);
    const { error } = JSON.parse(full.stdout);
    expect([full.exit, error.code]).toEqual([1, CODES[disk]]);
    const answer = JSON.parse(room.stdout);
    // Its claude has met the full disk as well.
    const isInside = disk === "the sandbox";
    expect(answer).toMatchObject({ status: isInside ? "FAILED" : "COMPLETED", success: !isInside });
    expect(answer.filesChanged).toBeGreaterThan(0);
    expect({ step, printed }).toEqual({ step: "ended", printed: !isInside });
  });
}

test.concurrent("no room on the disk of the worktree: nothing is begun there, it waits, and with room all of it is there", async () => {
  const { full, room, step, whenFull, whenRoom } = await withFull("the worktree");
  const told = JSON.parse(full.stdout);
  expect(full.exit).toBe(1);
  expect(told).toMatchObject({ success: false, status: "RUNNING", branch: null, undelivered: "not yet" });
  expect(told.error.code).toBe("disk.full");
  expect(told.error.message).toStartWith("There is no room left on the disk of ");
  const attach = `parallel-cc sandbox attach ${told.sessionId.slice(0, 8)}`;
  expect([told.error.hint, told.next]).toEqual([`Make room there, and go on: ${attach}`, [attach]]);
  expect(told.waitsFor).toBe(told.error.message);
  expect(whenFull).toEqual(["", ""]);
  const answer = JSON.parse(room.stdout);
  expect(answer).toMatchObject({ success: true, status: "COMPLETED", branch: "same", undelivered: null, error: null });
  expect({ step, whenRoom }).toEqual({ step: "ended", whenRoom: ["", "refs/heads/same"] });
});
