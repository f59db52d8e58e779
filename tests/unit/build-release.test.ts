// What stands beside the programs for other machines: their sums, their signature, and the table that tells of them.

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { dropSums, signForMac, tableOf, writeSums } from "../../scripts/dev/release.ts";
import { makePlace } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";
import { targetOf } from "../support/targets.ts";

/** SHA-256 of "abc" and of nothing (FIPS 180-2). */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("SHA256SUMS", () => {
  test("has a line for each target's program, and for nothing else that is there", async () => {
    await using place = await makePlace();
    for (const name of ["parallel-cc-windows-x64.exe", "parallel-cc-linux-arm64"]) {
      await Bun.write(place.at("dist", name), "abc");
    }
    await Bun.write(place.at("dist", "parallel-cc-darwin-x64"), "");
    await Bun.write(place.at("dist", "parallel-cc"), "this machine's");
    await writeSums(place.at("dist"));
    expect(await Bun.file(place.at("dist", "SHA256SUMS")).text()).toBe(
      [
        `${NOTHING}  parallel-cc-darwin-x64`,
        `${ABC}  parallel-cc-linux-arm64`,
        `${ABC}  parallel-cc-windows-x64.exe`,
        "",
      ].join("\n"),
    );
  });

  test("of programs that are about to change goes first", async () => {
    await using place = await makePlace();
    await writeSums(place.path);
    await dropSums(place.path);
    await dropSums(place.path);
    expect((await readdir(place.path)).sort()).toEqual(["home", "tmp"]);
  });
});

describe("a program for macOS", () => {
  test("is signed ad hoc, and the signature looked at, where codesign is", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { codesign: {} });
    expect(await signForMac("/dist/tool", `${programs.folder}/codesign`)).toBe(true);
    const calls = await programs.expectCalled("codesign", 2);
    expect(calls.map(({ argv }) => argv.join(" "))).toEqual([
      "--force --sign - /dist/tool",
      "--verify --strict /dist/tool",
    ]);
  });

  test("stays as it is where codesign is not", async () => {
    expect(await signForMac("/dist/tool", null)).toBe(false);
  });

  test("that codesign does not sign is an error with its words", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { codesign: { exit: 1, stderr: "no identity found" } });
    const signed = signForMac("/dist/tool", `${programs.folder}/codesign`);
    await expect(signed).rejects.toThrow("codesign --force failed (exit 1):\nno identity found");
  });
});

test("the table says of each program how great it is and whether it was run, and what is left to do", () => {
  const table = tableOf([
    { target: targetOf("linux-x64"), sizeBytes: 112_011_440, found: { can: true, way: [] }, isSigned: false },
    {
      target: targetOf("linux-arm64"),
      sizeBytes: 1e6,
      found: { can: true, way: ["/x/qemu-aarch64"] },
      isSigned: false,
    },
    { target: targetOf("darwin-arm64"), sizeBytes: 92e6, found: { can: true, way: [] }, isSigned: true },
    { target: targetOf("darwin-x64"), sizeBytes: 101e6, found: { can: false, why: "needs macOS" }, isSigned: false },
  ]);
  expect(table.split("\n")).toEqual([
    "parallel-cc-linux-x64     112 MB  smoke run ok",
    "parallel-cc-linux-arm64     1 MB  smoke run ok (qemu-aarch64)",
    "parallel-cc-darwin-arm64   92 MB  smoke run ok",
    "parallel-cc-darwin-x64    101 MB  not run: needs macOS",
    "darwin-x64: has no valid signature yet. On macOS, before it starts: codesign --force --sign - parallel-cc-darwin-x64",
    "",
  ]);
});
