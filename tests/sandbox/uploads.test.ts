// What goes into a sandbox, and that all of it arrives: real git and real tar, into a directory that stands in for one.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeScene, namesIn, write } from "./uploads-scene.ts";

describe("a project goes up", () => {
  test("the first commit in the sandbox is the one that was worked out here, on the real base", async () => {
    await using scene = await makeScene();
    const plan = await scene.up();
    const { workspace } = scene.sandbox.places;
    expect(await scene.gitAt(workspace, "rev-parse", "work", "work^", "HEAD")).toBe(
      [plan.commit, scene.base, plan.commit].join("\n"),
    );
    expect(await scene.gitAt(workspace, "status", "--porcelain")).toBe("");
    expect(await scene.gitAt(workspace, "symbolic-ref", "HEAD")).toBe("refs/heads/work");
    expect(await scene.gitAt(workspace, "remote")).toBe("");
    expect(plan).toMatchObject({ files: 1, held: [], extras: [], warnings: [] });
    expect(plan.sent).toEqual([{ path: "file-0.txt", sizeBytes: plan.bytes, why: "tracked" }]);
  });

  test("without shared objects it has no parent", async () => {
    await using scene = await makeScene();
    const plan = await scene.up({ sharesObjects: false });
    const { workspace } = scene.sandbox.places;
    expect(await scene.gitAt(workspace, "rev-list", "--parents", "work")).toBe(plan.commit);
    expect(await readFile(join(workspace, ".git/objects/info/alternates"), "utf8")).toBe("");
  });

  test("a repository of no files, and one of SHA-256", async () => {
    await using none = await makeScene({ files: {} });
    expect(await none.up()).toMatchObject({ files: 0, bytes: 0, sent: [] });
    expect(await namesIn(none)).toEqual([]);
    await using long = await makeScene({ format: "sha256", files: { "a.txt": "a\n" } });
    const plan = await long.up();
    expect(plan.commit).toMatch(/^[0-9a-f]{64}$/);
    expect(await long.gitAt(long.sandbox.places.workspace, "rev-parse", "work^")).toBe(long.base);
  });

  test("names of every kind", async () => {
    await using scene = await makeScene({ files: { "a.txt": "a\n" } });
    const names = [
      ..."-dash,--option,trailing ,tab\there,line\nbreak,quote\"'s,back\\nslash,*,[ab],$HOME,`x`,caf\u00e9,cafe\u0301,A,a,~".split(
        ",",
      ),
      ...["x".repeat(255), "deep/er/and deeper/é", ":(top)x", "!x", "#x", "%s", "\u{1f600}"],
    ];
    await write(scene.worktree, Object.fromEntries(names.map((name) => [name, `content of ${name}\n`])));
    const latin = Buffer.concat([Buffer.from(`${scene.worktree}/caf`), Buffer.from([0xe9])]);
    writeFileSync(latin, "of latin1\n");
    const plan = await scene.up();
    const { workspace } = scene.sandbox.places;
    expect(await scene.gitAt(workspace, "rev-parse", "work")).toBe(plan.commit);
    const there = new Set(await namesIn(scene));
    expect(names.filter((name) => !there.has(name))).toEqual([]);
    expect(plan.files).toBe(names.length + 2);
    expect(plan.warnings).toEqual(["Some disks take these names for one another: a, caf\u00e9."]);
    expect(plan.sent.map(({ path }) => path)).toContain("caf\ufffd");
    for (const name of names) expect(await readFile(join(workspace, name), "utf8")).toBe(`content of ${name}\n`);
  });
});
