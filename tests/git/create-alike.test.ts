// A worktree of ours holds what `git worktree add` would have put there, whatever the repository uses.

import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { createWorktree } from "../../src/features/worktrees/create.ts";
import { locate } from "../../src/git/repository.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { contentOf } from "./removal-scene.ts";

type Setup = (repo: Repo, place: Place) => Promise<unknown>;

const commit = async ({ git }: Repo) => {
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "More");
};

/** A filter as Git LFS has one: what git keeps is a pointer, what stands in the checkout comes from elsewhere. */
async function storeElsewhere({ git, path }: Repo, place: Place): Promise<void> {
  const store = place.at("store");
  const program = place.at("lfs.sh");
  const lines = [
    "#!/bin/sh",
    `mkdir -p '${store}'`,
    "case $1 in",
    `clean) cat > '${store}/new' && id=$(git hash-object '${store}/new') && mv '${store}/new' "${store}/$id" && echo "pointer $id" ;;`,
    `smudge) read -r word id && cat "${store}/$id" ;;`,
    "esac",
  ];
  await Bun.write(program, `${lines.join("\n")}\n`);
  await chmod(program, 0o755);
  for (const step of ["clean", "smudge"]) await git("config", `filter.large.${step}`, `'${program}' ${step}`);
  await git("config", "filter.large.required", "true");
  await Bun.write(join(path, ".gitattributes"), "*.bin filter=large -text\n");
  await Bun.write(join(path, "large.bin"), "large content\n");
}

const REPOSITORIES: [string, Setup][] = [
  [
    "a submodule, which stays empty",
    async (repo, place) => {
      const inner = await makeRepo(place, { name: "inner" });
      await repo.git("submodule", "--quiet", "add", inner.path, "sub");
      await commit(repo);
    },
  ],
  [
    "a sparse checkout in cones",
    async (repo) => {
      await Bun.$`mkdir -p a/deep b && echo a > a/deep/file && echo b > b/file`.cwd(repo.path).quiet();
      await commit(repo);
      await repo.git("sparse-checkout", "set", "a");
    },
  ],
  [
    "a sparse checkout by patterns, with a sparse index",
    async (repo) => {
      await Bun.$`mkdir -p a b && echo a > a/file && echo b > b/file`.cwd(repo.path).quiet();
      await commit(repo);
      await repo.git("sparse-checkout", "set", "--sparse-index", "b");
    },
  ],
  [
    "files that a filter keeps elsewhere",
    async (repo, place) => {
      await storeElsewhere(repo, place);
      await commit(repo);
    },
  ],
  [
    "line ends of another system, links and programs",
    async (repo) => {
      await Bun.write(join(repo.path, ".gitattributes"), "*.bat eol=crlf\n");
      await Bun.$`printf 'a\nb\n' > x.bat && ln -s nowhere link && echo x > tool && chmod +x tool`
        .cwd(repo.path)
        .quiet();
      await commit(repo);
    },
  ],
];

describe("with", () => {
  test.each(REPOSITORIES)("%s", async (_what, setup) => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { files: 3 });
    await setup(repo, place);
    await using world = testWorld(place, { cwd: repo.path });
    const made = { path: place.at("ours"), branch: "ours", commit: await repo.git("rev-parse", "HEAD") };
    await createWorktree(world, await locate(world.git(repo.path)), made);
    await repo.git("worktree", "add", "--quiet", "-b", "theirs", place.at("theirs"));
    const standing = async (name: string) => ({
      files: contentOf(place.at(name), (path) => path === ".git"),
      status: await repo.git("-C", place.at(name), "status", "--porcelain=v2", "--ignored"),
      index: await repo.git("-C", place.at(name), "ls-files", "--stage", "-v", "--sparse"),
    });
    expect(await standing("ours")).toEqual(await standing("theirs"));
  });
});
