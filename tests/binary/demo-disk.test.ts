// `parallel-cc demo` where there is no room for it: small file systems of the test's own, in a mount namespace that is
// gone with its process.

import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import { PROGRAM } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";

const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
const FAILED = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

/** Runs the demo with TMPDIR on such a disk; what it answered, and what is on the disk afterwards. */
async function onDisk(options: string) {
  await using place = await makePlace();
  await mkdir(place.at("disk"));
  const script =
    'mount -t tmpfs -o "$2" tmpfs "$1"; status=0; TMPDIR=$1 "$0" demo --json || status=$?; ls -A "$1" >&2; exit $status';
  const child = Bun.spawn(["unshare", ...NAMESPACE, "sh", "-euc", script, PROGRAM, place.at("disk"), options], {
    cwd: place.path,
    env: place.env(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit, stderr, answer: JSON.parse(stdout) as unknown };
}

test("on a read-only disk it says so", async () => {
  const { exit, stderr, answer } = await onDisk("ro");
  expect({ exit, stderr, code: v.parse(FAILED, answer).error.code }).toEqual({
    ...{ exit: 1, stderr: "", code: "demo.no-place" },
  });
});

test("on a disk of any size it plays to its end or fails by name, and leaves nothing", async () => {
  const codes = new Set<string>();
  for (const sizeKib of [4, 16, 64, 150, 250, 400, 800, 5000]) {
    const { exit, stderr, answer } = await onDisk(`size=${sizeKib}k`);
    const failed = v.safeParse(FAILED, answer);
    expect({ sizeKib, exit, stderr }).toEqual({ sizeKib, exit: failed.success ? 1 : 0, stderr: "" });
    codes.add(failed.success ? failed.output.error.code : "played");
  }
  expect(codes).toContain("played");
  expect(
    [...codes].filter((code) => !/^(played|demo\.no-place|demo\.agent|git\.failed|db\.|worktree\.)/.test(code)),
  ).toEqual([]);
});
