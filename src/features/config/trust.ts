// Approval of the commands in a repository's own settings: by its user, for exactly that text, in that place. It is
// kept in the registry, where the repository cannot reach it.

import type { World } from "../../world.ts";
import type { SettingsFile } from "./file.ts";
import { KEYS, type KeyName } from "./keys.ts";
import { hasApproval, removeApprovals, storeApproval } from "./store.ts";

type Effects = Pick<World, "db">;

/** What the file would have run, by key, in the order of the keys. */
export function commandsOf({ held }: SettingsFile): [KeyName, unknown][] {
  return [...held].filter(([name]) => KEYS[name].repository === "approved").sort(([a], [b]) => a.localeCompare(b));
}

export async function isApproved({ db }: Effects, repositoryPath: string, file: SettingsFile): Promise<boolean> {
  return hasApproval(await db(), { repositoryPath, hash: hashOf(file) });
}

/** From now on, and instead of what was approved before. */
export async function approve({ db }: Effects, repositoryPath: string, file: SettingsFile): Promise<void> {
  const hash = hashOf(file);
  const registry = await db();
  registry.write((now) => storeApproval(registry, { repositoryPath, hash }, now));
}

/** Answers whether anything was approved. */
export async function withdraw({ db }: Effects, repositoryPath: string): Promise<boolean> {
  const registry = await db();
  return registry.write(() => removeApprovals(registry, repositoryPath));
}

function hashOf(file: SettingsFile): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(commandsOf(file))).digest("hex");
}
