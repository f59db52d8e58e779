// The build, and what the built program refuses to take from the directory it is started in.

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { build, buildTargets, pinnedBun } from "../../build.ts";
import manifest from "../../package.json" with { type: "json" };
import { digestOf, type Store, systemStore } from "../../scripts/dev/runtimes.ts";
import { programFile, TARGETS } from "../../scripts/dev/targets.ts";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";

/** A directory whose files would run code in, or change the settings of, a Bun program that looked at them. */
async function makeHostile(place: Place): Promise<void> {
  const mark = (name: string): string => `require("node:fs").writeFileSync(${JSON.stringify(place.at(name))}, "");`;
  await Bun.write(place.at("preload.ts"), mark("preloaded"));
  await Bun.write(place.at("bunfig.toml"), 'preload = ["./preload.ts"]\n[run]\npreload = ["./preload.ts"]\n');
  for (const name of [".env", ".env.local", ".env.production", ".env.development"]) {
    await Bun.write(
      place.at(name),
      `PARALLEL_CC_HOME=${place.at("stolen-home")}\nBUN_OPTIONS=--preload ./preload.ts\n`,
    );
  }
  await Bun.write(place.at("tsconfig.json"), '{ "compilerOptions": { "jsxImportSource": "evil" } }');
  await Bun.write(place.at("package.json"), '{ "name": "hostile", "version": "6.6.6", "preload": "./preload.ts" }');
}

describe("dist/parallel-cc", () => {
  test("tells package.json's version", async () => {
    await using place = await makePlace();
    const ran = await pcc(place, ["--version"]);
    expect(ran).toEqual({ stdout: `${manifest.version}\n`, stderr: "", exit: 0, signal: null });
  });

  test("takes nothing from .env, bunfig.toml, tsconfig.json and package.json where it is started", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await makeHostile(place);
    const inside: Place = { ...place, at: (...parts) => place.at("repo", ...parts) };
    await makeHostile(inside);
    for (const cwd of [place.path, repo.path]) {
      expect((await pcc(place, ["--version"], { cwd })).stdout).toBe(`${manifest.version}\n`);
      await pcc(place, ["status", "--json"], { cwd });
    }
    const there = [...(await readdir(place.path)), ...(await readdir(repo.path))];
    expect(there).not.toContain("preloaded");
    expect(there).not.toContain("stolen-home");
    expect(await readdir(place.home)).toEqual([".parallel-cc"]);
  });

  test("those files do bite a program built without care", async () => {
    await using place = await makePlace();
    await Bun.write(place.at("source", "main.ts"), "console.log(process.env.PARALLEL_CC_HOME);");
    const careless = place.at("careless");
    const result = await Bun.build({ entrypoints: [place.at("source", "main.ts")], compile: { outfile: careless } });
    expect(result.success).toBe(true);
    await makeHostile(place);
    const child = Bun.spawn([careless], { cwd: place.path, env: place.env(), stdin: "ignore", stderr: "ignore" });
    expect(await child.stdout.text()).toBe(`${place.at("stolen-home")}\n`);
    expect(await readdir(place.path)).toContain("preloaded");
  });

  test("holds nothing of the machine that built it", async () => {
    const bytes = Buffer.from(await Bun.file(PROGRAM).arrayBuffer());
    expect(bytes.includes(import.meta.dir.replace(/\/tests\/binary$/, "/src/"))).toBe(false);
  });
});

describe("the build", () => {
  test("puts a program in place only when its fresh run tells the version", async () => {
    await using place = await makePlace();
    const entry = place.at("main.ts");
    const outfile = place.at("dist", "tool");
    await Bun.write(entry, "declare const PARALLEL_CC_VERSION: string; console.log(PARALLEL_CC_VERSION);");
    const built = await build({ entry, outfile, version: "1.2.3" });
    expect(built.sizeBytes).toBeGreaterThan(1_000_000);
    const before = Bun.file(outfile).lastModified;

    for (const broken of ['console.log("0.0.0");', "throw new Error('does not start');", "not typescript at all ("]) {
      await Bun.write(entry, broken);
      await expect(build({ entry, outfile, version: "1.2.3" })).rejects.toThrow();
    }
    expect(Bun.file(outfile).lastModified).toBe(before);
    expect(await readdir(place.at("dist"))).toEqual(["tool"]);
  });

  test("reads the pinned Bun from packageManager, and nothing else", () => {
    expect(pinnedBun("bun@1.2.3")).toBe("1.2.3");
    expect(pinnedBun(manifest.packageManager)).toBe(Bun.version);
    expect(() => pinnedBun("npm@10.0.0")).toThrow("packageManager should be bun@<version>");
  });
});

describe("the build for a target", () => {
  // This machine's own, so that its runtime is at hand and its program can be run.
  const [target] = TARGETS.filter(({ os, cpu }) => os === process.platform && cpu === process.arch);
  const source = (words: string) =>
    `declare const PARALLEL_CC_VERSION: string;
     const word = process.argv[2] ?? "";
     if (word === "--version") console.log(PARALLEL_CC_VERSION);
     else if (!${JSON.stringify(words)}.includes(word)) process.exit(3);`;

  async function makeStore(): Promise<Store> {
    const store = systemStore({ version: Bun.version, say: async () => {} });
    return { ...store, digests: { [target?.package ?? ""]: (await digestOf(process.execPath)) ?? "" } };
  }

  test("makes a program of the target's runtime, runs it, and writes its sum", async () => {
    await using place = await makePlace();
    if (target === undefined) throw new Error("no target fits this machine");
    await Bun.write(place.at("main.ts"), source("status"));
    const release = { entry: place.at("main.ts"), folder: place.at("dist"), version: "1.2.3" };
    const [made] = await buildTargets(await makeStore(), release, [target]);
    expect(made?.found).toEqual({ can: true, way: [] });
    const file = programFile(target);
    expect((await readdir(place.at("dist"))).sort()).toEqual(["SHA256SUMS", file].sort());
    expect(made?.sizeBytes).toBe(Bun.file(place.at("dist", file)).size);
    const sums = await Bun.file(place.at("dist", "SHA256SUMS")).text();
    expect(sums).toBe(`${await digestOf(place.at("dist", file))}  ${file}\n`);
    const child = Bun.spawn([place.at("dist", file), "--version"], { env: place.env(), stdin: "ignore" });
    expect(await child.stdout.text()).toBe("1.2.3\n");
  });

  test("that fails names the target, and leaves no program and no sums", async () => {
    await using place = await makePlace();
    if (target === undefined) throw new Error("no target fits this machine");
    await Bun.write(place.at("main.ts"), source("other"));
    await Bun.write(place.at("dist", "SHA256SUMS"), "of an earlier build");
    const release = { entry: place.at("main.ts"), folder: place.at("dist"), version: "1.2.3" };
    const building = buildTargets(await makeStore(), release, [target]);
    await expect(building).rejects.toThrow(`${target.name}: the fresh program's status --json failed (exit 3)`);
    expect(await readdir(place.at("dist"))).toEqual([]);
  });

  test("of no known name is wrong usage", async () => {
    const command = [process.execPath, join(import.meta.dir, "../../build.ts"), "--target", "amiga"];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect({ stdout, exit: await child.exited }).toEqual({ stdout: "", exit: 2 });
    expect(stderr).toStartWith("build: No target amiga; there are linux-x64, ");
  });
});
