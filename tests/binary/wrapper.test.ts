// claude-parallel with the real parallel-cc and a fake claude: where claude runs, what reaches it, and what comes back.

import { describe, expect, test } from "bun:test";
import { basename, join } from "node:path";
import { pcc } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { makeWrapper, SCRIPT, SHELLS, sessions, until } from "../support/wrapper.ts";

const ODD_NAMES = [
  "two  words",
  "it's",
  'a "quote"',
  "a\nnew line\n",
  "漢字 é",
  "$(touch x)",
  "`touch x`;",
  "-w",
  "*",
  "~",
];

const ENDS: [string, number][] = [
  [":", 0],
  ["exit 1", 1],
  ["exit 125", 125],
  ["exit 255", 255],
  ["kill -s INT $$", 130],
  ["kill -s TERM $$", 143],
  ["kill -s KILL $$", 137],
];

describe.each(SHELLS)("claude-parallel under %s", (shell) => {
  test("stays where the agent is that starts it, unless one of our flags makes it a session of its own", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using owner = sleeper();
    await pcc(place, ["register", "--pid", String(owner.pid)], { cwd: repo.path });
    const { start, programs } = await makeWrapper(place, { shell, claude: {} });
    const env = { CLAUDECODE: "1" };
    for (const words of [
      ["-p", "review"],
      ["--name", "apart", "-p", "review"],
    ]) {
      expect(await start(words, { cwd: repo.path, env }).exited).toMatchObject({ exit: 0, stdout: "" });
    }
    const [inside, apart] = await programs.calls("claude");
    expect(inside).toMatchObject({ cwd: repo.path, argv: ["-p", "review"] });
    expect(apart?.cwd).toContain("repo-worktrees/parallel-apart-");
  });

  test("runs the first claude in the main checkout and each further one in a worktree, in the same folder", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place, { files: 200 });
    const go = place.at("go");
    // The second one leaves work behind, so that its worktree stays.
    const claude = { sh: `${until(go)}; [ "$1" = one ] || echo new >new` };
    const { start, programs } = await makeWrapper(place, { shell, claude });
    const folder = join(repo.path, "folder-1");
    const first = start(["one"], { cwd: folder });
    await waitFor(async () => (await programs.calls("claude")).length === 1, "the first claude");
    const second = start(["--name", "Back end", "two"], { cwd: folder });
    const calls = await waitFor(async () => {
      const made = await programs.calls("claude");
      return made.length === 2 ? made : undefined;
    }, "the second claude");

    const [main, other] = await sessions(place);
    expect(main).toMatchObject({ pid: first.pid, isAlive: true, worktreePath: repo.path });
    expect(other).toMatchObject({ pid: second.pid, isAlive: true, name: "Back end" });
    expect(basename(other?.worktreePath ?? "")).toMatch(/^parallel-back-end-[0-9a-f]{8}$/);
    expect(calls.map(({ cwd }) => cwd)).toEqual([folder, join(other?.worktreePath ?? "", "folder-1")]);
    expect(calls.map(({ env }) => env["PARALLEL_CC_SESSION_ID"])).toEqual([main?.sessionId, other?.sessionId]);

    await Bun.write(go, "");
    const [one, two] = await Promise.all([first.exited, second.exited]);
    expect(one).toMatchObject({ exit: 0, stdout: "", stderr: expect.stringMatching(/^.*main checkout.*\n$/) });
    expect(two).toMatchObject({ exit: 0, stdout: "", stderr: expect.stringContaining(`  cd ${other?.worktreePath}`) });
    expect(await sessions(place)).toEqual([]);
    expect(await repo.git("worktree", "list", "--porcelain")).toContain(`worktree ${other?.worktreePath}\n`);
  });

  test.each(ENDS)(
    "hands claude's stdin in and its stdout out, byte for byte, when it ends by %s: %d",
    async (sh, exit) => {
      await using place = await makePlace();
      const { path: cwd } = await makeRepo(place);
      const claude = { sh: `/bin/cat; printf 'a\\000\\377\\r\\n\\033[1m%%'; ${sh}` };
      const { run, programs } = await makeWrapper(place, { shell, claude });
      const input = "no\nlast newline";
      const ran = await run(["-p", "x"], { cwd, input });
      expect(ran).toMatchObject({
        exit,
        signal: null,
        stderr: expect.stringMatching(/^.*checkout.*\n(.*(Terminated|Killed).*\n)?$/),
      });
      const plain = Bun.spawn([join(programs.folder, "claude"), "-p", "x"], {
        env: place.env(),
        stdin: new Blob([input]),
        stdout: "pipe",
        stderr: "ignore",
      });
      expect(ran.stdout).toBe(await plain.stdout.text());
      await plain.exited;
      expect(await sessions(place)).toEqual([]);
    },
  );

  test.each(ODD_NAMES)("finds its way in folders named %j", async (name) => {
    await using place = await makePlace(name);
    const repo = await makeRepo(place, { name, files: 200 });
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: repo.path });
    const { run, programs } = await makeWrapper(place, { shell });
    const cwd = join(repo.path, "folder-1");
    expect(await run([`x ${name}`], { cwd, env: { CDPATH: `${place.path}:${repo.path}:/` } })).toMatchObject({
      exit: 0,
    });
    const [call] = await programs.expectCalled("claude", 1);
    expect(call?.argv).toEqual([`x ${name}`]);
    expect(call?.cwd).toStartWith(`${repo.path}-worktrees/parallel-`);
    expect(call?.cwd).toEndWith("/folder-1");
    expect(await Array.fromAsync(new Bun.Glob("**/x").scan({ cwd: place.path, dot: true }))).toEqual([]);
  });

  test("leaves claude the user's environment, but for what it says itself", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const { run, programs } = await makeWrapper(place, { shell });
    const own = (await Bun.file(SCRIPT).text()).match(/^\s*[a-z_]+(?==)/gm)?.map((found) => found.trim()) ?? [];
    const names = ["name", "base", "status", "lines", "count", "argument", "path", "ENV", "BASH_ENV", ...own];
    const startup = place.at("startup");
    await Bun.write(startup, "echo started >&2; exit 9\n");
    const env = Object.fromEntries(names.map((name) => [name, name.endsWith("ENV") ? startup : "the user's"]));
    const ran = await run(["x"], { cwd, env });
    expect(ran).toMatchObject({ exit: 0, stderr: expect.not.stringContaining("started") });
    const [call] = await programs.expectCalled("claude", 1);
    const shared = names.filter((name) => !name.startsWith("pcc_"));
    expect(shared.map((name) => call?.env[name])).toEqual(shared.map((name) => env[name]));
    const added = Object.keys(call?.env ?? {}).filter((name) => /^(pcc|PARALLEL)_/.test(name) && !(name in env));
    expect(added.sort()).toEqual(["PARALLEL_CC_SESSION_ID", "PARALLEL_CC_WRAPPER"]);
  });

  test("works without HOME, and with its standard streams closed", async () => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    const { path, programs } = await makeWrapper(place, { shell, claude: { exit: 7 } });
    const env = place.env({ path, extra: { HOME: undefined, PARALLEL_CC_HOME: place.at("data") } });
    for (const closed of ["", "<&-", ">&-", "2>&-", "<&- >&- 2>&-"]) {
      const child = Bun.spawn(["sh", "-c", `claude-parallel x ${closed}`], {
        cwd,
        env,
        stdio: ["ignore", "ignore", "ignore"],
      });
      expect({ closed, exit: await child.exited }).toEqual({ closed, exit: 7 });
    }
    await programs.expectCalled("claude", 5);
    expect(await sessions(place, { PARALLEL_CC_HOME: place.at("data") })).toEqual([]);
  });

  test("finds claude and parallel-cc through relative folders of PATH also after it changed folders", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: repo.path });
    const { path, run, programs } = await makeWrapper(place, { shell });
    const relative = path.map((folder) => `../${basename(folder)}`).join(":");
    const PATH = `${relative}:${place.env()["PATH"]}`;
    expect(await run(["x"], { cwd: repo.path, env: { PATH } })).toMatchObject({ exit: 0 });
    await programs.expectCalled("claude", 1);
    expect((await sessions(place)).map(({ pid }) => pid)).toEqual([holder.pid]);
  });

  test("goes by the folder, not by git's variables, and keeps those of the user from a worktree's claude", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const elsewhere = await makeRepo(place, { name: "elsewhere" });
    const { run, programs } = await makeWrapper(place, { shell });
    const env = { GIT_DIR: join(elsewhere.path, ".git"), GIT_WORK_TREE: elsewhere.path };
    expect(await run(["inside"], { cwd: repo.path, env })).toMatchObject({ exit: 0 });
    expect(await run(["outside"], { cwd: place.path, env })).toMatchObject({ exit: 0, stderr: "" });
    const [inside, outside] = await programs.expectCalled("claude", 2);
    expect(inside).toMatchObject({ argv: ["inside"], cwd: repo.path });
    expect(inside?.env["GIT_DIR"]).toBe(undefined);
    expect(outside).toMatchObject({ argv: ["outside"], cwd: place.path, env });
    expect(outside?.env["PARALLEL_CC_SESSION_ID"]).toBe(undefined);
  });

  test("takes the last session up in its own worktree, and says why when it cannot", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using holder = sleeper();
    await pcc(place, ["register", "--pid", String(holder.pid)], { cwd: repo.path });
    const go = place.at("go");
    const { run, start, programs } = await makeWrapper(place, { shell });
    const refused = await run(["-c"], { cwd: repo.path });
    expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("cannot be continued") });
    expect(await run(["one"], { cwd: repo.path })).toMatchObject({ exit: 0 });
    await programs.add("claude", { sh: until(go) });
    const again = start(["-c"], { cwd: repo.path });
    const [one, two] = await waitFor(async () => {
      const calls = await programs.calls("claude");
      return calls.length === 2 ? calls : undefined;
    }, "the claude that continues");
    expect(two).toMatchObject({ cwd: one?.cwd ?? "", argv: ["-c"] });
    const taken = await run(["-c"], { cwd: repo.path });
    expect(taken).toMatchObject({ exit: 1, stderr: expect.stringContaining("another live session works there") });
    await Bun.write(go, "");
    await again.exited;
    await programs.expectCalled("claude", 2);
  });
});
