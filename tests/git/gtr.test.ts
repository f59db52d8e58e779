// The adapter for gtr (git-worktree-runner): with stand-ins of the versions where its ways changed, and with programs
// that only pretend to be it.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { type Detected, detectGtr, gtrPlace, requireGtr } from "../../src/features/gtr/gtr.ts";
import { locate } from "../../src/git/repository.ts";
import { type GtrScene, makeGtrScene, standInGtr, writeProgram } from "../support/gtr.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { describeGtr } from "./gtr-beliefs.ts";

for (const version of ["1.0.0", "2.1.0", "2.2.0", "2.11.0"]) describeGtr({ version, install: standInGtr(version) });

describe("the gtr on PATH", () => {
  const detect = (place: Place, ...path: string[]): Promise<Detected> => detectGtr(testWorld(place, { path }));
  const telling = (version: string) => `#!/usr/bin/env bash\nset -e\n\n# Version\nGTR_VERSION="${version}"\n`;

  test("is known by what stands in it, and is not run for that", async () => {
    await using place = await makePlace();
    const command = place.at("checkout/bin/git-gtr");
    await writeProgram(command, `${telling("2.10.3")}: >"${place.at("ran")}"\n`);
    await mkdir(place.at("programs"));
    await symlink(command, place.at("programs/git-gtr"));
    const found: Detected = { kind: "found", command, version: "2.10.3", hasPorcelain: true };
    expect(await detect(place, place.at("programs"))).toEqual(found);
    expect(existsSync(place.at("ran"))).toBe(false);
  });

  test("is the program behind its wrapper, before and after they changed places", async () => {
    await using place = await makePlace();
    await mkdir(place.at("old"));
    await mkdir(place.at("new"));
    await standInGtr("2.2.0")(place.at("old"));
    await standInGtr("2.9.0")(place.at("new"));
    expect(await detect(place, place.at("old"))).toMatchObject({ command: place.at("old/gtr"), version: "2.2.0" });
    expect(await detect(place, place.at("new"))).toMatchObject({
      ...{ command: place.at("new/git-gtr"), version: "2.9.0", hasPorcelain: false },
    });
  });

  test("is the gtr of 1.x when that alone is installed", async () => {
    await using place = await makePlace();
    await writeProgram(place.at("programs/gtr"), telling("1.0.0"));
    expect(await detect(place, place.at("programs"))).toMatchObject({ kind: "found", version: "1.0.0" });
  });

  test("is not the tr of GNU, which is not even run", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { gtr: {} });
    expect(await detect(place, programs.folder)).toEqual({
      ...{ kind: "none", passedOver: `${programs.folder}/gtr`, mute: undefined },
    });
    expect(await programs.calls("gtr")).toEqual([]);
  });

  test("is asked for its version when somebody wrapped it", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { "git-gtr": { stdout: "git gtr version 2.4.0\n" } });
    expect(await detect(place, programs.folder)).toMatchObject({
      ...{ command: `${programs.folder}/git-gtr`, version: "2.4.0" },
    });
    await programs.expectCalled("git-gtr", 1);
  });

  test("is none when what is called so says nothing that can be understood, or cannot run", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { "git-gtr": { stdout: "another program", exit: 3 } });
    const mute = `${programs.folder}/git-gtr does not tell its version: exit 3`;
    expect(await detect(place, programs.folder)).toEqual({ kind: "none", passedOver: undefined, mute });
    await writeProgram(place.at("broken/git-gtr"), "#!/nowhere/bash\n");
    expect(await detect(place, place.at("broken"))).toMatchObject({
      ...{ kind: "none", mute: expect.stringContaining(place.at("broken/git-gtr")) },
    });
  });

  test("is none when a wrapper of it does not answer at once", async () => {
    await using place = await makePlace();
    const command = place.at("programs/git-gtr");
    await writeProgram(command, "#!/bin/sh\nexec sleep 60\n");
    const mute = `${command} did not finish within 500 ms and was stopped`;
    expect(await detect(place, place.at("programs"))).toEqual({ kind: "none", passedOver: undefined, mute });
    await expect(requireGtr(testWorld(place, { path: [place.at("programs")] }))).rejects.toMatchObject({
      ...{ code: "gtr.none", message: expect.stringContaining(mute) },
    });
  });

  test("is not looked for below the current directory", async () => {
    await using place = await makePlace();
    await writeProgram(place.at("programs/git-gtr"), telling("2.11.0"));
    const world = testWorld(place);
    const env = { ...world.env, path: `programs:.:${world.env.path}` };
    expect(await detectGtr({ ...world, env })).toMatchObject({ kind: "none" });
  });

  test("is missed with a word on the other program of that name", async () => {
    await using place = await makePlace();
    const programs = await makePrograms(place, { gtr: {} });
    await expect(requireGtr(testWorld(place, { path: [programs.folder] }))).rejects.toMatchObject({
      code: "gtr.none",
      message: expect.stringContaining(`${programs.folder}/gtr is another program`),
    });
    await expect(requireGtr(testWorld(place))).rejects.toMatchObject({ code: "gtr.none" });
  });
});

describe("where gtr makes worktrees", () => {
  const placed = async (at: GtrScene, env: Record<string, string> = {}) => {
    const world = testWorld(at.place, { cwd: at.repo.path, env });
    return gtrPlace(world, { gtr: at.gtr, repository: await locate(world.git(at.repo.path)) });
  };

  test("is nobody's choice when nobody has made one", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    expect(await placed(at)).toEqual({ directory: undefined, prefix: "" });
  });

  test("is said by the environment, and by settings before that", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    const env = { GTR_WORKTREES_DIR: "../from-env", GTR_WORKTREES_PREFIX: "e-" };
    expect(await placed(at, env)).toEqual({ directory: at.place.at("from-env"), prefix: "e-" });
    await at.repo.git("config", "--global", "gtr.worktrees.dir", "~/from-home");
    expect(await placed(at, env)).toEqual({ directory: at.place.at("home/from-home"), prefix: "e-" });
    await at.repo.git("config", "--file", ".gtrconfig", "worktrees.dir", ".from-file");
    expect((await placed(at)).directory).toBe(at.place.at("repo/.from-file"));
    await at.repo.git("config", "gtr.worktrees.dir", at.place.at("local"));
    expect((await placed(at)).directory).toBe(at.place.at("local"));
  });

  test("is by its real name, though nothing is there yet", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await mkdir(at.place.at("disk"));
    await symlink(at.place.at("disk"), at.place.at("link"));
    await at.repo.git("config", "gtr.worktrees.dir", at.place.at("link/a/b"));
    expect((await placed(at)).directory).toBe(at.place.at("disk/a/b"));
  });

  test.each(["../elsewhere", ".git/x", "link/x"])("is not what the repository's own file says: %s", async (dir) => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await symlink(at.place.home, at.place.at("repo/link"));
    await at.repo.git("config", "--file", ".gtrconfig", "worktrees.dir", dir);
    await expect(placed(at)).rejects.toMatchObject({ code: "gtr.refused" });
    await at.repo.git("config", "gtr.worktrees.dir", "../elsewhere");
    expect((await placed(at)).directory).toBe(at.place.at("elsewhere"));
  });

  test("may not be hidden in a prefix", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await at.repo.git("config", "--file", ".gtrconfig", "worktrees.prefix", "../../home/");
    await expect(placed(at)).rejects.toMatchObject({ code: "gtr.refused" });
    await expect(at.create()).rejects.toMatchObject({ code: "gtr.refused" });
    await at.repo.git("config", "gtr.worktrees.prefix", "wt-");
    expect((await placed(at)).prefix).toBe("wt-");
  });

  test("is not told by a prefix of the environment that is a folder", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    expect((await placed(at, { GTR_WORKTREES_PREFIX: "x/" })).prefix).toBe("");
  });

  test("needs the prefix of the settings in every name, and a name that gtr leaves as it is", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await expect(at.create({ path: at.place.at("repo-worktrees/a b") })).rejects.toMatchObject({ code: "gtr.refused" });
    await at.repo.git("config", "gtr.worktrees.prefix", "wt-");
    await expect(at.create()).rejects.toMatchObject({ code: "gtr.refused" });
  });

  test("is nowhere for a bare repository, in which gtr loses its way", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    const bare = await makeRepo(at.place, { bare: true, name: "bare.git" });
    const repository = await locate(at.world.git(bare.path));
    await expect(gtrPlace(at.world, { gtr: at.gtr, repository })).rejects.toMatchObject({ code: "gtr.refused" });
  });
});

describe("a gtr that does not do what it says", () => {
  const pretending = (body: string, version = "2.11.0") =>
    makeGtrScene(async (folder) => {
      await writeProgram(`${folder}/git-gtr`, `#!/usr/bin/env bash\nGTR_VERSION="${version}"\n${body}\n`);
    });
  const ADD = 'git worktree add --quiet "$GTR_WORKTREES_DIR/$2"';

  test.each([
    ["there is none", ":"],
    ["there is none; gtr says that it made /a\\tb\\n\\c", "printf 'path\\t/a\\\\tb\\\\n\\\\\\\\c\\n'"],
    ["not at ", `${ADD} -b "$2" main`],
    ["it is on no branch", `git branch "$2" "$4"; ${ADD} --detach "$4"`],
    ["it is on other", `git branch "$2" "$4"; ${ADD} -b other "$4"`],
    ["follows refs/heads/main", `${ADD} -b "$2" "$4"; git config "branch.$2.merge" refs/heads/main`],
    ["its files were not written", `${ADD} --no-checkout -b "$2" "$4"`],
    ["its files were not written", `${ADD} --lock -b "$2" "$4"`],
    ["there is none (exit 7: it said nothing)", "exit 7"],
    ["there is none (exit 7: no licence)", 'echo "[!] careful" >&2; echo "[x] no licence" >&2; exit 7'],
    ["there is none (SIGKILL: a; b; c)", "printf '0\\na\\nb\\nc\\n' >&2; kill -9 $$"],
  ])("fails: %s", async (message, body) => {
    await using at = await pretending(body);
    await expect(at.create()).rejects.toMatchObject({
      code: "gtr.failed",
      message: expect.stringContaining(message),
      details: { path: at.made.path },
    });
  });

  test("has what it made elsewhere taken away again", async () => {
    await using at = await pretending(`git worktree add --quiet ../elsewhere -b "$2" "$4"`);
    const message = expect.stringContaining(`the branch stood at ${at.place.at("elsewhere")}`);
    await expect(at.create()).rejects.toMatchObject({ code: "gtr.failed", message });
    expect(existsSync(at.place.at("elsewhere"))).toBe(false);
    expect(await at.discard()).toBe("gone");
  });

  test("does not make us touch the worktree that somebody has on that branch", async () => {
    await using at = await pretending("exit 1");
    await at.repo.git("worktree", "add", "--quiet", at.place.at("theirs"), "-b", "parallel-1");
    const message = expect.stringContaining(`the branch stands at ${at.place.at("theirs")}`);
    await expect(at.create()).rejects.toMatchObject({ code: "gtr.failed", message });
    expect(existsSync(at.place.at("theirs/file-0.txt"))).toBe(true);
  });

  test.each([
    ["beginMs", "there is none (it did not go on within 300 ms", "exec sleep 60"],
    [
      "filesMs",
      "its files were not written (it did not go on within 300 ms",
      `${ADD} --no-checkout -b "$2" "$4"; exec sleep 60`,
    ],
  ])("is stopped when it hangs: %s", async (limit, message, body) => {
    await using at = await pretending(body);
    await expect(at.create({ limits: { [limit]: 300 } })).rejects.toMatchObject({
      ...{ code: "gtr.failed", message: expect.stringContaining(message) },
    });
    expect(at.world.processes.withArgument(at.made.path)).toEqual([]);
    expect(await at.discard()).toBe("gone");
  });

  test("is stopped when it hangs with the worktree made, which stays", async () => {
    await using at = await pretending(`${ADD} -b "$2" "$4"; exec sleep 60`);
    await at.repo.git("config", "gtr.copy.include", ".env");
    const [warning, ...more] = await at.create({ limits: { filesMs: 500 } });
    expect(more).toEqual([]);
    expect(warning).toStartWith("gtr stopped after it had made the worktree (it did not go on within 500 ms");
    expect(warning).toEndWith("its copy rules may not have run to their end. By hand: git gtr copy parallel-1");
    expect(existsSync(`${at.made.path}/file-0.txt`)).toBe(true);
  });

  test("fails when it is not there any more", async () => {
    await using at = await pretending(":");
    at.gtr.command = at.place.at("gone");
    await expect(at.create()).rejects.toMatchObject({ code: "gtr.failed", cause: { code: "proc.not-found" } });
  });
});

describe("copy rules", () => {
  const warned = async (at: GtrScene) => (await at.create()).join("\n");

  test.each([
    ["copy.include", ".?/secret"],
    ["copy.includeDirs", "a/.[.]/b"],
    ["copy.excludeDirs", "vendor/.?/.?/documents"],
    ["copy.excludeDirs", "modules/*/dist"],
  ])("of a repository do not run when they may reach out of it: %s %s", async (key, pattern) => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await at.repo.git("config", "gtr.copy.include", ".env");
    await Bun.write(at.place.at("repo/.env"), "mine");
    await at.repo.git("config", "--file", ".gtrconfig", key, pattern);
    expect(await warned(at)).toContain(`copy rules were not run: "${pattern}"`);
    expect(existsSync(`${at.made.path}/.env`)).toBe(false);
  });

  test.each([
    ["/etc/hostname", true],
    ["../../outside", true],
    ["inside/../../../outside", true],
    ["..", true],
    ["../file-0.txt", false],
    ["./file-0.txt", false],
  ])("run unless a committed link leads out of the repository: %s", async (target, isOut) => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await at.repo.git("config", "gtr.copy.include", ".env");
    await Bun.write(at.place.at("repo/.env"), "mine");
    const folder = target === ".." ? "" : "links/";
    await mkdir(at.place.at("repo/links"));
    await symlink("file-1.txt", at.place.at("repo/links/first"));
    await symlink(target, at.place.at(`repo/${folder}link`));
    await at.repo.git("add", "links", `${folder}link`);
    await at.repo.git("commit", "--quiet", "--message=links");
    expect((await warned(at)) !== "").toBe(isOut);
    expect(existsSync(`${at.made.path}/.env`)).toBe(!isOut);
  });

  test("mind the links of the main checkout and those of the new worktree", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await at.repo.git("config", "gtr.copy.include", ".env");
    await at.repo.git("checkout", "--quiet", "-b", "linked");
    await symlink("/etc", at.place.at("repo/link"));
    await at.repo.git("add", "link");
    await at.repo.git("commit", "--quiet", "--message=a link");
    expect(await warned(at)).toContain("link is a symbolic link that leads out of the repository");
    await at.repo.git("checkout", "--quiet", "main");
    const second = { path: at.place.at("repo-worktrees/second"), branch: "second" };
    expect(await at.create(second)).toEqual([]);
    at.made.commit = await at.repo.git("rev-parse", "linked");
    expect(await at.create({ path: at.place.at("repo-worktrees/third"), branch: "third" })).toHaveLength(1);
  });

  test("of the system's settings count, as all else that stands there does", async () => {
    const env = (place: Place) => ({ GIT_CONFIG_SYSTEM: place.at("system") });
    await using at = await makeGtrScene(standInGtr("2.11.0"), { env });
    const rules =
      '[gtr "copy"]\n\tinclude = .env*\n\texclude = "*.se\\\\cret"\n\texclude = "*.\\"b\\""\n[gtr]\n\tnothing\n';
    await Bun.write(at.place.at("system"), `${rules}[core]\n\thooksPath = ${at.place.at("hooks")}\n`);
    await writeProgram(at.place.at("hooks/post-checkout"), `#!/bin/sh\n: >"${at.place.at("checked-out")}"\n`);
    for (const name of [".env", ".env.secret", '.env."b"']) await Bun.write(at.place.at("repo", name), name);
    expect(await at.create()).toEqual([]);
    expect(await at.repo.git("-C", at.made.path, "ls-files", "--others")).toBe(".env");
    expect(await at.text("checked-out")).toBe("");
  });

  test("that only exclude are none, so no link matters", async () => {
    await using at = await makeGtrScene(standInGtr("2.11.0"));
    await symlink("/etc", at.place.at("repo/link"));
    await at.repo.git("add", "link");
    await at.repo.git("commit", "--quiet", "--message=a link");
    await at.repo.git("config", "gtr.copy.excludeDirs", "a/b/c");
    expect(await at.create()).toEqual([]);
  });
});

describe("gtr's hooks", () => {
  const made = async (version = "2.11.0") => {
    const at = await makeGtrScene(standInGtr(version));
    await at.create();
    return at;
  };
  const LINE = `printf '%s|' "$PWD" "$REPO_ROOT" "$WORKTREE_PATH" "$BRANCH" >"$REPO_ROOT/ran"`;

  test("before a removal stand in the worktree, those after it in the main checkout", async () => {
    await using at = await made();
    await at.repo.git("config", "gtr.hook.preRemove", LINE);
    await at.repo.git("config", "gtr.hook.postRemove", LINE);
    const told = `${at.repo.path}|${at.made.path}|parallel-1|`;
    expect(await at.hooks("preRemove")).toEqual({ ran: 1, failed: [], warnings: [] });
    expect(await at.text("repo/ran")).toBe(`${at.made.path}|${told}`);
    expect(await at.hooks("postRemove")).toEqual({ ran: 1, failed: [], warnings: [] });
    expect(await at.text("repo/ran")).toBe(`${at.repo.path}|${told}`);
  });

  test("before a removal are unknown to 1.x", async () => {
    await using at = await made("1.0.0");
    await at.repo.git("config", "gtr.hook.preRemove", "exit 1");
    expect(await at.hooks("preRemove")).toEqual({ ran: 0, failed: [], warnings: [] });
  });

  test("run all, each line and each command once, and say which failed", async () => {
    await using at = await made();
    await at.repo.git("config", "--global", "gtr.hook.preRemove", "echo one >>ran");
    await at.repo.git("config", "gtr.hook.preRemove", "echo two >>ran\nexit 3\n-no-option");
    await at.repo.git("config", "--add", "gtr.hook.preRemove", "echo one >>ran");
    const { ran, failed } = await at.hooks("preRemove");
    expect(ran).toBe(4);
    expect(failed).toEqual([
      `gtr's preRemove hook "exit 3" failed: exit 3.`,
      `gtr's preRemove hook "-no-option" failed: exit 127.`,
    ]);
    expect(await at.text("repo-worktrees/parallel-1/ran")).toBe("one\ntwo\n");
  });

  test("of the repository's configuration come first in the time before trust", async () => {
    await using at = await made("2.5.0");
    await at.repo.git("config", "--global", "gtr.hook.preRemove", "echo one >>ran");
    await at.repo.git("config", "gtr.hook.preRemove", "echo two >>ran");
    await at.hooks("preRemove");
    expect(await at.text("repo-worktrees/parallel-1/ran")).toBe("two\none\n");
  });

  test("are ended when their time is over, which is a failure of that one", async () => {
    await using at = await made();
    await at.repo.git("config", "gtr.hook.preRemove", "exec sleep 60\necho late >ran");
    const { failed } = await at.hooks("preRemove", { timeoutMs: 200 });
    expect(failed).toEqual([expect.stringContaining("did not finish within 200 ms")]);
    expect(await at.text("repo-worktrees/parallel-1/ran")).toBe("late\n");
  });

  test("are not begun once a signal came", async () => {
    await using at = await made();
    await at.repo.git("config", "gtr.hook.preRemove", ": >ran");
    at.world.interrupt();
    await expect(at.hooks("preRemove")).rejects.toMatchObject({ kind: "cancelled" });
    expect(await at.text("repo-worktrees/parallel-1/ran")).toBeUndefined();
  });

  test("of 1.x are stopped inside of it, and can be run again", async () => {
    await using at = await makeGtrScene(standInGtr("1.0.0"));
    await at.repo.git(
      "config",
      "gtr.hook.postCreate",
      `echo x >>"$REPO_ROOT/ran"; test -e "$REPO_ROOT/ready" || sleep 60`,
    );
    const [warning, ...more] = await at.create({ limits: { hookMs: 100 } });
    expect(more).toEqual([]);
    expect(warning).toContain('its postCreate hooks ("echo x');
    expect(warning).toEndWith("Run hooks again: parallel-cc worktree setup parallel-1");
    expect(at.world.processes.withArgument(at.made.path)).toEqual([]);
    await Bun.write(at.place.at("repo/ready"), "");
    expect(await at.hooks("postCreate", { isAgain: true })).toEqual({ ran: 1, failed: [], warnings: [] });
    expect(await at.text("repo/ran")).toBe("x\nx\n");
  });

  test.each([
    ["2.7.0", ", since gtr 2.7.0 cannot be told to trust them (install 2.7.1 or later)"],
    ["2.7.1", " until gtr trusts them (git gtr trust)"],
  ])("that wait for trust are named with what %s can do about it", async (version, words) => {
    await using at = await made(version);
    await at.repo.git("config", "--file", ".gtrconfig", "hooks.preRemove", "exit 1");
    const { warnings } = await at.hooks("preRemove");
    expect(warnings).toEqual([`The preRemove hooks of the repository's .gtrconfig are not run${words}: "exit 1".`]);
  });

  test("of a file that git cannot read are none", async () => {
    await using at = await made();
    await Bun.write(at.place.at("repo/.gtrconfig"), "[hooks]\npreRemove = exit 1\n[broken");
    expect(await at.hooks("preRemove")).toEqual({ ran: 0, failed: [], warnings: [] });
  });

  test("are not approved in a folder that is relative to the repository", async () => {
    await using at = await made();
    await at.repo.git("config", "--file", ".gtrconfig", "hooks.preRemove", "exit 1");
    await at.type(["trust"], "y\n");
    const { ran, warnings } = await at.hooks("preRemove", { env: { XDG_CONFIG_HOME: "../home/.config" } });
    expect(ran).toBe(0);
    expect(warnings).toEqual([expect.stringContaining('(git gtr trust): "exit 1"')]);
  });
});
