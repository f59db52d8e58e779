// What parallel-cc believes of every gtr, as tests of one version of it: of the stand-in (gtr.test.ts) and, by hand, of
// a real one (tests/real/gtr.ts).

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, realpath, symlink } from "node:fs/promises";
import { gtrPlace } from "../../src/features/gtr/gtr.ts";
import { locate } from "../../src/git/repository.ts";
import { type GtrScene, type InstallGtr, makeGtrScene, writeProgram } from "../support/gtr.ts";
import { waitFor } from "../support/processes.ts";

export interface Believed {
  version: string;
  install: InstallGtr;
}

export function describeGtr({ version, install }: Believed): void {
  const since = (least: string) => Bun.semver.order(version, least) >= 0;
  const scene = () => makeGtrScene(install);

  describe(`gtr ${version} makes a worktree`, () => {
    test("that stands on the branch asked for, at the commit asked for, following nothing", async () => {
      await using at = await scene();
      expect(at.gtr.version).toBe(version);
      expect(at.gtr.hasPorcelain).toBe(since("2.10.0"));
      await at.repo.git("config", "branch.autoSetupMerge", "always");
      expect(await at.create()).toEqual([]);
      const git = (...args: string[]) => at.repo.git("-C", at.made.path, ...args);
      expect(await git("symbolic-ref", "HEAD")).toBe("refs/heads/parallel-1");
      expect(await git("rev-parse", "HEAD")).toBe(at.made.commit);
      expect(await git("status", "--porcelain")).toBe("");
      await expect(at.repo.git("config", "branch.parallel-1.merge")).rejects.toThrow("gave 1");
    });

    test("wherever the user's own settings would put it otherwise", async () => {
      await using at = await scene();
      await at.repo.git("config", "--global", "gtr.worktrees.dir", "~/elsewhere");
      await at.repo.git("config", "--global", "gtr.worktrees.prefix", "wt-");
      expect(await at.create()).toEqual([]);
      expect(existsSync(at.made.path)).toBe(true);
    });

    test("below the folder and with the prefix of the repository's settings", async () => {
      await using at = await scene();
      await at.repo.git("config", "gtr.worktrees.dir", "../mine");
      await at.repo.git("config", "gtr.worktrees.prefix", "wt-");
      const place = await gtrPlace(at.world, { gtr: at.gtr, repository: await locate(at.world.git(at.repo.path)) });
      expect(place).toEqual({ directory: at.place.at("mine"), prefix: "wt-" });
      expect(await at.create({ path: `${place.directory}/${place.prefix}parallel-1` })).toEqual([]);
      expect(existsSync(at.place.at("mine/wt-parallel-1/file-0.txt"))).toBe(true);
    });

    test("in a folder that is called otherwise than its branch, where gtr can do that", async () => {
      await using at = await scene();
      const creating = at.create({ branch: "topic/one" });
      if (!since("2.2.0")) return void (await expect(creating).rejects.toMatchObject({ code: "gtr.refused" }));
      expect(await creating).toEqual([]);
      expect(await at.repo.git("-C", at.made.path, "symbolic-ref", "HEAD")).toBe("refs/heads/topic/one");
    });

    test("with the files that its copy rules name", async () => {
      await using at = await scene();
      await at.repo.git("config", "gtr.copy.include", ".env*");
      await at.repo.git("config", "--add", "gtr.copy.include", "deep/*");
      await at.repo.git("config", "gtr.copy.exclude", "*.secret");
      await at.repo.git("config", "gtr.copy.includeDirs", "modules");
      await at.repo.git("config", "gtr.copy.excludeDirs", "modules/.cache");
      await Bun.write(at.place.at("repo/.worktreeinclude"), "# ours\nlocal.json\n");
      for (const file of [".env", ".env.secret", "deep/.env.local", "local.json", "modules/a", "modules/.cache/b"]) {
        await Bun.write(at.place.at("repo", file), file);
      }
      expect(await at.create()).toEqual([]);
      const others = await at.repo.git("-C", at.made.path, "ls-files", "--others");
      const expected = [".env", "deep/.env.local"];
      if (since("2.0.0")) expected.push("modules/a");
      if (since("2.1.0")) expected.push("local.json");
      expect(others.split("\n").sort()).toEqual(expected.sort());
    });

    test("with nothing that its copy rules would find in the git directory, our trash for one", async () => {
      await using at = await scene();
      const trashed = at.place.at("repo/.git/parallel-cc/trash/1/tree");
      for (const file of [".env", "sub/.env.local", "modules/a"]) await Bun.write(`${trashed}/${file}`, file);
      await Bun.write(at.place.at("repo/sub/.env"), "mine");
      await Bun.write(at.place.at("repo/sub/.env.secret"), "mine");
      await at.repo.git("config", "gtr.copy.include", "**/.env*");
      await at.repo.git("config", "gtr.copy.includeDirs", "modules");
      await at.repo.git("config", "gtr.copy.exclude", "*.secret");
      expect(await at.create()).toEqual([]);
      expect(await at.repo.git("-C", at.made.path, "ls-files", "--others")).toBe("sub/.env");
      expect(at.told.join("\n")).not.toContain("trash");
    });

    test("and lets others make theirs while its files are still written", async () => {
      await using at = await scene();
      const [began, go] = [at.place.at("began"), at.place.at("go")];
      const waiting = `#!/bin/sh\n: >"${began}"\nwhile [ ! -e "${go}" ]; do sleep 0.01; done\n`;
      await writeProgram(at.place.at("repo/.git/hooks/post-checkout"), waiting);
      let isMade = false;
      const creating = at.create().finally(() => {
        isMade = true;
      });
      await waitFor(() => existsSync(began), "the hook of the checkout");
      expect(await at.alone(async () => isMade)).toBe(false);
      await Bun.write(go, "");
      expect(await creating).toEqual([]);
    });

    test("eight times at once", async () => {
      await using at = await scene();
      const names = Array.from({ length: 8 }, (_, index) => `parallel-${index}`);
      await Promise.all(names.map((branch) => at.create({ branch, path: at.place.at("repo-worktrees", branch) })));
      expect((await readdir(at.place.at("repo-worktrees"))).sort()).toEqual(names);
    });
  });

  describe(`gtr ${version} makes no worktree`, () => {
    const nothingMade = async (at: GtrScene) => {
      expect(existsSync(at.made.path)).toBe(false);
      expect(await at.repo.git("branch", "--list", "parallel-1")).toBe("");
    };

    test("on a branch that is there already, which stays where it is", async () => {
      await using at = await scene();
      await at.repo.git("branch", "parallel-1", "main");
      await expect(at.create()).rejects.toMatchObject({
        code: "gtr.failed",
        message: expect.stringContaining("already exists"),
      });
      expect(await at.repo.git("rev-parse", "parallel-1")).toBe(await at.repo.git("rev-parse", "main"));
    });

    test("where something stands already, which stays", async () => {
      await using at = await scene();
      await Bun.write(`${at.made.path}/mine`, "");
      await expect(at.create()).rejects.toMatchObject({ code: "gtr.failed" });
      expect(await readdir(at.made.path)).toEqual(["mine"]);
    });

    test("once it is stopped, and nothing of it works on", async () => {
      await using at = await scene();
      const began = at.place.at("began");
      await writeProgram(at.place.at("repo/.git/hooks/post-checkout"), `#!/bin/sh\n: >"${began}"\nsleep 60\n`);
      const creating = at.create();
      creating.catch(() => undefined);
      await waitFor(() => existsSync(began), "the hook of the checkout");
      at.world.interrupt();
      await expect(creating).rejects.toMatchObject({ kind: "cancelled" });
      expect(at.world.processes.withArgument(at.made.path)).toEqual([]);
      expect(await at.discard()).toBe("gone");
      await nothingMade(at);
      expect(at.world.processes.withArgument(at.place.at("repo/.git"))).toEqual([]);
    });

    test("elsewhere, when the repository's settings want another place than the caller", async () => {
      await using at = await scene();
      await at.repo.git("config", "gtr.worktrees.dir", "../mine");
      if (!since("2.1.0")) {
        // Nothing of the settings stands above what 1.x is told.
        expect(await at.create()).toEqual([]);
        return;
      }
      await expect(at.create()).rejects.toMatchObject({ code: "gtr.refused" });
      await nothingMade(at);
      expect(existsSync(at.place.at("mine"))).toBe(false);
    });

    test("where the repository's own file says, unless that is inside of the repository", async () => {
      await using at = await scene();
      await at.repo.git("config", "--file", ".gtrconfig", "worktrees.dir", at.place.at("home/.config"));
      if (!since("2.1.0")) return void expect(await at.create()).toEqual([]);
      await expect(at.create()).rejects.toMatchObject({ code: "gtr.refused" });
      await nothingMade(at);
      await at.repo.git("config", "--file", ".gtrconfig", "worktrees.dir", ".worktrees");
      expect(await at.create({ path: at.place.at("repo/.worktrees/parallel-1") })).toEqual([]);
      expect(existsSync(at.place.at("repo/.worktrees/parallel-1/file-0.txt"))).toBe(true);
    });
  });

  describe(`gtr ${version} keeps a worktree and says what failed`, () => {
    test("when the repository's post-checkout hook does", async () => {
      await using at = await scene();
      await writeProgram(at.place.at("repo/.git/hooks/post-checkout"), "#!/bin/sh\necho no licence >&2\nexit 3\n");
      const [warning, ...more] = await at.create();
      expect(more).toEqual([]);
      expect(warning).toStartWith("gtr stopped after it had made the worktree (exit 1: ");
      expect(existsSync(`${at.made.path}/file-0.txt`)).toBe(true);
    });

    test("when a hook of its own does", async () => {
      await using at = await scene();
      await at.repo.git("config", "gtr.hook.postCreate", "echo no licence >&2; exit 3");
      await at.repo.git(
        "config",
        "--add",
        "gtr.hook.postCreate",
        'printf "%s|" "$PWD" "$WORKTREE_PATH" >>"$REPO_ROOT/ran"',
      );
      const warnings = await at.create();
      const { failed } = await at.hooks("postCreate");
      expect([...warnings, ...failed]).toHaveLength(1);
      expect(at.told.join("\n")).toContain("echo no licence >&2; exit 3");
      expect(await at.text("repo/ran")).toBe(`${at.made.path}|${at.made.path}|`);
    });
  });

  describe(`gtr ${version} and the commands of a repository`, () => {
    const untrusted = async (at: GtrScene, phase: string) =>
      at.repo.git("config", "--file", ".gtrconfig", `hooks.${phase}`, `: >"$REPO_ROOT/ran"`);

    test("does not run those that nobody approved, and says so", async () => {
      await using at = await scene();
      await untrusted(at, "postCreate");
      const creating = at.create();
      if (since("2.1.0") && !since("2.2.0")) {
        await expect(creating).rejects.toMatchObject({ code: "gtr.refused" });
      } else {
        expect(await creating).toEqual([]);
        const { ran, failed, warnings } = await at.hooks("postCreate");
        expect({ ran, failed }).toEqual({ ran: 0, failed: [] });
        expect(warnings).toHaveLength(since("2.2.0") ? 1 : 0);
      }
      expect(await at.text("repo/ran")).toBeUndefined();
    });

    test("runs those that its user approved, until another is added", async () => {
      await using at = await scene();
      await untrusted(at, "postRemove");
      await at.repo.git("config", "--file", ".gtrconfig", "hooks.preRemove", 'echo "two\nlines"; exit 0');
      const { exit } = await at.type(["trust"], "y\n");
      expect(exit).toBe(since("2.7.1") ? 0 : 1);
      const first = await at.hooks("postRemove");
      expect(first.ran).toBe(since("2.7.1") ? 1 : 0);
      expect(await at.text("repo/ran")).toBe(since("2.7.1") ? "" : undefined);
      await at.repo.git("config", "--file", ".gtrconfig", "--add", "hooks.postRemove", "exit 1");
      expect(await at.hooks("postRemove")).toMatchObject({ ran: 0, failed: [] });
    });

    test("finds approvals where XDG_CONFIG_HOME says", async () => {
      await using at = await scene();
      await untrusted(at, "postRemove");
      await at.type(["trust"], "y\n");
      await mkdir(at.place.at("moved"));
      if (since("2.7.1")) await symlink(at.place.at("home/.config/gtr"), at.place.at("moved/gtr"));
      const { ran } = await at.hooks("postRemove", { env: { XDG_CONFIG_HOME: at.place.at("nowhere") } });
      expect(ran).toBe(0);
      const again = await at.hooks("postRemove", { env: { XDG_CONFIG_HOME: at.place.at("moved") } });
      expect(again.ran).toBe(since("2.7.1") ? 1 : 0);
    });
  });

  describe(`gtr ${version} and copy rules that reach too far`, () => {
    test("does not follow a committed link out of the repository", async () => {
      await using at = await scene();
      const documents = at.place.at("documents");
      await Bun.write(`${documents}/letter`, "precious");
      await symlink(at.place.path, at.place.at("repo/link"));
      await at.repo.git("config", "--file", ".gtrconfig", "copy.includeDirs", "link/documents");
      await at.repo.git("config", "--file", ".gtrconfig", "copy.excludeDirs", "link/documents/*");
      await at.repo.git("add", ".");
      await at.repo.git("commit", "--quiet", "--message=a trap");
      at.made.commit = await at.repo.git("rev-parse", "HEAD");
      const warnings = await at.create();
      expect(warnings).toHaveLength(since("2.1.0") ? 1 : 0);
      expect(await at.text("documents/letter")).toBe("precious");
      expect(await realpath(`${at.made.path}/link`)).toBe(at.place.path);
    });
  });
}
