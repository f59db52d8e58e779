// Settings set, shown and taken out: what is written where, what is refused, and what is left as it was.

import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { listSettings, setSetting, settingNamed, unsetSetting } from "../../src/features/config/change.ts";
import { loadConfig } from "../../src/features/config/config.ts";
import { trust } from "../../src/features/config/consent.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const own = join(repo.path, ".parallel-cc.json");
  const set = (key: string, words: string[], isOfRepository = false) =>
    setSetting(world, { key, words, isOfRepository });
  const writeHome = async (text: string) => {
    await mkdir(world.paths.home, { recursive: true });
    await Bun.write(world.paths.config, text);
  };
  const home = () => Bun.file(world.paths.config).text();
  const loaded = () => loadConfig(world, repo.path);
  return { place, repo, world, own, set, home, writeHome, loaded, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("set", () => {
  test("keeps a value as it was typed", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.base", ["1.2.3"]);
    await scene.set("worktree.prefix", ["007"]);
    await scene.set("cleanup.trashMaxSize", ["1"]);
    await scene.set("cleanup.keepDays", ["0.5"]);
    await scene.set("cleanup.auto", ["false"]);
    expect(JSON.parse(await scene.home())).toEqual({
      worktree: { base: "1.2.3", prefix: "007" },
      cleanup: { trashMaxSize: "1", keepDays: 0.5, auto: false },
    });
  });

  test("takes several commands, in order", async () => {
    await using scene = await makeScene();
    const commands = ["npm ci", "npm run build"];
    expect(await scene.set("worktree.postCreate", commands)).toMatchObject({ value: commands, from: "home" });
    expect((await scene.loaded()).settings["worktree.postCreate"]).toEqual(commands);
    await scene.set("worktree.postCreate", ["npm ci && npm run build"]);
    expect(await settingNamed(scene.world, "worktree.postCreate")).toMatchObject({ value: "npm ci && npm run build" });
  });

  test("writes a setting that is of no group by itself, and a bad value of it is mended", async () => {
    await using scene = await makeScene();
    expect(await scene.set("guards", ["warn"])).toMatchObject({ value: "warn", from: "home" });
    expect(JSON.parse(await scene.home())).toEqual({ guards: "warn" });
    expect((await scene.loaded()).settings.guards).toBe("warn");
    await scene.writeHome('{"guards": "no", "worktree": {"prefix": "mine"}}');
    await expect(scene.loaded()).rejects.toMatchObject({ code: "config.broken" });
    await scene.set("guards", ["off"]);
    expect((await scene.loaded()).settings).toMatchObject({ guards: "off", "worktree.prefix": "mine" });
  });

  test("changes nothing else in a file: comments, order, indentation and unknown names stay", async () => {
    await using scene = await makeScene();
    await scene.writeHome('// mine\n{\n\t"later": [1],\n\t"worktree": { "base": "main" /* here */ },\n}\n');
    await scene.set("worktree.base", ["dev"]);
    expect(await scene.home()).toBe('// mine\n{\n\t"later": [1],\n\t"worktree": { "base": "dev" /* here */ },\n}\n');
    expect((await scene.loaded()).settings["worktree.base"]).toBe("dev");
  });

  test("follows a symbolic link and keeps the rights of the file", async () => {
    await using scene = await makeScene();
    await mkdir(scene.world.paths.home, { recursive: true });
    await Bun.write(scene.place.at("dotfiles.json"), "{}");
    await symlink(scene.place.at("dotfiles.json"), scene.world.paths.config);
    await scene.set("worktree.base", ["dev"]);
    expect(await Bun.file(scene.place.at("dotfiles.json")).json()).toEqual({ worktree: { base: "dev" } });
  });

  test("makes a file that only its user reads", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.base", ["dev"]);
    expect(statSync(scene.world.paths.config).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["worktree.ports", ["1.2.3"]],
    ["worktree.ports", ["21"]],
    ["worktree.ports", ["-1"]],
    ["worktree.portRange", ["80-90"]],
    ["worktree.portRange", ["5000-4000"]],
    ["worktree.backend", ["svn"]],
    ["worktree.prefix", ["../x"]],
    ["worktree.base", ["a", "b"]],
    ["worktree.copyFiles", ["~/.env"]],
    ["worktree.copyFiles", ["config/{a,b}.local"]],
    ["worktree.symlinkDirs", ["../out"]],
    ["worktree.symlinkDirs", ["/etc"]],
    ["worktree.symlinkDirs", ["a/.git"]],
    ["worktree.postCreate", ["true", " "]],
    ["cleanup.auto", ["yes"]],
    ["cleanup.keepDays", ["1e3"]],
    ["cleanup.trashMaxSize", ["big"]],
  ])("refuses %s %j, and writes nothing", async (key, words) => {
    await using scene = await makeScene();
    await expect(scene.set(key, words)).rejects.toMatchObject({ code: "config.value", kind: "usage" });
    expect(await Bun.file(scene.world.paths.config).exists()).toBe(false);
  });

  test.each([
    ["worktree.copyfiles", "worktree.copyFiles"],
    ["postCreate", "worktree.postCreate"],
    ["cleanup.keepDay", "cleanup.keepDays"],
  ])("refuses %s and names %s", async (typed, hint) => {
    await using scene = await makeScene();
    await expect(scene.set(typed, ["1"])).rejects.toMatchObject({ code: "config.key", hint: `Did you mean ${hint}?` });
  });

  test("leaves a broken file alone, and says where it is broken", async () => {
    await using scene = await makeScene();
    await scene.writeHome('{\n  "worktree": {\n    "base" "main"\n  }\n}\n');
    await expect(scene.set("worktree.base", ["dev"])).rejects.toMatchObject({
      code: "config.broken",
      message: expect.stringContaining("config.json:3:12"),
    });
    expect(await scene.home()).toContain('"base" "main"');
  });

  test("mends one bad value, and takes one out, where the rest is sound", async () => {
    await using scene = await makeScene();
    await scene.writeHome('{\n  "worktree": {\n    "ports": "many",\n    "base": 5\n  }\n}\n');
    await expect(scene.loaded()).rejects.toMatchObject({ message: expect.stringContaining("config.json:3:5") });
    await scene.set("worktree.ports", ["2"]);
    await expect(scene.loaded()).rejects.toMatchObject({ message: expect.stringContaining("config.json:4:5") });
    await unsetSetting(scene.world, { key: "worktree.base", isOfRepository: false });
    expect((await scene.loaded()).settings["worktree.ports"]).toBe(2);
  });

  test.each([
    ["a setting twice", '{"worktree": {"ports": 2, "ports": 5}}'],
    ["no object where one belongs", '{"worktree": null}'],
    ["too much nesting", "[".repeat(100_000)],
  ])("leaves a file alone that has %s", async (_what, text) => {
    await using scene = await makeScene();
    await scene.writeHome(text);
    await expect(scene.set("worktree.ports", ["7"])).rejects.toMatchObject({ code: "config.broken" });
    expect(await scene.home()).toBe(text);
  });

  test("says so where the repository's own file counts first", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.ports", ["2"], true);
    const { warnings } = await scene.set("worktree.ports", ["5"]);
    expect(warnings).toEqual(["Here worktree.ports is 2 all the same: the repository's own file says so."]);
  });

  test("writes through no link that a repository tracks", async () => {
    await using scene = await makeScene();
    await Bun.write(scene.place.at("theirs.json"), "{}");
    await symlink(scene.place.at("theirs.json"), scene.own);
    await expect(scene.set("worktree.ports", ["1"], true)).rejects.toMatchObject({ code: "config.link" });
    expect(await Bun.file(scene.place.at("theirs.json")).text()).toBe("{}");
  });

  test("says what is wrong where it cannot write", async () => {
    await using scene = await makeScene();
    const paths = { ...scene.world.paths, config: "/proc/nowhere/config.json" };
    const change = { key: "worktree.ports", words: ["1"], isOfRepository: false };
    await expect(setSetting({ ...scene.world, paths }, change)).rejects.toMatchObject({
      code: "config.unwritable",
    });
  });

  test.each([
    ["endless", (file: string) => symlink("/dev/zero", file)],
    ["a pipe", async (file: string) => Bun.spawnSync(["mkfifo", file])],
    ["larger than any settings", (file: string) => Bun.write(file, " ".repeat(2 * 1024 * 1024))],
  ])("reads no file that is %s", async (_what, make) => {
    await using scene = await makeScene();
    await make(scene.own);
    await expect(scene.loaded()).rejects.toMatchObject({ code: "config.broken" });
  });

  test("outside of a repository can set only the user's own", async () => {
    await using scene = await makeScene();
    const world = { ...scene.world, cwd: scene.place.path };
    await setSetting(world, { key: "worktree.base", words: ["dev"], isOfRepository: false });
    const ofRepository = setSetting(world, { key: "worktree.base", words: ["dev"], isOfRepository: true });
    await expect(ofRepository).rejects.toMatchObject({ code: "repository.none" });
  });
});

describe("what counts", () => {
  test("the repository's before the user's before the default, and the list says which", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.base", ["mine"]);
    await scene.set("worktree.base", ["ours"], true);
    await scene.set("worktree.prefix", ["pc"]);
    const { settings, files } = await listSettings(scene.world);
    const found = new Map(settings.map(({ key, value, from }) => [key, { value, from }]));
    expect(found.get("worktree.base")).toEqual({ value: "ours", from: "repository" });
    expect(found.get("worktree.prefix")).toEqual({ value: "pc", from: "home" });
    expect(found.get("worktree.ports")).toEqual({ value: 0, from: "default" });
    expect(files).toEqual([scene.own, scene.world.paths.config]);
  });

  test("unset lets the next one count, and is no error where nothing was set", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.base", ["mine"]);
    await scene.set("worktree.base", ["ours"], true);
    const unset = (isOfRepository: boolean) => unsetSetting(scene.world, { key: "worktree.base", isOfRepository });
    expect(await unset(true)).toMatchObject({ value: "mine", from: "home" });
    expect(await unset(false)).toMatchObject({ value: null, from: "default" });
    expect(await unset(false)).toMatchObject({ value: null, from: "default" });
  });

  test.each([
    ["worktree.backend", "gtr"],
    ["cleanup.auto", "true"],
    ["cleanup.keepDays", "1"],
  ])("a repository may not set %s to %s", async (key, word) => {
    await using scene = await makeScene();
    await expect(scene.set(key, [word], true)).rejects.toMatchObject({ code: "config.not-in-repository" });
  });

  test("names that are no setting are told, with the nearest", async () => {
    await using scene = await makeScene();
    await scene.writeHome('{"worktree": {"copyfile": ".env"}, "budget": {}}');
    const { warnings } = await listSettings(scene.world);
    expect(warnings).toEqual([
      expect.stringContaining("Did you mean worktree.copyFiles?"),
      expect.stringContaining('"budget", which is no setting.'),
    ]);
  });
});

describe("commands of a repository's own file", () => {
  const postCreate = async (scene: Awaited<ReturnType<typeof makeScene>>) =>
    (await scene.loaded()).settings["worktree.postCreate"];

  test("do not count before exactly that text is approved", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.postCreate", ["mine"]);
    await Bun.write(scene.own, '{"worktree": {"postCreate": "theirs"}}');
    expect(await postCreate(scene)).toEqual(["mine"]);
    expect((await scene.loaded()).unapproved).toEqual([{ key: "worktree.postCreate", commands: ["theirs"] }]);
    await expect(trust(scene.world, {})).rejects.toMatchObject({ code: "config.unconfirmed", kind: "usage" });
    expect(await postCreate(scene)).toEqual(["mine"]);
    await trust(scene.world, { yes: true });
    expect(await postCreate(scene)).toEqual(["theirs"]);
    await Bun.write(scene.own, '{"worktree": {"postCreate": "theirs", "preRemove": "more"}}');
    expect(await postCreate(scene)).toEqual(["mine"]);
    await Bun.write(scene.own, '{"worktree": {"postCreate": "theirs", "base": "x"}}');
    expect(await postCreate(scene)).toEqual(["theirs"]);
  });

  test("do not count any longer when the approval is taken back", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.postCreate", ["theirs"], true);
    expect(await postCreate(scene)).toEqual(["theirs"]);
    await trust(scene.world, { revoke: true });
    expect(await postCreate(scene)).toEqual([]);
  });

  test("that their user sets are approved at once, but nothing that stood there before", async () => {
    await using scene = await makeScene();
    await Bun.write(scene.own, '{"worktree": {"preRemove": "evil"}}');
    const { warnings } = await scene.set("worktree.postCreate", ["mine"], true);
    expect(warnings).toEqual([expect.stringContaining("config trust")]);
    expect((await scene.loaded()).unapproved.map(({ key }) => key)).toEqual([
      "worktree.preRemove",
      "worktree.postCreate",
    ]);
  });

  test("are not approved in another repository", async () => {
    await using scene = await makeScene();
    await scene.set("worktree.postCreate", ["theirs"], true);
    const other = await makeRepo(scene.place, { name: "other" });
    await Bun.write(join(other.path, ".parallel-cc.json"), await Bun.file(scene.own).text());
    expect((await loadConfig(scene.world, other.path)).settings["worktree.postCreate"]).toEqual([]);
  });
});
