// `install` in a real terminal: the questions, and what comes of breaking them off.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROGRAM } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { openTerminal } from "../support/terminal.ts";

test("asks for each part, and then does all of it", async () => {
  await using place = await makePlace();
  const env = place.env({ extra: { SHELL: "/bin/bash" } });
  await using terminal = await openTerminal(place, { shell: "bash", cwd: place.home, env });
  await terminal.type(`${PROGRAM} install`);
  for (const [question, typed] of [
    [/Install heartbeat hooks\? \[y\/N\]: $/m, "y"],
    [/Install globally or locally\? \[global\/local\/skip\]: $/m, "global"],
    [/Add claude=claude-parallel alias\? \[y\/N\]: $/m, "y"],
    [/Add the MCP server\? \[y\/N\]: $/m, "y"],
  ] as const) {
    await terminal.waitForScreen(question);
    expect(readdirSync(place.home)).toEqual([]);
    await terminal.type(typed);
  }
  await terminal.waitForScreen(/started anew/);
  const screen = await terminal.screen();
  // Commands are to be copied whole.
  const lines = screen.split("\n").filter((line) => !/^ {2}|parallel-cc install$/.test(line));
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(readFileSync(join(place.home, ".bashrc"), "utf8")).toContain("alias claude='claude-parallel'\n");
  expect(readFileSync(join(place.home, ".claude.json"), "utf8")).toContain('"mcp",');
});

test.each(["C-c", "C-d"])("broken off with %s, does nothing", async (key) => {
  await using place = await makePlace();
  await using terminal = await openTerminal(place, { shell: "bash", cwd: place.home, env: place.env() });
  await terminal.type(`${PROGRAM} install --interactive; echo "exit $?"`);
  await terminal.waitForScreen(/Install heartbeat hooks/);
  await terminal.type("y");
  await terminal.waitForScreen(/locally\?/);
  await terminal.press(key);
  if (key === "C-d") await terminal.waitForScreen(/exit 1/);
  await terminal.type("echo next");
  await terminal.waitForScreen(/^next$/m);
  expect(readdirSync(place.home)).toEqual([]);
});
