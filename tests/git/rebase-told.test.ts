// What a rebase tells: names as git gives them, and what happened in words that say it.

import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeRebaseScene, type RebaseScene } from "./rebase-scene.ts";

describe("a file where the other has a directory", () => {
  /** The second pick adds a file where main has a directory now. */
  async function fileAndDirectory(scene: RebaseScene): Promise<string> {
    await scene.commit("own.txt", "own\n");
    await scene.write("name", "a file\n");
    await scene.git("add", "--all");
    await scene.git("commit", "--quiet", "-m", "a/b: adds it");
    await scene.onMain("name/inside.txt", "inside\n");
    return scene.git("rev-parse", "--short", "HEAD");
  }

  test("is foretold by the name that git gives it", async () => {
    await using scene = await makeRebaseScene();
    const pick = await fileAndDirectory(scene);
    const foretold = await scene.run({ isCheck: true });
    const files = foretold.meeting?.files ?? [];
    expect(files).toMatchObject([{ path: `name~${pick} (a_b: adds it)`, kind: "file/directory" }]);
    await scene.git("rebase", "main").catch(() => undefined);
    expect(await scene.git("ls-files", "--unmerged", "-z")).toBe(
      `100644 ${files[0]?.stages.theirs?.object} 3\t${files[0]?.path}\0`,
    );
  });

  test("is what it is where a rebase has stopped", async () => {
    await using scene = await makeRebaseScene();
    const pick = await fileAndDirectory(scene);
    expect(await scene.run({ stops: true })).toMatchObject({
      outcome: "stopped",
      meeting: { files: [{ path: `name~${pick} (a_b: adds it)`, kind: "file/directory" }] },
    });
  });

  test("on the target's side is HEAD's, as git has it", async () => {
    await using scene = await makeRebaseScene();
    await scene.commit("own.txt", "own\n");
    await rm(join(scene.top, "own.txt"));
    await scene.commit("name/inside.txt", "inside\n");
    await scene.onMain("name", "a file\n");
    expect(await scene.run({ stops: true })).toMatchObject({
      meeting: { files: [{ path: "name~HEAD", kind: "file/directory" }] },
    });
    expect(await scene.git("ls-files", "--unmerged")).toContain("\tname~HEAD");
  });
});
