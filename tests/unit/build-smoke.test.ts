// Whether a program for another machine can be tried here, and what is said when it cannot. The runtimes are small
// scripts; an emulator is one that runs what it is given.

import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { findWay, smokeRun, waysToRun } from "../../scripts/dev/smoke.ts";
import { makePlace, type Place } from "../support/place.ts";
import { targetOf } from "../support/targets.ts";

async function script(place: Place, name: string, lines: string): Promise<string> {
  await Bun.write(place.at(name), `#!/bin/sh\n${lines}\n`);
  await chmod(place.at(name), 0o755);
  return place.at(name);
}

const bare = { platform: "linux", arch: "x64", which: () => null };

describe("the ways to run it", () => {
  test("are none on another system", () => {
    expect(waysToRun(targetOf("darwin-arm64"), bare)).toEqual([]);
    expect(waysToRun(targetOf("windows-x64"), bare)).toEqual([]);
    expect(waysToRun(targetOf("linux-x64"), { ...bare, platform: "darwin" })).toEqual([]);
  });

  test("begin with the program itself, whatever its processor and C library", () => {
    expect(waysToRun(targetOf("linux-x64-musl"), bare)).toEqual([[]]);
    expect(waysToRun(targetOf("linux-arm64"), bare)).toEqual([[]]);
    expect(waysToRun(targetOf("darwin-x64"), { ...bare, platform: "darwin", arch: "arm64" })).toEqual([[]]);
  });

  test("go on with qemu for another processor, where there is one", () => {
    const which = (name: string) => `/tools/${name}`;
    expect(waysToRun(targetOf("linux-arm64-musl"), { ...bare, which })[1]?.[0]).toBe("/tools/qemu-aarch64");
    expect(waysToRun(targetOf("linux-x64"), { ...bare, arch: "arm64", which })[1]?.[0]).toBe("/tools/qemu-x86_64");
    expect(waysToRun(targetOf("linux-x64"), { ...bare, which })).toHaveLength(1);
  });
});

describe("whether it can run here", () => {
  test("is told by the start of its runtime", async () => {
    await using place = await makePlace();
    const runtime = await script(place, "bun", 'echo "1.2.3"');
    const known = { runtime, version: "1.2.3" };
    expect(await findWay(targetOf("linux-x64"), known, bare)).toEqual({ can: true, way: [] });
  });

  test("an emulator is taken where the kernel does not run it", async () => {
    await using place = await makePlace();
    await Bun.write(place.at("bun"), "not for this kernel");
    await chmod(place.at("bun"), 0o755);
    const emulator = await script(place, "qemu-aarch64", 'for last; do :; done; [ "$last" = --version ] && echo 1.2.3');
    const known = { runtime: place.at("bun"), version: "1.2.3" };
    const found = await findWay(targetOf("linux-arm64"), known, { ...bare, which: () => emulator });
    expect(found.can && found.way[0]).toBe(emulator);
  });

  test("what is missing is named, with the runtime's own words", async () => {
    await using place = await makePlace();
    const runtime = await script(place, "bun-musl", `echo "no libstdc++ (needed by $0)" >&2; exit 127`);
    const found = await findWay(targetOf("linux-x64-musl"), { runtime, version: "1.2.3" }, bare);
    const why = "needs Linux on x64 with musl and libstdc++ (its Bun: no libstdc++ (needed by bun-musl))";
    expect(found).toEqual({ can: false, why });
  });

  test.each([
    ["darwin-arm64", "needs macOS on arm64"],
    ["windows-x64", "needs Windows on x64"],
  ])("%s needs its system", async (name, why) => {
    const found = await findWay(targetOf(name), { runtime: "/nowhere/bun", version: "1.2.3" }, bare);
    expect(found).toEqual({ can: false, why });
  });

  test("a runtime of another version is an error", async () => {
    await using place = await makePlace();
    const runtime = await script(place, "bun", "echo 1.2.2");
    const found = findWay(targetOf("linux-x64"), { runtime, version: "1.2.3" }, bare);
    await expect(found).rejects.toThrow("is Bun 1.2.2, not 1.2.3.");
  });
});

describe("a smoke run", () => {
  test("starts the program, by the way found, in an empty home and environment", async () => {
    await using place = await makePlace();
    const program = await script(place, "tool", '[ -z "$(ls -A)" ] && [ "$PWD" = "$HOME" ] && echo "$1 $PATH"');
    const emulator = await script(place, "emulator", 'echo "$*" >>"$0.calls"; exec "$@"');
    await smokeRun({ program, version: "--version /usr/bin:/bin", way: [emulator], also: [["status", "--json"]] });
    const calls = await Bun.file(`${emulator}.calls`).text();
    expect(calls).toBe(`${program} --version\n${program} status --json\n`);
  });

  test("fails with the words that do not work and what was said", async () => {
    await using place = await makePlace();
    const program = await script(
      place,
      "tool",
      '[ "$1" = --version ] && echo 1 && exit; echo "no database" >&2; exit 3',
    );
    await expect(smokeRun({ program, version: "2" })).rejects.toThrow(`--version gave "1" (exit 0)`);
    const also = smokeRun({ program, version: "1", also: [["status", "--json"]] });
    await expect(also).rejects.toThrow("the fresh program's status --json failed (exit 3):\nno database");
  });
});
