// Completions where the user's shell looks for them by itself: bash-completion's and fish's own folders, and for zsh a line
// in its profile, since no folder of a user's is on its fpath. Nothing is started when a shell is.

import { join } from "node:path";
import { shellQuote } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { completionScripts } from "../completions/completions.ts";
import type { Block } from "./lines.ts";
import type { Notes } from "./notes.ts";
import { putOwn, takeOwn } from "./own-files.ts";
import { profileOf, profilesEver, SHELLS, type Shell, shellOf } from "./shells.ts";
import { attempt, type Step } from "./step.ts";
import { putLines, readText, takeLines } from "./text-files.ts";

type Effects = Pick<World, "env">;
const STEP = "completions";

/** bash and fish look for a file of the command's name, so there is one for each. */
export function completionFiles({ env }: Effects, shell: Shell): string[] {
  const { config, data } = env.places;
  const folder = join(data, "bash-completion/completions");
  if (shell === "zsh") return [join(data, ZSH_FILE)];
  return ["parallel-cc", "claude-parallel"].map((name) =>
    shell === "bash" ? join(folder, name) : join(config, "fish/completions", `${name}.fish`),
  );
}

const ZSH_TITLE = "# parallel-cc: completions";
/** Only below compinit is there anything to add to. */
const ZSH_SOURCE = "(( ! $+functions[compdef] )) || source ";
const ZSH_FILE = "zsh/site-functions/_parallel-cc";

/** Of zsh's profile. A path with another byte than ASCII stands in a text that is read byte by byte. */
function zshBlock(world: Effects): Block {
  const [file = ""] = completionFiles(world, "zsh");
  return [ZSH_TITLE, `${ZSH_SOURCE}${shellQuote(file)}`].map((line) => Buffer.from(line).toString("latin1"));
}

/** In a text, whichever data directory they were for. */
export function completionBlocksIn(text: string): Block[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, i) => {
    const source = lines[i + 1] ?? "";
    const isOurs = line === ZSH_TITLE && source.startsWith(`${ZSH_SOURCE}'/`) && source.endsWith(`/${ZSH_FILE}'`);
    return isOurs ? [[line, source]] : [];
  });
}

export async function addCompletions(world: Effects, notes: Notes): Promise<Step[]> {
  const shell = shellOf(world);
  if (shell === "unknown") {
    const detail = "for bash, zsh and fish; SHELL names none of them";
    return [{ step: STEP, file: null, change: "skipped", detail }];
  }
  const text = (await completionScripts())[shell];
  const steps = completionFiles(world, shell).map((file) =>
    attempt(STEP, file, () => {
      const change = putOwn(notes, { file, text });
      const detail = change === "skipped" ? "there is a file of yours" : `for ${shell}`;
      return { step: STEP, file, change, detail };
    }),
  );
  if (shell === "zsh") steps.push(addZshLine(world, notes));
  return Promise.all(steps);
}

async function addZshLine(world: Effects, notes: Notes): Promise<Step> {
  const file = profileOf(world, "zsh");
  return attempt(STEP, file, () => {
    return { step: STEP, file, change: putLines(notes, { file, block: zshBlock(world) }), detail: "loads them" };
  });
}

/** Of all shells, wherever they were put. `all`: the blocks of ours in a text. */
export async function dropCompletions(world: Effects, notes: Notes, all: (text: string) => Block[]): Promise<Step[]> {
  const scripts = await completionScripts();
  const now = SHELLS.flatMap((shell) => completionFiles(world, shell));
  const steps: Step[] = [];
  for (const file of new Set([...now, ...Object.keys(notes.held.files)])) {
    const step = await attempt(STEP, file, () => {
      const change = takeOwn(notes, { file, known: scripts[shellOfFile(file)] });
      return { step: STEP, file, change, detail: change === "skipped" ? "changed since, so it stays" : "taken out" };
    });
    steps.push(step);
  }
  for (const file of profilesEver(world, notes)) {
    const step = await attempt(STEP, file, () => {
      const text = readText(file) ?? "";
      const change = takeLines(notes, { file, blocks: completionBlocksIn(text), all: all(text) });
      return { step: STEP, file, change, detail: "taken out" };
    });
    steps.push(step);
  }
  return steps.filter(({ change }) => change !== "none");
}

function shellOfFile(file: string): Shell {
  if (file.endsWith(".fish")) return "fish";
  return file.endsWith(`/${ZSH_FILE}`) ? "zsh" : "bash";
}

/** Whether they are there, for the user's shell. Errors: `install.unreadable`. */
export async function completionsStanding(world: Effects) {
  const shell = shellOf(world);
  if (shell === "unknown") return { installed: false, shell, files: [] };
  const text = Buffer.from((await completionScripts())[shell]).toString("latin1");
  const files = completionFiles(world, shell);
  return { installed: files.every((file) => readText(file) === text), shell, files };
}
