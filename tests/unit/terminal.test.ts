// What kind of place a text goes to. What a terminal is shown is asked in a process of its own, in a real one.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { PLAIN, pageFor } from "../../src/cli/terminal.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

const SOURCE = join(import.meta.dir, "../../src");
const ASKED = `
  const { pageFor, rowsOf } = await import(${JSON.stringify(`${SOURCE}/cli/terminal.ts`)});
  const { makeWorld } = await import(${JSON.stringify(`${SOURCE}/world.ts`)});
  const page = await pageFor(makeWorld(), 1, undefined);
  console.log(JSON.stringify({ columns: page.columns ?? null, red: page.paint.red("x"), rows: await rowsOf(1) ?? null }));
`;
const RED = "\x1b[31mx\x1b[39m";

interface Shown {
  columns: number | null;
  red: string;
  rows: number | null;
}

async function shownIn(
  kind: "pipe" | { columns: number; rows?: number },
  env: Record<string, string | undefined>,
): Promise<Shown> {
  await using place = await makePlace();
  const options = { cwd: place.path, env: place.env({ extra: { NO_COLOR: undefined, ...env } }) };
  const command = [process.execPath, "-e", ASKED];
  if (kind === "pipe") {
    const child = Bun.spawn(command, { ...options, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    return JSON.parse(await child.stdout.text());
  }
  const said: Uint8Array[] = [];
  // A size of 0, as serial lines have it, is nothing that Bun sets.
  const sized = ["sh", "-c", `stty cols ${kind.columns} rows ${kind.rows ?? 24} && exec "$@"`, "sh", ...command];
  const child = Bun.spawn(sized, {
    ...options,
    terminal: { cols: 80, rows: 24, data: (_terminal, bytes) => said.push(bytes.slice()) },
  });
  await child.exited;
  child.terminal?.close();
  return JSON.parse(Buffer.concat(said).toString());
}

describe("a terminal", () => {
  test("has its own width, whatever COLUMNS says, and colours", async () => {
    expect(await shownIn({ columns: 57 }, { COLUMNS: "100" })).toEqual({ columns: 57, red: RED, rows: 24 });
  });

  test("has its own rows, or 24 where it knows none", async () => {
    expect(await shownIn({ columns: 57, rows: 7 }, {})).toMatchObject({ rows: 7 });
    expect(await shownIn({ columns: 57, rows: 0 }, {})).toMatchObject({ rows: 24 });
  });

  test("that knows no width has that of COLUMNS", async () => {
    expect(await shownIn({ columns: 0 }, { COLUMNS: "99" })).toMatchObject({ columns: 99 });
  });

  test("that knows no width without COLUMNS has 80", async () => {
    expect(await shownIn({ columns: 0 }, { COLUMNS: "x" })).toMatchObject({ columns: 80 });
  });

  test("has no colours where NO_COLOR is set", async () => {
    expect(await shownIn({ columns: 57 }, { NO_COLOR: "1" })).toMatchObject({ red: "x" });
  });
});

describe("a pipe", () => {
  test("has no size and no colours", async () => {
    expect(await shownIn("pipe", { COLUMNS: "57" })).toEqual({ columns: null, red: "x", rows: null });
  });

  test("has colours where FORCE_COLOR is set, unless it is 0", async () => {
    expect(await shownIn("pipe", { FORCE_COLOR: "1" })).toMatchObject({ red: RED });
    expect(await shownIn("pipe", { FORCE_COLOR: "0" })).toMatchObject({ red: "x" });
  });
});

describe("the flags", () => {
  test("--color paints whatever NO_COLOR says", async () => {
    await using place = await makePlace();
    const page = await pageFor(testWorld(place, { env: { NO_COLOR: "1" } }), 1, true);
    expect(page.paint.red("x")).toBe(RED);
  });

  test("--no-color paints nothing whatever FORCE_COLOR says", async () => {
    await using place = await makePlace();
    const page = await pageFor(testWorld(place, { env: { FORCE_COLOR: "1" } }), 1, false);
    expect(page.paint).toBe(PLAIN);
  });
});

test("a page knows what time it is", async () => {
  await using place = await makePlace();
  expect((await pageFor(testWorld(place), 2, false)).now).toEqual(new Date("2030-01-01T12:00:00Z"));
});

test("plain paint leaves a text as it is", () => {
  for (const paint of Object.values(PLAIN)) expect(paint("text")).toBe("text");
});
