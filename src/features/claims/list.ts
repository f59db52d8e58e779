// The claims of a repository, as the command and the tool show them.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Db, isoText } from "../../db/db.ts";
import { existingDirectory } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import { sessionsOf } from "../roster/roster.ts";
import { locateHealed } from "../sessions/sessions.ts";
import { type ClaimAnswer, claimAnswer } from "./answers.ts";
import { listClaims } from "./ask.ts";
import { ownIfAny } from "./own.ts";
import { bypassesOf } from "./store.ts";

export interface ClaimsAnswer {
  claims: ClaimAnswer[];
  total: number;
  /** Commits over another's claim, the newest first. */
  bypasses: { filePath: string; holder: string; sessionId: string | null; bypassedAt: string }[];
}

interface Asked {
  repo?: string | undefined;
  /** Its id or its name. */
  session?: string | undefined;
  file?: string | undefined;
  all?: boolean | undefined;
}

/** Errors: `session.none`, `claim.outside`, those of git. */
export async function claimsHere(world: World, { repo, session, file, all }: Asked): Promise<ClaimsAnswer> {
  const db = await world.db();
  const repository = await locateHealed(world, world.git(existingDirectory(world.cwd, repo)));
  const own = await ownIfAny(world, db);
  const found = listClaims(world, db, {
    ...{ gitDirId: repository.gitDirId, own, isWhole: all },
    sessionId: session === undefined ? undefined : idOf(db, repository, session),
    paths: file === undefined ? undefined : [file],
  });
  const now = world.now();
  const bypasses = bypassesOf(db, repository.gitDirId).map((one) => ({
    filePath: one.file_path,
    holder: one.holder,
    sessionId: one.session_id,
    bypassedAt: isoText(one.bypassed_at),
  }));
  const claims = found.map((one) => claimAnswer(one, { own, now }));
  return { claims, total: claims.length, bypasses };
}

/** Of a session of the repository, by its id or name. Errors: `session.none`. */
export function idOf(db: Db, repository: Parameters<typeof sessionsOf>[1], named: string): string {
  const found = sessionsOf(db, repository).find((one) => one.id === named || one.name === named);
  if (found !== undefined) return found.id;
  throw new Failure({
    code: "session.none",
    message: `No session "${printable(named)}" is at work in this repository.`,
    hint: "See `parallel-cc status`.",
  });
}
