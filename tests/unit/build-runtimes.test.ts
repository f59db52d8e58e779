// The runtimes of programs for other machines: what is pinned, and that nothing else is ever used. The registry is a
// function here that puts a small file where the package would be.

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pinnedBun } from "../../build.ts";
import manifest from "../../package.json" with { type: "json" };
import pinned from "../../scripts/dev/runtimes/package.json" with { type: "json" };
import { digestOf, provideRuntime, type Store, systemStore } from "../../scripts/dev/runtimes.ts";
import { TARGETS } from "../../scripts/dev/targets.ts";
import { makePlace, type Place } from "../support/place.ts";
import { targetOf } from "../support/targets.ts";

const PACKAGES = TARGETS.map((target) => target.package).sort();
/** SHA-256 of "abc" (FIPS 180-2, appendix B.1). */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

interface Registry {
  store: Store;
  fetched: string[];
  said: string[];
}

/** Every package is wanted to hold "abc", and holds `content`. */
function registryWith(place: Place, content: string | undefined): Registry {
  const [fetched, said]: [string[], string[]] = [[], []];
  const store: Store = {
    folder: place.at("cache", "runtimes"),
    digests: Object.fromEntries(PACKAGES.map((name) => [name, ABC])),
    own: process.execPath,
    say: async (line) => void said.push(line),
    install: async ({ package: name, os }, folder) => {
      fetched.push(name);
      const file = join(folder, "node_modules", name, "bin", os === "win32" ? "bun.exe" : "bun");
      if (content !== undefined) await Bun.write(file, content);
    },
  };
  return { store, fetched, said };
}

describe("what is pinned", () => {
  test("is the Bun that builds, for every target and nothing else", () => {
    const version = pinnedBun(manifest.packageManager);
    expect(Object.entries(pinned.optionalDependencies).sort()).toEqual(PACKAGES.map((name) => [name, version]));
    expect(Object.keys(pinned.sha256).sort()).toEqual(PACKAGES);
    for (const digest of Object.values(pinned.sha256)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("has an integrity in the lock file, which names no host", async () => {
    const text = await Bun.file(join(import.meta.dir, "../../scripts/dev/runtimes/bun.lock")).text();
    for (const name of PACKAGES) {
      expect(text).toMatch(new RegExp(`"${name}": \\["${name}@[\\d.]+", "", \\{.*\\}, "sha512-[\\w+/]{86}=="\\]`));
    }
    expect(text).not.toContain("://");
  });
});

describe("a runtime", () => {
  test("is fetched once, kept under its own name as a program, and then used without the registry", async () => {
    await using place = await makePlace();
    const { store, fetched, said } = registryWith(place, "abc");
    for (const name of ["linux-arm64", "windows-x64", "linux-arm64", "windows-x64"]) {
      expect(await digestOf(await provideRuntime(store, targetOf(name)))).toBe(ABC);
    }
    expect(fetched).toEqual(["@oven/bun-linux-aarch64", "@oven/bun-windows-x64"]);
    expect(said).toHaveLength(2);
    expect((await readdir(store.folder)).sort()).toEqual(["bun-linux-aarch64", "bun-windows-x64.exe"]);
  });

  test.each([["abd"], [""], [undefined]])(
    "whose package holds %j is refused, and nothing of it is kept",
    async (content) => {
      await using place = await makePlace();
      const { store } = registryWith(place, content);
      const provided = provideRuntime(store, targetOf("darwin-arm64"));
      await expect(provided).rejects.toThrow("@oven/bun-darwin-aarch64 is not what is pinned");
      expect(await readdir(store.folder)).toEqual([]);
    },
  );

  test("that was damaged where it is kept is fetched again, and said to be", async () => {
    await using place = await makePlace();
    const { store, fetched, said } = registryWith(place, "abc");
    const kept = await provideRuntime(store, targetOf("darwin-x64"));
    await Bun.write(kept, "abcd");
    expect(await provideRuntime(store, targetOf("darwin-x64"))).toBe(kept);
    expect(await Bun.file(kept).text()).toBe("abc");
    expect(fetched).toHaveLength(2);
    expect(said[1]).toBe(`${kept} is damaged, so it is fetched again.`);
  });

  test("that is the very Bun at hand is not fetched", async () => {
    await using place = await makePlace();
    const { store, fetched } = registryWith(place, "abc");
    await Bun.write(place.at("bun"), "abc");
    expect(await provideRuntime({ ...store, own: place.at("bun") }, targetOf("linux-x64"))).toBe(place.at("bun"));
    expect(fetched).toEqual([]);
  });

  test("that is not pinned is never asked for", async () => {
    await using place = await makePlace();
    const { store, fetched } = registryWith(place, "abc");
    const provided = provideRuntime({ ...store, digests: {} }, targetOf("linux-x64"));
    await expect(provided).rejects.toThrow("@oven/bun-linux-x64 is not pinned");
    expect(fetched).toEqual([]);
  });
});

describe("the machine's own store", () => {
  test("is in the user's cache, by the version of Bun", () => {
    const { folder, own } = systemStore({ version: "1.2.3", say: async () => {} });
    expect(folder).toBe(join(process.env["HOME"] ?? "", ".cache/parallel-cc/runtimes-1.2.3"));
    expect(own).toBe(process.execPath);
  });

  test("says in Bun's words why a package cannot be had", async () => {
    await using place = await makePlace();
    const store = systemStore({ version: "1.2.3", say: async () => {} });
    // No package of the lock file fits: Bun installs nothing, and needs no network for that.
    const install = store.install({ ...targetOf("windows-x64"), cpu: "arm64" }, place.path);
    await expect(install).rejects.toThrow(
      /@oven\/bun-windows-x64 could not be fetched\. It is needed once; Bun's words:\nbun install/,
    );
  });
});
