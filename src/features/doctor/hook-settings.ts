// What Claude Code makes of a whole settings file for the sake of our hooks in it: nothing at all, where it is older than
// one of their events. Of what else stands in the file nothing is shown.

import { dirname } from "node:path";
import { printable, shellWord } from "../../core/text.ts";
import { eventsKnownTo, HOOK_EVENTS, WORKTREE_EVENTS } from "../hooks/hooks.ts";
import { clientRelease, type Entry, hookEntries, isReplaced } from "../install/install.ts";
import type { Check } from "./check.ts";
import type { Effects } from "./scene.ts";

/** Settings that can be read. */
export interface Settings {
  path: string;
  value: unknown;
}

/** The first client that passes over an event it does not know, and not over the file that names it. */
const FORGIVING = "2.1.101";
const NAME = "hooks";

export async function checkHookSettings(world: Effects, files: readonly Settings[]): Promise<Check[]> {
  const entered = files.map(({ path, value }) => ({ path, hooks: hookEntries(value) }));
  if (entered.every(({ hooks }) => hooks.length === 0)) return [];
  const release = await clientRelease(world);
  if (release === undefined) return [];
  return entered.flatMap(({ path, hooks }) => checkEvents(world, { path, hooks, release }));
}

interface Entered {
  path: string;
  hooks: readonly Entry[];
  release: string;
}

function checkEvents({ env }: Pick<Effects, "env">, { path, hooks, release }: Entered): Check[] {
  const all = [...HOOK_EVENTS, ...WORKTREE_EVENTS];
  const known = new Set(eventsKnownTo(release, all).map(({ event }) => event));
  const unknown = hooks.filter(({ at }) => !known.has(at) && all.some(({ event }) => event === at));
  if (unknown.length === 0) return [];
  const events = [...new Set(unknown.map(({ at }) => at))].join(", ");
  const isFatal = Bun.semver.order(release, FORGIVING) < 0;
  const detail = isFatal
    ? `Claude Code ${release} ignores all of ${path}, permissions too: it does not know ${events}, where a hook of ours is entered.`
    : `Claude Code ${release} warns of ${path} at its start: it does not know ${events}, where a hook of ours is entered.`;
  const where = path === env.places.claudeSettings ? "--global" : `--local --repo ${shellWord(dirname(dirname(path)))}`;
  return [{ name: NAME, status: isFatal ? "fail" : "warn", detail: printable(detail), hint: wayOut(unknown, where) }];
}

/** Installing again enters what the client knows; what is asked for apart goes only when it is told to. */
function wayOut(unknown: readonly Entry[], where: string): string {
  const ofWorktrees = unknown.filter(({ at }) => WORKTREE_EVENTS.some(({ event }) => event === at));
  const others = unknown.filter((entry) => !ofWorktrees.includes(entry));
  const commands = [
    ...(others.some(isReplaced) ? [`parallel-cc install --hooks ${where}`] : []),
    ...(ofWorktrees.length > 0 && where === "--global" ? ["parallel-cc install --uninstall --worktrees"] : []),
  ];
  const update = "Or update Claude Code: claude update";
  if (commands.length === 0) return `Take these hooks out of the file. ${update}`;
  return `Enter what it knows: ${commands.join(" && ")}. ${update}`;
}
