// `install` where there is no room, or no right, to write: small file systems of the test's own, as the home.

import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import { PROGRAM } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";

const NAMESPACE = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
const ANSWER = v.object({
  success: v.boolean(),
  steps: v.array(v.object({ change: v.string(), code: v.optional(v.string()) })),
});

/** The home is on such a disk, with $3 in its settings; install, make room, take out. */
const SCRIPT = `
mount -t tmpfs -o "$2" tmpfs "$1"
mkdir -p "$1/.claude"
printf %s "$3" >"$1/.claude/settings.json"
[ -z "$4" ] || head -c "$4" /dev/zero >"$1/fill" 2>/dev/null || :
HOME=$1 "$0" install --all --json || :
rm -f "$1/fill"
HOME=$1 "$0" install --uninstall --json || :
cat "$1/.claude/settings.json"
find "$1" -name "*.new" >&2`;
const SETTINGS = '{"hooks": {}}';

async function onDisk(options: string, fillBytes = "") {
  await using place = await makePlace();
  await mkdir(place.at("disk"));
  const words = [
    "unshare",
    ...NAMESPACE,
    "sh",
    "-euc",
    SCRIPT,
    PROGRAM,
    place.at("disk"),
    options,
    SETTINGS,
    fillBytes,
  ];
  const env = place.env({ extra: { SHELL: "/bin/bash" } });
  const child = Bun.spawn(words, { cwd: place.path, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const [installed = "", uninstalled = "", settings] = stdout.split("\n");
  return { stderr, installed: JSON.parse(installed), uninstalled: JSON.parse(uninstalled), settings };
}

test.each([10, 40, 100, 160, 220, 300, 420])("with %d kB left each step is done or fails by name", async (leftKib) => {
  const { stderr, installed, uninstalled, settings } = await onDisk("size=500k", String((500 - leftKib) * 1024));
  expect(stderr).toBe("");
  // Its own directory may have no room for anything.
  if ("error" in installed) expect(installed.error.code).toBe("install.home");
  else {
    const { success, steps } = v.parse(ANSWER, installed);
    expect(success).toBe(false);
    const codes = steps.filter(({ change }) => change === "failed").map(({ code }) => code);
    for (const code of codes) expect(code).toMatch(/^(install|json)\.(unwritable|notes)$|^db\.full$/);
  }
  expect(v.parse(ANSWER, uninstalled).success).toBe(true);
  expect(settings).toBe(SETTINGS);
});
