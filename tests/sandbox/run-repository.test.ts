// What becomes of the repository while a run works on it, and from where in a repository one may be asked for.

import { describe, expect, test } from "bun:test";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { runGit } from "../support/repo.ts";
import { type Answer, ends, type RunScene, runScene } from "./run-scene.ts";

const WORK = `echo one >one.txt && git add one.txt && git commit -qm "Phase 1"\necho two >two.txt\n`;

async function git(scene: RunScene, directory: string, ...args: string[]): Promise<string> {
  return runGit(args, { cwd: directory, env: scene.place.env() });
}

describe("while a run works", () => {
  const held = `at begin\n${WORK}${ends("Done.")}`;

  test.concurrent("a branch of its branch's name appears: the result is under its ref, and that is told", async () => {
    await using scene = await runScene({ sh: held });
    const id = await scene.begin("--prompt", "Do it", "--branch", "feature/x");
    await scene.reached("begin");
    await scene.repo.git("branch", "feature/x");
    await scene.open("begin");
    const answer = await scene.sandbox("attach", id);
    expect(answer).toMatchObject({ success: false, status: "COMPLETED", branch: null, filesChanged: 2 });
    expect(await scene.repo.git("rev-parse", "feature/x")).toBe(await scene.repo.git("rev-parse", "main"));
    expect(await scene.repo.git("show", `${answer.resultRef}:two.txt`)).toBe("two");
  });

  test.concurrent("two runs that ask for --branch auto at once get a branch each", async () => {
    await using scene = await runScene({ sh: `${WORK}${ends("Done.")}` });
    const asked = ["run", "--prompt", "Do the same", "--branch", "auto"];
    const answers = await Promise.all([scene.sandbox(...asked), scene.sandbox(...asked)]);
    expect(answers.map(({ success }) => success)).toEqual([true, true]);
    const branches = answers.map(({ branch }) => branch ?? "");
    expect(new Set(branches).size).toBe(2);
    for (const branch of branches) expect(await scene.repo.git("show", `${branch}:two.txt`)).toBe("two");
  });

  test.concurrent("its worktree is removed by hand: the result is under its ref", async () => {
    await using scene = await runScene({ sh: held });
    const id = await scene.begin("--prompt", "Do it");
    await scene.reached("begin");
    await rm(`${scene.row(id).worktree_path}`, { recursive: true });
    await scene.open("begin");
    const answer = await scene.sandbox("attach", id);
    expect(answer).toMatchObject({ success: false, status: "COMPLETED", filesChanged: 2 });
    expect(await scene.repo.git("show", `${answer.resultRef}:one.txt`)).toBe("one");
    expect(answer.next.join()).toContain(`${answer.resultRef}`);
  });

  test.concurrent("git throws away all that nobody refers to: nothing of the run is among it", async () => {
    await using scene = await runScene({ sh: held });
    await writeFile(`${scene.repo.path}/mine.txt`, "mine\n");
    await writeFile(`${scene.repo.path}/file-0.txt`, "changed\n");
    const id = await scene.begin("--prompt", "Do it", "--with-changes", "--branch", "feature/y");
    await scene.reached("begin");
    await scene.repo.git("gc", "--quiet", "--prune=now");
    await scene.open("begin");
    const answer = await scene.sandbox("attach", id);
    expect(answer).toMatchObject({ success: true, status: "COMPLETED", branch: "feature/y" });
    expect(await scene.repo.git("show", "feature/y:mine.txt")).toBe("mine");
    await scene.repo.git("fsck", "--connectivity-only");
    expect(await scene.repo.git("for-each-ref", "refs/parallel-cc/sandbox-start")).toBe("");
  });

  test.concurrent("the whole repository moves: that is told, and once it is back the run goes on, with nothing lost", async () => {
    await using scene = await runScene({ sh: held });
    const id = await scene.begin("--prompt", "Do it");
    await scene.reached("begin");
    await scene.rowAt(id, (run) => run.step === "started");
    await rename(scene.repo.path, scene.place.at("elsewhere"));
    await scene.open("begin");
    const away = await scene.pcc(["sandbox", "attach", id, "--json"], { cwd: scene.place.path });
    const waits = {
      waitsFor: expect.stringContaining("not at"),
      next: [`parallel-cc sandbox attach ${id.slice(0, 8)}`],
    };
    const error = { code: "sandbox.repository-gone" };
    expect(JSON.parse(away.stdout)).toMatchObject({ status: "RUNNING", error, ...waits });
    const list = (...words: string[]) => scene.pcc(["sandbox", "list", ...words], { cwd: scene.place.path });
    expect(JSON.parse((await list("--json")).stdout).sessions).toMatchObject([waits]);
    expect((await list()).stdout).toMatch(/waits for you {2}.*\n\n.* waits for you: The repository is not at/);
    await rename(scene.place.at("elsewhere"), scene.repo.path);
    const answer = await scene.sandbox("attach", id);
    expect(answer).toMatchObject({ success: true, status: "COMPLETED", filesChanged: 2 });
    expect(JSON.parse((await list("--json")).stdout).sessions).toMatchObject([{ waitsFor: null }]);
    expect(await scene.read(`${answer.worktreePath}/two.txt`)).toBe("two\n");
  });

  test.concurrent("the whole repository goes: its run can be thrown away", async () => {
    await using scene = await runScene({ sh: held });
    const id = await scene.begin("--prompt", "Do it");
    await scene.reached("begin");
    await scene.rowAt(id, (run) => run.step === "started");
    await rename(scene.repo.path, scene.place.at("elsewhere"));
    const ran = await scene.pcc(["sandbox", "kill", id, "--discard", "--json"], { cwd: scene.place.path });
    await rename(scene.place.at("elsewhere"), scene.repo.path);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: "CANCELLED", error: null });
    expect(await scene.sandboxes()).toEqual([]);
  });

  test.concurrent("another run of the same repository works beside it, and neither sees the other", async () => {
    await using scene = await runScene({ sh: `ls >"list-$PARALLEL_CC_SANDBOX"\n${WORK}${ends("Done.")}` });
    const answers = await Promise.all(
      ["Do one thing", "Do another"].map((prompt) => scene.sandbox("run", "--prompt", prompt)),
    );
    expect(answers.map(({ success, filesChanged }) => [success, filesChanged])).toEqual([
      [true, 3],
      [true, 3],
    ]);
    expect(new Set(answers.map(({ worktreePath }) => worktreePath)).size).toBe(2);
  });
});

describe("a run may be asked for", () => {
  const sh = `${WORK}git rev-parse --show-object-format >format.txt\n${ends("Done.")}`;

  async function asked(scene: RunScene, directory: string): Promise<Answer> {
    const { stdout } = await scene.pcc(["sandbox", "run", "--prompt", "Do it", "--json"], { cwd: directory });
    return JSON.parse(stdout);
  }

  test.concurrent("in a linked worktree and in a subdirectory of it, from what stands there", async () => {
    await using scene = await runScene({ sh });
    const linked = scene.place.at("linked");
    await scene.repo.git("worktree", "add", "--quiet", "-b", "side", linked);
    await mkdir(`${linked}/below`);
    await writeFile(`${linked}/below/side.txt`, "side\n");
    await git(scene, linked, "add", ".");
    await git(scene, linked, "commit", "--quiet", "-m", "Side");
    const answer = await asked(scene, `${linked}/below`);
    expect(answer).toMatchObject({ success: true, filesChanged: 3 });
    expect(await scene.read(`${answer.worktreePath}/below/side.txt`)).toBe("side\n");
    expect(await git(scene, linked, "status", "--porcelain")).toBe("");
  });

  test.concurrent("in a worktree of a bare repository", async () => {
    await using scene = await runScene({ sh });
    const bare = scene.place.at("bare.git");
    await scene.repo.git("clone", "--quiet", "--bare", ".", bare);
    await git(scene, bare, "worktree", "add", "--quiet", scene.place.at("tree"), "main");
    const answer = await asked(scene, scene.place.at("tree"));
    expect(answer).toMatchObject({ success: true, filesChanged: 3 });
    expect(await git(scene, bare, "show", `${answer.resultRef}:two.txt`)).toBe("two");
  });

  test.concurrent("in a repository of SHA-256, and the sandbox has one as well", async () => {
    await using scene = await runScene({ sh });
    const path = scene.place.at("sha256");
    await mkdir(path);
    await git(scene, path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main");
    await writeFile(`${path}/file.txt`, "file\n");
    await git(scene, path, "add", ".");
    await git(scene, path, "commit", "--quiet", "-m", "First");
    const answer = await asked(scene, path);
    expect(answer).toMatchObject({ success: true, filesChanged: 3 });
    expect(await scene.read(`${answer.worktreePath}/format.txt`)).toBe("sha256\n");
  });

  test.concurrent("where HEAD stands on no branch", async () => {
    await using scene = await runScene({ sh, repo: { detached: true } });
    expect(await asked(scene, scene.repo.path)).toMatchObject({ success: true, filesChanged: 3 });
  });

  test.concurrent("from a base, and not from one that there is not, nor where there is no commit yet", async () => {
    await using scene = await runScene({ sh, repo: { commits: 2 } });
    const answer = await scene.sandbox("run", "--prompt", "Do it", "--base", "HEAD~1");
    expect(await scene.repo.git("rev-parse", `${answer.resultRef}~2`)).toBe(
      await scene.repo.git("rev-parse", "HEAD~1"),
    );
    const no = await scene.pcc(["sandbox", "run", "--prompt", "Do it", "--base", "nowhere", "--json"]);
    expect([no.exit, JSON.parse(no.stdout).error.code]).toEqual([1, "base.unknown"]);
    const unborn = scene.place.at("unborn");
    await mkdir(unborn);
    await git(scene, unborn, "init", "--quiet");
    const none = await scene.pcc(["sandbox", "run", "--prompt", "Do it", "--json"], { cwd: unborn });
    expect([none.exit, JSON.parse(none.stdout).error.code]).toEqual([1, "repository.unborn"]);
    expect(scene.rows()).toHaveLength(1);
  });

  test.concurrent("with a branch that there is not, under or above one that there is neither", async () => {
    await using scene = await runScene({ sh });
    await scene.repo.git("branch", "feature/x");
    for (const name of ["feature/x", "feature", "feature/x/y", "-x", "a..b"]) {
      const ran = await scene.pcc(["sandbox", "run", "--prompt", "Do it", `--branch=${name}`, "--json"]);
      expect([name, ran.exit === 0]).toEqual([name, false]);
      expect(JSON.parse(ran.stdout).error.code).toMatch(/^branch\./);
    }
    expect(scene.rows()).toEqual([]);
  });
});
