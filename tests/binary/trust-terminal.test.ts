// `config trust` in a real terminal.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { openTerminal } from "../support/terminal.ts";

test("shows what would run, with nothing in it that a terminal obeys, and takes a typed y", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  const postCreate = ["npm ci", "echo \u001b[2K\u001b[1Ahidden"];
  await Bun.write(join(repo.path, ".parallel-cc.json"), JSON.stringify({ worktree: { postCreate } }));
  await using terminal = await openTerminal(place, { shell: "bash", cwd: repo.path, env: place.env() });
  await terminal.type(`${PROGRAM} config trust`);
  await terminal.waitForScreen(/\[y\/N\]/);
  const screen = await terminal.screen();
  expect(screen).toContain("worktree.postCreate\n    npm ci\n    echo \\u{1b}[2K\\u{1b}[1Ahidden\n");
  await terminal.type("y");
  await terminal.waitForScreen(/Approved, as long as/);
  const got = await pcc(place, ["config", "get", "worktree.postCreate", "--json"], { cwd: repo.path });
  expect(JSON.parse(got.stdout)).toMatchObject({ value: postCreate, from: "repository" });
});
