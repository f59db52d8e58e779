// Bytes into lines, at a memory that does not grow with them.

import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { makeLines, viewOf } from "../../src/features/claude-runs/claude-runs.ts";
import { makePlace } from "../support/place.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("lines", () => {
  test("are whole however the bytes are cut, within a character too", () => {
    const text = "one\r\nzwei é 🙂\n\nlast";
    for (const size of [1, 2, 3, 7, 100]) {
      const lines = makeLines();
      const whole = bytes(text);
      const found: (string | undefined)[] = [];
      for (let at = 0; at < whole.length; at += size) found.push(...lines.push(whole.subarray(at, at + size)));
      expect([...found, ...lines.rest()]).toEqual(["one", "zwei é 🙂", "", "last"]);
      expect(lines.rest()).toEqual([]);
    }
  });

  test("that are too long are passed over, and the next one is read", () => {
    const lines = makeLines(10);
    expect(lines.push(bytes("0123456789\n01234567890\nnext\n"))).toEqual(["0123456789", undefined, "next"]);
    expect(lines.push(bytes("x".repeat(100)))).toEqual([]);
    expect(lines.push(bytes("y\nend"))).toEqual([undefined]);
    expect(lines.rest()).toEqual(["end"]);
  });

  test("of 200 MB without an end are read at constant memory", () => {
    const lines = makeLines();
    const chunk = bytes("x".repeat(1024 * 1024));
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200; i += 1) lines.push(chunk);
    expect(lines.push(bytes("\nshort\n"))).toEqual([undefined, "short"]);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
  });
});

describe("the view of a file", () => {
  const RETRY = JSON.stringify({ type: "system", subtype: "api_retry", error_status: 529 });

  test("is of what stands there and of what comes, though it is cut within a line", async () => {
    await using place = await makePlace();
    await writeFile(place.at("log"), `${RETRY}\n${RETRY.slice(0, 20)}`);
    const view = await viewOf(place.at("log"));
    expect(view.snapshot().retries.count).toBe(1);
    const at = new Date("2030-01-01T12:00:00Z");
    view.add(bytes(`${RETRY.slice(20)}\n`), at);
    expect(view.snapshot()).toMatchObject({ retries: { count: 2 }, lastAt: at.toISOString() });
  });

  test("that is not there is that of one who has printed nothing", async () => {
    await using place = await makePlace();
    expect((await viewOf(place.at("absent"))).snapshot().lines).toBe(0);
  });
});
