// Edits by a tool, and claudes that have no session: whose checkout a file is in decides.

import { describe, expect, test } from "bun:test";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { judgeCommand, judgeEdit } from "../../src/features/guards/guards.ts";
import { register } from "../../src/features/sessions/register.ts";
import { type GuardScene, makeGuardScene } from "../support/guards.ts";
import { makeRepo } from "../support/repo.ts";

type Who = keyof GuardScene["sessions"] | "nobody";

async function judged(
  scene: GuardScene,
  path: string,
  { as = "own", from = "{own}" }: { as?: Who; from?: string } = {},
) {
  const own = as === "nobody" ? undefined : scene.sessions[as];
  const asked = { path: scene.filled(path), directory: scene.filled(from) };
  return judgeEdit(scene.world, await scene.world.db(), own, asked);
}

async function verdict(...asked: Parameters<typeof judged>) {
  const said = await judged(...asked);
  return said === undefined ? "made" : said.isRefused ? "refused" : "told";
}

const GUARDS_IN = (scene: GuardScene) => join(scene.place.home, ".parallel-cc", "config.json");

describe("an edit", () => {
  test("of a file in another's checkout is refused, of a new one there told, in one's own silent", async () => {
    await using scene = await makeGuardScene();
    expect(await verdict(scene, "{lead}/file-0.txt")).toBe("refused");
    expect(await verdict(scene, "{beta}/file-0.txt")).toBe("refused");
    expect(await verdict(scene, "{own}/file-0.txt", { as: "lead" })).toBe("refused");
    expect(await verdict(scene, "{lead}/docs/new.md")).toBe("told");
    for (const path of ["{own}/file-0.txt", "file-0.txt", "docs/new.md", "{over}/file-0.txt", "{place}/outside/a"]) {
      expect(await verdict(scene, path)).toBe("made");
    }
  });

  test("is told as whose it is, and what is said stays short", async () => {
    await using scene = await makeGuardScene();
    const refused = (await judged(scene, "{lead}/file-0.txt"))?.words ?? "";
    expect(refused).toStartWith(
      `parallel-cc: this edit was not made: "${scene.filled("{lead}/file-0.txt")}" is in the checkout of session "lead" (`,
    );
    expect(refused).toEndWith("(parallel-cc help guards).");
    const told = (await judged(scene, `{lead}/${"long/".repeat(200)}new.md`))?.words ?? "";
    expect(told).toStartWith("parallel-cc, of the edit that is made now: the new file ");
    expect(told.length).toBeLessThanOrEqual(600);
  });

  test("goes where links lead, and by relative paths", async () => {
    await using scene = await makeGuardScene();
    const { own, beta } = scene.sessions;
    await symlink(join(beta.worktree_path, "file-0.txt"), join(own.worktree_path, "link.txt"));
    await symlink(own.worktree_path, join(beta.worktree_path, "to-own"));
    expect(await verdict(scene, "link.txt")).toBe("refused");
    expect(await verdict(scene, "../{beta.name}/file-0.txt")).toBe("refused");
    expect(await verdict(scene, "{place}/outside/link-to-beta/file-0.txt")).toBe("refused");
    expect(await verdict(scene, "{beta}/to-own/file-0.txt")).toBe("made");
  });

  test("in a checkout that lies in another's, or in a shared one, is not in another's", async () => {
    await using scene = await makeGuardScene();
    const lead = scene.sessions.lead;
    await scene.git(lead.worktree_path, "init", "--quiet", "clone");
    await writeFile(join(lead.worktree_path, "clone", "a.txt"), "a\n");
    expect(await verdict(scene, "{lead}/clone/a.txt")).toBe("made");
    expect(await verdict(scene, "{lead}/.git/description")).toBe("made");
    const { session: sharing } = await register(scene.world.as({ cwd: lead.worktree_path }), {
      pid: process.pid,
      noWorktree: true,
    });
    const asked = { path: "file-0.txt", directory: lead.worktree_path };
    expect(await judgeEdit(scene.world, await scene.world.db(), sharing, asked)).toBeUndefined();
  });

  test("in a worktree that lies in one's own checkout is in the other's", async () => {
    await using scene = await makeGuardScene();
    const trees = join(scene.place.home, ".parallel-cc");
    await mkdir(trees, { recursive: true });
    await writeFile(GUARDS_IN(scene), JSON.stringify({ worktree: { directory: "trees" } }));
    const { session } = await register(scene.world, { pid: process.pid });
    expect(session.worktree_path).toStartWith(`${scene.sessions.lead.worktree_path}/trees/`);
    expect(await verdict(scene, `${session.worktree_path}/file-0.txt`, { as: "lead" })).toBe("refused");
  });

  test("is let through with a word by guards warn, and without one by off", async () => {
    await using scene = await makeGuardScene();
    await mkdir(join(scene.place.home, ".parallel-cc"), { recursive: true });
    await writeFile(GUARDS_IN(scene), JSON.stringify({ guards: "warn" }));
    const warned = await judged(scene, "{lead}/file-0.txt");
    expect([warned?.isRefused, warned?.words.includes("was not made")]).toEqual([false, false]);
    await writeFile(GUARDS_IN(scene), JSON.stringify({ guards: "off" }));
    expect(await verdict(scene, "{lead}/file-0.txt")).toBe("made");
  });

  test("in one's own checkout costs next to nothing, and git is not asked", async () => {
    await using scene = await makeGuardScene();
    scene.world.lines.length = 0;
    const begun = performance.now();
    for (let round = 0; round < 200; round++) await judged(scene, "{own}/file-0.txt");
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(scene.world.lines).toEqual([]);
  });
});

describe("who has no session", () => {
  test("is kept from what hits those who have one, and from nothing else", async () => {
    await using scene = await makeGuardScene();
    const there = await makeRepo(scene.place, { name: "there" });
    const db = await scene.world.db();
    const run = async (command: string, directory = scene.place.path) => {
      const said = await judgeCommand(scene.world, db, undefined, { command: scene.filled(command), directory });
      return said?.isRefused === true ? "refused" : "runs";
    };
    for (const command of ["git stash drop stash@{2}", "git reset --hard", "git branch -f main HEAD"]) {
      expect(await run(`cd {lead} && ${command}`)).toBe("refused");
      expect(await run(command, there.path)).toBe("runs");
    }
    expect([await run("rm -rf {beta}"), await run("rm -rf {over}")]).toEqual(["refused", "runs"]);
    const asked = { as: "nobody", from: "{place}" } as const;
    expect(await verdict(scene, "{lead}/file-0.txt", asked)).toBe("refused");
    expect([await verdict(scene, "there/file-0.txt", asked), await verdict(scene, "{lead}/new", asked)]).toEqual([
      "made",
      "told",
    ]);
  });
});
