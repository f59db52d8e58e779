// The commands on a run, from other processes, while it works and after it has ended.

import { describe, expect, test } from "bun:test";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { PROGRAM } from "../support/cli.ts";
import { waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { ends, type RunScene, runScene, says } from "./run-scene.ts";

const WORK = `${says("At work.")}echo one >one.txt && git add one.txt && git commit -qm "Phase 1"\nmkdir d && echo two >d/two.txt\n`;
const HELD = `${WORK}at work\necho three >three.txt\n${ends("All done.")}`;

async function json(scene: RunScene, ...words: string[]) {
  const { stdout, exit } = await scene.pcc(["sandbox", ...words, "--json"]);
  return { exit, ...JSON.parse(stdout) };
}

async function below(directory: string): Promise<string[]> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true });
  return all
    .filter((one) => one.isFile())
    .map((one) => `${one.parentPath}/${one.name}`.slice(directory.length + 1))
    .sort();
}

describe("while a run works", () => {
  test.concurrent("download takes what there is, by id, prefix and name, as often as one likes, and it goes on", async () => {
    await using scene = await runScene({ sh: HELD });
    const id = await scene.begin("--prompt", "Do it", "--name", "mine");
    await scene.reached("work");
    const first = await json(scene, "download", id, "--output", scene.place.at("first"));
    expect(first).toMatchObject({ exit: 0, filesChanged: 2, commits: 1, hasUncommitted: true, filesDownloaded: 2 });
    expect(await below(scene.place.at("first"))).toEqual(["d/two.txt", "one.txt"]);
    expect(await json(scene, "download", id.slice(0, 6))).toMatchObject({ filesChanged: 2, outputPath: null });
    expect(await json(scene, "download", "mine")).toMatchObject({ filesChanged: 2 });
    expect(await scene.repo.git("show", `${first.resultRef}:d/two.txt`)).toBe("two");
    const again = await json(scene, "download", id, "--output", scene.place.at("first"));
    expect([again.exit, again.error.code]).toEqual([1, "output.taken"]);
    expect(scene.row(id).step).toBe("started");
    await scene.open("work");
    expect(await scene.sandbox("attach", "mine")).toMatchObject({ success: true, filesChanged: 3 });
    expect(await json(scene, "download", id, "--output", scene.place.at("last"))).toMatchObject({ filesDownloaded: 3 });
    expect(await below(scene.place.at("last"))).toEqual(["d/two.txt", "one.txt", "three.txt"]);
  });

  test.concurrent("many who download at once all get the same", async () => {
    await using scene = await runScene({ sh: HELD });
    const id = await scene.begin("--prompt", "Do it");
    await scene.reached("work");
    const outputs = ["a", "b", "c", "d"].map((name) => scene.place.at(name));
    const taken = await Promise.all(outputs.map((output) => json(scene, "download", id, "--output", output)));
    expect(taken.map(({ exit, filesDownloaded }) => [exit, filesDownloaded])).toEqual(taken.map(() => [0, 2]));
    await scene.open("work");
    expect(await scene.sandbox("attach", id)).toMatchObject({ success: true, filesChanged: 3 });
  });

  test.concurrent("list, status and logs tell of it, and of what it prints as it comes", async () => {
    await using scene = await runScene({ sh: HELD });
    const id = await scene.begin("--prompt", "Do it", "--name", "mine");
    await scene.reached("work");
    // Its driver writes that down a moment later.
    await scene.rowAt(id, ({ step }) => step === "started");
    const following = scene.start(["sandbox", "logs", "mine", "--follow", "--json"]);
    expect(await json(scene, "list", "--repo", scene.repo.path)).toMatchObject({
      total: 1,
      sessions: [{ sessionId: id, name: "mine", step: "started", status: "RUNNING" }],
    });
    const status = await json(scene, "status", id.slice(0, 5));
    expect(status).toMatchObject({ sessionId: id, isDriven: true, health: { isHealthy: true }, step: "started" });
    expect(status.usage.diskBytes).toBeGreaterThan(0);
    await waitFor(async () => (await json(scene, "logs", "mine")).output.includes("At work."), "what claude printed");
    expect((await json(scene, "logs", "mine", "--lines", "1")).lineCount).toBe(1);
    await scene.open("work");
    const { stdout, exit } = await following.exited;
    expect(exit).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(3);
    expect(stdout).toContain("All done.");
    expect(await json(scene, "status", "mine")).toMatchObject({ step: "ended", status: "COMPLETED", usage: null });
    expect((await scene.pcc(["sandbox", "logs", "mine"])).stdout).toContain("Claude is done.");
  });

  test.concurrent("kill brings home what there is, kill --discard does not, and a second kill changes nothing", async () => {
    await using scene = await runScene({ sh: HELD });
    const first = await scene.begin("--prompt", "Do it", "--name", "one");
    await scene.reached("work");
    const killed = await scene.sandbox("kill", first);
    expect(killed).toMatchObject({ status: "CANCELLED", filesChanged: 2 });
    expect(await scene.read(`${killed.worktreePath}/d/two.txt`)).toBe("two\n");
    const second = await scene.begin("--prompt", "Do it", "--name", "two");
    await scene.reached("work");
    const discarded = await scene.sandbox("kill", "two", "--discard");
    expect(discarded).toMatchObject({ status: "CANCELLED", filesChanged: 0, resultRef: null });
    expect(await scene.sandboxes()).toEqual([]);
    expect((await scene.repo.git("worktree", "list")).split("\n")).toHaveLength(2);
    expect(await scene.sandbox("kill", first)).toMatchObject({ status: "CANCELLED", filesChanged: 2 });
    expect(scene.row(second).outcome).toBe("CANCELLED");
  });

  test.concurrent("who comes late is shown its last steps, and of a run that has ended only its end", async () => {
    const many = 'i=0; while [ "$i" -lt 300 ]; do i=$((i+1)); echo "step $i"; done\n';
    await using scene = await runScene({ sh: `${many}at work\n${ends("All done.")}` });
    const id = await scene.begin("--prompt", "Do it");
    await scene.reached("work");
    await waitFor(async () => (await json(scene, "logs", id)).output.includes("step 300"), "what claude printed");
    const killed = await scene.pcc(["sandbox", "kill", id]);
    const shown = killed.stderr.split("\n");
    expect(shown[0]).toMatch(
      new RegExp(`^\\.\\.\\. 2[89]\\d steps before: .* sandbox logs ${id.slice(0, 8)} --lines <n>$`),
    );
    expect(shown).toContain("step 300");
    expect(shown.filter((line) => line.startsWith("step ")).length).toBeLessThanOrEqual(20);
    const again = await scene.pcc(["sandbox", "kill", id]);
    expect([again.exit, again.stderr]).toEqual([0, ""]);
    const attached = await scene.pcc(["sandbox", "attach", id]);
    expect([attached.exit, attached.stderr]).toEqual([1, ""]);
    expect(attached.stdout).toBe(again.stdout);
  });

  test.concurrent("a run that is killed before its claude has begun leaves nothing", async () => {
    await using scene = await runScene({ sh: HELD });
    const id = await scene.begin("--prompt", "Do it");
    expect(await scene.sandbox("kill", id)).toMatchObject({ status: "CANCELLED", error: null });
    expect(await scene.sandboxes()).toEqual([]);
  });
});

test.concurrent("wrong words and what else keeps a run from beginning are told together, bare ones with what is meant", async () => {
  await using scene = await runScene({ sh: ends("Done.") });
  const wrong = await json(
    scene,
    "run",
    "--prompt",
    "Do it",
    "--timeout",
    "abc",
    "--auth-method",
    "x",
    "--branch",
    "a..b",
  );
  const codes = wrong.error.details.problems.map(({ code }: { code: string }) => code);
  expect([wrong.exit, ...codes]).toEqual([2, "usage.bad-value", "usage.bad-value", "branch.invalid"]);
  const hintOf = async (...words: string[]) => (await json(scene, "run", ...words)).error.hint;
  expect(await hintOf("do", "it")).toBe("Did you mean: parallel-cc sandbox run --prompt 'do it' --json");
  expect(await hintOf("--prompt", "do", "it")).toBe("Did you mean: parallel-cc sandbox run --prompt 'do it' --json");
  expect(await hintOf("PLAN.md")).toBe("Did you mean: parallel-cc sandbox run --prompt-file PLAN.md --json");
  expect(scene.rows()).toEqual([]);
});

test.concurrent("one that ended in a question is marked in the list as in its own words", async () => {
  await using scene = await runScene({ sh: `${says("Which database?")}${ends("Which database?")}` });
  await scene.sandbox("run", "--prompt", "Do it");
  expect((await json(scene, "list")).sessions).toMatchObject([{ status: "COMPLETED", question: "Which database?" }]);
  expect(await json(scene, "status")).toMatchObject({ question: "Which database?" });
  expect((await scene.pcc(["sandbox", "list"])).stdout).toContain("  asks you  ");
});

test.concurrent("without a name, a run is one of the repository that one stands in; outside of all, any", async () => {
  await using scene = await runScene({ sh: ends("Done.") });
  const { sessionId: id } = await scene.sandbox("run", "--prompt", "Do it", "--name", "mine");
  const other = await makeRepo(scene.place, { name: "other" });
  const from = async (cwd: string, ...words: string[]) => {
    const { stdout } = await scene.pcc(["sandbox", ...words, "--json"], { cwd });
    const { error, sessionId } = JSON.parse(stdout);
    return error?.message ?? sessionId;
  };
  for (const command of ["status", "logs", "attach", "kill"]) {
    expect(await from(other.path, command)).toBe("Nothing of this repository has run in a sandbox yet.");
    expect(await from(scene.place.path, command)).toBe(id);
  }
  expect(await from(other.path, "status", "mine")).toBe(id);
  expect(await from(other.path, "status", id.slice(0, 8))).toBe(id);
  const theirs = await scene.pcc(["sandbox", "run", "--prompt", "Do it", "--name", "mine", "--json"], {
    cwd: other.path,
  });
  expect(await from(scene.repo.path, "status", "mine")).toBe(id);
  expect(await from(other.path, "status", "mine")).toBe(JSON.parse(theirs.stdout).sessionId);
  expect(await from(scene.place.path, "status", "mine")).toBe(JSON.parse(theirs.stdout).sessionId);
});

test.concurrent("a name that two runs under way have is not enough, the beginning of an id is", async () => {
  await using scene = await runScene({ sh: `at work\n${ends("Done.")}` });
  const ids = [
    await scene.begin("--prompt", "Do it", "--name", "mine"),
    await scene.begin("--prompt", "Do it", "--name", "mine"),
  ];
  for (const words of [["kill"], ["kill", "mine"], ["status", "mine"]]) {
    const { exit, error } = await json(scene, ...words);
    expect([exit, error.code, error.hint]).toEqual([2, "usage.ambiguous", "Name one by its id."]);
  }
  expect(await scene.sandbox("kill", `${ids[0]?.slice(0, 12)}`)).toMatchObject({
    sessionId: ids[0],
    status: "CANCELLED",
  });
  expect(await json(scene, "status", "mine")).toMatchObject({ sessionId: ids[1] });
});

test.concurrent("whoever follows ends at the next line when nobody reads any more, though the run goes on", async () => {
  await using scene = await runScene({ sh: `${says("One.")}at work\n${says("Two.")}at more\n${ends("Done.")}` });
  const id = await scene.begin("--prompt", "Do it");
  await scene.reached("work");
  await scene.rowAt(id, ({ step }) => step === "started");
  const env = { ...scene.place.env(), ...scene.variables };
  const piped = Bun.spawn(["sh", "-c", '"$1" sandbox logs --follow | head -n 1', "sh", PROGRAM], {
    ...{ cwd: scene.repo.path, env, stdout: "pipe", stderr: "pipe" },
  });
  const first = await piped.stdout.getReader().read();
  expect(new TextDecoder().decode(first.value)).toContain("Worktree");
  await scene.open("work");
  expect([await piped.exited, await new Response(piped.stderr).text()]).toEqual([0, ""]);
  expect(scene.row(id).step).toBe("started");
});

test.concurrent("a name that nobody has, and one that could be several, are told apart", async () => {
  await using scene = await runScene({ sh: ends("Done.") });
  const none = await json(scene, "status");
  expect([none.exit, none.error.code]).toEqual([1, "sandbox.unknown"]);
  await Promise.all([scene.sandbox("run", "--prompt", "One"), scene.sandbox("run", "--prompt", "Two")]);
  expect((await json(scene, "status", "nobody")).error.code).toBe("sandbox.unknown");
  const several = await json(scene, "kill", "");
  expect(several.exit).toBe(2);
  const taken = scene.place.at("taken");
  await mkdir(taken);
  await writeFile(`${taken}/mine.txt`, "mine\n");
  expect((await json(scene, "download", "one", "--output", taken)).error.code).toBe("output.taken");
  expect(await scene.read(`${taken}/mine.txt`)).toBe("mine\n");
  const file = await json(scene, "download", "one", "--output", `${taken}/mine.txt`);
  expect([file.exit, file.error.code]).toEqual([1, "output.unusable"]);
  const one = scene.rows().find(({ title }) => title === "One");
  await rm(`${scene.place.home}/.parallel-cc/sandboxes/${one?.id}`, { recursive: true });
  const gone = await json(scene, "download", "one", "--output", scene.place.at("new"));
  expect([gone.exit, gone.error.code]).toEqual([1, "sandbox.not-kept"]);
});

test.concurrent("what somebody's look has made is left alone as long as it may go on, and goes then", async () => {
  await using scene = await runScene({ sh: ends("Done.") });
  const native = `${scene.place.home}/.parallel-cc/native`;
  const look = async (id: string, agoMs: number) => {
    const limits = { memoryBytes: 1e9, processes: 200 };
    const createdAt = new Date(Date.now() - agoMs).toISOString();
    const record = { runId: "probe", createdAt, minutes: 1, hosts: [], objects: [], limits, isWeak: false };
    await mkdir(`${native}/${id}`, { recursive: true });
    await writeFile(`${native}/${id}/sandbox.json`, JSON.stringify(record));
  };
  await look("0123456789ab", 60_000);
  await look("ba9876543210", 10 * 60_000);
  const { stdout } = await scene.pcc(["doctor", "--sandbox"]);
  expect(stdout).toContain("ba9876543210");
  expect(stdout).not.toContain("0123456789ab");
  await scene.sandbox("run", "--prompt", "One");
  expect(await scene.sandboxes()).toEqual(["0123456789ab"]);
});
