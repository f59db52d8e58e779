// Runs inside the mount namespace that disaster-disk.test.ts makes, where `small` is a small disk of its own and
// `large` is not: fills the small one, runs the program, makes room, and tells as JSON what came.

import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PccInput, pcc, type Ran } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { remainsOf } from "../support/remains.ts";
import { makeRepo, type Repo } from "../support/repo.ts";

const [scenario = "", small = "", large = ""] = process.argv.slice(2);

/** Room left on the disk, in KiB: each lets the work come a little further. */
const ROOM_KIB = [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 128, 192, 256, 320, 512];

interface Told {
  roomKib: number;
  exit: number | null;
  stdout: string;
  stderr: string;
  /** What did not fit together right after the failure, and after the room was made. */
  wrong: string[];
  sessions: number;
  worktrees: number;
  afterwards: number | null;
}

interface Scene {
  place: Place;
  repo: Repo;
  home: string;
  input: PccInput;
}

async function repositoryOnSmallDisk(): Promise<Scene> {
  process.env["TMPDIR"] = small;
  const place = await makePlace();
  const home = join(large, crypto.randomUUID());
  const repo = await makeRepo(place, { files: 40 });
  return { place, repo, home, input: { cwd: repo.path, env: { PARALLEL_CC_HOME: home } } };
}

async function databaseOnSmallDisk(): Promise<Scene> {
  process.env["TMPDIR"] = large;
  const place = await makePlace();
  const home = join(small, "home");
  mkdirSync(home, { mode: 0o700 });
  const repo = await makeRepo(place);
  return { place, repo, home, input: { cwd: repo.path, env: { PARALLEL_CC_HOME: home } } };
}

async function fill(scene: Scene, roomKib: number, isFirst: boolean): Promise<Told> {
  await using first = sleeper();
  await using second = sleeper();
  const register = (pid: number) => pcc(scene.place, ["register", "--pid", String(pid), "--json"], scene.input);
  if (!isFirst) await register(first.pid);
  const ballast = join(small, "ballast");
  const { bavail, bsize } = statfsSync(small);
  writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - roomKib * 1024)));
  const ran: Ran = await register(second.pid);
  rmSync(ballast);
  const before = isFirst || ran.exit === 0 ? undefined : await remainsOf(scene.place, scene.repo, scene.home);
  const again = await register(second.pid);
  const after = await remainsOf(scene.place, scene.repo, scene.home);
  return {
    roomKib,
    exit: ran.exit,
    stdout: ran.stdout,
    stderr: ran.stderr,
    wrong: [...(before?.wrong ?? []), ...after.wrong],
    sessions: before?.sessions.length ?? 1,
    worktrees: before?.worktrees.length ?? 0,
    afterwards: again.exit,
  };
}

const SCENES: Readonly<Record<string, { make: () => Promise<Scene>; isFirst: boolean }>> = {
  "worktree without room": { make: repositoryOnSmallDisk, isFirst: false },
  "new database without room": { make: databaseOnSmallDisk, isFirst: true },
  "database without room": { make: databaseOnSmallDisk, isFirst: false },
};

const told: Told[] = [];
const scene = SCENES[scenario];
if (scene === undefined) throw new Error(`no scenario ${scenario}`);
for (const roomKib of ROOM_KIB) {
  const made = await scene.make();
  told.push(await fill(made, roomKib, scene.isFirst));
  await made.place[Symbol.asyncDispose]();
  rmSync(made.home, { recursive: true, force: true });
}
process.stdout.write(JSON.stringify(told));
