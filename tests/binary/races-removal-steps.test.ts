// One removal is stopped half-way by a git that waits, and something else happens in the repository meanwhile.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { pcc } from "../support/cli.ts";
import { differences, pictureOf } from "../support/picture.ts";
import { makePlace, type Place } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { allEnded } from "../support/remains.ts";
import { halves, removalRows } from "../support/removal-remains.ts";
import { ended, landed, makeScene, settings } from "../support/removal-scenes.ts";
import type { Repo } from "../support/repo.ts";

test("a cleanup does not take the branch of a worktree that another command removes just now", async () => {
  await removedWhile("*update-ref\\ -d\\ --end-of-options\\ refs/heads/*", async (place, repo) => {
    const cleanup = await pcc(place, ["cleanup", "--json"], { cwd: repo.path });
    expect(cleanup).toMatchObject({ exit: 0, stderr: "" });
  });
});

test("a `git worktree prune` while a worktree is set aside loses nothing of it", async () => {
  await removedWhile("*/trash/*status*", async (_, repo) => {
    await repo.git("worktree", "prune");
  });
});

/** `words` are those of the git that waits, after its GIT_WORK_TREE. */
async function removedWhile(words: string, happens: (place: Place, repo: Repo) => Promise<void>): Promise<void> {
  await using place = await makePlace();
  const repo = await makeScene(place);
  const { path } = await ended(place, repo, landed(place, repo));
  await settings(place, {});
  const before = await pictureOf(place, { repo: repo.path, worktrees: [path] });
  const [waits, goesOn] = [place.at("waits"), place.at("goes-on")];
  const script = `#!/bin/sh
case "$GIT_WORK_TREE $*" in ${words}) touch ${waits}; while [ ! -e ${goesOn} ]; do sleep 0.02; done ;; esac
exec ${Bun.which("git")} "$@"
`;
  await Bun.write(place.at("bin", "git"), script);
  await chmod(place.at("bin", "git"), 0o755);
  const removing = pcc(place, ["worktree", "remove", path, "--json"], { cwd: repo.path, path: [place.at("bin")] });
  await waitFor(() => existsSync(waits), "git waits");
  await happens(place, repo);
  await Bun.write(goesOn, "");
  const ran = await removing;
  await allEnded(place);
  expect([0, 1]).toContain(ran.exit ?? -1);
  await pcc(place, ["status"], { cwd: repo.path });
  expect(await halves(place, repo)).toEqual([]);
  for (const { id, state } of removalRows(place)) {
    if (state === "removed") expect((await pcc(place, ["undo", id], { cwd: repo.path })).stderr).toBe("");
  }
  expect(differences(before, await pictureOf(place, { repo: repo.path, worktrees: [path] }))).toEqual([]);
}
