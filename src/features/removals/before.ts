// What its user wants run in a worktree before it goes (worktree.preRemove): containers stopped, databases dropped. It
// may change anything there, so the worktree is looked at anew afterwards.

import { printable, shellWord } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import { runCommands } from "../setup/setup.ts";
import type { Keep, Subject } from "./examine.ts";

type Effects = Pick<World, "db" | "paths" | "runShown" | "say" | "signal">;

/** Whether anything was run, and what keeps the worktree because it failed. */
export async function runBeforeRemoval(
  world: Effects,
  { row }: Subject,
  { isForced }: { isForced: boolean },
): Promise<{ hasRun: boolean; keep: Keep | undefined }> {
  const { settings } = await loadConfig(world, row.repo_path);
  const commands = settings["worktree.preRemove"];
  if (commands.length === 0) return { hasRun: false, keep: undefined };
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
  if (failed === undefined) return { hasRun: true, keep: undefined };
  const detail = `worktree.preRemove "${printable(failed.command)}" ${failed.why}`;
  if (isForced) {
    world.say(`Warning: ${detail}. The worktree is removed all the same.`);
    return { hasRun: true, keep: undefined };
  }
  const hint = `Mend it, or go on without: parallel-cc worktree remove --force ${shellWord(row.name)}`;
  return { hasRun: true, keep: { reason: "pre-remove-failed", detail, hint } };
}
