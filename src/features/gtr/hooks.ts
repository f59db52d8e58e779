// gtr's hooks, run as gtr runs them: command lines for bash, in the worktree, with REPO_ROOT, WORKTREE_PATH and BRANCH.
// Those of git's configuration are its user's; those of the repository's `.gtrconfig` run only when gtr trusts them,
// also with an older gtr that would not ask.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Repository } from "../../git/repository.ts";
import type { Ended } from "../../proc/spawn.ts";
import type { World } from "../../world.ts";
import { type Gtr, isAtLeast } from "./detect.ts";
import { type GtrSettings, readSettings } from "./settings.ts";
import { isTrusted } from "./trust.ts";

export type HookPhase = "postCreate" | "preRemove" | "postRemove";

export interface GtrHooksInput {
  gtr: Gtr;
  repository: Pick<Repository, "path">;
  phase: HookPhase;
  /** Of the worktree, which need not be there any more after its removal. */
  path: string;
  /** "(detached)" where there is none, as gtr says it. */
  branch: string;
  /** For each command, whose output is shown as it comes. */
  timeoutMs: number;
  /** Of a worktree that was made before: also those that gtr runs itself when it makes one. */
  isAgain?: boolean | undefined;
}

export interface RanHooks {
  ran: number;
  /** A sentence for each command that failed. gtr keeps a worktree whose preRemove hook failed. */
  failed: string[];
  /** Commands of `.gtrconfig` that were not run, when there are any. */
  warnings: string[];
}

type Effects = Pick<World, "env" | "git" | "runProgram" | "runShown" | "say" | "signal">;

/** Before 2.2 `gtr new` runs postCreate itself, whatever it is told: then nothing is left to run here. */
export async function gtrHooks(world: Effects, input: GtrHooksInput): Promise<RanHooks> {
  const { gtr, repository, phase, path, branch } = input;
  if (!runsHere(gtr, phase) && input.isAgain !== true) return { ran: 0, failed: [], warnings: [] };
  const directory = phase === "postRemove" ? repository.path : path;
  const settings = await readSettings(world, { gtr, repositoryPath: repository.path, directory });
  const { commands, untrusted } = await hooksOf(world, { gtr, repositoryPath: repository.path, settings, phase });
  const failed: string[] = [];
  for (const command of commands) {
    world.say(`gtr ${phase}: ${printable(command)}`);
    const why = await whyFailed(
      world.runShown({
        ...{
          command: "bash",
          args: ["-c", "--", command],
          directory,
          timeoutMs: input.timeoutMs,
          signal: world.signal(),
        },
        variables: { REPO_ROOT: repository.path, WORKTREE_PATH: path, BRANCH: branch },
      }),
    );
    if (why !== undefined) failed.push(`gtr's ${phase} hook "${printable(command)}" failed: ${why}.`);
  }
  return {
    ran: commands.length,
    failed,
    warnings: untrusted.length === 0 ? [] : [untrustedWords(gtr, phase, untrusted)],
  };
}

function runsHere(gtr: Gtr, phase: HookPhase): boolean {
  if (phase === "postCreate") return canLeaveHooks(gtr);
  return phase === "postRemove" || isAtLeast(gtr, "2.1.0");
}

/** Whether `new` can be told not to run them (`--no-hooks`). */
export function canLeaveHooks(gtr: Gtr): boolean {
  return isAtLeast(gtr, "2.2.0");
}

interface HooksOf {
  gtr: Gtr;
  repositoryPath: string;
  settings: GtrSettings;
  phase: HookPhase;
}

/** Each once, in gtr's order. */
export async function hooksOf(
  world: Pick<World, "env" | "runProgram">,
  { gtr, repositoryPath, settings, phase }: HooksOf,
): Promise<{ commands: string[]; untrusted: string[] }> {
  const own = settings.git.filter(({ key }) => key === `gtr.hook.${phase.toLowerCase()}`);
  const file = settings.file.filter(({ key }) => key === `hooks.${phase.toLowerCase()}`);
  const isApproved = file.length > 0 && (await isTrusted(world, { repositoryPath, file: settings.file }));
  const ofScope = (scope: string) => own.filter((one) => one.scope === scope);
  const approved = isApproved ? file : [];
  const ordered = isAtLeast(gtr, "2.7.1")
    ? [...own, ...approved]
    : [...ofScope("local"), ...approved, ...ofScope("global"), ...ofScope("system")];
  return { commands: linesOf(ordered), untrusted: isApproved ? [] : linesOf(file) };
}

/** To gtr each line is a command of its own. */
function linesOf(settings: readonly { value: string }[]): string[] {
  return [...new Set(settings.flatMap(({ value }) => value.split("\n")).filter((line) => line !== ""))];
}

function untrustedWords(gtr: Gtr, phase: HookPhase, commands: readonly string[]): string {
  const named = commands.map((one) => `"${printable(one)}"`).join(", ");
  const hooks = `The ${phase} hooks of the repository's .gtrconfig are not run`;
  return canTrust(gtr)
    ? `${hooks} until gtr trusts them (git gtr trust): ${named}.`
    : `${hooks}, since gtr ${gtr.version} cannot be told to trust them (install 2.7.1 or later): ${named}.`;
}

/** Whether it has `git gtr trust`. */
function canTrust(gtr: Gtr): boolean {
  return isAtLeast(gtr, "2.7.1");
}

/** Undefined when it did not. Being cancelled is no answer. */
async function whyFailed(running: Promise<Ended>): Promise<string | undefined> {
  try {
    const { exit, signal } = await running;
    return exit === 0 ? undefined : (signal ?? `exit ${exit}`);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind === "cancelled") throw thrown;
    return thrown.message.replace(/\.$/, "");
  }
}

/** Why a gtr that asks nobody is not used. */
export function unaskedWords({ version }: Gtr, commands: readonly string[]): string {
  const named = commands.map((one) => `"${printable(one)}"`).join(", ");
  return `gtr ${version} would run commands of the repository's .gtrconfig that nobody approved: ${named}.`;
}
