// The real clients of tests/client: what is pinned, and that only what starts as its pinned version is used. The
// registry is a function here that puts small scripts where the packages would be.

import { describe, expect, test } from "bun:test";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import pinned from "../../scripts/dev/clients/package.json" with { type: "json" };
import {
  CLIENTS,
  CURRENT,
  clientCommand,
  OLDER,
  provideClients,
  type Store,
  whyNoClient,
} from "../../scripts/dev/clients.ts";
import { makePlace, type Place } from "../support/place.ts";

interface Registry {
  store: Store;
  said: string[];
}

/** Its clients say that they are these versions. */
function registryWith(place: Place, [current, older]: readonly [string, string]): Registry {
  const said: string[] = [];
  const install = async (folder: string): Promise<void> => {
    const scope = join(folder, "node_modules/@anthropic-ai");
    const program = join(scope, "claude-code-of-this-machine/claude");
    await Bun.write(program, `#!/bin/sh\necho '${current} (Claude Code)'\n`);
    await chmod(program, 0o755);
    await Bun.write(join(scope, "claude-code/cli.js"), `process.stdout.write("${older} (Claude Code)\\n");`);
  };
  return { said, store: { folder: place.at("clients"), install, say: async (line) => void said.push(line) } };
}

describe("what is pinned", () => {
  test("is one current version for all platforms, and an older one", () => {
    expect(new Set(Object.values(pinned.optionalDependencies))).toEqual(new Set([CURRENT]));
    expect(Bun.semver.order(CURRENT, OLDER)).toBe(1);
  });

  test("has an integrity in the lock file, which names no host", async () => {
    const text = await Bun.file(join(import.meta.dir, "../../scripts/dev/clients/bun.lock")).text();
    const names = { ...pinned.dependencies, ...pinned.optionalDependencies };
    for (const [name, version] of Object.entries(names)) {
      expect(text).toMatch(new RegExp(`"${name}": \\["${name}@${version}", "", \\{.*\\}, "sha512-[\\w+/]{86}=="\\]`));
    }
    expect(text).not.toContain("://");
  });

  test("is there for Linux and macOS, and nothing is promised elsewhere", () => {
    for (const platform of ["linux", "darwin"]) {
      for (const arch of ["x64", "arm64"]) expect(whyNoClient(platform, arch)).toBeUndefined();
    }
    expect(whyNoClient("freebsd", "x64")).toBe("no Claude Code is pinned for freebsd-x64");
  });
});

describe("the clients", () => {
  test("are fetched once, and then used without the registry", async () => {
    await using place = await makePlace();
    const { store, said } = registryWith(place, CLIENTS);
    for (let time = 0; time < 2; time += 1) await provideClients(store);
    expect(said).toEqual([`Fetching Claude Code ${CURRENT} and ${OLDER} ...`]);
    expect((await readdir(store.folder)).sort()).toEqual([...CLIENTS].sort());
  });

  test("are fetched again when one of them is damaged", async () => {
    await using place = await makePlace();
    const { store, said } = registryWith(place, CLIENTS);
    await provideClients(store);
    const [program] = clientCommand(CURRENT, store.folder);
    await Bun.write(program, "");
    await provideClients(store);
    expect(said).toHaveLength(2);
    expect(await Bun.file(program).text()).toContain(CURRENT);
  });

  test("that start as another version are refused", async () => {
    await using place = await makePlace();
    const { store } = registryWith(place, [CURRENT, CURRENT]);
    await expect(provideClients(store)).rejects.toThrow(`Claude Code ${OLDER} was fetched`);
  });
});
