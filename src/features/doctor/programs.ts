// The programs of others: Claude Code, git, and gtr where it is used.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { firstOnPath, type OnPath } from "../../files/programs.ts";
import { releaseOf } from "../../files/release.ts";
import { requireVersion } from "../../git/repository.ts";
import { type Detected, detectGtr } from "../gtr/gtr.ts";
import { type Check, failed } from "./check.ts";
import type { Effects, Scene } from "./scene.ts";

/** Tried: 2.0.77 and 2.1.328. */
const OLDEST_CLAUDE = "2.0.77";
const CLAUDE_TIMEOUT_MS = 5000;

export async function checkClaude({ world }: Scene): Promise<Check[]> {
  const name = "claude";
  const found = firstOnPath(name, world.env.path);
  if (found === undefined) {
    const hint = "Install Claude Code; claude-parallel starts it.";
    return [{ name, status: "warn", detail: "claude is not on PATH.", hint }];
  }
  if (isWrapper(found, world.env.path)) {
    const detail = `${found.path} is claude-parallel itself, which would start itself.`;
    return [{ name, status: "fail", detail, hint: "Put Claude Code before it on PATH." }];
  }
  return [await checkClaudeVersion(world, found.path)];
}

function isWrapper({ real }: OnPath, path: string): boolean {
  return typeof releaseOf(real) === "string" || firstOnPath("claude-parallel", path)?.real === real;
}

async function checkClaudeVersion(world: Pick<Effects, "runProgram">, path: string): Promise<Check> {
  const name = "claude";
  try {
    const { exit, stdout } = await world.runProgram({
      ...{ command: path, args: ["--version"], directory: "/" },
      ...{ timeoutMs: CLAUDE_TIMEOUT_MS, maxOutputBytes: 65_536 },
    });
    const said = new TextDecoder().decode(stdout).trim();
    const version = /^(\d+\.\d+\.\d+)/.exec(said)?.[1];
    if (exit !== 0 || version === undefined) {
      const hint = "Run it by hand to see what it says.";
      return {
        name,
        status: "warn",
        detail: `${path} --version says no version (exit ${exit ?? "by a signal"}).`,
        hint,
      };
    }
    if (Bun.semver.order(version, OLDEST_CLAUDE) < 0) {
      const detail = `${version}, ${path}; older than ${OLDEST_CLAUDE}, the oldest that parallel-cc was tried with.`;
      return { name, status: "warn", detail, hint: "Update it: claude update" };
    }
    return { name, status: "ok", detail: `${version}, ${path}` };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { name, status: "warn", detail: printable(thrown.message), hint: "Run it by hand to see what it does." };
  }
}

export async function checkGit({ world }: Scene): Promise<Check[]> {
  try {
    const { text } = requireVersion((await world.git("/").attempt(["version"])).stdout);
    const path = firstOnPath("git", world.env.path)?.path;
    return [{ name: "git", status: "ok", detail: path === undefined ? text : `${text}, ${path}` }];
  } catch (thrown) {
    return [failed("git", thrown)];
  }
}

export async function checkGtr({ world, config, maker }: Scene): Promise<Check[]> {
  const name = "gtr";
  const detected = await detectGtr(world);
  const backend = await config().then(
    ({ settings }) => settings["worktree.backend"],
    // Settings that cannot be read have a check of their own.
    () => undefined,
  );
  if (detected.kind === "none") {
    if (backend !== "gtr") {
      const detail = `${absent(detected)}; git makes worktrees`;
      if (detected.mute === undefined || backend === "git") return [{ name, status: "ok", detail }];
      const hint = "Mend it, or have git alone make worktrees: parallel-cc config set worktree.backend git";
      return [{ name, status: "warn", detail, hint }];
    }
    const hint = "Install it, or let git make worktrees: parallel-cc config set worktree.backend git";
    return [{ name, status: "fail", detail: `${absent(detected)}, and worktree.backend is gtr.`, hint }];
  }
  const found = `${detected.version}, ${detected.command}`;
  if (backend === undefined) return [{ name, status: "ok", detail: found }];
  if (backend === "git") return [{ name, status: "ok", detail: `${found}; not used, for worktree.backend is git` }];
  try {
    const [warning] = (await maker())?.warnings ?? [];
    if (warning !== undefined) return [{ name, status: "warn", detail: `${found}; ${warning}` }];
    return [{ name, status: "ok", detail: `${found}; makes worktrees (worktree.backend is ${backend})` }];
  } catch (thrown) {
    return [failed(name, thrown)];
  }
}

function absent({ passedOver, mute }: Extract<Detected, { kind: "none" }>): string {
  if (mute !== undefined) return mute;
  return passedOver === undefined ? "not installed" : `not installed (${passedOver} is another program)`;
}
