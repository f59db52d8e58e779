// `sandbox run` as its user types it, on the compiled program and real sandboxes of this machine.

import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { waitFor } from "../support/processes.ts";
import { ends, KEY, runScene, says } from "./run-scene.ts";

const PLAN = `
echo one >one.txt && git add one.txt && git commit -qm "Phase 1"
echo two >>file-0.txt && git commit -qam "Phase 2"
rm folder-0/file-1.txt && echo three >three.txt
`;

describe("a run", () => {
  test("brings commits and what was left uncommitted home, uncommitted in a worktree of its own", async () => {
    await using scene = await runScene({ sh: `${says("At work.")}${PLAN}${ends("All done.")}` });
    const answer = await scene.sandbox("run", "--prompt", "Do the three phases");
    expect(answer).toMatchObject({ success: true, status: "COMPLETED", exitCode: 0, branch: null, error: null });
    expect(answer.commits.map(({ subject }) => subject)).toEqual(["Phase 1", "Phase 2"]);
    const { worktreePath } = answer;
    const status = await scene.repo.git("-C", `${worktreePath}`, "status", "--porcelain");
    expect(status.split("\n").sort()).toEqual([
      " D folder-0/file-1.txt",
      " M file-0.txt",
      "?? one.txt",
      "?? three.txt",
    ]);
    expect(await scene.repo.git("log", "--format=%s", "main..", `${answer.resultRef}`)).toContain("Phase 1");
    expect(await scene.repo.git("status", "--porcelain")).toBe("");
  });

  test("puts all of it on a branch when one is asked for", async () => {
    await using scene = await runScene({ sh: `${PLAN}${ends("All done.")}` });
    const answer = await scene.sandbox("run", "--prompt", "Do the three phases", "--branch", "feature/phases");
    expect(answer).toMatchObject({ success: true, branch: "feature/phases" });
    const log = await scene.repo.git("log", "--format=%s", "main..feature/phases");
    expect(log.split("\n")).toEqual(["Native execution: Do the three phases", "Phase 2", "Phase 1"]);
    expect(await scene.repo.git("-C", `${answer.worktreePath}`, "status", "--porcelain")).toBe("");
  });

  test("gives claude the task byte for byte", async () => {
    const task = '# Plan\n- [ ] fix (a) & b; `c` "d" $E > 3?\n\ttab, ü, no end';
    await using scene = await runScene({ sh: `cp "$TMPDIR/prompt" task.txt\n${ends("Done.")}` });
    const answer = await scene.sandbox("run", "--prompt", task);
    expect(await scene.read(`${answer.worktreePath}/task.txt`)).toBe(task);
  });

  test("of a claude that changes nothing leaves nothing behind", async () => {
    await using scene = await runScene({ sh: ends("Nothing to do.") });
    const answer = await scene.sandbox("run", "--prompt", "Look around");
    expect(answer).toMatchObject({ success: true, filesChanged: 0, commits: [] });
    expect(await scene.repo.git("worktree", "list", "--porcelain")).not.toContain("look-around");
  });

  test("of a claude that fails tells why, and brings home what it had done", async () => {
    await using scene = await runScene({ sh: `echo half >half.txt\n${ends("It broke.", { is_error: true })}exit 1\n` });
    const answer = await scene.sandbox("run", "--prompt", "Break");
    expect(answer).toMatchObject({ success: false, status: "FAILED", exitCode: 1, filesChanged: 1 });
    expect(answer.error?.message).toContain("It broke.");
    expect(await scene.read(`${answer.worktreePath}/half.txt`)).toBe("half\n");
  });
});

describe("a run whose user", () => {
  test("stops it, brings home what was done by then", async () => {
    await using scene = await runScene({ sh: "echo half >half.txt\nat half\nexit 0\n" });
    await using running = scene.start(["sandbox", "run", "--prompt", "Take long", "--json"]);
    await scene.reached("half");
    running.kill("SIGINT");
    const { stdout, exit } = await running.exited;
    const answer = JSON.parse(stdout);
    expect(exit).toBe(1);
    expect(answer).toMatchObject({ status: "CANCELLED", filesChanged: 1 });
    expect(await scene.read(`${answer.worktreePath}/half.txt`)).toBe("half\n");
  });

  test("stops it while it is tried whether it can be, is not held up, and nothing is left", async () => {
    await using scene = await runScene({ sh: ends("Done.") });
    await writeFile(scene.place.at("programs", "bwrap"), "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    await using running = scene.start(["sandbox", "run", "--prompt", "Do it", "--json"]);
    await waitFor(async () => (await scene.sandboxes()).length > 0, "something to be made");
    running.kill("SIGINT");
    const { stdout, exit } = await running.exited;
    expect([exit, JSON.parse(stdout).error.code]).toEqual([130, "cancelled.signal"]);
    expect(await scene.sandboxes()).toEqual([]);
    expect(scene.rows()).toEqual([]);
    expect((await scene.repo.git("worktree", "list")).split("\n")).toHaveLength(1);
  }, 15_000);

  test("kills the command, loses nothing: attach sees the same end", async () => {
    await using scene = await runScene({ sh: `at begin\n${PLAN}${ends("Done.")}` });
    await using running = scene.start(["sandbox", "run", "--prompt", "Go on alone", "--json"]);
    await scene.reached("begin");
    running.kill("SIGKILL");
    await running.exited;
    await scene.open("begin");
    expect(await scene.sandbox("attach")).toMatchObject({ success: true, status: "COMPLETED", filesChanged: 4 });
  });

  test("kills the driver too, loses nothing", async () => {
    await using scene = await runScene({ sh: `at begin\n${PLAN}${ends("Done.")}` });
    await using running = scene.start(["sandbox", "run", "--prompt", "Go on alone", "--json"]);
    await scene.reached("begin");
    running.kill("SIGKILL");
    await running.exited;
    await scene.killDriver();
    await scene.open("begin");
    expect(await scene.sandbox("attach")).toMatchObject({ success: true, status: "COMPLETED", filesChanged: 4 });
  });
});

describe("secrets", () => {
  test("reach claude's environment, and no file, row or log here", async () => {
    const sh = `env | grep -c '${KEY}' >seen.txt\necho "my key is $ANTHROPIC_API_KEY"\n${ends("Done.")}`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Look");
    expect(await scene.read(`${answer.worktreePath}/seen.txt`)).toBe("1\n");
    const found = Bun.spawnSync(["grep", "-rlF", KEY, scene.place.home, scene.repo.path, `${answer.worktreePath}`]);
    expect(found.stdout.toString()).toBe("");
  });

  test("in a result hold it back", async () => {
    const sh = `printenv ANTHROPIC_API_KEY >key.txt\n${ends("Done.")}`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Steal");
    expect(answer).toMatchObject({ success: false, resultRef: null });
    expect(answer.heldBack).toContain("ANTHROPIC_API_KEY");
    expect(await scene.repo.git("for-each-ref", "refs/parallel-cc/sandbox")).toBe("");
  });
});
