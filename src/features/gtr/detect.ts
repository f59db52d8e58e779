// Which gtr is on PATH. Its version stands in the program itself, a shell script, so nothing is started to know it.
// GNU coreutils installs its `tr` as `gtr` on macOS: a `gtr` that does not tell its version in itself is never run.

import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { programOnPath } from "../../files/programs.ts";
import type { World } from "../../world.ts";

export interface Gtr {
  kind: "found";
  /** The program itself, not a wrapper that would look for it on PATH again. */
  command: string;
  version: string;
  /** Whether `new --porcelain` is known. */
  hasPorcelain: boolean;
}

export type Detected =
  | Gtr
  | {
      kind: "none";
      /** A program called `gtr` that is another one. */
      passedOver: string | undefined;
      /** Why a `git-gtr` that is there could not be used, as a clause. */
      mute: string | undefined;
    };

type Effects = Pick<World, "env" | "runProgram">;

/** Reads two small files at most; only a `git-gtr` that somebody wrapped is asked, for half a second. */
export async function detectGtr(world: Effects): Promise<Detected> {
  const subcommand = programOnPath("git-gtr", world.env.path);
  const plain = programOnPath("gtr", world.env.path);
  for (const file of [subcommand, plain]) {
    const found = file === undefined ? undefined : read(file);
    if (found !== undefined) return found;
  }
  const asked = subcommand === undefined ? undefined : await ask(world, subcommand);
  if (typeof asked === "object") return asked;
  return { kind: "none", passedOver: plain, mute: asked };
}

/** As `detectGtr`; without one it is a Failure `gtr.none`. */
export async function requireGtr(world: Effects): Promise<Gtr> {
  const found = await detectGtr(world);
  if (found.kind === "found") return found;
  const other = found.mute ?? (found.passedOver === undefined ? undefined : `${found.passedOver} is another program`);
  throw new Failure({
    kind: "unavailable",
    code: "gtr.none",
    message: `gtr (git-worktree-runner) was not found on PATH${other === undefined ? "" : ` (${other})`}.`,
    hint: "Install it, put it on PATH, or let git make worktrees: parallel-cc config set worktree.backend git",
  });
}

/** Whether it is that version or a later one. */
export function isAtLeast({ version }: Pick<Gtr, "version">, least: string): boolean {
  return Bun.semver.order(version, least) >= 0;
}

function made(command: string, version: string): Gtr {
  return { kind: "found", command, version, hasPorcelain: isAtLeast({ version }, "2.10.0") };
}

// Before 2.3 `git-gtr` is a wrapper of the `gtr` beside it, from then on it is the other way round.
function read(file: string): Gtr | undefined {
  try {
    const real = realpathSync(file);
    for (const candidate of [real, join(dirname(real), "gtr"), join(dirname(real), "git-gtr")]) {
      const version = versionIn(candidate);
      if (version !== undefined) return made(candidate, version);
    }
  } catch {
    // A dangling link, or one that may not be read: nothing is known of it.
  }
  return undefined;
}

/** It stands among the first lines; a binary is not read to its end. */
const HEAD_BYTES = 4096;

function versionIn(file: string): string | undefined {
  const head = headOf(file);
  return head.startsWith("#!") ? /^GTR_VERSION="(\d+\.\d+\.\d+)/m.exec(head)?.[1] : undefined;
}

function headOf(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const head = new Uint8Array(HEAD_BYTES);
    return new TextDecoder().decode(head.subarray(0, readSync(descriptor, head)));
  } finally {
    closeSync(descriptor);
  }
}

/** Everybody who registers waits for it; what wrappers of a package manager take was far below. */
const ASK_MS = 500;

/** Why it is not known, when it is not. */
async function ask(world: Effects, command: string): Promise<Gtr | string> {
  const asking = { command, args: ["version"], directory: "/", timeoutMs: ASK_MS, maxOutputBytes: 65_536 };
  try {
    const { exit, signal, stdout } = await world.runProgram(asking);
    const version = /^(?:git )?gtr version (\d+\.\d+\.\d+)/.exec(new TextDecoder().decode(stdout))?.[1];
    return version === undefined
      ? `${command} does not tell its version: ${signal ?? `exit ${exit}`}`
      : made(command, version);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return thrown.message.replace(/\.$/, "");
  }
}
