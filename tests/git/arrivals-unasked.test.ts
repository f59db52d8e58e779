// What a look for merges starts, which nobody asked for: nothing that only the repository's own configuration names.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Polled, pollMerges } from "../../src/features/arrivals/arrivals.ts";
import { locate } from "../../src/git/repository.ts";
import { testWorld } from "../support/world.ts";
import { type Checkout, makeScene, type Scene, type Worker, withRemote } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

interface Watched {
  scene: Scene;
  behind: Worker;
  author: Worker;
  colleague: Checkout;
  /** A program that leaves its mark, and does what this line of shell does. */
  marker(name: string, line?: string): Promise<string>;
  /** Which of them have been run since the last time that this was asked. */
  ran(): Promise<string[]>;
  look(): Promise<Polled>;
}

/** One who has changed a file, one whose branch is pushed, and a remote to which a colleague pushes. */
async function watched(scene: Scene): Promise<Watched> {
  const colleague = await withRemote(scene);
  await scene.start("one");
  const behind = await scene.start("two");
  const author = await scene.start("three");
  await behind.write("f.txt", numbered({ 30: "thirty" }));
  await author.commit("f.txt", numbered({ 10: "ten" }));
  await author.git("push", "--quiet", "origin", author.branch);
  const marks = scene.place.at("marks");
  await mkdir(marks);
  return {
    ...{ scene, behind, author, colleague },
    marker: async (name, line = "exit 1") => {
      const file = scene.place.at(`program-${name}`);
      await Bun.write(file, `#!/bin/sh\n: > '${join(marks, name)}'\n${line}\n`);
      await chmod(file, 0o755);
      return file;
    },
    ran: async () => {
      const found = await Array.fromAsync(new Bun.Glob("*").scan(marks));
      for (const name of found) await Bun.file(join(marks, name)).delete();
      return found.sort();
    },
    look: async () => {
      // Also other protocols than the one of the tests.
      await using world = testWorld(scene.place, { cwd: scene.repo.path, env: { GIT_ALLOW_PROTOCOL: undefined } });
      // Beside the scene's own, whose ids count up, too.
      const one = { ...world, newId: () => crypto.randomUUID() };
      return pollMerges(one, await locate(world.git(scene.repo.path)));
    },
  };
}

async function landFarAway({ colleague, author }: Watched): Promise<void> {
  await colleague.git("fetch", "--quiet");
  await colleague.squash(`origin/${author.branch}`);
  await colleague.git("push", "--quiet", "origin", "main");
}

describe("a look starts no program that only the repository names, and says what it did not ask:", () => {
  const URL = "remote.origin.url";
  test.each([
    ["remote.origin.uploadpack", {}],
    ["core.sshCommand", { [URL]: "ssh://nobody@nowhere.invalid/repo.git" }],
    ["core.gitProxy", { [URL]: "git://nowhere.invalid/repo.git" }],
  ])("%s", async (key, settings) => {
    await using scene = await makeScene();
    const on = await watched(scene);
    for (const [name, value] of Object.entries(settings)) await scene.main.git("config", name, value);
    await scene.main.git("config", key, await on.marker("program"));
    await landFarAway(on);
    const { errors } = await on.look();
    expect(await on.ran()).toEqual([]);
    expect(errors).toEqual([
      expect.stringMatching(new RegExp(`^origin/main was not fetched: .*${key}.*nobody asked`, "i")),
    ]);
  });

  test("a helper for credentials, but for one that git or its user has installed", async () => {
    await using scene = await makeScene();
    const on = await watched(scene);
    await landFarAway(on);
    await scene.main.git("config", "credential.helper", "store --file=credentials");
    expect((await on.look()).errors).toEqual([]);
    await scene.main.git("config", "credential.https://example.com.helper", `!${await on.marker("helper")}`);
    expect((await on.look()).errors).toEqual([expect.stringContaining("credential.https://example.com.helper")]);
  });

  test("what the user's own configuration names is the user's own wish", async () => {
    await using scene = await makeScene();
    const on = await watched(scene);
    await scene.main.git("config", "remote.origin.url", "ssh://nobody@nowhere.invalid/repo.git");
    await scene.main.git("config", "--global", "core.sshCommand", await on.marker("ssh"));
    expect((await on.look()).errors).toEqual([expect.stringContaining("origin/main could not be fetched")]);
    expect(await on.ran()).toEqual(["ssh"]);
  });

  test("an address that is a command", async () => {
    await using scene = await makeScene();
    const on = await watched(scene);
    await scene.main.git("config", "remote.origin.url", `ext::${await on.marker("transport")}`);
    await scene.main.git("config", "protocol.ext.allow", "always");
    expect((await on.look()).errors).toEqual([expect.stringContaining("origin/main could not be fetched")]);
    expect(await on.ran()).toEqual([]);
  });
});

test("a look asks the remote and looks at checkouts without hooks, monitors, filters and merge drivers of the repository", async () => {
  await using scene = await makeScene();
  const on = await watched(scene);
  const { main, repo } = scene;
  await on.behind.commit("f.txt", numbered({ 30: "thirty" }));
  await on.behind.write("f.txt", numbered({ 30: "thirty", 35: "not yet" }));
  const hooks = join(repo.path, ".git/hooks");
  await mkdir(hooks, { recursive: true });
  for (const name of ["reference-transaction", "post-index-change"]) {
    await Bun.write(join(hooks, name), await Bun.file(await on.marker(name, "exit 0")).text());
    await chmod(join(hooks, name), 0o755);
  }
  await landFarAway(on);
  await main.git("config", "core.fsmonitor", await on.marker("fsmonitor"));
  await main.git("config", "filter.evil.clean", await on.marker("clean", "cat"));
  await main.git("config", "merge.evil.driver", await on.marker("driver"));
  await main.git("config", "core.alternateRefsCommand", await on.marker("alternates", "exit 0"));
  await main.git("init", "--quiet", "--bare", scene.place.at("alternate.git"));
  await Bun.write(join(repo.path, ".git/objects/info/alternates"), `${scene.place.at("alternate.git")}/objects\n`);
  await Bun.write(join(repo.path, ".git/info/attributes"), "* filter=evil merge=evil\n");
  await on.ran();
  const { recorded, errors } = await on.look();
  expect([recorded.length, errors, await on.ran()]).toEqual([1, [], []]);
  expect((await scene.news(on.behind)).join()).toContain('1 file that you changed, too: "f.txt"');
});
