// A file that a tool is about to write: whether it is in the checkout of another live session. Nearly always it is in
// one's own, and only the rows of sessions are read.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import type { KnownSession } from "../roster/roster.ts";
import { holderOf } from "./files.ts";
import type { Judged } from "./guards.ts";
import { Others } from "./others.ts";
import { isThere, realFrom } from "./places.ts";

export async function judgeFile(
  world: Pick<World, "processes" | "env" | "now" | "paths" | "db">,
  db: Db,
  own: KnownSession | undefined,
  { path, directory }: { path: string; directory: string },
): Promise<Judged | undefined> {
  const real = realFrom(directory, path, { isFollowed: true });
  const session = holderOf(new Others(world, db, own), real, world.env.home);
  if (session === undefined) return undefined;
  const { loadConfig } = await import("../config/config.ts");
  const { settings } = await loadConfig(world, own?.repo_path);
  if (settings.guards === "off") return undefined;
  const isNew = !isThere(real);
  const isRefused = settings.guards === "on" && !isNew;
  const { wordsForEdit } = await import("./telling.ts");
  return { isRefused, words: wordsForEdit({ path: real, isNew, session }, { isRefused, now: world.now() }) };
}
