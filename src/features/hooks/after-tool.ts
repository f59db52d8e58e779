// After a tool was used: what a command of the shell wrote is claimed, and what the session was sent is handed on.

import { counted } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { tellOwn } from "../messages/messages.ts";
import type { KnownSession } from "../roster/roster.ts";
import type { Begun } from "../writes/writes.ts";
import { isWatched } from "./beside.ts";
import type { HookAnswer } from "./hook.ts";
import { inboxText } from "./inbox.ts";
import type { Told } from "./told.ts";

interface Used {
  event: "PostToolUse" | "PostToolUseFailure";
  own: KnownSession;
  told: Told;
  begun: Begun | undefined;
}

/** Errors: those of the database and of the settings. */
export async function afterTool(
  world: World,
  db: Db,
  { event, own, told, begun }: Used,
): Promise<HookAnswer | undefined> {
  const isLooked = isWatched(world, db, { own, told });
  if (!isLooked) begun?.drop();
  const noticed = isLooked ? await noticeWrites(world, db, { own, begun }) : undefined;
  if (event === "PostToolUseFailure") {
    // Clients before 2.1 take no word here; it comes with the next tool.
    if (noticed !== undefined) tellOwn(world, db, { own, words: [noticed] });
    return undefined;
  }
  const texts = [noticed, inboxText(db, own, told)].filter((text) => text !== undefined);
  if (texts.length === 0) return undefined;
  return { hookSpecificOutput: { hookEventName: event, additionalContext: texts.join("\n\n") } };
}

async function noticeWrites(
  world: World,
  db: Db,
  { own, begun }: Pick<Used, "own" | "begun">,
): Promise<string | undefined> {
  const { writtenSince } = await import("../writes/writes.ts");
  const written = await writtenSince(world, db, own, begun);
  if (written === undefined || written.files.length === 0) return undefined;
  const { claimWritten } = await import("../claims/claims.ts");
  const words = await claimWritten(world, db, { own, files: written.files });
  written.remember();
  const texts = [words, unclaimedWords(written.more)].filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("\n\n");
}

function unclaimedWords(more: number): string | undefined {
  if (more === 0) return undefined;
  return `parallel-cc: your command wrote ${counted(more, "file")} beyond those that were claimed for you; claim_files takes directories.`;
}
