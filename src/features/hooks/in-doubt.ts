// Whether its user wants an edit refused rather than made unseen, where a hook fails.

import type { World } from "../../world.ts";
import { loadConfig } from "../config/config.ts";

/** False too where the settings cannot be read: what cannot be told blocks nobody. */
export async function isBlocking(world: Pick<World, "paths" | "db">, repositoryPath?: string): Promise<boolean> {
  try {
    const { settings } = await loadConfig(world, repositoryPath);
    return settings["claims.onConflict"] === "block";
  } catch {
    return false;
  }
}
