// The answer of `install`, from its steps: what earlier releases told, by part, and every step with its file.

import { dirname } from "node:path";
import { shellWord } from "../../core/text.ts";
import { firstOnPath, realPathOf } from "../../files/programs.ts";
import type { World } from "../../world.ts";
import type { Applied } from "./apply.ts";
import { onPath } from "./hook-troubles.ts";
import { areProgramsThere } from "./programs.ts";
import { shellOf } from "./shells.ts";
import type { Step, StepName } from "./step.ts";

interface Section {
  success: boolean;
  created: boolean;
  merged: boolean;
  alreadyInstalled: boolean;
}

export interface Installed {
  success: boolean;
  action: "install" | "uninstall";
  errors: string[];
  steps: Step[];
  hooks: (Section & { settingsPath: string; gitignoreUpdated: boolean }) | null;
  wrapper: { success: boolean; wrapperPath: string; alreadyUpToDate: boolean } | null;
  alias: { success: boolean; shell: string; profilePath: string | null; alreadyInstalled: boolean } | null;
  mcp: (Section & { settingsPath: string }) | null;
  plugin: (Section & { folder: string }) | null;
  completions: { success: boolean; shell: string; files: string[]; alreadyInstalled: boolean } | null;
  worktrees: (Section & { settingsPath: string }) | null;
  statusLine: (Section & { settingsPath: string }) | null;
  guard: { success: boolean; files: string[]; alreadyInstalled: boolean } | null;
  /** What to do next, in words. */
  next: string[];
}

export function answerOf(world: Pick<World, "env">, applied: Applied): Installed {
  const { request, steps } = applied;
  const of = (name: StepName) => steps.filter(({ step }) => step === name);
  const failed = steps.filter(({ change }) => change === "failed");
  const shell = shellOf(world);
  const [hook] = of("hooks");
  const [wrapper] = of("wrapper");
  const [alias] = of("alias");
  const [mcp] = of("mcp");
  const [plugin] = of("plugin");
  const [worktrees] = of("worktrees");
  const [line] = of("statusline");
  const [completions, guard] = [of("completions"), of("guard")];
  // Who asked for it takes it to be in force where it was asked for.
  const unguarded = request.action === "install" ? guard.filter(({ change }) => change === "skipped") : [];
  return {
    success: failed.length === 0 && unguarded.length === 0,
    action: request.action,
    errors: [
      ...failed.map(({ step, detail }) => `${step}: ${detail}`),
      ...unguarded.map(({ step, detail }) => `${step}: left alone: ${detail}`),
    ],
    steps,
    hooks: hook?.file
      ? { ...section(of("hooks")), settingsPath: hook.file, gitignoreUpdated: of("gitignore").some(isChanged) }
      : null,
    wrapper: wrapper?.file
      ? { success: isDone(wrapper), wrapperPath: wrapper.file, alreadyUpToDate: wrapper.change === "none" }
      : null,
    alias:
      alias === undefined
        ? null
        : { success: of("alias").every(isDone), shell, profilePath: alias.file, alreadyInstalled: isThere(alias) },
    mcp: mcp?.file ? { ...section([mcp]), settingsPath: mcp.file } : null,
    plugin: plugin?.file ? { ...section([plugin]), folder: plugin.file } : null,
    completions:
      completions.length === 0
        ? null
        : {
            success: completions.every(isDone),
            shell,
            files: completions.flatMap(({ file }) => file ?? []),
            alreadyInstalled: completions.every(isThere),
          },
    worktrees: worktrees?.file ? { ...section([worktrees]), settingsPath: worktrees.file } : null,
    statusLine: line?.file ? { ...section([line]), settingsPath: line.file } : null,
    guard:
      guard.length === 0
        ? null
        : {
            success: guard.every(isDone),
            files: guard.filter(isDone).flatMap(({ file }) => file ?? []),
            alreadyInstalled: guard.every(isThere),
          },
    next: nextAfter(world, applied),
  };
}

function section(steps: readonly Step[]): Section {
  return {
    success: steps.every(isDone),
    created: steps.some(({ change }) => change === "made"),
    merged: steps.some(({ change }) => change === "written"),
    alreadyInstalled: steps.every(isThere),
  };
}

function isDone({ change }: Step): boolean {
  return change !== "failed" && change !== "skipped";
}

function isThere({ change }: Step): boolean {
  return change === "none";
}

function isChanged({ change }: Step): boolean {
  return change === "made" || change === "written" || change === "removed";
}

function nextAfter(world: Pick<World, "env">, { request, steps, advice, isFree }: Applied): string[] {
  const { env } = world;
  const changed = (name: StepName) => steps.find((one) => one.step === name && isChanged(one));
  const next: string[] = [];
  if (request.action === "uninstall") {
    const gone = changed("alias")?.file?.endsWith(".fish") === true ? "functions --erase claude" : "unalias claude";
    next.push(...steps.flatMap(({ change, hint }) => (change === "failed" ? [] : (hint ?? []))));
    if (changed("alias") !== undefined) next.push(`In shells that are open:\n  ${gone}`);
    if (request.isWhole && areProgramsThere(world)) {
      next.push(`The programs in ${env.places.programs} are not touched by this; scripts/uninstall.sh removes them.`);
    }
    return next;
  }
  const wrapper = steps.find(({ step, change }) => step === "wrapper" && change !== "failed");
  if (wrapper?.file && firstOnPath("claude-parallel", env.path)?.real !== realPathOf(wrapper.file)) {
    next.push(onPath(dirname(wrapper.file)));
  }
  next.push(...steps.flatMap(({ change, hint }) => (change === "failed" ? [] : (hint ?? []))), ...advice);
  const profile = changed("alias")?.file;
  if (profile) next.push(`In shells that are open:\n  source ${shellWord(profile)}`);
  if (["hooks", "mcp", "plugin"].some((name) => steps.some((one) => one.step === name && isChanged(one)))) {
    next.push("Claude Code that runs already takes it up when it is started anew.");
  }
  if (isFree) {
    next.push("For a line about your sessions in Claude Code's status line:\n  parallel-cc install --statusline");
  }
  return [...new Set(next)];
}
