// The demo from within: its lines come when things happen, and whatever ends it, nothing of it stays.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { demo } from "../../src/cli/commands/demo.ts";
import { PLAIN } from "../../src/cli/terminal.ts";
import { Failure } from "../../src/core/failure.ts";
import { startAgent } from "../../src/features/demo/agent.ts";
import { type Demo, lineText, playDemo } from "../../src/features/demo/demo.ts";
import { makePlace } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { testWorld } from "../support/world.ts";

const page = { columns: 80, now: new Date(0), paint: PLAIN };

test("every line is told once, when it has happened, and stands in the answer", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const told: string[] = [];
  let keptIn: Demo["keptIn"] = null;
  const played = await playDemo(
    world,
    { keep: true },
    {
      begin: (kept) => {
        keptIn = kept;
        // The story has not begun.
        expect(existsSync(`${kept?.repository}-worktrees`)).toBe(false);
      },
      tell: (line) => told.push(lineText(line, page)),
    },
  );
  expect(played.keptIn).toEqual(keptIn);
  const lines = played.steps.flatMap(({ step, told }) => told.map((text, i) => ({ step, text, isFirst: i === 0 })));
  expect(told).toEqual(lines.map((line) => lineText(line, page)));
  expect(existsSync(played.keptIn?.repository ?? "")).toBe(true);
  await rm(played.keptIn?.directory ?? "", { recursive: true });
});

test("a signal in the middle is its end, with its own failure, and leaves no process and no directory", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const homes: string[] = [];
  const told: string[] = [];
  // As it is, but for knowing where it is.
  const inHome = (home: string) => {
    homes.push(home);
    return world.inHome(home);
  };
  const played = playDemo(
    { ...world, inHome },
    {},
    {
      begin: () => undefined,
      tell: ({ step, text }) => {
        told.push(text);
        if (step === "edit") world.interrupt("SIGTERM");
      },
    },
  );
  await expect(played).rejects.toMatchObject({ kind: "cancelled", details: { signal: "SIGTERM" } });
  expect(told).toHaveLength(4);
  const [home = ""] = homes;
  expect(home).toContain("parallel-cc-demo-");
  expect(existsSync(dirname(home))).toBe(false);
  expect(world.processes.withArgument(dirname(home))).toEqual([]);
});

test("one that was interrupted before it began makes nothing", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  world.interrupt();
  const telling = { begin: () => expect.unreachable(), tell: () => expect.unreachable() };
  await expect(playDemo(world, {}, telling)).rejects.toMatchObject({ details: { signal: "SIGINT" } });
  const typed = demo(world, {}, { json: false, help: false, colour: false });
  await expect(typed).rejects.toMatchObject({ details: { signal: "SIGINT" } });
});

test("an agent whose script fails says what it heard, and has ended", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const shell = world.startScripted({ command: "/bin/sh", args: ["-s"], directory: place.path });
  const agent = startAgent(shell, { name: "ann", signal: world.signal() });
  expect(await agent.run("echo $(( 6 * 7 ))")).toBe("42");
  await expect(agent.run("echo no room >&2; exit 3")).rejects.toMatchObject({
    code: "demo.agent",
    message: 'The agent "ann" of the demo ended (exit 3): no room',
  });
  await waitFor(() => world.processes.identify(agent.pid) === undefined, "the shell ends");
});

test("what parallel-cc could not do there is the failure", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const said = JSON.stringify({ error: { code: "db.full", message: "No room.", hint: null, details: {} } });
  const failing = { ...world, self: () => ({ command: "/bin/sh", args: ["-c", `echo '${said}'; exit 1`] }) };
  const telling = { begin: () => undefined, tell: () => expect.unreachable() };
  const played = playDemo(failing, {}, telling);
  await expect(played).rejects.toBeInstanceOf(Failure);
  await expect(played).rejects.toMatchObject({ code: "db.full" });
});
