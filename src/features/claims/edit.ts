// An agent is about to edit a file: it is claimed for its session, unless another live one has it. Nearly always the
// session has it already, and nothing is written.

import type { Db } from "../../db/db.ts";
import { utcText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";
import type { KnownSession } from "../roster/roster.ts";
import { claim, currentOf, type Held, isCovered, othersNear } from "./hold.ts";
import { isIgnored } from "./ignored.ts";
import { tellHolders, unlessUnwritten } from "./news.ts";
import { type Meant, meantBy } from "./place.ts";
import { refusedWords, warnedWords } from "./words.ts";

/** What an edit by a hook claims, for as long. */
export const TTL_SECONDS = 24 * 3600;

export interface Verdict {
  isRefused: boolean;
  /** For the agent. */
  words: string;
}

type Effects = Pick<World, "processes" | "newId" | "now" | "paths" | "db" | "log">;

/** Undefined: nothing to say. Errors: those of the database, `config.broken`. */
export async function claimEdit(
  world: Effects,
  db: Db,
  { own, path, directory }: { own: KnownSession; path: string; directory: string },
): Promise<Verdict | undefined> {
  const meant = meantBy({ path, directory, known: own.worktree_path, isFile: true });
  if (meant === undefined) return undefined;
  const { gitDirId, pattern } = meant;
  const at = utcText(world.now());
  const isOwn = isCovered(db, { gitDirId, ownId: own.id, pattern, now: at });
  const near = othersNear(db, { gitDirId, ownId: own.id, pattern });
  if (isOwn && near.length === 0) return undefined;
  const { settings } = await loadConfig(world, own.repo_path);
  const isQuiet = isIgnored(settings["claims.ignore"], pattern.path);
  const held = currentOf(world, near, at).filter(({ claim: one }) => !isQuiet || one.source === "asked");
  if (isQuiet && held.length === 0) return undefined;
  return decide(world, db, { own, meant, held, isOwn, policy: settings["claims.onConflict"] });
}

/** For a claude without a session, which can claim nothing: it meets what others have EXCLUSIVE. */
export async function meetClaims(
  world: Effects,
  db: Db,
  { path, directory }: { path: string; directory: string },
): Promise<Verdict | undefined> {
  const meant = meantBy({ path, directory, isFile: true });
  if (meant === undefined) return undefined;
  const { gitDirId, top, pattern } = meant;
  const near = othersNear(db, { gitDirId, ownId: undefined, pattern });
  const exclusive = near.filter(({ claim: one }) => one.claim_mode === "EXCLUSIVE");
  const held = currentOf(world, exclusive, utcText(world.now()));
  if (held.length === 0) return undefined;
  const { settings } = await loadConfig(world, top);
  const now = world.now();
  return settings["claims.onConflict"] === "warn"
    ? { isRefused: false, words: warnedWords([pattern.path], held, now) }
    : { isRefused: true, words: refusedWords(pattern.path, held, now) };
}

interface Deciding {
  own: KnownSession;
  meant: Meant;
  held: Held[];
  isOwn: boolean;
  policy: "by-mode" | "warn" | "block";
}

function decide(world: Effects, db: Db, { own, meant, held, isOwn, policy }: Deciding): Verdict | undefined {
  const { gitDirId, pattern } = meant;
  const refuse = (by: readonly Held[]): Verdict => {
    tellHolders(world, db, { own, held: by, topic: "claim.denied" });
    return { isRefused: true, words: refusedWords(pattern.path, by, world.now()) };
  };
  const refusing = held.filter(({ claim: one }) => policy === "block" || one.claim_mode === "EXCLUSIVE");
  if (policy !== "warn" && refusing.length > 0) return refuse(refusing);
  // Noted once: who has been warned has its own claim since.
  if (isOwn && refusing.length === 0) return undefined;
  const wanted = [
    { gitDirId, pattern, mode: "INTENT", ttlSeconds: TTL_SECONDS, reason: null, source: "edit" } as const,
  ];
  const outcome = unlessUnwritten(world, () => claim(world, db, { own, wanted, isAlone: policy === "block" })) ?? {
    // Who reads needs no lock: it is told what it would be told, and claimed with the next edit.
    ...{ isGranted: true, claims: [], beside: held },
  };
  // Somebody was faster.
  if (!outcome.isGranted && policy !== "warn") return refuse(outcome.held);
  const beside = [...(outcome.isGranted ? [] : outcome.held), ...outcome.beside];
  if (beside.length === 0) return undefined;
  tellHolders(world, db, { own, held: beside, topic: "claim.shared" });
  return { isRefused: false, words: warnedWords([pattern.path], beside, world.now()) };
}
