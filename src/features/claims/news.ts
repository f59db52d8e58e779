// Who has a claim learns of who came upon it: once for each file and session, in the inbox.

import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { postNews } from "../messages/messages.ts";
import { type KnownSession, quoted, whereIs, whoIs } from "../roster/roster.ts";
import type { Held } from "./hold.ts";
import { listed } from "./words.ts";

type Effects = Pick<World, "newId" | "log">;

interface Met {
  own: KnownSession;
  held: readonly Held[];
  /** Whether it was kept from the file. */
  topic: "claim.denied" | "claim.shared";
}

/** What cannot be noted just now (a lock, a full disk) changes nothing of what its own agent is told. */
export function tellHolders(world: Effects, db: Db, met: Met): void {
  unlessUnwritten(world, () => {
    db.write((now) => {
      for (const [, held] of Map.groupBy(met.held, ({ holder }) => holder.id)) tell(world, db, { ...met, held }, now);
    });
  });
}

/** Undefined where the database could not be written just now. */
export function unlessUnwritten<T>(world: Pick<World, "log">, write: () => T): T | undefined {
  try {
    return write();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || !thrown.code.startsWith("db.")) throw thrown;
    world.log("info", "claim.unwritten", { code: thrown.code });
    return undefined;
  }
}

function tell(world: Effects, db: Db, { own, held, topic }: Met, now: string): void {
  const [first] = held;
  if (first === undefined) return;
  const { claim, holder, pattern } = first;
  const isDenied = topic === "claim.denied";
  const who = `${whoIs(own)}, ${whereIs(own, holder.worktree_path === own.worktree_path)},`;
  const what = isDenied ? "wanted to change" : "changes";
  const paths = [...new Set(held.map((one) => one.pattern.path))];
  const yours = claim.path_key === pattern.key ? "which you have" : `where you have ${quoted(claim.file_path)}`;
  const claimed = paths.length === 1 ? `${yours} claimed ${claim.claim_mode}` : "where you have claims";
  const body = `${who} ${what} ${listed(paths)}, ${claimed}.${isDenied ? " It was refused." : ""}`;
  const news = { gitDirId: claim.git_dir_id, topic, body, about: own, to: [holder.id], isOnce: true };
  postNews(world, db, news, now);
}
