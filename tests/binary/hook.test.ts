// `parallel-cc hook` and `parallel-cc statusline` as Claude Code runs them: whatever comes in and whatever is broken, they
// exit 0, in time, and say nothing that is no answer.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { PROGRAM, pcc, pccJson } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper, waitFor } from "../support/processes.ts";
import { makeRandom } from "../support/random.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { shownSessions } from "../support/sessions.ts";

const EVENTS = ["SessionStart", "UserPromptSubmit", "PostToolUse", "Notification", "Stop", "SessionEnd"];
const SILENT = { exit: 0, stdout: "", stderr: "" };

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  claude: Sleeper;
  hook(event: string, input?: string): ReturnType<typeof pcc>;
}

async function makeScene(env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const claude = stack.use(sleeper());
  const told = { session_id: "conversation", cwd: repo.path };
  const hook = (event: string, input = JSON.stringify({ ...told, hook_event_name: event })) =>
    pcc(place, ["hook", event], { cwd: repo.path, env: { CLAUDE_PID: String(claude.pid), ...env }, input });
  const owned = stack.move();
  return { place, repo, claude, hook, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("a session that its claude has ended is released once that is gone", async () => {
  await using scene = await makeScene();
  for (const event of EVENTS) expect(await scene.hook(event)).toMatchObject(SILENT);
  expect(await pccJson(scene.place, ["status"])).toMatchObject({ sessions: [{ activity: "ended", isAlive: true }] });
  await scene.claude.kill();
  await waitFor(async () => (await shownSessions(scene.place)).length === 0, "the session is released");
});

describe("nothing is said, and nothing stopped, by", () => {
  const random = makeRandom(20_300_101);
  const bytes = Array.from({ length: 200_000 }, () => String.fromCharCode(random.int(0, 255))).join("");
  const inputs = {
    "no input": "",
    "broken JSON": '{"session_id":"x"',
    "random bytes": bytes,
    "10 MB of broken JSON": `{"session_id":"x","tool_response":"${"a".repeat(10_000_000)}`,
    "a list": "[]",
    "fields of other kinds": '{"session_id":7,"cwd":[],"reason":{"a":1}}',
  };
  test.each(Object.entries(inputs))("%s", async (_, input) => {
    await using scene = await makeScene();
    for (const event of EVENTS) expect(await scene.hook(event, input)).toMatchObject(SILENT);
    expect(await pccJson(scene.place, ["status"])).toMatchObject({ totalSessions: 0 });
  });

  test.each(["", "Unknown", "toString", "--json", "Stop; touch hacked", "x".repeat(5000)])(
    "the event %p",
    async (event) => {
      await using scene = await makeScene();
      expect(await scene.hook(event)).toMatchObject(SILENT);
    },
  );
});

test("a hook with nothing new to say starts no program and writes nothing", async () => {
  await using scene = await makeScene();
  for (const event of ["SessionStart", "PostToolUse"]) await scene.hook(event);
  const trace = scene.place.at("trace");
  const traced = Bun.spawnSync(
    ["strace", "-f", "-qq", "-e", "trace=execve,fsync,fdatasync,rename", "-o", trace, PROGRAM, "hook", "PostToolUse"],
    {
      cwd: scene.repo.path,
      env: { ...scene.place.env(), CLAUDE_PID: String(scene.claude.pid) },
      stdin: Buffer.from(JSON.stringify({ session_id: "conversation", cwd: scene.repo.path, tool_name: "Write" })),
    },
  );
  expect(traced).toMatchObject({ exitCode: 0 });
  const calls = readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) => /^\d+ +(execve|fsync|fdatasync|rename)\(/.test(line));
  expect(calls).toEqual([expect.stringContaining(`execve("${PROGRAM}"`)]);
});

test("10 MB that a tool answered are read over", async () => {
  await using scene = await makeScene();
  await scene.hook("SessionStart");
  const told = { session_id: "conversation", cwd: scene.repo.path, tool_response: { content: "a".repeat(10_000_000) } };
  expect(await scene.hook("PostToolUse", JSON.stringify(told))).toMatchObject(SILENT);
  expect(await pccJson(scene.place, ["status"])).toMatchObject({ sessions: [{ activity: "working" }] });
});

test("a directory outside of the repository, or one that is gone, is no reason to fail", async () => {
  await using scene = await makeScene();
  for (const cwd of ["/nonexistent/\u001b[31m", scene.place.path, "relative", "\0"]) {
    const input = JSON.stringify({ session_id: "conversation", cwd });
    expect(await scene.hook("SessionStart", input)).toMatchObject(SILENT);
  }
});

test("a database that somebody locks for a minute delays it by less than a second, and its log tells", async () => {
  await using scene = await makeScene();
  await scene.hook("SessionStart");
  const file = `${scene.place.home}/.parallel-cc/coordinator.db`;
  using locker = new Database(file);
  locker.run("BEGIN EXCLUSIVE");
  for (const event of EVENTS) {
    const started = performance.now();
    expect(await scene.hook(event)).toMatchObject(SILENT);
    expect(performance.now() - started).toBeLessThan(2000);
  }
  expect(readFileSync(`${scene.place.home}/.parallel-cc/logs/hooks.log`, "utf8")).toContain('"db.locked"');
});

test.each(["not a database", ""])("a database that is broken (%p) stops nothing", async (text) => {
  await using scene = await makeScene();
  await scene.hook("SessionStart");
  const file = `${scene.place.home}/.parallel-cc/coordinator.db`;
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  await Bun.write(file, text);
  for (const event of EVENTS) expect(await scene.hook(event)).toMatchObject(SILENT);
});

test("without a home that can be written to, or any, it passes everything over", async () => {
  await using scene = await makeScene();
  const home = scene.place.at("not-a-directory");
  await Bun.write(home, "a file");
  for (const env of [{ PARALLEL_CC_HOME: `${home}/below` }, { PARALLEL_CC_HOME: "relative" }, { HOME: "relative" }]) {
    const ran = await pcc(scene.place, ["hook", "SessionStart"], {
      cwd: scene.repo.path,
      env,
      input: '{"session_id":"c"}',
    });
    expect(ran).toMatchObject(SILENT);
  }
});

test("a database of an earlier release is brought up to date behind its back, and the session known at its first prompt", async () => {
  await using scene = await makeScene();
  const directory = `${scene.place.home}/.parallel-cc`;
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
  using old = new Database(`${directory}/coordinator.db`, { create: true });
  old.run(await Bun.file(`${import.meta.dir}/../fixtures/schemas/0.2-sessions.sql`).text());
  old.close();
  expect(await scene.hook("SessionStart")).toMatchObject(SILENT);
  const isKnown = async () => {
    await scene.hook("UserPromptSubmit");
    return (await shownSessions(scene.place)).some(({ pid }) => pid === scene.claude.pid);
  };
  await waitFor(isKnown, "the session is known");
});

test("typed by hand at a terminal's end of input it does nothing, and its help is help", async () => {
  await using scene = await makeScene();
  expect(await pcc(scene.place, ["hook"])).toMatchObject(SILENT);
  const help = await pcc(scene.place, ["hook", "--help"]);
  expect(help).toMatchObject({ exit: 0, stdout: expect.stringContaining("exits 0") });
});

test("the status line of a broken registry is empty", async () => {
  await using scene = await makeScene();
  const directory = `${scene.place.home}/.parallel-cc`;
  mkdirSync(directory, { recursive: true });
  await Bun.write(`${directory}/coordinator.db`, "not a database");
  expect(await pcc(scene.place, ["statusline"], { input: "broken" })).toMatchObject(SILENT);
});
