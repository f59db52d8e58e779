// Children whose output is read as it comes.

import { expect, test } from "bun:test";
import { startPiped } from "../../src/proc/piped.ts";
import { makePlace } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";

const env = { PATH: process.env["PATH"] ?? "" };

test("one's output is another's input, and no more of it is held than pipes hold", async () => {
  const made = startPiped({ command: "head", args: ["-c", "200000000", "/dev/zero"], env });
  const counted = startPiped({ command: "wc", args: ["-c"], env, input: made.stdout });
  expect((await new Response(counted.stdout).text()).trim()).toBe("200000000");
  expect(await counted.ended).toEqual({ exit: 0, signal: null, stderr: "" });
  expect((await made.ended).exit).toBe(0);
});

test("a reader that ends early ends its writer too", async () => {
  const made = startPiped({ command: "head", args: ["-c", "200000000", "/dev/zero"], env });
  const reader = startPiped({ command: "head", args: ["-c", "1"], env, input: made.stdout });
  await new Response(reader.stdout).bytes();
  expect((await reader.ended).exit).toBe(0);
  expect((await made.ended).exit).not.toBe(0);
});

test("of a long standard error the end is kept", async () => {
  const script = "head -c 300000 /dev/zero | tr '\\0' x >&2; echo last >&2; exit 4";
  const child = startPiped({ command: "sh", args: ["-c", script], env });
  await new Response(child.stdout).bytes();
  const { exit, stderr } = await child.ended;
  expect(exit).toBe(4);
  expect(stderr).toHaveLength(65536);
  expect(stderr.endsWith("last\n")).toBe(true);
});

test("stopped by a signal or by time, all that it started ends and the reason is told", async () => {
  await using place = await makePlace();
  const controller = new AbortController();
  const script = `sh -c 'trap "" HUP; echo $$ > ${place.path}/inner; exec sleep 1000' & wait`;
  const child = startPiped({ command: "sh", args: ["-c", script], env, signal: controller.signal });
  const written = () =>
    Bun.file(`${place.path}/inner`)
      .text()
      .catch(() => "");
  await waitFor(async () => (await written()).endsWith("\n"), "the inner process");
  const inner = Number(await Bun.file(`${place.path}/inner`).text());
  controller.abort();
  await expect(child.ended).rejects.toMatchObject({ code: "proc.cancelled" });
  expect(() => process.kill(inner, 0)).toThrow();
  const late = startPiped({ command: "sleep", args: ["1000"], env, timeoutMs: 20 });
  await expect(late.ended).rejects.toMatchObject({ code: "proc.timeout" });
});
