// Settings from files: whose wins, and what a broken one does.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { loadConfig } from "../../src/features/config/config.ts";
import { makePlace, type Place } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

async function settings(place: Place, texts: { user?: string; own?: string }): Promise<void> {
  if (texts.user !== undefined) await Bun.write(testWorld(place).paths.config, texts.user);
  if (texts.own !== undefined) await Bun.write(place.at("repo/.parallel-cc.json"), texts.own);
}

async function loaded(place: Place): Promise<string | undefined> {
  await using world = testWorld(place);
  return (await loadConfig(world, place.at("repo"))).settings["worktree.base"];
}

const base = (name: string) => JSON.stringify({ worktree: { base: name } });

describe("worktree.base", () => {
  test("is unset where nobody set it", async () => {
    await using place = await makePlace();
    expect(await loaded(place)).toBeUndefined();
  });

  test.each([
    ["the user's where the repository has no file", { user: base("user") }, "user"],
    ["the repository's where both have one", { user: base("user"), own: base("own") }, "own"],
    [
      "the user's where the repository's file says nothing of it",
      { user: base("user"), own: '{"worktree": {}}' },
      "user",
    ],
    ["unset where files say other things", { user: '{"other": [1]}', own: "{}" }, undefined],
  ])("is %s", async (_case, texts, expected) => {
    await using place = await makePlace();
    await settings(place, texts);
    expect(await loaded(place)).toBe(expected);
  });
});

describe("a broken file", () => {
  test.each(["", "{", "1", "null", '{"worktree": 1}', '{"worktree": {"base": 5}}', '{"worktree": {"base": ""}}'])(
    "is named and left as it is: %j",
    async (text) => {
      await using place = await makePlace();
      await settings(place, { own: text });
      await expect(loaded(place)).rejects.toThrow(place.at("repo/.parallel-cc.json"));
      expect(await Bun.file(place.at("repo/.parallel-cc.json")).text()).toBe(text);
    },
  );

  test("of the user's stops also where the repository has its own setting", async () => {
    await using place = await makePlace();
    await settings(place, { user: "{", own: base("own") });
    await expect(loaded(place)).rejects.toThrow(testWorld(place).paths.config);
  });

  test("that cannot be read at all is not taken for none", async () => {
    await using place = await makePlace();
    await mkdir(place.at("repo/.parallel-cc.json"), { recursive: true });
    await expect(loaded(place)).rejects.toThrow(place.at("repo/.parallel-cc.json"));
  });
});
