// claude-parallel on bad days: programs that are missing, a session that cannot be registered, and processes that are
// killed. What must hold: claude never runs where another session may be, and no living session is taken for dead.

import { describe, expect, test } from "bun:test";
import { appendFile, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import type { Script } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { makeWrapper, SCRIPT, SHELLS, sessions, until, whereIs } from "../support/wrapper.ts";

/** The compiled program, but for one command, which does what these lines of sh say. */
function except(command: string, sh: string): Script {
  return { answers: [{ sh: `if [ "$1" = ${command} ]; then ${sh}; fi\nexec '${PROGRAM}' "$@"` }], last: "repeats" };
}

const BROKEN = "echo 'error: it is broken' >&2; exit 1";

/** Nothing on PATH but the system's git. */
async function onlyGit(place: Place): Promise<string> {
  const folder = place.at("only-git");
  await mkdir(folder);
  await symlink(whereIs("git"), join(folder, "git"));
  return folder;
}

describe.each(SHELLS)("claude-parallel under %s", (shell) => {
  test("says what is missing: claude, or parallel-cc, which --uncoordinated does without", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const { run, programs, path } = await makeWrapper(place, { shell, claude: { exit: 4 } });
    const git = await onlyGit(place);
    const noClaude = { cwd, env: { PATH: git } };
    expect(await run(["x"], noClaude)).toMatchObject({ exit: 127, stderr: expect.stringContaining("Install Claude") });
    expect(await run(["status"], noClaude)).toMatchObject({
      exit: 127,
      stderr: expect.stringContaining("parallel-cc"),
    });
    const noParallelCc = { cwd, env: { PATH: `${programs.folder}:${git}` } };
    const stopped = await run(["x"], noParallelCc);
    expect(stopped).toMatchObject({ exit: 127, stderr: expect.stringContaining("--uncoordinated") });
    expect(await programs.calls("claude")).toEqual([]);
    expect(await run(["x", "--uncoordinated"], noParallelCc)).toMatchObject({ exit: 4 });
    expect(await run(["mcp"], noParallelCc)).toMatchObject({ exit: 4, stderr: "" });
    expect(path).not.toContain(git);
    await programs.expectCalled("claude", 2);
  });

  test("does not start itself when it is the claude on PATH", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const { run } = await makeWrapper(place, { shell });
    const folder = place.at("shim");
    await mkdir(folder);
    await symlink(SCRIPT, join(folder, "claude"));
    const env = { PATH: `${folder}:${place.at("path")}:${place.env()["PATH"]}` };
    for (const words of [["x"], ["--version"]]) {
      expect(await run(words, { cwd, env })).toMatchObject({ exit: 126, stderr: expect.stringContaining("itself") });
    }
    expect(await sessions(place)).toEqual([]);
  });

  test("stops when it cannot register beside another session, unless --uncoordinated", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd });
    const { run, programs } = await makeWrapper(place, { shell, parallelCc: except("register", BROKEN) });
    const stopped = await run(["x"], { cwd });
    expect(stopped).toMatchObject({ exit: 1, stderr: expect.stringMatching(/it is broken[\s\S]*Not started/) });
    expect(await programs.calls("claude")).toEqual([]);
    expect(await run(["x", "--uncoordinated"], { cwd })).toMatchObject({ exit: 0 });
    const [call] = await programs.expectCalled("claude", 1);
    expect(call).toMatchObject({ argv: ["x"], cwd });
    expect(call?.env["PARALLEL_CC_SESSION_ID"]).toBe(undefined);
  });

  test("starts claude uncoordinated when it cannot register and nobody else is there", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const { run, programs } = await makeWrapper(place, { shell, parallelCc: except("register", BROKEN) });
    expect(await run(["x"], { cwd })).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("no other live session"),
    });
    await programs.expectCalled("claude", 1);
    await programs.add("parallel-cc", { answers: [{ sh: BROKEN }], last: "repeats" });
    expect(await run(["x"], { cwd })).toMatchObject({ exit: 1, stderr: expect.stringContaining("Not started") });
    await programs.expectCalled("claude", 1);
  });

  test("takes a repository that git cannot read for one, unlike a place that is in none", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { files: 200 });
    const bare = place.at("bare.git");
    await repo.git("clone", "--quiet", "--bare", ".", bare);
    await repo.git("worktree", "add", "--quiet", place.at("linked"));
    await symlink(repo.path, place.at("link"));
    const { run, programs, path } = await makeWrapper(place, { shell });
    const noGit = { PATH: path.join(":") };
    for (const config of [join(repo.path, ".git/config"), join(bare, "config")]) await appendFile(config, "[broken\n");
    const folders = [
      join(repo.path, "folder-1"),
      join(place.at("link"), "folder-1"),
      join(repo.path, ".git/refs"),
      place.at("linked"),
      join(bare, "refs"),
    ];
    const expectBoth = async (expected: { exit: number; stderr: unknown }) => {
      for (const cwd of folders) {
        const [broken, missing] = await Promise.all([run(["x"], { cwd }), run(["x"], { cwd, env: noGit })]);
        expect({ cwd, ...broken }).toMatchObject({ cwd, ...expected });
        expect(broken.stderr).toContain("bad config");
        expect({ cwd, ...missing }).toMatchObject({ cwd, ...expected });
        expect(missing.stderr).toContain("git was not found");
      }
    };
    await expectBoth({ exit: 0, stderr: expect.stringContaining("no other live session") });
    await programs.expectCalled("claude", 2 * folders.length);

    const healthy = await makeRepo(place, { name: "healthy" });
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: healthy.path });
    await expectBoth({ exit: 1, stderr: expect.stringContaining("Not started") });
    await programs.expectCalled("claude", 2 * folders.length);

    await mkdir(join(repo.path, "out"));
    await symlink(place.home, join(repo.path, "out/home"));
    for (const cwd of [place.path, join(repo.path, "out/home")]) {
      expect(await run(["x"], { cwd, env: noGit })).toMatchObject({ exit: 0, stderr: "" });
    }
  });

  test("releases whatever signals come then", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const signals = "for signal in HUP INT QUIT TERM; do kill -s $signal $$; done";
    const { run } = await makeWrapper(place, { shell, claude: { exit: 3 }, parallelCc: except("release", signals) });
    expect(await run(["x"], { cwd })).toMatchObject({ exit: 3, stderr: expect.not.stringContaining("not released") });
    expect(await sessions(place)).toEqual([]);
  });

  test("does not start claude when what was asked for cannot be had", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const { run, programs } = await makeWrapper(place, { shell });
    expect(await run(["--base", "nowhere", "x"], { cwd })).toMatchObject({ exit: 1 });
    expect(await run(["--name", "n".repeat(201), "x"], { cwd })).toMatchObject({ exit: 2 });
    expect(await programs.calls("claude")).toEqual([]);
    expect(await sessions(place)).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("a %s before claude starts ends it, released", async (signal) => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const [here, go] = [place.at("here"), place.at("go")];
    const parallelCc = except("register", `: >'${here}'; ${until(go)}`);
    const { start, programs } = await makeWrapper(place, { shell, parallelCc });
    const running = start(["x"], { cwd });
    await waitFor(() => Bun.file(here).exists(), "register");
    running.kill(signal);
    await Bun.write(go, "");
    // zsh keeps a handler of its own for SIGHUP and exits.
    const end = shell === "zsh" && signal === "SIGHUP" ? { exit: 1 } : { signal };
    expect(await running.exited).toMatchObject(end);
    expect(await programs.calls("claude")).toEqual([]);
    expect(await sessions(place)).toEqual([]);
  });

  test("does not start claude in a place that was given away before claude's process was known", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const parallelCc = except("heartbeat", `'${PROGRAM}' release --session-id "$3" >&2`);
    const { run, programs } = await makeWrapper(place, { shell, parallelCc });
    expect(await run(["x"], { cwd })).toMatchObject({ exit: 1, stderr: expect.stringContaining("Start again") });
    expect(await programs.calls("claude")).toEqual([]);
  });

  test("a SIGTERM for it alone waits for claude", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const go = place.at("go");
    const { start, programs } = await makeWrapper(place, { shell, claude: { sh: `${until(go)}; exit 9` } });
    const running = start(["x"], { cwd });
    await waitFor(async () => (await programs.calls("claude")).length === 1, "claude");
    running.kill("SIGTERM");
    expect(await sessions(place)).toMatchObject([{ isAlive: true }]);
    await Bun.write(go, "");
    expect(await running.exited).toMatchObject({ exit: 9, signal: null });
    expect(await sessions(place)).toEqual([]);
  });

  test("a session whose wrapper was killed lives as long as its claude, and its end is recorded then", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const go = place.at("go");
    const { start, run, programs } = await makeWrapper(place, { shell, claude: { sh: until(go) } });
    const running = start(["x"], { cwd });
    await waitFor(async () => (await programs.calls("claude")).length === 1, "claude");
    running.kill("SIGKILL");
    await running.gone;
    expect(await sessions(place)).toMatchObject([{ pid: running.pid, isAlive: true, worktreePath: cwd }]);
    await programs.add("claude", {});
    const beside = await run(["y"], { cwd });
    expect(beside.stderr).toContain("beside 1 other session");
    await Bun.write(go, "");
    await running.exited;
    await waitFor(async () => (await sessions(place)).every(({ isAlive }) => !isAlive), "claude's end");
    expect((await run(["z"], { cwd })).stderr).toContain("in the main checkout");
    const calls = await programs.expectCalled("claude", 3);
    expect(calls.map((call) => call.cwd === cwd)).toEqual([true, false, true]);
    expect(await sessions(place)).toEqual([]);
  });
});
