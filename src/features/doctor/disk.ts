// Room on the disks that worktrees, their trash and the registry stand on.

import { statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { sizeText } from "../../core/text.ts";
import { type Check, failed } from "./check.ts";
import { nearestThere } from "./files.ts";
import { type Scene, worktreesDirectory } from "./scene.ts";

const LEAST_BYTES = 1024 ** 3;
const LEAST_SHARE = 0.02;

interface Disk {
  /** What of ours stands on it. */
  holds: string[];
  path: string;
}

export async function checkDisks(scene: Scene): Promise<Check[]> {
  const located = await scene.repository();
  const found = located.kind === "found" ? located.repository : undefined;
  const disks = disksOf([
    ...(found === undefined ? [] : [{ what: "worktrees", path: await worktreesDirectory(scene, found) }]),
    ...(found === undefined ? [] : [{ what: "trash", path: found.gitDir }]),
    { what: "database", path: scene.world.paths.home },
  ]);
  return Promise.all(disks.map((disk) => checkDisk(disk)));
}

/** By device, since what shares one shares its room. */
function disksOf(places: readonly { what: string; path: string }[]): Disk[] {
  const disks = new Map<number, Disk>();
  for (const { what, path } of places) {
    const there = nearestThere(path);
    const device = statSync(there).dev;
    const known = disks.get(device);
    if (known === undefined) disks.set(device, { holds: [what], path: there });
    else known.holds.push(what);
  }
  return [...disks.values()];
}

async function checkDisk({ holds, path }: Disk): Promise<Check> {
  try {
    const { bsize, blocks, bavail, files, ffree } = await statfs(path);
    return judgeDisk({ holds, path, total: blocks * bsize, free: bavail * bsize, files, filesFree: ffree });
  } catch (thrown) {
    return failed("disk", thrown);
  }
}

/** Some file systems count neither blocks nor files: then there is nothing to judge by. */
export function judgeDisk(found: Disk & { total: number; free: number; files: number; filesFree: number }): Check {
  const { holds, path, total, free, files, filesFree } = found;
  const what = `for ${holds.join(", ")}`;
  if (total === 0) return { name: "disk", status: "ok", detail: `${path} does not tell its room; ${what}` };
  const numbers = `${sizeText(free)} free of ${sizeText(total)} (${percent(free / total)}) at ${path}, ${what}`;
  if (free < LEAST_BYTES || free / total < LEAST_SHARE) {
    const hint = "Free some: parallel-cc cleanup removes worktrees that nobody needs; see parallel-cc undo --list.";
    return { name: "disk", status: "warn", detail: `Only ${numbers}.`, hint };
  }
  if (files > 0 && filesFree / files < LEAST_SHARE) {
    const detail = `Only ${filesFree} of ${files} files can still be made (${percent(filesFree / files)}) at ${path}, ${what}.`;
    return { name: "disk", status: "warn", detail, hint: "Remove files that nobody needs (node_modules, caches)." };
  }
  return { name: "disk", status: "ok", detail: numbers };
}

function percent(share: number): string {
  return `${share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
}
