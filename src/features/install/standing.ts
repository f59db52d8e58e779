// What is installed, by looking; nothing is changed, and what cannot be read is told beside the rest.

import { asFailure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import { eventsKnownTo, WORKTREE_EVENTS } from "../hooks/hooks.ts";
import { aliasStanding } from "./alias.ts";
import { clientRelease } from "./client.ts";
import { type GuardStanding, guardStanding, NO_GUARD } from "./guard.ts";
import { type JsonPart, standing } from "./json-steps.ts";
import { hooksOf, serverOf, statusLineOf } from "./marks.ts";
import { checkoutAt, localSettings, PROGRAM, programWord } from "./place.ts";
import { type PluginStanding, pluginStanding } from "./plugin.ts";
import { pluginFolder } from "./plugin-state.ts";
import { type ProgramStanding, programsStanding } from "./programs.ts";
import { completionsStanding } from "./shell-completions.ts";
import { shellOf } from "./shells.ts";
import { userHooks } from "./user-hooks.ts";

type Effects = Parameters<typeof pluginStanding>[0] & Pick<World, "cwd" | "git" | "pid" | "db">;

export interface Standing {
  programs: ProgramStanding[];
  hooks: {
    globalInstalled: boolean;
    localInstalled: boolean;
    globalPath: string;
    /** Null outside of a checkout. */
    localPath: string | null;
    /** Of those that are installed. */
    upToDate: boolean;
  };
  alias: { installed: boolean; shell: string; profilePath: string | null };
  mcp: { installed: boolean; settingsPath: string; upToDate: boolean };
  plugin: PluginStanding;
  completions: { installed: boolean; shell: string; files: string[] };
  worktrees: { installed: boolean; settingsPath: string; upToDate: boolean };
  statusLine: { installed: boolean; settingsPath: string; upToDate: boolean };
  guard: GuardStanding;
  /** The release of Claude Code. */
  client: string | null;
  errors: string[];
}

export async function installStanding(world: Effects, { repo }: { repo: string | undefined }): Promise<Standing> {
  const errors: string[] = [];
  const or = async <T>(look: () => Promise<T> | T, otherwise: T): Promise<T> => {
    try {
      return await look();
    } catch (thrown) {
      const { kind, message } = asFailure(thrown);
      if (kind === "internal" || kind === "cancelled") throw thrown;
      errors.push(message);
      return otherwise;
    }
  };
  const client = await clientRelease(world);
  const program = programWord(world);
  const { claudeSettings, claudeState } = world.env.places;
  // Asked for by name it has to be there.
  const top = await (repo === undefined ? checkoutAt(world, repo).catch(() => undefined) : checkoutAt(world, repo));
  const entered = async (file: string, part: JsonPart, wanted: Parameters<typeof standing>[2]) => {
    const { found, isSettled } = await or(() => standing(file, part, wanted), NOTHING);
    return { installed: found > 0, upToDate: found > 0 && isSettled };
  };
  const hooks = await userHooks(world, { program, client });
  const everywhere = await entered(claudeSettings, "hooks", hooks);
  const localPath = top === undefined ? null : localSettings(top);
  const byName = hooksOf(PROGRAM, eventsKnownTo(client));
  const here = localPath === null ? undefined : await entered(localPath, "hooks", byName);
  const shell = shellOf(world);
  return {
    programs: await or(() => programsStanding(world), []),
    hooks: {
      globalInstalled: everywhere.installed,
      localInstalled: here?.installed === true,
      globalPath: claudeSettings,
      localPath,
      upToDate: [everywhere, here].every((one) => one === undefined || !one.installed || one.upToDate),
    },
    alias: await or(() => aliasStanding(world), { installed: false, shell, profilePath: null }),
    mcp: { ...(await entered(claudeState, "mcp", [serverOf(program)])), settingsPath: claudeState },
    plugin: await or(() => pluginStanding(world, client), {
      ...{ installed: false, upToDate: false },
      folder: pluginFolder(world),
    }),
    completions: await or(() => completionsStanding(world), { installed: false, shell, files: [] }),
    worktrees: {
      ...(await entered(claudeSettings, "worktrees", hooksOf(program, eventsKnownTo(client, WORKTREE_EVENTS)))),
      settingsPath: claudeSettings,
    },
    statusLine: {
      ...(await entered(claudeSettings, "statusline", [statusLineOf(program)])),
      settingsPath: claudeSettings,
    },
    guard: await or(() => guardStanding(world, top), NO_GUARD),
    client: client ?? null,
    errors: [...new Set(errors)],
  };
}

const NOTHING = { found: 0, isSettled: false, occupied: [] };
