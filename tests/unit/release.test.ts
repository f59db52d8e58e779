// The line that tells of which release an installed script is, and what `--version` says about it.

import { describe, expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { skewLine } from "../../src/cli/skew.ts";
import { headOf, releaseOf, scriptsAround } from "../../src/files/release.ts";
import { makePlace } from "../support/place.ts";

const ROOT = join(import.meta.dir, "../..");
const nowhere = () => null;

test.each(["scripts/claude-parallel.sh", "scripts/heartbeat.sh"])("%s is of package.json's release", (path) => {
  expect(releaseOf(join(ROOT, path))).toBe(manifest.version);
});

describe("the release of a script", () => {
  const told = async (text: string) => {
    await using place = await makePlace();
    await Bun.write(place.at("script"), text);
    return releaseOf(place.at("script"));
  };

  test("stands in a line of its own", async () => {
    expect(await told("#!/bin/sh\nset -u\npcc_release=2.10.3-rc.1\n")).toBe("2.10.3-rc.1");
  });

  test.each(["", "#!/bin/bash\n# claude-parallel\n", "# pcc_release=3.0.0\n", "pcc_release=$(evil)\n"])(
    "is not told by %j",
    async (text) => {
      expect(await told(text)).toBeNull();
    },
  );

  test("is looked for in the first lines only", async () => {
    expect(await told(`#!/bin/sh\n${"#\n".repeat(3000)}pcc_release=3.0.0\n`)).toBeNull();
  });

  test("is not there where there is no file, or another thing by that name", async () => {
    await using place = await makePlace();
    await mkdir(place.at("folder"));
    expect(releaseOf(place.at("none"))).toBeUndefined();
    expect(releaseOf(place.at("folder"))).toBeUndefined();
    expect(headOf(place.at("folder"), 10)).toBeUndefined();
  });
});

describe("the scripts around a program", () => {
  test("are the ones beside it and the first ones on PATH, each file once", async () => {
    await using place = await makePlace();
    await Bun.write(place.at("bin/claude-parallel"), "pcc_release=3.0.0\n");
    await Bun.write(place.at("bin/parallel-cc-heartbeat.sh"), "pcc_release=3.0.0\n");
    await Bun.write(place.at("old/claude-parallel"), "#!/bin/bash\n");
    await symlink(place.at("bin/parallel-cc-heartbeat.sh"), place.at("old/parallel-cc-heartbeat.sh"));
    expect(scriptsAround(place.at("bin/parallel-cc"), (name) => place.at("old", name))).toEqual([
      { name: "claude-parallel", path: place.at("bin/claude-parallel"), release: "3.0.0" },
      { name: "claude-parallel", path: place.at("old/claude-parallel"), release: null },
      { name: "parallel-cc-heartbeat.sh", path: place.at("bin/parallel-cc-heartbeat.sh"), release: "3.0.0" },
    ]);
  });

  test("are none where none are installed", async () => {
    await using place = await makePlace();
    expect(scriptsAround(place.at("parallel-cc"), nowhere)).toEqual([]);
  });
});

describe("--version", () => {
  const line = async (release: string, version: string) => {
    await using place = await makePlace();
    await Bun.write(place.at("bin/claude-parallel"), release);
    await Bun.write(place.at("bin/parallel-cc-heartbeat.sh"), "pcc_release=3.1.0\n");
    const said = skewLine({ program: place.at("bin/parallel-cc"), version, which: nowhere });
    return said.replaceAll(place.path, "");
  };

  test("says nothing when all is of one release", async () => {
    expect(await line("pcc_release=3.1.0\n", "3.1.0")).toBe("");
  });

  test("names the script of another release in one line", async () => {
    expect(await line("pcc_release=3.0.0\n", "3.1.0")).toBe(
      "warning: /bin/claude-parallel is of release 3.0.0; this is 3.1.0. See: parallel-cc doctor\n",
    );
  });

  test("names all of them in one line, also those that do not tell", async () => {
    expect(await line("#!/bin/bash\n", "4.0.0")).toBe(
      "warning: /bin/claude-parallel is of an earlier release, /bin/parallel-cc-heartbeat.sh is of release 3.1.0; " +
        "this is 4.0.0. See: parallel-cc doctor\n",
    );
  });
});
