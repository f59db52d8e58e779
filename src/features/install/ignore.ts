// The lines that keep a repository's own .claude/ out of it, as earlier releases wrote them too.

import { join } from "node:path";
import type { World } from "../../world.ts";
import type { Block } from "./lines.ts";
import type { Notes } from "./notes.ts";
import { requireInside } from "./place.ts";
import { attempt, type Step } from "./step.ts";
import { putLines, readText, takeLines } from "./text-files.ts";

const BLOCK: Block = ["# Claude Code local settings", ".claude/"];
const STEP = "gitignore";

export async function addIgnore(world: Pick<World, "git">, notes: Notes, top: string): Promise<Step> {
  const file = join(top, ".gitignore");
  return attempt(STEP, file, async () => {
    requireInside(top, file);
    const tracked = await world.git(top).output(["ls-files", "-z", "--", ".claude"]);
    const detail =
      tracked === ""
        ? "git passes over .claude/"
        : "git passes over what is new in .claude/, and goes on with what it tracks";
    if (isIgnored(file)) return { step: STEP, file, change: "none", detail };
    return { step: STEP, file, change: putLines(notes, { file, block: BLOCK }), detail };
  });
}

export async function dropIgnore(notes: Notes, file: string): Promise<Step | undefined> {
  const step = await attempt(STEP, file, () => {
    return { step: STEP, file, change: takeLines(notes, { file, blocks: [BLOCK], all: [BLOCK] }), detail: "taken out" };
  });
  return step.change === "none" ? undefined : step;
}

/** Those that we put lines in. */
export function notedIgnores(notes: Notes): string[] {
  return Object.keys(notes.held.texts).filter((file) => file.endsWith("/.gitignore"));
}

function isIgnored(file: string): boolean {
  return /^[ \t]*\/?\.claude\/?[ \t]*\r?$/m.test(readText(file) ?? "");
}
