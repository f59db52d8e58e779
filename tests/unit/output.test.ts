// The two streams, as whoever reads them finds them. Each case is a process of its own: its streams are what is tested.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { makePlace } from "../support/place.ts";

const OUTPUT = JSON.stringify(join(import.meta.dir, "../../src/cli/output.ts"));

function program(code: string): string[] {
  return [process.execPath, "-e", `import { answer, tell } from ${OUTPUT}; ${code}`];
}

async function ran(command: string[]): Promise<{ stdout: string; stderr: string; exit: number }> {
  await using place = await makePlace();
  const child = Bun.spawn(command, {
    cwd: place.path,
    env: place.env(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exit };
}

test("the answer goes to stdout, the telling to stderr", async () => {
  expect(await ran(program('answer("é\\n"); tell("so\\n"); process.exit(3)'))).toEqual({
    stdout: "é\n",
    stderr: "so\n",
    exit: 3,
  });
});

test("a great answer is out as a whole before the exit, through a pipe that fills", async () => {
  const size = 3_000_000;
  const { stdout, exit } = await ran(program(`answer("漢".repeat(${size})); process.exit(0)`));
  expect(exit).toBe(0);
  expect(stdout.length).toBe(size);
});

test("a reader that went away is no error", async () => {
  const told = program('tell(answer("x".repeat(1e6)) + "\\n"); process.exit(0)');
  const script = '{ "$@"; echo "exit $?" >&2; } | true';
  const { stderr } = await ran(["sh", "-c", script, "sh", ...told]);
  expect(stderr).toBe("closed\nexit 0\n");
});

test("closed streams are no error", async () => {
  const { exit } = await ran([
    "sh",
    "-c",
    '"$@" >&- 2>&-',
    "sh",
    ...program('answer("x"); tell("y"); process.exit(5)'),
  ]);
  expect(exit).toBe(5);
});

test("a disk that is full is one", async () => {
  const { stderr, exit } = await ran(["sh", "-c", '"$@" >/dev/full', "sh", ...program('answer("x")')]);
  expect(stderr).toContain("ENOSPC");
  expect(exit).not.toBe(0);
});
