// The programs in the user's own folder: this one, the wrapper and the heartbeat script. Each gets there by a rename, so
// that one that runs is never written over; one that is up to date is not touched.

import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import wrapper from "../../../scripts/claude-parallel.sh" with { type: "text" };
import heartbeat from "../../../scripts/heartbeat.sh" with { type: "text" };
import { dropUnfinished } from "../../files/atomic.ts";
import { isExecutable, realPathOf } from "../../files/programs.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { World } from "../../world.ts";
import type { Notes } from "./notes.ts";
import { isCompiled, PROGRAM } from "./place.ts";
import { attempt, type Step } from "./step.ts";
import { readText } from "./text-files.ts";

type Effects = Pick<World, "env" | "program" | "self" | "version" | "pid">;

/** As they are read: byte by byte. */
const latin1 = (text: string) => Buffer.from(text).toString("latin1");
const SCRIPTS = [
  { step: "wrapper", name: "claude-parallel", text: wrapper },
  { step: "heartbeat", name: "parallel-cc-heartbeat.sh", text: heartbeat },
] as const;

export async function putPrograms(world: Effects, notes: Notes): Promise<Step[]> {
  const folder = world.env.places.programs;
  const steps = [await putProgram(world, notes)];
  for (const { step, name, text } of SCRIPTS) {
    const file = join(folder, name);
    const put = attempt(step, file, () => {
      const there = modeOf(file) === undefined ? undefined : readText(file);
      const detail = world.version;
      if (there === latin1(text) && modeOf(file) === 0o755) return { step, file, change: "none", detail };
      return { step, file, change: place(world, notes, { file, fill: (fresh) => writeFileSync(fresh, text) }), detail };
    });
    steps.push(await put);
  }
  return steps;
}

async function putProgram(world: Effects, notes: Notes): Promise<Step> {
  const step = "program" as const;
  const file = join(world.env.places.programs, PROGRAM);
  return attempt(step, file, () => {
    if (!isCompiled(world)) {
      const detail = "this one runs from its source: scripts/install.sh builds and installs it";
      return { step, file, change: "skipped", detail };
    }
    const detail = world.version;
    const own = realPathOf(world.program);
    if (realPathOf(file) === own || (modeOf(file) === 0o755 && isSame(own, file))) {
      return { step, file, change: "none", detail };
    }
    // A clone where the file system can, which takes no room.
    const fill = (fresh: string) => copyFileSync(own, fresh, constants.COPYFILE_FICLONE);
    return { step, file, change: place(world, notes, { file, fill }), detail };
  });
}

/** What an installation that was killed has left; the programs themselves stay. Undefined where it could be done. */
export async function dropUnfinishedPrograms({ env }: Pick<World, "env">): Promise<Step | undefined> {
  const folder = env.places.programs;
  const step = await attempt("program", folder, () => {
    for (const name of [PROGRAM, ...SCRIPTS.map((one) => one.name)]) dropUnfinished(join(folder, name));
    return { step: "program", file: folder, change: "none" };
  });
  return step.change === "failed" ? step : undefined;
}

/** Any of them, of whichever release. */
export function areProgramsThere({ env }: Pick<World, "env">): boolean {
  return [PROGRAM, ...SCRIPTS.map(({ name }) => name)].some((name) => isExecutable(join(env.places.programs, name)));
}

export interface ProgramStanding {
  name: string;
  path: string;
  installed: boolean;
  upToDate: boolean;
}

export function programsStanding(world: Effects): ProgramStanding[] {
  const folder = world.env.places.programs;
  const path = join(folder, PROGRAM);
  const own = realPathOf(world.program);
  const isOwn = isCompiled(world) && modeOf(path) !== undefined && (realPathOf(path) === own || isSame(own, path));
  const scripts = SCRIPTS.map(({ name, text }) => {
    const file = join(folder, name);
    const installed = modeOf(file) !== undefined;
    return { name, path: file, installed, upToDate: installed && readText(file) === latin1(text) };
  });
  return [{ name: PROGRAM, path, installed: modeOf(path) !== undefined, upToDate: isOwn }, ...scripts];
}

/** Undefined where there is no file. */
function modeOf(file: string): number | undefined {
  try {
    const found = statSync(file);
    return found.isFile() ? found.mode & 0o7777 : undefined;
  } catch {
    // What is in the way is told when something is put there.
    return undefined;
  }
}

const PART_BYTES = 1024 * 1024;

function isSame(one: string, other: string): boolean {
  if (statSync(one).size !== statSync(other).size) return false;
  const handles = [openSync(one, "r"), openSync(other, "r")];
  const parts = handles.map(() => new Uint8Array(PART_BYTES));
  try {
    for (;;) {
      const [mine, theirs] = handles.map((handle, i) => {
        const part = parts[i] ?? new Uint8Array();
        return part.subarray(0, readSync(handle, part));
      });
      if (mine === undefined || theirs === undefined || Buffer.compare(mine, theirs) !== 0) return false;
      if (mine.length === 0) return true;
    }
  } finally {
    for (const handle of handles) closeSync(handle);
  }
}

interface Placing {
  file: string;
  fill(fresh: string): void;
}

/** Also over a symbolic link, which is replaced and not followed. */
function place(world: Pick<World, "env" | "pid">, notes: Notes, { file, fill }: Placing): "made" | "written" {
  const folder = world.env.places.programs;
  const fresh = `${folder}/.${file.slice(folder.length + 1)}.${world.pid}.new`;
  const isThere = modeOf(file) !== undefined;
  try {
    notes.expect(file);
    mkdirSync(folder, { recursive: true });
    dropUnfinished(file);
    try {
      fill(fresh);
      chmodSync(fresh, 0o755);
      sync(fresh);
      renameSync(fresh, file);
    } catch (thrown) {
      rmSync(fresh, { force: true });
      throw thrown;
    }
  } catch (cause) {
    throw unwritableFile({ file, code: "install.unwritable", cause });
  }
  notes.keep();
  return isThere ? "written" : "made";
}

function sync(file: string): void {
  const handle = openSync(file, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
