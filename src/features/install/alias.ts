// `claude` as an alias of claude-parallel in the user's shell. An alias or function that is there already is its user's.

import type { World } from "../../world.ts";
import type { Block } from "./lines.ts";
import type { Notes } from "./notes.ts";
import { ALIAS_BLOCKS, aliasBlock, aliasLine, claudeIn, profileOf, profilesEver, shellOf } from "./shells.ts";
import { attempt, type Step } from "./step.ts";
import { putLines, readText, takeLines } from "./text-files.ts";

type Effects = Pick<World, "env">;

export async function addAlias(world: Effects, notes: Notes): Promise<Step> {
  const step = "alias" as const;
  const shell = shellOf(world);
  if (shell === "unknown") {
    const detail = `${named(world)}; add by hand what it has for: ${aliasLine("bash")}`;
    return { step, file: null, change: "skipped", detail };
  }
  const file = profileOf(world, shell);
  return attempt(step, file, () => {
    const is = claudeIn(readText(file) ?? "");
    if (is === "something else") {
      return { step, file, change: "skipped", detail: "claude is something else of yours there" };
    }
    const detail = "claude is claude-parallel";
    if (is === "claude-parallel") return { step, file, change: "none", detail };
    return { step, file, change: putLines(notes, { file, block: aliasBlock(shell), alike: ALIAS_BLOCKS }), detail };
  });
}

function named({ env }: Effects): string {
  return env.places.shell === ""
    ? "SHELL does not say which shell you use"
    : `no place is known for ${env.places.shell}`;
}

/** In whatever profile it is. `all`: the blocks of ours in a text. */
export async function dropAlias(world: Effects, notes: Notes, all: (text: string) => Block[]): Promise<Step[]> {
  const step = "alias" as const;
  const steps: Step[] = [];
  for (const file of profilesEver(world, notes)) {
    const done = await attempt(step, file, () => {
      const lines = { file, blocks: ALIAS_BLOCKS, all: all(readText(file) ?? "") };
      return { step, file, change: takeLines(notes, lines), detail: "taken out" };
    });
    if (done.change !== "none") steps.push(done);
  }
  return steps;
}

export interface AliasStanding {
  installed: boolean;
  shell: string;
  profilePath: string | null;
}

/** Whether `claude` is claude-parallel in the profile of the user's shell. Errors: `install.unreadable`. */
export function aliasStanding(world: Effects): AliasStanding {
  const shell = shellOf(world);
  if (shell === "unknown") return { installed: false, shell, profilePath: null };
  const profilePath = profileOf(world, shell);
  return { installed: claudeIn(readText(profilePath) ?? "") === "claude-parallel", shell, profilePath };
}
