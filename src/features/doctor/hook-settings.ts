// What Claude Code makes of its settings as a whole, for the sake of our hooks in them: nothing at all, where it is older
// than one of their events; no hook, where these are switched off; each hook twice, where two files have it in two ways.
// Of what else stands in the files nothing is shown.

import { dirname, join } from "node:path";
import { printable, shellWord } from "../../core/text.ts";
import { eventsKnownTo, HOOK_EVENTS, WORKTREE_EVENTS } from "../hooks/hooks.ts";
import {
  clientRelease,
  type Entry,
  hookEntries,
  isPluginInUse,
  isReplaced,
  offWords,
  oneWay,
  runTwice,
  type Settings,
  settingsIn,
  settingsOver,
  statusLineEntries,
  switchedOffBy,
} from "../install/install.ts";
import type { Check } from "./check.ts";
import type { Effects } from "./scene.ts";

/** The first client that passes over an event it does not know, and not over the file that names it. */
const FORGIVING = "2.1.101";
const name = "hooks";

interface Asked {
  /** Settings of the user, and of the repository's checkouts. */
  files: readonly string[];
  /** Of the checkout that one stands in. */
  top: string | undefined;
}

/** What cannot be read has a check of its own. */
export async function checkHookSettings(world: Effects, { files, top }: Asked): Promise<Check[]> {
  const settings = files.flatMap(settingsIn);
  const found = [...checkTwice(world, settings), ...checkSwitch(world, settings, top)];
  const entered = settings.map(({ path, value }) => ({ path, hooks: hookEntries(value) }));
  if (entered.every(({ hooks }) => hooks.length === 0)) return found;
  const release = await clientRelease(world);
  if (release === undefined) return found;
  return [...entered.flatMap(({ path, hooks }) => checkEvents(world, { path, hooks, release })), ...found];
}

function checkTwice({ env }: Pick<Effects, "env">, settings: readonly Settings[]): Check[] {
  const own = env.places.claudeSettings;
  const mine = settings.find(({ path }) => path === own)?.value;
  return settings.flatMap(({ path, value }): Check[] => {
    const events = path === own ? [] : runTwice(value, mine);
    if (events.length === 0) return [];
    const detail = `${events.join(", ")} run twice here: ${path} calls parallel-cc otherwise than ${own} does.`;
    return [{ name, status: "warn", detail: printable(detail), hint: inOneLine(oneWay(path)) }];
  });
}

function inOneLine(text: string): string {
  return text.replaceAll("\n  ", " ").replaceAll("\n", ". ");
}

function checkSwitch(
  world: Pick<Effects, "env" | "paths">,
  settings: readonly Settings[],
  top: string | undefined,
): Check[] {
  const isOurs = ({ value }: Settings) => [...hookEntries(value), ...statusLineEntries(value)].length > 0;
  if (!settings.some(isOurs) && !isPluginInUse(world)) return [];
  const local = top === undefined ? undefined : join(top, ".claude/settings.json");
  const off = switchedOffBy(settingsOver(world.env.places.claudeSettings, local).flatMap(settingsIn));
  return off === undefined ? [] : [{ name, status: "warn", detail: offWords(off), hint: `Take it out of ${off}.` }];
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
  return [{ name, status: isFatal ? "fail" : "warn", detail: printable(detail), hint: wayOut(unknown, where) }];
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
