// The way home out of a native sandbox: what borrows its objects, sees other processes and writes elsewhere than here.

import { expect, test } from "bun:test";
import { capture } from "../../src/features/providers/providers.ts";
import { deliver, examine, gather, replay } from "../../src/features/results/results.ts";
import { planUpload, sendUpload } from "../../src/features/uploads/uploads.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { nativeScene } from "./native-scene.ts";
import { IDENTITY } from "./results-scene.ts";

test("two who gather at once bring the same, and it is delivered as it stands inside", async () => {
  await using scene = await nativeScene();
  const { place, world } = scene;
  const repo = await makeRepo(place, { files: 300, commits: 3 });
  const base = await repo.git("rev-parse", "HEAD");
  const worktree = place.at("run-tree");
  await repo.git("worktree", "add", "--quiet", "--detach", worktree);
  const store = place.at("run/store.git");
  const roots = { repository: repo.path, worktree, caller: repo.path, store };
  const plan = await planUpload(world, { ...roots, base, include: [], sharesObjects: true });
  const sandbox = await scene.make({ objects: plan.first.objects });
  await sendUpload(world, sandbox, plan, { compression: "none" });
  const script = `git config user.name C; git config user.email c@example.com; echo 1 >>file-0.txt; git commit -qam one
    git init -q own; echo o >own/o.txt; rm folder-0/file-1.txt; echo n >"$(printf 'new\\nline')"`;
  const worked = await capture(sandbox, { argv: ["sh", "-euc", script] });
  expect(worked).toMatchObject({ exit: 0, stderr: "" });
  const input = { runId: "run-1", store, sent: plan.commit, identity: IDENTITY, message: "m" };
  const other = { ...input, store: place.at("other/store.git") };
  await runGit(["clone", "--quiet", "--bare", "--mirror", store, other.store], { cwd: place.path, env: place.env() });
  const both = await Promise.all([gather(world, sandbox, input), gather(world, sandbox, other)]);
  const [gathered] = both;
  expect(gathered).toMatchObject({ form: "commits", nested: ["own"], unread: [] });
  expect(both[1].head).toBe(gathered.head);
  const from = { repository: repo.path, store, sent: plan.commit, gathered };
  expect((await examine(world, { ...from, secrets: [] })).secrets).toEqual([]);
  const replayed = await replay(world, { ...from, base, runId: "run-1", extras: [], submodules: [] });
  expect(replayed.commits.map(({ subject }) => subject)).toEqual(["one"]);
  expect(await deliver(world, { worktree, replayed, branch: undefined, message: "m" })).toMatchObject({ left: [] });
  const sums = "find . -name .git -prune -o -type f -exec cksum {} + | sort";
  const inside = await capture(sandbox, { argv: ["sh", "-c", sums] });
  expect(inside.stdout).toContain("own/o.txt");
  expect(await Bun.$`sh -c ${sums}`.cwd(worktree).text()).toBe(inside.stdout);
  await capture(sandbox, { argv: ["sh", "-c", "rm -rf .git"] });
  const destroyed = await gather(world, sandbox, input);
  expect(destroyed.form).toBe("files");
  expect(
    (await replay(world, { ...from, gathered: destroyed, base, runId: "run-1", extras: [], submodules: [] }))
      .filesChanged,
  ).toBe(replayed.filesChanged);
});
