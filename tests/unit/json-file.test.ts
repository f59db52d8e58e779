// A JSON file of others on a real disk: what of it stays, who may be writing at the same time, and what is left alone.

import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { removeUnchanged, replaceFile, replaceUnchanged } from "../../src/files/atomic.ts";
import { settleFile } from "../../src/files/json-file.ts";
import type { Note } from "../../src/files/json-note.ts";
import { besideNeighbours } from "../../src/files/neighbour-lock.ts";
import { OURS, WANTED } from "../props/json-edit-entries.ts";
import { makePlace } from "../support/place.ts";

const MODES = { mode: 0o600, directoryMode: 0o700 };

const WORLD = { sleep: (ms: number) => Bun.sleep(ms), now: () => new Date() };
const install = (file: string, note?: Note) => settleFile(WORLD, { file, ours: OURS, wanted: WANTED, note, ...MODES });
const uninstall = (file: string, note?: Note) => settleFile(WORLD, { file, ours: OURS, wanted: [], note, ...MODES });
const isRoot = process.getuid?.() === 0;

/** Time passes only by waiting. */
class Clock {
  ms = 0;
  private readonly start: number;

  constructor(start: number) {
    this.start = start;
  }

  async sleep(ms: number): Promise<void> {
    this.ms += ms;
  }

  now(): Date {
    return new Date(this.start + this.ms);
  }
}

describe("a file", () => {
  test("is made with its directory, and is gone again", async () => {
    await using place = await makePlace();
    const file = place.at("new", "settings.json");
    const { change, note } = await install(file);
    expect(change).toBe("made");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await install(file, note)).toMatchObject({ change: "none", found: 5 });
    expect(await uninstall(file, note)).toMatchObject({ change: "removed", note: undefined });
    expect(existsSync(file)).toBe(false);
    expect(await uninstall(file)).toMatchObject({ change: "none" });
  });

  test("keeps its bytes, its mode and the link to it", async () => {
    await using place = await makePlace();
    const bytes = Buffer.from('\uFEFF{\r\n\t"é": "🙂", // x\r\n}');
    const [file, link] = [place.at("dotfile.json"), place.at("settings.json")];
    writeFileSync(file, bytes);
    chmodSync(file, 0o666);
    await symlink("dotfile.json", link);
    const { note } = await install(link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o666);
    expect(readFileSync(file, "utf8")).toContain("parallel-cc hook");
    expect((await uninstall(link, note)).change).toBe("written");
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readdirSync(dirname(file)).sort()).toEqual(["dotfile.json", "home", "settings.json", "tmp"]);
  });

  test("that a link will point to is made there", async () => {
    await using place = await makePlace();
    await symlink("there/real.json", place.at("one.json"));
    await symlink("one.json", place.at("two.json"));
    const { note } = await install(place.at("two.json"));
    expect(lstatSync(place.at("two.json")).isSymbolicLink()).toBe(true);
    expect(lstatSync(place.at("there/real.json")).isFile()).toBe(true);
    expect((await uninstall(place.at("two.json"), note)).change).toBe("removed");
    expect(existsSync(place.at("there/real.json"))).toBe(false);
    expect(lstatSync(place.at("one.json")).isSymbolicLink()).toBe(true);
  });

  test.each([
    ["broken", '{"a": 1,,}', "json.broken"],
    ["of another shape", '{"hooks": []}', "json.shape"],
    ["not in UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "json.unreadable"],
    ["in UTF-16", Buffer.from('\uFEFF{"a": 1}', "utf16le"), "json.unreadable"],
  ])("that is %s is left alone", async (_what, bytes, code) => {
    await using place = await makePlace();
    const file = place.at("settings.json");
    writeFileSync(file, bytes);
    const before = statSync(file);
    await expect(install(file)).rejects.toMatchObject({ code });
    expect(readFileSync(file).equals(Buffer.from(bytes))).toBe(true);
    expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test("that is a directory or a pipe is not read", async () => {
    await using place = await makePlace();
    await mkdir(place.at("folder"));
    Bun.spawnSync(["mkfifo", place.at("pipe")]);
    for (const file of [place.at("folder"), place.at("pipe")]) {
      await expect(install(file)).rejects.toMatchObject({ code: "json.unreadable" });
    }
  });

  test("that cannot be written is told", async () => {
    await using place = await makePlace();
    await symlink("/proc/nowhere/settings.json", place.at("settings.json"));
    await expect(install(place.at("settings.json"))).rejects.toMatchObject({ code: "json.unwritable" });
  });
});

describe("replacing", () => {
  test("waits for nobody and overwrites nobody who was faster", async () => {
    await using place = await makePlace();
    const file = place.at("a.json");
    writeFileSync(file, "theirs");
    const change = { file, text: "ours", ...MODES };
    expect(replaceUnchanged({ ...change, was: Buffer.from("older") })).toBe(false);
    expect(replaceUnchanged({ ...change, was: undefined })).toBe(false);
    expect(removeUnchanged({ file, was: Buffer.from("older") })).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("theirs");
    expect(replaceUnchanged({ ...change, was: Buffer.from("theirs") })).toBe(true);
    expect(removeUnchanged({ file, was: Buffer.from("ours") })).toBe(true);
    expect(replaceUnchanged({ ...change, was: Buffer.from("ours") })).toBe(false);
    expect(replaceUnchanged({ ...change, was: undefined })).toBe(true);
    expect(readdirSync(place.path).sort()).toEqual(["a.json", "home", "tmp"]);
  });

  test("keeps the owner, or leaves the file alone where it may not", async () => {
    await using place = await makePlace();
    const file = place.at("a.json");
    writeFileSync(file, "{}");
    chmodSync(place.path, 0o777);
    if (isRoot) chownSync(file, 12345, 23456);
    const owner = statSync(file);
    replaceFile({ file, text: "{ }", ...MODES });
    expect(statSync(file)).toMatchObject({ uid: owner.uid, gid: owner.gid, mode: owner.mode });
  });
});

describe("the lock beside a file", () => {
  test("keeps the changes of others that take it, however often both write", async () => {
    await using place = await makePlace();
    const file = place.at("settings.json");
    writeFileSync(file, "{}");
    // As the client does: lock, read, write a new file, rename, unlock.
    const script = `
      import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
      const [, , file] = process.argv;
      for (let i = 0; i < 200; ) {
        try { mkdirSync(file + ".lock"); } catch { await Bun.sleep(1); continue; }
        writeFileSync(file + ".tmp", JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ["k" + i++]: 1 }));
        renameSync(file + ".tmp", file);
        rmdirSync(file + ".lock");
      }`;
    await Bun.write(place.at("writer.ts"), script);
    const command = [process.execPath, place.at("writer.ts"), file];
    const child = Bun.spawn(command, { env: place.env(), stdout: "ignore", stderr: "inherit" });
    let note: Note | undefined;
    let turns = 0;
    for (; child.exitCode === null; turns += 1) {
      note = (await install(file, note)).note;
      note = (await uninstall(file, note)).note;
      // The other gets its turn, and its end is heard of.
      await new Promise((done) => setTimeout(done, 1));
    }
    expect(child.exitCode).toBe(0);
    expect(turns).toBeGreaterThan(1);
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")))).toHaveLength(200);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test("that somebody has left behind is taken away, and a younger one is waited for", async () => {
    await using place = await makePlace();
    const file = place.at("settings.json");
    await mkdir(`${file}.lock`);
    const clock = new Clock(Date.now());
    await settleFile(clock, { file, ours: OURS, wanted: WANTED, note: undefined, ...MODES });
    expect(clock.ms).toBeGreaterThan(9_000);
    expect(clock.ms).toBeLessThan(11_000);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test("that is none, and never goes, stops nobody for ever", async () => {
    await using place = await makePlace();
    const file = place.at("settings.json");
    await mkdir(place.at("settings.json.lock/inside"), { recursive: true });
    const clock = new Clock(0);
    await settleFile(clock, { file, ours: OURS, wanted: WANTED, note: undefined, ...MODES });
    expect(clock.ms).toBeGreaterThan(9_000);
    expect(existsSync(place.at("settings.json.lock/inside"))).toBe(true);
  });

  test("stands beside what a link points to", async () => {
    await using place = await makePlace();
    await mkdir(place.at("there"));
    writeFileSync(place.at("there/real.json"), "{}");
    await symlink("there/real.json", place.at("link.json"));
    const lock = await besideNeighbours(WORLD, place.at("link.json"), () =>
      existsSync(place.at("there/real.json.lock")),
    );
    expect(lock).toBe(true);
    expect(readdirSync(place.at("there"))).toEqual(["real.json"]);
  });
});
