// What keeps hooks from running once, although they are entered as they should be: they are switched off, they stand in
// two files in two ways, or nobody finds the program that they name. Looks only.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { shellWord } from "../../core/text.ts";
import { targetOf } from "../../files/atomic.ts";
import { firstOnPath, isExecutable } from "../../files/programs.ts";
import { readSmallFile } from "../../files/small.ts";
import type { World } from "../../world.ts";
import { hookEntries, within } from "./entries.ts";
import type { Notes } from "./notes.ts";
import { isCompiled, localSettings, PROGRAM } from "./place.ts";
import type { Step } from "./step.ts";

type Effects = Pick<World, "env" | "program" | "self">;

/** A settings file of Claude Code, as JSON has it. */
export interface Settings {
  path: string;
  value: unknown;
}

/** The file that switches all hooks off, and the status line with them; undefined where none does. The last one decides. */
export function switchedOffBy(files: readonly Settings[]): string | undefined {
  const told = files.filter(({ value }) => typeof within(value, "disableAllHooks") === "boolean").at(-1);
  return within(told?.value, "disableAllHooks") === true ? told?.path : undefined;
}

/** Events at which hooks of ours run in both ways: of commands that are the same in two files, the client runs one. */
export function runTwice(one: unknown, other: unknown): string[] {
  const [here, there] = [commandsIn(one), commandsIn(other)];
  return [...here.keys()].filter((event) => there.has(event) && here.get(event) !== there.get(event));
}

function commandsIn(settings: unknown): Map<string, string> {
  const commands = Map.groupBy(hookEntries(settings), ({ at }) => at);
  return new Map(
    [...commands].map(([event, entries]) => [
      event,
      JSON.stringify(entries.map(({ value }) => within(value, "command")).toSorted()),
    ]),
  );
}

/** How the two are made one, in words for whom they run twice. */
export function oneWay(local: string): string {
  const top = shellWord(dirname(dirname(local)));
  return (
    `To take them out of the repository:\n  parallel-cc install --uninstall --local --repo ${top}\n` +
    "To call them alike in both, once PATH has the programs:\n" +
    `  parallel-cc install --hooks --global && parallel-cc install --hooks --local --repo ${top}`
  );
}

interface Entered {
  notes: Notes;
  /** Of the checkout that is meant or that one stands in. */
  top: string | undefined;
  steps: readonly Step[];
}

/** What to say after installing, each with what to do. */
export function hookAdvice(world: Effects, { notes, top, steps }: Entered): string[] {
  const done = steps.filter(({ change }) => change !== "failed" && change !== "skipped");
  const isOf = (...names: readonly Step["step"][]) => done.some(({ step }) => names.includes(step));
  if (!isOf("hooks", "worktrees", "plugin", "statusline")) return [];
  const { claudeSettings } = world.env.places;
  const found = top === undefined ? undefined : localSettings(top);
  // A home may be a checkout itself.
  const local = found === claudeSettings ? undefined : found;
  const off = switchedOffBy(settingsOver(claudeSettings, local).flatMap(settingsIn));
  const advice = off === undefined ? [] : [offWords(off)];
  if (!isOf("hooks")) return advice;
  const own = settingsIn(claudeSettings)[0]?.value;
  for (const file of localsOf(world, notes, local)) {
    const events = runTwice(own, settingsIn(file)[0]?.value);
    if (events.length === 0) continue;
    advice.push(`Hooks run twice where ${file} stands: it calls parallel-cc otherwise than ${claudeSettings} does.`);
    advice.push(oneWay(file));
  }
  if (local !== undefined && done.some(({ file }) => file === local)) advice.push(...nameAdvice(world, local));
  return advice;
}

/** In the order in which they win over each other. */
export function settingsOver(own: string, local: string | undefined): string[] {
  return local === undefined ? [own] : [own, local, join(dirname(local), "settings.local.json")];
}

export function offWords(file: string): string {
  return `disableAllHooks is true in ${file}: Claude Code runs no hook and no status line until that is taken out.`;
}

function localsOf({ env }: Effects, { held }: Notes, local: string | undefined): string[] {
  const own = targetOf(env.places.claudeSettings);
  const noted = Object.entries(held.json).filter(([file, { parts }]) => file !== own && parts.includes("hooks"));
  const files = [...noted.map(([file]) => file), ...(local === undefined ? [] : [targetOf(local)])];
  // Settings of another CLAUDE_CONFIG_DIR are no repository's.
  return [...new Set(files)].filter(
    (file) => file !== own && file.endsWith("/.claude/settings.json") && existsSync(file),
  );
}

function nameAdvice(world: Effects, local: string): string[] {
  const { path, places } = world.env;
  if (firstOnPath(PROGRAM, path) !== undefined) return [];
  const isInstalled = isExecutable(join(places.programs, PROGRAM));
  const folder = isInstalled || !isCompiled(world) ? places.programs : dirname(world.program);
  return [
    `${local} calls parallel-cc by its name, which PATH does not have: its hooks fail until it does.`,
    onPath(folder),
  ];
}

export function onPath(folder: string): string {
  return `Put the programs on PATH, in your shell's profile:\n  export PATH=${shellWord(folder)}:"$PATH"`;
}

/** None where there is nothing that the client could read. */
export function settingsIn(path: string): Settings[] {
  try {
    return [{ path, value: JSON.parse(readSmallFile(path)) }];
  } catch {
    return [];
  }
}
