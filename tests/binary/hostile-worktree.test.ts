// New worktrees under settings, hooks and filters that change what a checkout is.

import { describe, expect, test } from "bun:test";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { remainsOf } from "../support/remains.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { isClean, refused, registered } from "../support/sessions.ts";

describe("a new worktree", () => {
  async function second(place: Place, repo: Repo) {
    await using owner = sleeper();
    await using other = sleeper();
    await registered(place, owner, { cwd: repo.path });
    return await registered(place, other, { cwd: repo.path });
  }

  test("is kept and warned about when a post-checkout hook fails in it", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await hook(join(repo.path, ".git/hooks"), "echo no luck >&2; exit 3");
    const made = await second(place, repo);
    expect(made.warnings.join()).toContain("no luck");
    expect(await isClean(made.worktreePath, place)).toBe(true);
  });

  test("runs the hooks of core.hooksPath, in it", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await hook(place.at("my hooks"), 'pwd >"$(git rev-parse --git-common-dir)/ran"');
    await repo.git("config", "core.hooksPath", place.at("my hooks"));
    const made = await second(place, repo);
    expect(await Bun.file(join(repo.path, ".git/ran")).text()).toBe(`${made.worktreePath}\n`);
  });

  test("asks for no signature", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("config", "commit.gpgsign", "true");
    await repo.git("config", "gpg.program", "/bin/false");
    expect((await second(place, repo)).warnings).toEqual([]);
  });

  test("of a sparse checkout is as sparse, and clean", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { files: 250 });
    await repo.git("sparse-checkout", "set", "--cone", "folder-1");
    const made = await second(place, repo);
    expect((await readdir(made.worktreePath)).sort()).toEqual([".git", "file-0.txt", "folder-1"]);
    expect(await isClean(made.worktreePath, place)).toBe(true);
  });

  test("with autocrlf has the line ends of the main checkout, and is clean", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await repo.git("config", "core.autocrlf", "true");
    const made = await second(place, repo);
    expect(await Bun.file(join(made.worktreePath, "file-0.txt")).text()).toContain("\r\n");
    expect(await isClean(made.worktreePath, place)).toBe(true);
  });

  test("whose files a filter refuses to write is no worktree, and leaves nothing", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using other = sleeper();
    const repo = await makeRepo(place);
    await Bun.write(join(repo.path, ".gitattributes"), "*.txt filter=broken\n");
    await repo.git("add", ".");
    await repo.git("commit", "--quiet", "-m", "attributes");
    await repo.git("config", "filter.broken.smudge", "false");
    await repo.git("config", "filter.broken.required", "true");
    await registered(place, first, { cwd: repo.path });
    expect(await refused(place, other, { cwd: repo.path })).toBe("worktree.failed");
    const { wrong, worktrees } = await remainsOf(place, repo);
    expect({ wrong, worktrees }).toEqual({ wrong: [], worktrees: [] });
  });

  test("that was deleted by hand does not stop the next session, nor its own release", async () => {
    await using place = await makePlace();
    await using first = sleeper();
    await using other = sleeper();
    const repo = await makeRepo(place);
    await registered(place, first, { cwd: repo.path });
    const made = await registered(place, other, { cwd: repo.path });
    await rm(made.worktreePath, { recursive: true });
    const ran = await pcc(place, ["release", "--pid", String(other.pid)], { cwd: repo.path });
    expect({ exit: ran.exit, stderr: ran.stderr }).toEqual({ exit: 0, stderr: "" });
    expect((await registered(place, other, { cwd: repo.path })).isNew).toBe(true);
  });
});

async function hook(folder: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Bun.write(join(folder, "post-checkout"), `#!/bin/sh\n${text}\n`);
  await chmod(join(folder, "post-checkout"), 0o755);
}
