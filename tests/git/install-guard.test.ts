// `install --guard`: the guard of commits in whatever a repository has for a pre-commit hook, and out again to the byte.

import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { operations as installOperations } from "../../src/features/install/operations.ts";
import { installStanding } from "../../src/features/install/standing.ts";
import { register } from "../../src/features/sessions/register.ts";
import { examined, found } from "../support/doctor.ts";
import { makeHome, stepOf } from "../support/install.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

/** A home with a repository, and a program that refuses a commit while there is a file `refuse` in the home. */
async function guarded() {
  const home = await makeHome();
  const repo = await makeRepo(home.place);
  await home.put(
    ".local/bin/parallel-cc",
    `#!/bin/sh\necho "guard: $*" >>"$HOME/ran"\n[ ! -e "$HOME/refuse" ] || exit 1\n`,
  );
  chmodSync(home.file(".local/bin/parallel-cc"), 0o755);
  const hook = join(repo.path, ".git/hooks/pre-commit");
  const commit = async (top = repo.path): Promise<string[]> => {
    rmSync(home.file("ran"), { force: true });
    const child = Bun.spawn(["git", "commit", "--allow-empty", "--quiet", "-m", "x"], {
      cwd: top,
      env: home.place.env(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [exit, stderr] = await Promise.all([child.exited, child.stderr.text()]);
    const ran = existsSync(home.file("ran")) ? readFileSync(home.file("ran"), "utf8").trimEnd().split("\n") : [];
    return [...ran, ...(exit === 0 ? [] : [`refused: ${stderr}`.trimEnd()])];
  };
  return {
    ...{ home, repo, hook, commit },
    install: () => home.run({ guard: true, repo: repo.path }),
    uninstall: () => home.run({ uninstall: true, guard: true, repo: repo.path }),
    refuse: (isOn = true) => (isOn ? writeFileSync(home.file("refuse"), "") : rmSync(home.file("refuse"))),
    async standing(top = repo.path) {
      await using world = testWorld(home.place, { cwd: top });
      return (await installStanding(world, { repo: undefined })).guard;
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

function put(file: string, text: string, mode = 0o755): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** All hooks below a folder: mode and text, or where a link leads. */
function pictureOf(folder: string): Record<string, string> {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  return Object.fromEntries(
    names
      .filter((name) => !name.endsWith(".sample"))
      .sort()
      .map((name) => {
        const file = join(folder, name);
        const stat = lstatSync(file);
        if (stat.isSymbolicLink()) return [name, `-> ${readlinkSync(file)}`];
        return [name, stat.isFile() ? `${(stat.mode & 0o777).toString(8)} ${readFileSync(file, "latin1")}` : "folder"];
      }),
  );
}

const TRUE = Bun.which("true") ?? "/bin/true";
const ASKED = "guard: claims check --staged";
/** What a user's hook does: it notes how it was called. */
const USERS = 'echo "user: $0 $#" >>"$HOME/ran"\n';
const CALLED = "user: .git/hooks/pre-commit 0";

describe("where there is no hook", () => {
  test("one of ours is made, once, and goes again", async () => {
    await using scene = await guarded();
    const before = pictureOf(join(scene.repo.path, ".git/hooks"));
    const { guard, steps } = await scene.install();
    expect(guard).toEqual({ success: true, files: [scene.hook], alreadyInstalled: false });
    expect(steps).toMatchObject([{ step: "guard", change: "made" }]);
    expect(lstatSync(scene.hook).mode & 0o777).toBe(0o755);
    expect(await scene.commit()).toEqual([ASKED]);
    scene.refuse();
    expect(await scene.commit()).toEqual([ASKED, "refused:"]);
    const made = readFileSync(scene.hook, "utf8");
    expect((await scene.install()).guard?.alreadyInstalled).toBe(true);
    expect(readFileSync(scene.hook, "utf8")).toBe(made);
    expect(stepOf(await scene.uninstall(), "guard")?.change).toBe("removed");
    expect(pictureOf(join(scene.repo.path, ".git/hooks"))).toEqual(before);
    expect(scene.home.text(".parallel-cc/install.json")).toBeUndefined();
    expect((await scene.uninstall()).steps).toEqual([]);
  });

  test("and no folder for hooks, that goes too", async () => {
    await using scene = await guarded();
    rmSync(join(scene.repo.path, ".git/hooks"), { recursive: true });
    await scene.install();
    expect(await scene.commit()).toEqual([ASKED]);
    await scene.home.run({ uninstall: true });
    expect(existsSync(join(scene.repo.path, ".git/hooks"))).toBe(false);
  });

  test("what its user has added to ours stays", async () => {
    await using scene = await guarded();
    await scene.install();
    writeFileSync(scene.hook, readFileSync(scene.hook, "utf8") + USERS);
    expect(await scene.commit()).toEqual([ASKED, CALLED]);
    expect(stepOf(await scene.uninstall(), "guard")?.change).toBe("written");
    expect(readFileSync(scene.hook, "utf8")).toBe(`#!/bin/sh\n${USERS}`);
  });

  test.each(["gone", "not executable"])("a commit goes on when the program is %s", async (what) => {
    await using scene = await guarded();
    await scene.install();
    scene.refuse();
    const program = scene.home.file(".local/bin/parallel-cc");
    if (what === "gone") rmSync(program);
    else chmodSync(program, 0o644);
    expect(await scene.commit()).toEqual([]);
  });

  test.each([0, 2, 70, 127, 137])("a commit goes on when the program ends with %i", async (exit) => {
    await using scene = await guarded();
    await scene.install();
    put(scene.home.file(".local/bin/parallel-cc"), `#!/bin/sh\nexit ${exit}\n`);
    expect(await scene.commit()).toEqual([]);
  });

  test("a program on PATH takes the place of one that was moved", async () => {
    await using scene = await guarded();
    await scene.install();
    scene.refuse();
    renameSync(scene.home.file(".local/bin/parallel-cc"), join(scene.home.programs.folder, "parallel-cc"));
    const env = scene.home.place.env({ path: [scene.home.programs.folder] });
    const child = Bun.spawn(["git", "commit", "--allow-empty", "-qm", "x"], { cwd: scene.repo.path, env });
    expect(await child.exited).toBe(1);
  });
});

describe("a shell's script", () => {
  test.each([
    ["of sh", `#!/bin/sh\n${USERS}`],
    [
      "of bash with options, as env finds it",
      `#!/usr/bin/env -S bash -eu\nset -o pipefail\ntrap 'true' EXIT\n${USERS}`,
    ],
    ["that ends at any failure", `#!/bin/sh -e\n${USERS}`],
    ["without a first line", USERS],
    ["whose last line has no end", `#!/bin/sh\n${USERS.trimEnd()}`],
    ["in bytes that are no UTF-8", `#!/bin/sh\n# \xff\xfe\n${USERS}`],
  ])("%s asks first and goes on as it was", async (_what, text) => {
    await using scene = await guarded();
    put(scene.hook, "");
    writeFileSync(scene.hook, Buffer.from(text, "latin1"));
    chmodSync(scene.hook, 0o750);
    const before = pictureOf(dirname(scene.hook));
    expect(stepOf(await scene.install(), "guard")?.change).toBe("written");
    expect(lstatSync(scene.hook).mode & 0o777).toBe(0o750);
    expect(await scene.commit()).toEqual([ASKED, CALLED]);
    scene.refuse();
    expect(await scene.commit()).toEqual([ASKED, "refused:"]);
    const installed = pictureOf(dirname(scene.hook));
    expect(stepOf(await scene.install(), "guard")?.change).toBe("none");
    expect(pictureOf(dirname(scene.hook))).toEqual(installed);
    expect(stepOf(await scene.uninstall(), "guard")?.change).toBe("written");
    expect(pictureOf(dirname(scene.hook))).toEqual(before);
  });

  test("of one line alone, without an end, is that again", async () => {
    await using scene = await guarded();
    put(scene.hook, "#!/bin/sh");
    await scene.install();
    expect(await scene.commit()).toEqual([ASKED]);
    await scene.install();
    await scene.uninstall();
    expect(readFileSync(scene.hook, "utf8")).toBe("#!/bin/sh");
  });

  test("that refuses does so as before, with its own words", async () => {
    await using scene = await guarded();
    put(scene.hook, "#!/bin/sh\necho no >&2\nexit 3\n");
    await scene.install();
    expect(await scene.commit()).toEqual([ASKED, "refused: no"]);
  });

  test("changed by others since keeps what they have changed", async () => {
    await using scene = await guarded();
    put(scene.hook, `#!/bin/sh\n${USERS}`);
    await scene.install();
    const text = readFileSync(scene.hook, "utf8");
    writeFileSync(scene.hook, `${text.replace("#!/bin/sh", "#!/bin/bash")}exit 0\n`);
    await scene.uninstall();
    expect(readFileSync(scene.hook, "utf8")).toBe(`#!/bin/bash\n${USERS}exit 0\n`);
  });

  test("in which our lines were changed is left alone, both ways, and said", async () => {
    await using scene = await guarded();
    put(scene.hook, `#!/bin/sh\n${USERS}`);
    await scene.install();
    const text = readFileSync(scene.hook, "utf8").replace("exit 0", "exit 1");
    writeFileSync(scene.hook, text);
    for (const change of [scene.install, scene.uninstall]) {
      expect(stepOf(await change(), "guard")).toMatchObject({
        change: "skipped",
        detail: expect.stringContaining("changed"),
      });
    }
    expect(readFileSync(scene.hook, "utf8")).toBe(text);
  });

  test("that asks by a line of its user's gets no other", async () => {
    await using scene = await guarded();
    put(scene.hook, "#!/bin/sh\nparallel-cc claims check --staged || exit 1\n");
    expect(stepOf(await scene.install(), "guard")).toMatchObject({ change: "none", detail: "it asks by itself" });
    expect(await scene.standing()).toMatchObject({ installed: true, upToDate: true });
  });

  test("calls the program of now after it was installed again elsewhere", async () => {
    await using scene = await guarded();
    put(scene.hook, `#!/bin/sh\n${USERS}`);
    await scene.install();
    put(scene.home.file("it's here/parallel-cc"), readFileSync(scene.home.file(".local/bin/parallel-cc"), "utf8"));
    const env = { PARALLEL_CC_INSTALL_DIR: scene.home.file("it's here") };
    await scene.home.run({ guard: true, repo: scene.repo.path }, { env });
    rmSync(scene.home.file(".local"), { recursive: true });
    expect(await scene.commit()).toEqual([ASKED, CALLED]);
    await scene.uninstall();
    expect(readFileSync(scene.hook, "utf8")).toBe(`#!/bin/sh\n${USERS}`);
  });
});

describe("what is no shell's script", () => {
  type Scene = Awaited<ReturnType<typeof guarded>>;
  const AWK = '#!/usr/bin/awk -f\nBEGIN { print "user: awk" >>(ENVIRON["HOME"] "/ran") }\n';
  const tracked = (scene: Scene) => {
    put(join(scene.repo.path, "scripts/check"), `#!/bin/sh\n${USERS}`);
    symlinkSync("../../scripts/check", scene.hook);
  };

  test.each([
    ["a script of another language", (scene: Scene) => put(scene.hook, AWK, 0o711), ["user: awk"]],
    ["a program", (scene: Scene) => copyFileSync(TRUE, scene.hook), []],
    ["a link to a script of the repository's", tracked, ["user: .git/hooks/pre-commit.before-parallel-cc 0"]],
    ["a link to nothing", (scene: Scene) => symlinkSync("../../gone", scene.hook), []],
    ["a script that is switched off", (scene: Scene) => put(scene.hook, `#!/bin/sh\n${USERS}`, 0o644), []],
  ])("%s is moved aside as it is, and called behind ours", async (_what, make, ran) => {
    await using scene = await guarded();
    make(scene);
    const before = { hooks: pictureOf(dirname(scene.hook)), top: pictureOf(join(scene.repo.path, "scripts")) };
    const { change, detail } = stepOf(await scene.install(), "guard") ?? {};
    expect({ change, detail }).toEqual({ change: "written", detail: expect.stringContaining(".before-parallel-cc") });
    expect(await scene.commit()).toEqual([ASKED, ...ran]);
    scene.refuse();
    expect(await scene.commit()).toEqual([ASKED, "refused:"]);
    expect(stepOf(await scene.install(), "guard")?.change).toBe("none");
    expect(stepOf(await scene.uninstall(), "guard")?.change).toBe("written");
    expect({ hooks: pictureOf(dirname(scene.hook)), top: pictureOf(join(scene.repo.path, "scripts")) }).toEqual(before);
  });

  test("refuses as before", async () => {
    await using scene = await guarded();
    put(scene.hook, '#!/usr/bin/awk -f\nBEGIN { print "no" >"/dev/stderr"; exit 3 }\n');
    await scene.install();
    expect(await scene.commit()).toEqual([ASKED, "refused: no"]);
  });

  test.each([
    ["dispatches by its name", (scene: Scene) => put(scene.hook, "#!/usr/bin/env ruby\nhook = File.basename($0)\n")],
    ["is one program under many names", (scene: Scene) => symlinkSync(TRUE, scene.hook)],
    [
      "is moved aside already",
      (scene: Scene) => {
        put(scene.hook, AWK);
        put(`${scene.hook}.before-parallel-cc`, "another");
      },
    ],
  ])("is left alone where it %s, with the line to add", async (_what, make) => {
    await using scene = await guarded();
    make(scene);
    const before = pictureOf(dirname(scene.hook));
    const { guard, next } = await scene.install();
    expect(guard).toEqual({ success: false, files: [], alreadyInstalled: false });
    expect(next.join("\n")).toContain("parallel-cc claims check --staged >/dev/null || [ $? -ne 1 ] || exit 1");
    expect(pictureOf(dirname(scene.hook))).toEqual(before);
    expect(scene.home.text(".parallel-cc/install.json")).toBeUndefined();
  });

  test("goes on where one that was killed in between has left it under both names", async () => {
    await using scene = await guarded();
    put(scene.hook, AWK);
    linkSync(scene.hook, `${scene.hook}.before-parallel-cc`);
    await scene.install();
    expect(await scene.commit()).toEqual([ASKED, "user: awk"]);
    await scene.uninstall();
    expect(pictureOf(dirname(scene.hook))).toEqual({ "pre-commit": `755 ${AWK}` });
  });

  test("comes back also when ours was taken away, and goes with nobody when another has come", async () => {
    await using scene = await guarded();
    put(scene.hook, AWK);
    await scene.install();
    rmSync(scene.hook);
    await scene.uninstall();
    expect(readFileSync(scene.hook, "utf8")).toBe(AWK);
    await scene.install();
    put(scene.hook, `#!/bin/sh\n${USERS}`);
    await scene.install();
    const { steps, next } = await scene.uninstall();
    expect(steps[0]?.change).toBe("written");
    expect(next.join("\n")).toContain(`${scene.hook}.before-parallel-cc`);
    expect(readFileSync(scene.hook, "utf8")).toBe(`#!/bin/sh\n${USERS}`);
  });

  test("is not called for ever by a tool that puts ours away in turn and calls it", async () => {
    await using scene = await guarded();
    put(scene.hook, AWK);
    await scene.install();
    renameSync(scene.hook, `${scene.hook}.orig`);
    const calling = `#!/bin/sh\n${USERS}exec "$(dirname "$0")/pre-commit.orig"\n`;
    put(`${scene.hook}.before-parallel-cc`, calling);
    put(scene.hook, calling);
    expect(await scene.commit()).toEqual([CALLED, ASKED, "user: .git/hooks/pre-commit.before-parallel-cc 0", ASKED]);
  });

  test("gets ours among those that it runs, where it runs a folder of them", async () => {
    await using scene = await guarded();
    const folder = join(scene.repo.path, ".git/hooks/hooks.d/pre-commit");
    put(join(folder, "50-other"), "#!/bin/sh\n");
    put(scene.hook, "#!/usr/bin/env python3\nRUN = HOOKS / 'hooks.d' / 'pre-commit'\n");
    const before = pictureOf(dirname(scene.hook));
    expect((await scene.install()).guard?.files).toEqual([join(folder, "10-parallel-cc")]);
    expect(await scene.standing()).toMatchObject({ installed: true, hookPath: join(folder, "10-parallel-cc") });
    await scene.uninstall();
    expect(pictureOf(dirname(scene.hook))).toEqual(before);
  });
});

/** As husky 9.1.7 makes its folder in a checkout, for the script that is tracked. */
function husky(top: string): void {
  put(join(top, ".husky/_/pre-commit"), '#!/usr/bin/env sh\n. "$(dirname "$0")/h"');
  put(
    join(top, ".husky/_/h"),
    '#!/usr/bin/env sh\ns=$(dirname "$(dirname "$0")")/$(basename "$0")\n[ -f "$s" ] || exit 0\nsh -e "$s" "$@"\nexit $?\n',
    0o644,
  );
  put(join(top, ".husky/_/.gitignore"), "*", 0o644);
}

async function huskyIn(repo: Repo): Promise<void> {
  put(join(repo.path, ".husky/pre-commit"), USERS, 0o644);
  await repo.git("add", ".husky/pre-commit");
  await repo.git("commit", "--quiet", "-m", "husky");
  await repo.git("config", "core.hooksPath", ".husky/_");
  husky(repo.path);
}

/** As lefthook 2.2 writes it, in short. */
const LEFTHOOK = `#!/bin/sh\ncall_lefthook()\n{\n  shift 2\n  ${USERS}}\ncall_lefthook run "pre-commit" "$@"\n`;
/** As pre-commit 4 writes it, in short. */
const PRE_COMMIT = `#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\nHERE="$(cd "$(dirname "$0")" && pwd)"\n[ ! -x "$HERE/pre-commit.legacy" ] || "$HERE/pre-commit.legacy" "$@" || exit 1\n${USERS}`;

describe("a hook that a tool writes", () => {
  test.each([
    ["lefthook", LEFTHOOK],
    ["pre-commit", PRE_COMMIT],
    ["simple-git-hooks", `#!/bin/sh\nif [ "$SKIP_SIMPLE_GIT_HOOKS" = "1" ]; then\n  exit 0\nfi\n${USERS}`],
  ])("has the guard until %s writes it anew, which is said before and found afterwards", async (_tool, text) => {
    await using scene = await guarded();
    put(scene.hook, text);
    expect((await scene.install()).next.join("\n")).toContain("is written anew ");
    expect(await scene.commit()).toEqual([ASKED, CALLED]);
    expect(await scene.standing()).toMatchObject({ installed: true, isGone: false });
    writeFileSync(scene.hook, text);
    expect(await scene.standing()).toMatchObject({ installed: false, isGone: true });
    const check = found(await examined(scene.home.place, { cwd: scene.repo.path }), "guard");
    expect(check).toMatchObject({ status: "warn", hint: "Put it in: parallel-cc install --guard" });
    await scene.install();
    expect(await scene.commit()).toEqual([ASKED, CALLED]);
    await scene.uninstall();
    expect(readFileSync(scene.hook, "utf8")).toBe(text);
    expect(await scene.standing()).toMatchObject({ installed: false, isGone: false });
  });

  test("may go on calling what stood there with the guard, which is then in it once", async () => {
    await using scene = await guarded();
    await scene.install();
    renameSync(scene.hook, `${scene.hook}.legacy`);
    put(scene.hook, PRE_COMMIT);
    expect(await scene.standing()).toMatchObject({ installed: true, upToDate: true });
    expect(stepOf(await scene.install(), "guard")?.change).toBe("none");
    expect(await scene.commit()).toEqual([ASKED, CALLED]);
    await scene.uninstall();
    expect(pictureOf(dirname(scene.hook))).toEqual({ "pre-commit": `755 ${PRE_COMMIT}` });
  });

  test("may be one in each checkout: each that has it gets the guard, and of the others it is said", async () => {
    await using scene = await guarded();
    await huskyIn(scene.repo);
    const linked = scene.home.place.at("linked");
    await scene.repo.git("worktree", "add", "--quiet", linked);
    const before = pictureOf(join(scene.repo.path, ".husky"));
    const { success, guard, next } = await scene.install();
    expect({ success, files: guard?.files }).toEqual({
      success: true,
      files: [join(scene.repo.path, ".husky/_/pre-commit")],
    });
    expect(next.join("\n")).toContain(`1 other has no guard, so a commit there asks nobody:\n  ${linked}\n`);
    expect(await scene.home.run({ guard: true, repo: linked })).toMatchObject({ success: false });
    expect(await scene.standing()).toMatchObject({ installed: true, missingIn: [linked] });
    const check = found(await examined(scene.home.place, { cwd: scene.repo.path }), "guard");
    expect(check).toMatchObject({ status: "warn", detail: expect.stringContaining("1 other checkout") });
    husky(linked);
    await scene.install();
    for (const top of [scene.repo.path, linked]) {
      expect(await scene.commit(top)).toEqual([ASKED, "user: .husky/pre-commit 0"]);
      expect(await scene.repo.git("-C", top, "status", "--porcelain")).toBe("");
    }
    await scene.uninstall();
    for (const top of [scene.repo.path, linked]) expect(pictureOf(join(top, ".husky"))).toEqual(before);
  });

  test.each(["husky", "lefthook"])("has it after %s ran in the set-up of a new worktree", async (tool) => {
    await using scene = await guarded();
    if (tool === "husky") await huskyIn(scene.repo);
    else put(scene.hook, LEFTHOOK);
    put(scene.home.file("lefthook"), LEFTHOOK);
    const common = join(scene.repo.path, ".git/hooks/pre-commit");
    const made = join(scene.repo.path, ".husky/_");
    const copying =
      tool === "husky"
        ? `cp -R ${made} .husky/ && cp .husky/_/h .husky/_/h2`
        : `cp ${scene.home.file("lefthook")} ${common}`;
    const postCreate = tool === "husky" ? `${copying} && printf '#!/bin/sh\\n' >.husky/_/pre-commit` : copying;
    await scene.home.put(".parallel-cc/config.json", JSON.stringify({ "worktree.postCreate": [postCreate] }));
    await scene.install();
    await using world = testWorld(scene.home.place, { cwd: scene.repo.path });
    await using one = sleeper();
    await using two = sleeper();
    await register(world, { repo: scene.repo.path, pid: one.pid });
    const { session, warnings } = await register(world, { repo: scene.repo.path, pid: two.pid });
    expect(warnings).toEqual([]);
    expect(await scene.standing(session.worktree_path)).toMatchObject({ installed: true, missingIn: [] });
    await scene.home.run({ uninstall: true });
    expect(await scene.standing(session.worktree_path)).toMatchObject({ installed: false, isGone: false });
  });
});

test("a worktree is set up also where the guard cannot be kept in its hooks", async () => {
  await using scene = await guarded();
  put(scene.hook, LEFTHOOK);
  await scene.install();
  const blocked = `${dirname(scene.hook)}/.pre-commit.${process.pid}.new`;
  const postCreate = `printf '#!/bin/sh\n' >${scene.hook} && mkdir ${blocked}`;
  await scene.home.put(".parallel-cc/config.json", JSON.stringify({ "worktree.postCreate": [postCreate] }));
  await using world = testWorld(scene.home.place, { cwd: scene.repo.path });
  await using one = sleeper();
  await using two = sleeper();
  await register(world, { repo: scene.repo.path, pid: one.pid });
  expect((await register(world, { repo: scene.repo.path, pid: two.pid })).warnings).toEqual([]);
  expect(world.lines.join("")).toContain("guard.not-kept");
});

test("doctor tells where it is, and when it calls another program than is installed", async () => {
  await using scene = await guarded();
  const check = async () => found(await examined(scene.home.place, { cwd: scene.repo.path }), "guard");
  expect(await check()).toBeUndefined();
  await scene.install();
  expect(await check()).toMatchObject({ status: "ok", detail: `in ${scene.hook}` });
  rmSync(scene.home.file(".local/bin/parallel-cc"));
  expect(await check()).toMatchObject({ status: "warn", detail: expect.stringContaining("another parallel-cc") });
});

describe("core.hooksPath", () => {
  test.each([
    ["tracked", true],
    ["to be tracked", false],
  ])("names a folder of the repository: what is in it is left alone, %s", async (_what, isTracked) => {
    await using scene = await guarded();
    put(join(scene.repo.path, ".githooks/pre-commit"), `#!/bin/sh\n${USERS}`);
    if (isTracked) {
      await scene.repo.git("add", ".");
      await scene.repo.git("commit", "--quiet", "-m", "hooks");
    }
    await scene.repo.git("config", "core.hooksPath", ".githooks");
    const answer = await scene.install();
    const why = "git tracks it, or would show it as new";
    expect(answer.steps).toMatchObject([{ change: "skipped", detail: why }]);
    expect(answer).toMatchObject({ success: false, guard: { success: false }, errors: [`guard: left alone: ${why}`] });
    expect(installOperations[0]?.exitCode?.(answer, {})).toBe(1);
    expect(await scene.commit()).toEqual(["user: .githooks/pre-commit 0"]);
  });

  test("may be done by a link, too", async () => {
    await using scene = await guarded();
    put(join(scene.repo.path, "tools/hooks/pre-commit"), `#!/bin/sh\n${USERS}`);
    rmSync(join(scene.repo.path, ".git/hooks"), { recursive: true });
    symlinkSync("../tools/hooks", join(scene.repo.path, ".git/hooks"));
    expect(stepOf(await scene.install(), "guard")?.change).toBe("skipped");
  });

  test("for all repositories of a user is followed, and said", async () => {
    await using scene = await guarded();
    await scene.repo.git("config", "--global", "core.hooksPath", scene.home.file("hooks"));
    expect(stepOf(await scene.install(), "guard")).toMatchObject({
      file: scene.home.file("hooks/pre-commit"),
      change: "made",
      detail: expect.stringContaining("in all repositories of yours"),
    });
    expect(await scene.commit()).toEqual([ASKED]);
    await scene.home.run({ uninstall: true });
    expect(existsSync(scene.home.file("hooks"))).toBe(false);
  });

  test("for all users of a machine, or for no hooks at all, gets none", async () => {
    await using scene = await guarded();
    const { repo, home } = scene;
    await home.put("system", `[core]\n\thooksPath = ${home.file("hooks")}\n`);
    const env = { GIT_CONFIG_SYSTEM: home.file("system") };
    const { steps } = await home.run({ guard: true, repo: repo.path }, { env });
    expect(steps).toMatchObject([{ change: "skipped", detail: expect.stringContaining("all users of this machine") }]);
    await repo.git("config", "core.hooksPath", "/dev/null");
    const off = await scene.install();
    expect(stepOf(off, "guard")).toMatchObject({ change: "skipped", file: "/dev/null/pre-commit" });
    expect(off.success).toBe(false);
    expect((await scene.uninstall()).steps).toEqual([]);
  });
});

describe("it goes", () => {
  test("with all the rest, from every repository that it was put into and that is still there", async () => {
    await using scene = await guarded();
    const { home } = scene;
    const others = [await makeRepo(home.place, { name: "other" }), await makeRepo(home.place, { name: "gone" })];
    put(join(others[0]?.path ?? "", ".git/hooks/pre-commit"), `#!/bin/sh\n${USERS}`);
    for (const { path } of [scene.repo, ...others]) await home.run({ guard: true, repo: path });
    rmSync(others[1]?.path ?? "", { recursive: true });
    const { success, steps } = await home.run({ uninstall: true, purge: true });
    expect(success).toBe(true);
    expect(
      steps
        .filter(({ step }) => step === "guard")
        .map(({ change }) => change)
        .sort(),
    ).toEqual(["removed", "written"]);
    expect(existsSync(scene.hook)).toBe(false);
    expect(readFileSync(join(others[0]?.path ?? "", ".git/hooks/pre-commit"), "utf8")).toBe(`#!/bin/sh\n${USERS}`);
    expect(existsSync(home.file(".parallel-cc"))).toBe(false);
  });

  test("from the repository that is asked in, without its notes too", async () => {
    await using scene = await guarded();
    put(scene.hook, `#!/bin/sh\n${USERS}`);
    await scene.install();
    rmSync(scene.home.file(".parallel-cc/install.json"));
    await scene.uninstall();
    expect(readFileSync(scene.hook, "utf8")).toBe(`#!/bin/sh\n${USERS}`);
  });

  test("and comes only when it is asked for, in a repository", async () => {
    await using scene = await guarded();
    const { guard } = await scene.home.run({ all: true, repo: scene.repo.path });
    expect(guard).toBeNull();
    expect(existsSync(scene.hook)).toBe(false);
    await expect(scene.home.run({ guard: true })).rejects.toMatchObject({ code: "repository.none" });
    expect(await scene.standing(scene.home.place.path)).toMatchObject({ installed: false, hookPath: null });
  });

  test("not, and says so, where it cannot be written", async () => {
    await using scene = await guarded();
    put(scene.hook, `#!/bin/sh\n${USERS}`);
    mkdirSync(join(dirname(scene.hook), `.pre-commit.${process.pid}.new`));
    expect(await scene.install()).toMatchObject({ success: false, steps: [{ code: "install.unwritable" }] });
    expect(readFileSync(scene.hook, "utf8")).toBe(`#!/bin/sh\n${USERS}`);
  });
});
