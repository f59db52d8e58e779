// The guard of commits in a repository's pre-commit hook: put in for it, noted, and taken out wherever it is.

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { printable, shellWord } from "../../core/text.ts";
import type { World } from "../../world.ts";
import {
  asideOf,
  BY_HAND,
  guardLines,
  guardState,
  type HookPlace,
  hookPlaces,
  putGuard,
  takeGuard,
  writtenAnewAt,
} from "../commit-guard/commit-guard.ts";
import { Notes } from "./notes.ts";
import { programPath } from "./place.ts";
import { attempt, type Step } from "./step.ts";

type Effects = Pick<World, "env" | "git" | "program" | "self">;

const STEP = "guard";

/** Errors: those of git. */
export async function addGuard(world: Effects, notes: Notes, top: string): Promise<Step[]> {
  const lines = guardLines(programPath(world));
  const places = await hookPlaces(world, top);
  const steps = await Promise.all(places.map((place) => attempt(STEP, place.file, () => addTo(notes, place, lines))));
  const [first, ...others] = steps;
  const left = places.slice(1).filter((_, i) => others[i]?.change === "skipped");
  if (first === undefined || left.length === 0) return steps;
  const hint = [...(first.hint === undefined ? [] : [first.hint]), ofOthers(left)].join("\n");
  return [{ ...first, hint }, ...others.filter(({ change }) => change !== "skipped")];
}

const MOST_SHOWN = 5;

/** Of other checkouts it is told once, in a word. */
function ofOthers(left: readonly HookPlace[]): string {
  const tops = left.flatMap((one) => one.tops);
  const shown = tops.slice(0, MOST_SHOWN).map((one) => `\n  ${printable(one)}`);
  const more = tops.length > MOST_SHOWN ? `\n  and ${tops.length - MOST_SHOWN} more` : "";
  const has = tops.length === 1 ? "1 other has" : `${tops.length} others have`;
  const which = `By core.hooksPath each checkout has hooks of its own. ${has} no guard, so a commit there asks nobody:`;
  const hooks = "When its hooks are set up there, as by npm install, and git does not track them:";
  return `${which}${shown.join("")}${more}\n${hooks}\n  parallel-cc install --guard`;
}

function addTo(notes: Notes, place: HookPlace, lines: string): Step {
  const { file, gitDir, isFor } = place;
  const state = guardState(file);
  if (state.kind === "by hand" || state.kind === "put away") {
    const detail = state.kind === "by hand" ? "it asks by itself" : "pre-commit calls it, in .legacy";
    return { step: STEP, file, change: "none", detail };
  }
  const refusal = refusalOf(place);
  if (refusal !== undefined) {
    return { step: STEP, file, change: "skipped", detail: refusal, ...(!place.isOff && { hint: byHand(file) }) };
  }
  const had = notes.held.guards[file];
  notes.expect(`${file}.new`);
  notes.held.guards[file] = { gitDir, wasMade: had?.wasMade ?? !existsSync(file) };
  notes.keep();
  const put = putGuard(file, lines);
  if (put.change === "skipped") {
    if (had === undefined) delete notes.held.guards[file];
    notes.keep();
    return { step: STEP, file, change: "skipped", detail: put.why, hint: byHand(file) };
  }
  const anew = writtenAnewAt(file);
  const again = `${printable(file)} is written anew ${anew}. Then:\n  parallel-cc install --guard`;
  const aside = asideOf(file);
  const way = put.isAside && aside !== undefined ? `in front of what is ${basename(aside)} now` : "before each commit";
  const shared = isFor === "user" ? ", in all repositories of yours: core.hooksPath is for all of them" : "";
  return { step: STEP, file, change: put.change, detail: way + shared, ...(anew !== undefined && { hint: again }) };
}

function refusalOf({ isFor, isVisible, isOff }: HookPlace): string | undefined {
  if (isOff) return "core.hooksPath switches all hooks off";
  if (isFor === "machine") return "core.hooksPath has it run for all users of this machine";
  return isVisible ? "git tracks it, or would show it as new" : undefined;
}

function byHand(file: string): string {
  return `For the guard in ${printable(file)}, add this line yourself:\n  ${BY_HAND}`;
}

/** From the hooks of a repository; of none named, from all that it was put into. Errors: those of git. */
export async function dropGuard(world: Effects, notes: Notes, top: string | undefined): Promise<Step[]> {
  const { guards } = notes.held;
  const here = top === undefined ? [] : await hookPlaces(world, top);
  const isMeant = ({ gitDir }: { gitDir: string }) => top === undefined || here.some((one) => one.gitDir === gitDir);
  const noted = Object.entries(guards).filter(([, note]) => isMeant(note));
  const all = top === undefined ? await placesOf(world, new Set(noted.map(([, { gitDir }]) => gitDir))) : here;
  const files = new Set([...noted, ...all.map((one) => [one.file] as const)].map(([file]) => file));
  const steps: Step[] = [];
  for (const file of files) {
    const step = await attempt(STEP, file, () => dropFrom(notes, file));
    if (step.change !== "none") steps.push(step);
  }
  return steps;
}

/** Worktrees that came later may have got it too. What is gone by now has none. */
async function placesOf(world: Effects, gitDirs: ReadonlySet<string>): Promise<HookPlace[]> {
  const there = [...gitDirs].filter(existsSync);
  return (await Promise.all(there.map((gitDir) => hookPlaces(world, gitDir).catch(() => [])))).flat();
}

/** Where tools put away what they find in their place: the lines of ours may be in it. */
const PUT_AWAY = [".legacy", ".old"];

function dropFrom(notes: Notes, file: string): Step {
  const wasMade = notes.held.guards[file]?.wasMade === true;
  const left = PUT_AWAY.map((ending) => takeGuard(file + ending, { wasMade }));
  const taken = takeGuard(file, { wasMade });
  if (taken.change === "skipped") {
    const hint = `Take them out of ${printable(file)} yourself: from "# parallel-cc guard:" to "end."`;
    return { step: STEP, file, change: "skipped", detail: taken.why, hint };
  }
  delete notes.held.guards[file];
  notes.keep();
  const change = taken.change === "none" && left.some((one) => one.change !== "none") ? "written" : taken.change;
  const aside = asideOf(file);
  if (aside === undefined) return { step: STEP, file, change, detail: "taken out" };
  const hint = `What was called behind the guard stays, for something else is in its place:\n  ${shellWord(aside)}`;
  return { step: STEP, file, change, detail: "taken out", hint };
}

export interface GuardStanding {
  installed: boolean;
  upToDate: boolean;
  /** The hook of the checkout that is asked in; null outside of one. */
  hookPath: string | null;
  /** It was put in for this repository, and git does not come to it any more. */
  isGone: boolean;
  /** Other checkouts whose hook does not have it. */
  missingIn: string[];
}

/** Outside of a repository. */
export const NO_GUARD: GuardStanding = {
  ...{ installed: false, upToDate: false, hookPath: null, isGone: false },
  missingIn: [],
};

/** Errors: those of git. */
export async function guardStanding(
  world: Effects & Pick<World, "paths">,
  top: string | undefined,
): Promise<GuardStanding> {
  if (top === undefined) return NO_GUARD;
  const lines = guardLines(programPath(world));
  const [here, ...others] = (await hookPlaces(world, top)).map((place) => {
    return { ...place, state: guardState(place.file) };
  });
  if (here === undefined) return NO_GUARD;
  const isNoted = Object.values(new Notes(world).held.guards).some(({ gitDir }) => gitDir === here.gitDir);
  const installed = here.state.kind !== "none";
  const missing = others.filter(({ state }) => state.kind === "none").flatMap(({ tops }) => tops);
  return {
    installed,
    upToDate: installed && (here.state.kind !== "ours" || here.state.lines === lines),
    hookPath: here.file,
    isGone: isNoted && !installed,
    missingIn: installed || isNoted ? missing : [],
  };
}
