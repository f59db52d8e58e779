// Text files of others with lines of ours in them, on the disk: replaced in one piece, and only while they still hold
// what was read.

import { existsSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { dropUnfinished, removeUnchanged, replaceUnchanged, targetOf } from "../../files/atomic.ts";
import { readSmallBytes } from "../../files/small.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import { type Block, holds, withBlock, withoutBlocks } from "./lines.ts";
import type { Notes } from "./notes.ts";

/** As latin1; undefined where there is none. Errors: `install.unreadable`. */
export function readText(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readSmallBytes(file).toString("latin1");
  } catch (cause) {
    throw new Failure({
      code: "install.unreadable",
      message: `${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Mend the file, or move it away; it was left as it is.",
      cause,
    });
  }
}

/** Puts the block behind all else, unless one of `alike` is there. Errors: `install.unreadable`, `install.unwritable`. */
export function putLines(
  notes: Notes,
  { file, block, alike = [block] }: { file: string; block: Block; alike?: readonly Block[] },
): "none" | "made" | "written" {
  const before = readText(file);
  if (alike.some((one) => holds(before ?? "", one))) return "none";
  notes.expect(file);
  replace(file, before, withBlock(before ?? "", block));
  notes.held.texts[targetOf(file)] ??= {
    wasMade: before === undefined,
    hadNoEnd: before !== undefined && before !== "" && !before.endsWith("\n"),
  };
  notes.keep();
  return before === undefined ? "made" : "written";
}

/** Takes the blocks out. `all`: which may stand in such a file, to know the last of them. Errors as `putLines`. */
export function takeLines(
  notes: Notes,
  { file, blocks, all }: { file: string; blocks: readonly Block[]; all: readonly Block[] },
): "none" | "written" | "removed" {
  const before = readText(file);
  const key = targetOf(file);
  const { texts } = notes.held;
  const known = texts[key];
  const bare = withoutBlocks(before ?? "", blocks);
  const isLast = !all.some((block) => holds(bare, block));
  if (before === undefined || bare === before) {
    if (isLast) delete texts[key];
    notes.keep();
    return "none";
  }
  // The end of the last line that was there is ours; not so when somebody has gone on behind us.
  const wasBehindAll = isLast && known?.hadNoEnd === true && before.startsWith(bare);
  const after = wasBehindAll ? bare.replace(/\n$/, "") : bare;
  dropUnfinished(key);
  const isGone = isLast && known?.wasMade === true && after === "";
  replace(file, before, isGone ? undefined : after);
  if (isLast) delete texts[key];
  notes.keep();
  return isGone ? "removed" : "written";
}

function replace(file: string, before: string | undefined, after: string | undefined): void {
  const was = before === undefined ? undefined : Buffer.from(before, "latin1");
  let isDone: boolean;
  try {
    isDone =
      after === undefined
        ? was === undefined || removeUnchanged({ file, was })
        : replaceUnchanged({ file, text: Buffer.from(after, "latin1"), was, mode: 0o666, directoryMode: 0o777 });
  } catch (cause) {
    throw unwritableFile({ file, code: "install.unwritable", cause });
  }
  if (isDone) return;
  throw new Failure({
    kind: "unavailable",
    code: "install.changed",
    message: `${file} was changed by another program just now, and was left as it is.`,
    hint: "Run the command again.",
  });
}
