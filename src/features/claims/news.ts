// Who has a claim learns of who came upon it: once for each file and session, in the inbox.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { postNews } from "../messages/messages.ts";
import { type KnownSession, quoted, whereIs, whoIs } from "../roster/roster.ts";
import type { Held } from "./hold.ts";

type Effects = Pick<World, "newId">;

interface Met {
  own: KnownSession;
  held: readonly Held[];
  /** Whether it was kept from the file. */
  topic: "claim.denied" | "claim.shared";
}

export function tellHolders(world: Effects, db: Db, { own, held, topic }: Met): void {
  db.write((now) => {
    for (const { claim, holder, pattern } of held) {
      const isHere = holder.worktree_path === own.worktree_path;
      const what = topic === "claim.denied" ? "wanted to change" : "changes";
      const yours = claim.path_key === pattern.key ? "which you have" : `where you have ${quoted(claim.file_path)}`;
      const end = topic === "claim.denied" ? " It was refused." : "";
      const body =
        `${whoIs(own)}, ${whereIs(own, isHere)}, ${what} ${quoted(pattern.path)}, ` +
        `${yours} claimed ${claim.claim_mode}.${end}`;
      postNews(world, db, { gitDirId: claim.git_dir_id, topic, body, about: own, to: [holder.id], isOnce: true }, now);
    }
  });
}

/** For who cannot be told at once: it comes with the next tool use or prompt. */
export function tellOwn(world: Effects, db: Db, { own, words }: { own: KnownSession; words: string }): void {
  const { id, git_dir_id: gitDirId } = own;
  if (gitDirId === null) return;
  // News is of one line.
  const body = words.replaceAll("\n", " ");
  db.write((now) => postNews(world, db, { gitDirId, topic: "claim.met", body, to: [id] }, now));
}
