// What its user wants run around the removal of a worktree (worktree.preRemove, gtr's hooks): containers stopped,
// databases dropped. It may change anything there, so the worktree is looked at anew afterwards.

import { asFailure } from "../../core/failure.ts";
import { printable, shellWord } from "../../core/text.ts";
import { mayHaveGtr } from "../../files/programs.ts";
import type { World } from "../../world.ts";
import { loadConfig, type Settings } from "../config/config.ts";
import { runCommands } from "../setup/setup.ts";
import type { KnownWorktree } from "../worktrees/worktrees.ts";
import type { Keep, Subject } from "./examine.ts";

type Effects = Pick<World, "db" | "env" | "git" | "paths" | "runProgram" | "runShown" | "say" | "signal">;

/** Whether anything was run, and what keeps the worktree because it failed. */
export async function runBeforeRemoval(
  world: Effects,
  { row }: Subject,
  { isForced }: { isForced: boolean },
): Promise<{ hasRun: boolean; keep: Keep | undefined }> {
  const { settings } = await loadConfig(world, row.repo_path);
  const hooks = await gtrHooksOf(world, row, { phase: "preRemove", settings });
  const commands = settings["worktree.preRemove"];
  const hasRun = hooks.ran > 0 || commands.length > 0;
  const detail = hooks.failed[0]?.replace(/\.$/, "") ?? (await whatFailed(world, row, { settings, commands }));
  if (detail === undefined) return { hasRun, keep: undefined };
  if (isForced) {
    world.say(`Warning: ${detail}. The worktree is removed all the same.`);
    return { hasRun, keep: undefined };
  }
  const hint = `Mend it, or go on without: parallel-cc worktree remove --force ${shellWord(row.name)}`;
  return { hasRun, keep: { reason: "pre-remove-failed", detail, hint } };
}

/** It is gone by then, so what fails is only said. */
export async function runAfterRemoval(world: Effects, { row }: Subject): Promise<void> {
  try {
    const { settings } = await loadConfig(world, row.repo_path);
    const { failed } = await gtrHooksOf(world, row, { phase: "postRemove", settings });
    for (const one of failed) world.say(`Warning: ${one}`);
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind === "cancelled") throw thrown;
    world.say(`Warning: what was to run after the removal did not: ${failure.message}`);
  }
}

async function whatFailed(
  world: Effects,
  row: KnownWorktree,
  { settings, commands }: { settings: Settings; commands: readonly string[] },
): Promise<string | undefined> {
  const failed = await runCommands(world, {
    directory: row.path,
    commands,
    timeoutSeconds: settings["worktree.commandTimeout"],
    variables: {
      PARALLEL_CC_REPO: row.repo_path,
      PARALLEL_CC_WORKTREE: row.path,
      PARALLEL_CC_BRANCH: row.branch ?? "",
    },
  });
  return failed === undefined ? undefined : `worktree.preRemove "${printable(failed.command)}" ${failed.why}`;
}

const NOTHING = { ran: 0, failed: [], warnings: [] };

/** gtr's, where it may make worktrees: as its own removal would run them. */
async function gtrHooksOf(
  world: Effects,
  row: KnownWorktree,
  { phase, settings }: { phase: "preRemove" | "postRemove"; settings: Settings },
) {
  if (settings["worktree.backend"] === "git" || !mayHaveGtr(world.env.path)) return NOTHING;
  const { detectGtr, gtrHooks } = await import("../gtr/gtr.ts");
  const gtr = await detectGtr(world);
  if (gtr.kind === "none") {
    if (gtr.mute !== undefined) world.say(`Warning: gtr's ${phase} hooks were not looked for: ${gtr.mute}.`);
    return NOTHING;
  }
  const ran = await gtrHooks(world, {
    ...{ gtr, phase, repository: { path: row.repo_path }, path: row.path, branch: row.branch ?? "(detached)" },
    timeoutMs: settings["worktree.commandTimeout"] * 1000,
  });
  for (const one of ran.warnings) world.say(`Warning: ${one}`);
  return ran;
}
