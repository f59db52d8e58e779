// A run by the clock, which is the test's: it is driven in this process, with the real git, sandbox and claude's script.

import { expect, test } from "bun:test";
import { beginRun } from "../../src/features/sandboxes/begin.ts";
import { drive } from "../../src/features/sandboxes/driver.ts";
import { planRun, type RunInput } from "../../src/features/sandboxes/request.ts";
import { askOf } from "../../src/features/sandboxes/store.ts";
import { waitFor } from "../support/processes.ts";
import { type TestWorld, testWorld } from "../support/world.ts";
import { ends, type RunScene, runScene, says } from "./run-scene.ts";

const MINUTE = 60_000;

interface Timed extends AsyncDisposable {
  scene: RunScene;
  world: TestWorld;
  id: string;
  driven: Promise<void>;
  notes(): Promise<string[]>;
  /** Claude stands at its gate, and is watched. */
  atWork(): Promise<void>;
  /** By another driver, when that much time has passed. */
  takenOver(minutes: number): Promise<void>;
  /** The clock goes on, and this is said. */
  passUntil(minutes: number, said: RegExp): Promise<void>;
}

async function timed(sh: string, input: RunInput = {}, before?: (scene: RunScene) => Promise<void>): Promise<Timed> {
  const scene = await runScene({ sh });
  await before?.(scene);
  const anew = () => {
    const path = [scene.place.at("programs")];
    return testWorld(scene.place, { cwd: scene.repo.path, path, env: scene.variables });
  };
  const world = anew();
  const id = await beginRun(world, await planRun(world, { prompt: "Do it", timeout: 60, ...input }));
  const driven = drive(world, id);
  const file = `${scene.place.home}/.parallel-cc/sandboxes/${id}/notes.jsonl`;
  const notes = async () => {
    const text = await Bun.file(file)
      .text()
      .catch(() => "");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [String(JSON.parse(line).text)]));
  };
  return {
    ...{ scene, world, id, driven, notes },
    takenOver: async (minutes) => {
      await using next = anew();
      next.pass(minutes * MINUTE);
      (await next.db()).run("UPDATE sandbox_runs SET driver = NULL", {});
      await drive(next, id);
    },
    atWork: async () => {
      await scene.reached("half");
      await waitFor(() => scene.row(id).view !== null, "a driver that watches");
      const log = Bun.file(`${scene.place.home}/.parallel-cc/logs/sandbox-${id}.jsonl`);
      await waitFor(async () => (await log.text()).includes("At work."), "claude's first words");
    },
    passUntil: async (minutes, said) => {
      world.pass(minutes * MINUTE);
      await waitFor(async () => (await notes()).some((text) => said.test(text)), `a note ${said}`, 20_000);
    },
    async [Symbol.asyncDispose]() {
      // What a failing test leaves is thrown away by its own driver.
      const db = await world.db();
      db.write(() => askOf(db, id, "discard"));
      await driven;
      db.run("UPDATE sandbox_runs SET driver = NULL WHERE step <> 'ended'", {});
      await world[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

const HALF = `${says("At work.")}echo half >half.txt\nat half\n`;

test.concurrent("at half of the time and at 50 of 60 minutes it warns, once each, and stops in time to come home", async () => {
  await using run = await timed(`${HALF}exit 0\n`);
  await run.atWork();
  await run.passUntil(30, /^50 % of the time is gone, 30 min are left/);
  await run.passUntil(20, /^83 % of the time is gone, 10 min are left/);
  await run.passUntil(9.5, /The time is up/);
  await run.driven;
  const { outcome, facts, step } = run.scene.row(run.id);
  expect({ outcome, step, files: facts.result?.filesChanged }).toEqual({ outcome: "TIMEOUT", step: "ended", files: 1 });
  expect((await run.notes()).filter((text) => /of the time is gone/.test(text))).toHaveLength(2);
});

test.concurrent("of a claude that is silent for 7 minutes it is told, once, and it goes on", async () => {
  await using run = await timed(`${HALF}${ends("Done.")}`);
  await run.atWork();
  await run.passUntil(7, /printed nothing for 7 minutes/);
  await run.passUntil(5, /Checkpoint/);
  await run.scene.open("half");
  await run.driven;
  expect(run.scene.row(run.id).outcome).toBe("COMPLETED");
  expect((await run.notes()).filter((text) => /printed nothing/.test(text))).toHaveLength(1);
});

test.concurrent("a checkpoint that is due brings home what there is, without moving anything of claude's", async () => {
  const sh = `${says("At work.")}echo one >one.txt && git add one.txt && git commit -qm One\necho half >half.txt
git status --porcelain=v2 --branch >"$TMPDIR/before"\nat half
git status --porcelain=v2 --branch >"$TMPDIR/after"\ncmp "$TMPDIR/before" "$TMPDIR/after" && echo same >same.txt
${ends("Done.")}`;
  await using run = await timed(sh);
  await run.atWork();
  await run.passUntil(5, /Checkpoint/);
  const ref = `refs/parallel-cc/sandbox/${run.id}`;
  expect(await run.scene.repo.git("ls-tree", "--name-only", ref)).toContain("half.txt");
  expect(await run.scene.repo.git("log", "-1", "--format=%s", `${ref}^`)).toBe("One");
  await run.scene.open("half");
  await run.driven;
  expect(await run.scene.repo.git("ls-tree", "--name-only", ref)).toContain("same.txt");
});

test.concurrent("a sandbox that goes hands over what its last checkpoint had, and says of when that is", async () => {
  await using run = await timed(`${HALF}exit 0\n`);
  await run.atWork();
  await run.passUntil(5, /Checkpoint/);
  const [sandbox] = await run.scene.sandboxes();
  Bun.spawnSync(["rm", "-rf", `${run.scene.place.home}/.parallel-cc/native/${sandbox}`]);
  await run.driven;
  const { outcome, facts, trouble, worktree_path: worktree } = run.scene.row(run.id);
  expect({ outcome, files: facts.result?.filesChanged }).toEqual({ outcome: "FAILED", files: 1 });
  expect(trouble?.hint).toContain("2030-01-01");
  expect(await run.scene.read(`${worktree}/half.txt`)).toBe("half\n");
});

test.concurrent("a claude that ignores that it is told to end is ended all the same when the time is up", async () => {
  await using run = await timed(`trap '' TERM INT HUP\n${HALF}exit 0\n`);
  await run.atWork();
  run.world.pass(59.5 * MINUTE);
  const since = performance.now();
  await run.driven;
  expect(performance.now() - since).toBeLessThan(10_000);
  expect((await run.notes()).filter((text) => /The time is up/.test(text))).toHaveLength(1);
  expect(run.scene.row(run.id)).toMatchObject({ outcome: "TIMEOUT", facts: { result: { filesChanged: 1 } } });
});

test.concurrent("who takes over a run whose time is up does not say so again", async () => {
  await using run = await timed(`trap '' TERM INT HUP\n${HALF}exit 0\n`);
  await run.atWork();
  await run.passUntil(59.5, /The time is up/);
  run.world.interrupt("SIGTERM");
  await run.driven;
  await run.takenOver(59.5);
  expect(run.scene.row(run.id)).toMatchObject({ outcome: "TIMEOUT", facts: { result: { filesChanged: 1 } } });
  expect((await run.notes()).filter((text) => /The time is up/.test(text))).toHaveLength(1);
});

test.concurrent("a signal ends the driver and leaves claude at work", async () => {
  await using run = await timed(`${HALF}${ends("Done.")}`);
  await run.atWork();
  run.world.interrupt("SIGTERM");
  await run.driven;
  expect(run.scene.row(run.id)).toMatchObject({ step: "started", trouble: null, facts: { isParked: false } });
  expect(await run.scene.sandboxes()).toHaveLength(1);
});

test.concurrent("what is downloaded is what there is by then, not what the last checkpoint had", async () => {
  await using run = await timed(`${HALF}echo more >more.txt\nat more\n${ends("Done.")}`);
  await run.atWork();
  await run.passUntil(6, /^Checkpoint/);
  await run.scene.open("half");
  await run.scene.reached("more");
  const { stdout } = await run.scene.pcc(["sandbox", "download", run.id, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ success: true, filesChanged: 2 });
  await run.scene.open("more");
  await run.driven;
});

test.concurrent("a key that a checkpoint met and that is gone by the end holds nothing back", async () => {
  const sh = `${says("At work.")}printenv ANTHROPIC_API_KEY >key.txt\nat half\nrm key.txt; echo done >done.txt\n${ends("Done.")}`;
  await using run = await timed(sh);
  await run.atWork();
  await run.passUntil(6, /^Checkpoint/);
  expect(run.scene.row(run.id).facts.result?.heldBack).toContain("ANTHROPIC_API_KEY");
  await run.scene.open("half");
  await run.driven;
  const { result } = run.scene.row(run.id).facts;
  expect([result?.heldBack, result?.filesChanged]).toEqual([null, 1]);
});
