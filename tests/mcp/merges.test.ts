// A server that a session's client has started sees to it that merges are seen: by a process in the background, of which
// the client knows nothing.

import { expect, test } from "bun:test";
import { pccJson } from "../support/cli.ts";
import { connectClient } from "../support/mcp.ts";
import { makePlace } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { allEnded } from "../support/remains.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";

test("a merge is seen after a call, and told to whom it concerns", async () => {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  // It would write into a home that is gone.
  if (process.platform === "linux") stack.defer(() => allEnded(place));
  const repo = await makeRepo(place);
  await registered(place, stack.use(sleeper()), { cwd: repo.path }, "--name", "one");
  const two = await registered(place, stack.use(sleeper()), { cwd: repo.path }, "--name", "two");
  const own = await registered(place, process, { cwd: repo.path }, "--name", "own");
  await Bun.write(`${two.worktreePath}/new.txt`, "text\n");
  for (const words of [
    ["add", "--all"],
    ["commit", "--quiet", "-m", "Add it"],
  ]) {
    await runGit(words, { cwd: two.worktreePath, env: place.env() });
  }
  await repo.git("merge", "--quiet", "--no-ff", "-m", "Merge it", two.branch ?? "");
  const connected = stack.use(await connectClient(place, { cwd: own.worktreePath }));
  const asked = { branch: two.branch, targetBranch: "main" };
  expect((await connected.call("check_merge_status", asked)).structuredContent).toMatchObject({ isMerged: true });
  const isSeen = async () => Object(await pccJson(place, ["merge", "status"], { cwd: repo.path })).total === 1;
  await waitFor(isSeen, "the merge");
  const { structuredContent } = await connected.call("read_messages");
  expect(JSON.stringify(structuredContent)).toContain("Your branch does not have it.");
});
