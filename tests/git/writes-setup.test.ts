// What setting a worktree up wrote is nobody's work, as long as it stays as it was left.

import { expect, test } from "bun:test";
import { setSetting } from "../../src/features/config/change.ts";
import { loadConfig } from "../../src/features/config/config.ts";
import { setUp } from "../../src/features/setup/setup.ts";
import { rememberWorktree } from "../../src/features/worktrees/worktrees.ts";
import { makeLooks, type Scene } from "../support/looks.ts";

const scene = () => makeLooks({ files: 3, before: "git worktree add -q --detach ../worktree", at: "worktree" });

async function setUpWith({ world, db, own, top, repo }: Scene, ...commands: string[]): Promise<void> {
  const where = { path: top, git_dir: own.git_dir ?? "", git_dir_id: own.git_dir_id, admin_name: "worktree" };
  const made = { repo_path: repo.path, name: "worktree", origin: "created", session_name: null } as const;
  const began = { branch: null, fork_commit: own.fork_commit, target_branch: null };
  db.write((now) => rememberWorktree(db, { ...where, ...made, ...began }, now));
  await setSetting(world, { key: "worktree.postCreate", words: commands, isOfRepository: false });
  const config = await loadConfig(world, top);
  await setUp(world, db, { path: top, name: "worktree", from: undefined, config, variables: {}, who: "alone" });
}

test("what setting up made and changed after the last look does not count, and what else was written does", async () => {
  await using made = await scene();
  await setUpWith(made, "echo made > made.txt; mkdir deep; echo made > deep/made.txt; echo more >> file-0.txt");
  expect(await made.wrote("touch mine.txt deep/mine.txt")).toEqual(["deep/mine.txt", "mine.txt"]);
});

test("what setting up made counts when it is written", async () => {
  await using made = await scene();
  await setUpWith(made, "echo made > made.txt; echo more >> file-0.txt");
  expect(await made.wrote("true")).toEqual([]);
  expect(await made.wrote("echo mine >> made.txt && echo mine >> file-0.txt")).toEqual(["file-0.txt", "made.txt"]);
});

test("what setting up made counts when somebody wrote it before it was looked at", async () => {
  await using made = await scene();
  await setUpWith(made, "echo made > made.txt; echo made > other.txt");
  expect(await made.wrote("echo mine >> made.txt")).toEqual(["made.txt"]);
});
