// Entries of ours in Claude Code's files: put in, taken out, and looked at again afterwards, since the client and others
// write these files as well.

import { readFileSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { dropUnfinished, targetOf } from "../../files/atomic.ts";
import { lookInto, type SettledFile, settleFile } from "../../files/json-file.ts";
import type { Addition } from "../../files/json-put.ts";
import type { Mark } from "../../files/json-take.ts";
import type { World } from "../../world.ts";
import { HOOKS, SERVER, STATUS_LINE, WORKTREES } from "./marks.ts";
import type { Notes } from "./notes.ts";
import { attempt, type Step } from "./step.ts";

export type JsonPart = "hooks" | "mcp" | "worktrees" | "statusline";

const MARKS: Readonly<Record<JsonPart, Mark>> = {
  hooks: HOOKS,
  mcp: SERVER,
  worktrees: WORKTREES,
  statusline: STATUS_LINE,
};

interface Entering {
  part: JsonPart;
  file: string;
  /** None takes them out. */
  wanted: readonly Addition[];
  /** In a repository, where the umask decides who may read it. */
  isShared?: boolean;
  /** What is said when they stand there. */
  detail: string;
  /** What is said when somebody else's value stands in their place. */
  occupied?: string;
}

type Effects = Pick<World, "sleep" | "now">;

export async function enter(world: Effects, notes: Notes, entering: Entering): Promise<Step> {
  const { part, file, detail, occupied } = entering;
  return attempt(part, file, async () => {
    const settled = await settleSurely(world, notes, entering);
    if (settled.occupied.length > 0) {
      return { step: part, file, change: "skipped", ...(occupied === undefined ? {} : { detail: occupied }) };
    }
    return { step: part, file, change: settled.change, detail, ...(isStrict(file) ? {} : { hint: looseHint(file) }) };
  });
}

/** Claude Code (2.1.328) goes by nothing in a file that has comments, or commas at the end of a list. */
function isStrict(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
    return true;
  } catch {
    return false;
  }
}

function looseHint(file: string): string {
  return `Claude Code passes over all of ${file} while it has comments or commas at the end of lists: take these out.`;
}

/** Undefined where there is nothing of ours. */
export async function takeOut(
  world: Effects,
  notes: Notes,
  { part, file }: Pick<Entering, "part" | "file">,
): Promise<Step | undefined> {
  const step = await attempt(part, file, async () => {
    const { change, found } = await settleSurely(world, notes, { part, file, wanted: [], detail: "" });
    return found === 0 ? { step: part, file, change: "none" } : { step: part, file, change, detail: takenOut(found) };
  });
  return step.change === "none" ? undefined : step;
}

function takenOut(found: number): string {
  return found === 1 ? "taken out" : `${found} entries taken out`;
}

/** Whether exactly these entries of ours stand in a file. Errors: those of `lookInto`. */
export function standing(file: string, part: JsonPart, wanted: readonly Addition[]) {
  return lookInto({ file, ours: [MARKS[part]], wanted, note: undefined });
}

/** A file that cannot be read has none. */
export function isEnteredIn(file: string, part: JsonPart): boolean {
  try {
    return standing(file, part, []).found > 0;
  } catch {
    return false;
  }
}

const LOOKS = 3;
/** A client that had read the file before we wrote it has written it by then. */
const PAUSE_MS = 40;

async function settleSurely(world: Effects, notes: Notes, entering: Entering): Promise<SettledFile> {
  const first = await settleOnce(world, notes, entering);
  let last = first;
  for (let looks = 0; last.change !== "none" && looks < LOOKS; looks++) {
    await world.sleep(PAUSE_MS);
    last = await settleOnce(world, notes, entering);
  }
  if (last.change === "none") return first;
  throw new Failure({
    kind: "unavailable",
    code: "install.undone",
    message: `Another program keeps writing ${entering.file} as it was before.`,
    hint: "Close Claude Code and what else may write it, and run the command again.",
  });
}

async function settleOnce(world: Effects, notes: Notes, { part, file, wanted, isShared }: Entering) {
  const key = targetOf(file);
  const { json } = notes.held;
  const known = json[key];
  if (wanted.length > 0) notes.expect(file);
  else dropUnfinished(key);
  const modes = isShared ? { mode: 0o666, directoryMode: 0o777 } : { mode: 0o600, directoryMode: 0o700 };
  const settled = await settleFile(world, {
    file,
    ours: [MARKS[part]],
    wanted,
    note: known?.note,
    ...modes,
  });
  const isThere = wanted.length > settled.occupied.length;
  const parts = [...(known?.parts ?? []).filter((one) => one !== part), ...(isThere ? [part] : [])];
  if (parts.length === 0 && settled.note === undefined) delete json[key];
  else json[key] = { parts, ...(settled.note === undefined ? {} : { note: settled.note }) };
  try {
    notes.keep();
  } catch (thrown) {
    // What could not be taken out to the byte is not left in.
    if (wanted.length > 0 && known === undefined) {
      await settleFile(world, { file, ours: [MARKS[part]], wanted: [], note: settled.note, ...modes });
      delete json[key];
    }
    throw thrown;
  }
  return settled;
}
