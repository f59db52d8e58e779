// Whose a stash entry is when its session has moved on, and that what is one's own in one repository is not in another.

import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { judgeCommand } from "../../src/features/guards/guards.ts";
import { register } from "../../src/features/sessions/register.ts";
import { type GuardScene, makeGuardScene } from "../support/guards.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, runGit } from "../support/repo.ts";

/** Sessions begin at twelve. */
const NOON = Date.parse("2030-01-01T12:00:00Z") / 1000;

/** Steps of one of them, a minute each, the first in that minute; on top of the others' entries, a stash is one more. */
async function steps(
  { place, sessions }: GuardScene,
  { of, minute }: { of: "own" | "beta" | "over"; minute: number },
  taken: readonly (readonly string[] | "stash")[],
): Promise<void> {
  const cwd = sessions[of].worktree_path;
  for (const [at, step] of taken.entries()) {
    const env = place.env({ extra: { GIT_COMMITTER_DATE: `${NOON + (minute + at) * 60} +0000` } });
    if (step === "stash") await writeFile(join(cwd, "file-0.txt"), "half done\n");
    await runGit(step === "stash" ? ["stash", "push", "--quiet"] : step, { cwd, env });
  }
}

const LOGIN = ["switch", "--quiet", "--create", "feature/login"] as const;
const LATER = ["switch", "--quiet", "--create", "later"] as const;
const DETACH = ["switch", "--quiet", "--detach"] as const;

const isRefused = async (scene: GuardScene, command: string, as: "own" | "lead" = "own") =>
  (await scene.judge(command, { as }))?.isRefused === true;

describe("a stash entry is still its session's", () => {
  test("once that has moved on from its second branch", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "beta", minute: 1 }, [LOGIN, "stash", LATER]);
    for (const command of ["git stash pop", "git stash drop stash@{0}"]) {
      expect(await isRefused(scene, command)).toBe(true);
      expect(await isRefused(scene, command, "lead")).toBe(true);
    }
    expect((await scene.judge("git stash pop"))?.words).toContain('"WIP on feature/login: ');
  });

  test("once the branch has another name", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "beta", minute: 1 }, [LOGIN, "stash", ["branch", "--move", "feature/signin"]]);
    expect(await isRefused(scene, "git stash pop")).toBe(true);
  });

  test("where it was made on no branch", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "beta", minute: 1 }, [DETACH, "stash"]);
    expect(await isRefused(scene, "git stash pop")).toBe(true);
    await steps(scene, { of: "beta", minute: 3 }, [LATER]);
    expect(await isRefused(scene, "git stash pop")).toBe(true);
    await steps(scene, { of: "own", minute: 4 }, [DETACH]);
    expect(await isRefused(scene, "git stash pop")).toBe(true);
  });

  test("where it was made in the middle of a rebase that is over", async () => {
    await using scene = await makeGuardScene();
    const stashing = "--exec=echo half done > file-0.txt; git stash push --quiet";
    await steps(scene, { of: "beta", minute: 1 }, [["stash", "push", "--quiet"], LOGIN]);
    await steps(scene, { of: "beta", minute: 3 }, [
      ["commit", "--quiet", "--allow-empty", "--message=empty"],
      ["rebase", "--quiet", "--force-rebase", stashing, "HEAD~1"],
      LATER,
    ]);
    expect((await scene.git(scene.repo.path, "stash", "list")).split("\n")[0]).toContain("WIP on (no branch): ");
    expect(await isRefused(scene, "git stash pop")).toBe(true);
  });

  test("but not because that has looked at another's branch, on none itself", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "over", minute: 1 }, [["switch", "--quiet", "--create", "nobodys"]]);
    await steps(scene, { of: "beta", minute: 2 }, [
      ["stash", "push", "--quiet"],
      ["checkout", "--detach", "nobodys"],
    ]);
    await steps(scene, { of: "over", minute: 3 }, ["stash"]);
    await steps(scene, { of: "beta", minute: 4 }, [LATER]);
    expect(await isRefused(scene, "git stash pop")).toBe(false);
  });
});

describe("an entry that two may have made", () => {
  test("is the one's that has its branch now", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "beta", minute: 1 }, [LOGIN, "stash", LATER]);
    await steps(scene, { of: "own", minute: 4 }, [["switch", "--quiet", "feature/login"]]);
    expect(await isRefused(scene, "git stash pop")).toBe(false);
    expect(await isRefused(scene, "git stash pop", "lead")).toBe(true);
  });

  test("but not where it is certain that one has made it oneself", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "own", minute: 1 }, [LOGIN, "stash", LATER]);
    await steps(scene, { of: "beta", minute: 4 }, [["switch", "--quiet", "feature/login"]]);
    expect(await isRefused(scene, "git stash pop")).toBe(false);
    expect(await isRefused(scene, "git stash pop", "lead")).toBe(true);
  });

  test("is nobody's to guard where nothing tells whose", async () => {
    await using scene = await makeGuardScene();
    await steps(scene, { of: "own", minute: 1 }, [DETACH]);
    await steps(scene, { of: "beta", minute: 1 }, [DETACH, "stash"]);
    expect(await isRefused(scene, "git stash pop")).toBe(false);
    await steps(scene, { of: "beta", minute: 4 }, [["stash", "apply", "--quiet"]]);
    await steps(scene, { of: "beta", minute: 5 }, [["stash", "push", "--quiet", "--message", "in words of its own"]]);
    expect(await isRefused(scene, "git stash drop", "lead")).toBe(false);
  });
});

describe("another repository", () => {
  test("whose branch has the same name makes nothing one's own here", async () => {
    await using scene = await makeGuardScene();
    const there = await makeRepo(scene.place, { name: "there" });
    await using claude = sleeper();
    const { session } = await register(scene.world.as({ cwd: there.path }), { pid: claude.pid });
    expect([session.branch, session.worktree_path]).toEqual(["main", there.path]);
    const command = scene.filled("cd {lead} && git stash drop stash@{2}");
    const judged = await judgeCommand(scene.world, await scene.world.db(), session, {
      command,
      directory: there.path,
    });
    expect(judged?.isRefused).toBe(true);
    expect(judged?.words).toContain("none of it is from your branch");
  });
});
