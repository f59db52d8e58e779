// What a crash or a full disk left of the object directory: an object that is not what its name says is found, and the
// whole directory dropped, for git would go on failing over it, and takes what is there for written. It is made anew.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import type { World } from "../../world.ts";
import { dropObjects, nameOf, objectsOf } from "./objects.ts";

type Effects = Pick<World, "paths" | "now" | "pid" | "log">;

/** Clocks of file systems tick. */
const TICK_MS = 2_000;

/**
 * Whether there was anything to drop. What was sound before and was not written since is not read again. Errors: those of
 * the file system.
 */
export function dropDamaged(world: Effects, gitDir: string): boolean {
  const { own } = objectsOf(world, gitDir);
  if (!existsSync(own)) return false;
  mkdirSync(world.paths.radar, { recursive: true, mode: 0o700 });
  const note = join(world.paths.radar, `${nameOf(gitDir)}.whole`);
  const fresh = `${note}.${world.pid}`;
  const found = statSync(note, { throwIfNoEntry: false });
  const known = found === undefined || found.mtimeMs > world.now().getTime() ? 0 : found.mtimeMs - TICK_MS;
  writeFileSync(fresh, "", { mode: 0o600 });
  const damaged = firstDamaged(own, known);
  renameSync(fresh, note);
  if (damaged === undefined) return false;
  world.log("info", "radar.object-damaged", { object: damaged });
  dropObjects(own);
  return true;
}

function firstDamaged(own: string, knownUntilMs: number): string | undefined {
  const folders = readdirSync(own).filter((name) => /^[0-9a-f]{2}$/.test(name));
  for (const folder of folders) {
    for (const name of readdirSync(join(own, folder))) {
      const file = join(own, folder, name);
      // One that git is writing has another name.
      if (!/^[0-9a-f]{38}([0-9a-f]{24})?$/.test(name)) continue;
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats !== undefined && stats.ctimeMs >= knownUntilMs && !isSound(file, folder + name)) return file;
    }
  }
  return undefined;
}

function isSound(file: string, id: string): boolean {
  try {
    const held = inflateSync(readFileSync(file));
    return new Bun.CryptoHasher(id.length === 64 ? "sha256" : "sha1").update(held).digest("hex") === id;
  } catch {
    return false;
  }
}
