// Whether doctor tells the installed programs apart: which is asked, which PATH has, and of which release they are.

import { describe, expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { noteRegister } from "../../src/features/skew/skew.ts";
import { examined, found, install, VERSION, writeProgram } from "../support/doctor.ts";
import { makePlace, type Place } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

/** Another parallel-cc, in a folder of its own. */
async function other(place: Place, text: string): Promise<string> {
  await writeProgram(place.at("other/parallel-cc"), text);
  return place.at("other");
}

const printing = (version: string) => `#!/bin/sh\necho ${version}\n`;

describe("parallel-cc", () => {
  const checked = async (place: Place, path: readonly string[]) =>
    found(await examined(place, { path }), "parallel-cc");

  test("that PATH has is well", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    expect(await checked(place, [bin])).toEqual({
      name: "parallel-cc",
      status: "ok",
      detail: `${VERSION}, ${bin}/parallel-cc`,
    });
  });

  test("is the same one through a link", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    await mkdir(place.at("links"));
    await symlink(join(bin, "parallel-cc"), place.at("links/parallel-cc"));
    expect(await checked(place, [place.at("links"), bin])).toMatchObject({ status: "ok" });
  });

  test("that PATH has not is a warning, with the line to type", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    expect(await checked(place, [])).toMatchObject({
      status: "warn",
      hint: `Add its directory to PATH: export PATH=${bin}:"$PATH"`,
    });
  });

  test("that PATH has not is better called from where it is installed than from where it was started", async () => {
    await using place = await makePlace();
    await install(place);
    await writeProgram(join(place.home, ".local/bin/parallel-cc"), printing(VERSION));
    const checks = await examined(place);
    for (const name of ["parallel-cc", "claude-parallel"]) {
      expect(found(checks, name)?.hint).toEndWith(`export PATH=${place.home}/.local/bin:"$PATH"`);
    }
  });

  test("of another release first on PATH is a warning that tells both", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const before = await other(place, printing("3.0.2"));
    expect(await checked(place, [before, bin])).toMatchObject({
      status: "warn",
      detail: `${VERSION}, in ${bin}/parallel-cc; PATH has instead ${before}/parallel-cc (3.0.2).`,
    });
  });

  test("is brought together with the others in the way that is installed", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const path = [await other(place, printing("3.0.2")), bin];
    expect((await checked(place, path))?.hint).toStartWith("Bring them together with parallel-cc install --all;");
    const marketplaces = { "parallel-cc": { source: { path: join(place.home, ".parallel-cc/plugin") } } };
    const settings = { enabledPlugins: { "parallel-cc@parallel-cc": true }, extraKnownMarketplaces: marketplaces };
    await Bun.write(join(place.home, ".claude/settings.json"), JSON.stringify(settings));
    expect((await checked(place, path))?.hint).toStartWith(
      "Bring them together with parallel-cc install --all --plugin;",
    );
  });

  test("of another release later on PATH is a warning as well", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const after = await other(place, printing("3.0.2"));
    expect(await checked(place, [bin, after])).toMatchObject({
      status: "warn",
      detail: `${VERSION}, ${bin}/parallel-cc; PATH has also ${after}/parallel-cc (3.0.2).`,
    });
  });

  test("twice of one release is told, and well", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const after = await other(place, printing(VERSION));
    const check = await checked(place, [bin, after]);
    expect(check?.status).toBe("ok");
    expect(check?.detail).toContain(after);
  });

  test("of Node is known as an earlier release without being run", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const ran = place.at("ran");
    const after = await other(place, `#!/usr/bin/env node\ntouch ${ran}\n`);
    const check = await checked(place, [bin, after]);
    expect(check?.detail).toContain(`${after}/parallel-cc (an earlier release)`);
    expect(await Bun.file(ran).exists()).toBe(false);
  });

  test("that says no version is of an unknown release", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const after = await other(place, "#!/bin/sh\necho hello; exit 3\n");
    expect((await checked(place, [bin, after]))?.detail).toContain("(of an unknown release)");
  });
});

describe("the scripts", () => {
  test("of the same release are well", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const checks = await examined(place, { path: [bin] });
    expect(found(checks, "claude-parallel")).toMatchObject({
      status: "ok",
      detail: `${VERSION}, ${bin}/claude-parallel`,
    });
    expect(found(checks, "heartbeat script")).toMatchObject({ status: "ok" });
  });

  test.each([
    ["2.9.0", "release 2.9.0"],
    ["4.0.0", "release 4.0.0"],
    [null, "an earlier release"],
  ])("of release %p are a warning", async (release, words) => {
    await using place = await makePlace();
    const bin = await install(place, { release });
    const checks = await examined(place, { path: [bin] });
    for (const [name, file] of [
      ["claude-parallel", "claude-parallel"],
      ["heartbeat script", "parallel-cc-heartbeat.sh"],
    ] as const) {
      const detail = `${bin}/${file} is of ${words}, parallel-cc of ${VERSION}.`;
      expect(found(checks, name)).toMatchObject({ status: "warn", detail });
    }
  });

  test("that are not there are a warning for the wrapper, and nothing for the hook", async () => {
    await using place = await makePlace();
    const checks = await examined(place);
    expect(found(checks, "claude-parallel")).toMatchObject({
      status: "warn",
      detail: "claude-parallel is not on PATH.",
    });
    expect(found(checks, "heartbeat script")).toBeUndefined();
  });

  test("beside the program but not on PATH are missed on PATH", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    const checks = (await examined(place)).filter(({ name }) => name === "claude-parallel");
    expect(checks).toMatchObject([{ status: "warn", hint: expect.stringContaining(`PATH=${bin}:`) }]);
  });

  test("of another release that have called are told, though those found are well", async () => {
    await using place = await makePlace();
    const bin = await install(place);
    await using world = testWorld(place);
    await noteRegister({ ...world, version: VERSION, env: { ...world.env, wrapperVersion: "3.0.5" } });
    expect(found(await examined(place, { path: [bin] }), "claude-parallel", /called/)).toMatchObject({
      status: "warn",
      detail: `One of release 3.0.5, which is not found here, has called this ${VERSION}.`,
    });
  });
});

describe("the alias", () => {
  const alias = async (place: Place, profile: string, line: string) => {
    const bin = await install(place);
    await Bun.write(join(place.home, profile), `# mine\n${line}\nexport X=1\n`);
    return found(await examined(place, { path: [bin] }), "alias");
  };

  test.each([
    [".bashrc", "alias claude='claude-parallel'"],
    [".bash_profile", "  alias claude=claude-parallel # ours"],
    [".zshrc", 'alias claude="/home/x/.local/bin/claude-parallel"'],
    [".config/fish/config.fish", "alias claude 'claude-parallel'"],
  ])("is found in ~/%s as %s", async (profile, line) => {
    await using place = await makePlace();
    expect(await alias(place, profile, line)).toEqual({
      name: "alias",
      status: "ok",
      detail: `claude is claude-parallel, in ${join(place.home, profile)}`,
    });
  });

  test.each(["# alias claude=claude-parallel", "alias claude='claude --verbose'", "alias cp=claude-parallel"])(
    "is not %s",
    async (line) => {
      await using place = await makePlace();
      expect(await alias(place, ".bashrc", line)).toMatchObject({
        status: "ok",
        detail: expect.stringContaining("none"),
      });
    },
  );

  test("of a wrapper that PATH has not is a warning", async () => {
    await using place = await makePlace();
    await Bun.write(join(place.home, ".bashrc"), "alias claude=claude-parallel\n");
    expect(found(await examined(place), "alias")).toMatchObject({ status: "warn" });
  });

  test("is looked for without a word of what cannot be read", async () => {
    await using place = await makePlace();
    await mkdir(join(place.home, ".bashrc"));
    expect(found(await examined(place), "alias")).toMatchObject({ status: "ok" });
  });
});
