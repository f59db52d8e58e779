// The real Claude Code in a sandbox run on days that are not good: killed half-way, not let in, left with a question.

import { expect, test } from "bun:test";
import { bash } from "../support/client.ts";
import { waitFor } from "../support/processes.ts";
import { gate } from "../support/servers/messages.ts";
import { clientScene } from "./sandbox-scene.ts";

test("a run whose command and driver are killed while its client waits is brought home complete by attach", async () => {
  const half = gate();
  const first = bash("echo one >one.txt && git add -A && git commit -qm 'Phase 1'");
  const second = { blocks: [bash("echo two >two.txt && git add -A && git commit -qm 'Phase 2'")], gate: half };
  const third = bash("echo three >three.txt");
  await using scene = await clientScene({ rules: () => [{ prompt: "Take long", turns: [first, second, third] }] });
  await using running = scene.start(["sandbox", "run", "--prompt", "Take long", "--branch", "work", "--json"]);
  await half.reached;
  running.kill("SIGKILL");
  await running.exited;
  await scene.killDriver();
  half.open();
  const answer = await scene.sandbox("attach");
  expect(answer).toMatchObject({ success: true, status: "COMPLETED", branch: "work", filesChanged: 3 });
  const log = await scene.repo.git("log", "--format=%s", "main..work");
  expect(log.split("\n")).toEqual(["Native execution: Take long", "Phase 2", "Phase 1"]);
  expect(await scene.repo.git("ls-tree", "--name-only", "work")).toContain("three.txt");
});

test("a run that is stopped while it looks whether sandboxes can be made leaves nothing", async () => {
  await using scene = await clientScene({ rules: () => [] });
  await using running = scene.start(["sandbox", "run", "--prompt", "Hi"]);
  await waitFor(async () => (await scene.sandboxes()).length > 0, "a first look");
  running.kill("SIGINT");
  expect(await running.exited).toMatchObject({ exit: 130, stderr: "error: Stopped by SIGINT.\n" });
  expect(await scene.sandboxes()).toEqual([]);
  expect(scene.rows()).toEqual([]);
});

test("what a killed look leaves is removed by the next run, once no look could take so long", async () => {
  await using scene = await clientScene({ rules: () => [{ prompt: "Hi", turns: ["Hello."] }] });
  await using running = scene.start(["sandbox", "run", "--prompt", "Hi"]);
  const left = await waitFor(async () => {
    const [id] = await scene.sandboxes();
    const directory = scene.place.at("home", ".parallel-cc", "native", `${id}`);
    const file = Bun.file(`${directory}/standing.json`);
    return id !== undefined && (await file.exists()) ? { directory, standing: await file.json() } : undefined;
  }, "a first look");
  running.kill("SIGKILL");
  await running.exited;
  // In a minute it would end by itself.
  process.kill(left.standing.keeper.pid, "SIGKILL");
  const record = Bun.file(`${left.directory}/sandbox.json`);
  const createdAt = new Date(Date.now() - 10 * 60_000).toISOString();
  await record.write(JSON.stringify({ ...(await record.json()), createdAt }));
  expect(await scene.sandbox("run", "--prompt", "Hi")).toMatchObject({ success: true });
  expect(await scene.sandboxes()).toEqual([]);
});

test("a key that is refused ends the run after the first refusals, and says what to do", async () => {
  await using refusing = refuse();
  await using scene = await clientScene({ rules: () => [], env: { ANTHROPIC_BASE_URL: refusing.url } });
  const answer = await scene.sandbox("run", "--prompt", "Hi");
  expect(answer).toMatchObject({ success: false, status: "FAILED", filesChanged: 0 });
  expect(answer.error).toMatchObject({ code: "claude.login", hint: expect.stringContaining("Set a key") });
  // It would ask ten times, for minutes.
  expect(refusing.asked()).toBeLessThanOrEqual(3);
});

test("a run that ends in a question is told as one, with how to go on", async () => {
  const turns = ["I looked at both.\nShall it be A or B?"];
  await using scene = await clientScene({ rules: () => [{ prompt: "Choose", turns }] });
  const { stdout, stderr, exit } = await scene.pcc(["sandbox", "run", "--prompt", "Choose"]);
  expect(exit).toBe(0);
  expect(stdout).toContain("It ended in a question, and nobody answers inside. Run it again with the answer");
  expect(stdout).toContain("> I looked at both.\n");
  expect(stdout).toContain("> Shall it be A or B?\n");
  expect(stderr).toContain("\nClaude changed nothing.\nIts worktree went: there was nothing in it.\n");
});

test("logs that are followed end with the run", async () => {
  const waits = gate();
  const turns = [{ blocks: ["I begin."], gate: waits }];
  await using scene = await clientScene({ rules: () => [{ prompt: "Wait", turns }] });
  await using running = scene.start(["sandbox", "run", "--prompt", "Wait", "--json"]);
  await waits.reached;
  await using followed = scene.start(["sandbox", "logs", "--follow"]);
  waits.open();
  expect((await followed.exited).stdout).toContain("\nI begin.\nClaude is done.\n");
  expect(JSON.parse((await running.exited).stdout)).toMatchObject({ status: "COMPLETED" });
});

test("--max-turns ends a run that takes more, and brings home what it had done", async () => {
  const turns = [bash("echo one >one.txt"), bash("echo two >two.txt"), "Done."];
  await using scene = await clientScene({ rules: () => [{ prompt: "Write", turns }] });
  const answer = await scene.sandbox("run", "--prompt", "Write", "--max-turns", "1");
  expect(answer).toMatchObject({ success: false, status: "FAILED", filesChanged: 1 });
  expect(answer.error).toMatchObject({ code: "claude.max-turns", hint: expect.stringContaining("--max-turns") });
  expect(await scene.read(`${answer.worktreePath}/one.txt`)).toBe("one\n");
});

/** A model that lets nobody in. */
function refuse(): AsyncDisposable & { url: string; asked(): number } {
  let asked = 0;
  const server = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 0 },
    fetch: () => {
      asked += 1;
      const error = { type: "authentication_error", message: "invalid x-api-key" };
      return Response.json({ type: "error", error }, { status: 401 });
    },
  });
  return {
    ...{ url: `http://127.0.0.1:${server.port}`, asked: () => asked },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
