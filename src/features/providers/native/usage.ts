// What a native sandbox takes of this machine at the moment; what cannot be seen is left open.

import type { World } from "../../../world.ts";
import type { Standing } from "../provider.ts";
import type { Ground } from "./ground.ts";
import { memoryOf } from "./limits.ts";
import { rootsOf } from "./processes.ts";

type Effects = Pick<World, "processes" | "runProgram">;

const MOST_MS = 10_000;

export async function usageOf(world: Effects, ground: Ground, groups: readonly string[]): Promise<Standing["usage"]> {
  const [tree, diskBytes] = await Promise.all([treeOf(world, ground), diskOf(world, ground)]);
  return { cpuPercent: tree?.cpuPercent, memoryBytes: memoryOf(groups) ?? tree?.memoryBytes, diskBytes };
}

/** Of the bubblewraps and all below them. */
async function treeOf(
  world: Effects,
  ground: Ground,
): Promise<{ cpuPercent: number; memoryBytes: number } | undefined> {
  const said = await printed(world, "ps", ["-A", "-o", "pid=,ppid=,pcpu=,rss="]);
  if (said === undefined) return undefined;
  const rows = said
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((row) => row.length === 4 && row.every(Number.isFinite));
  if (rows.length === 0) return undefined;
  const inside = new Set(rootsOf(world, ground));
  // Parents may stand below their children when pids have gone round.
  for (let size = -1; size !== inside.size; ) {
    size = inside.size;
    for (const [pid = 0, parent = 0] of rows) if (inside.has(parent)) inside.add(pid);
  }
  const ours = rows.filter(([pid = 0]) => inside.has(pid));
  const sum = (at: number) => ours.reduce((total, row) => total + (row[at] ?? 0), 0);
  return { cpuPercent: Math.round(sum(2) * 10) / 10, memoryBytes: sum(3) * 1024 };
}

async function diskOf(world: Effects, ground: Ground): Promise<number | undefined> {
  const said = await printed(world, "du", ["-sk", "--", ground.directory]);
  const size = /^(\d+)\s/.exec(said ?? "")?.[1];
  return size === undefined ? undefined : Number(size) * 1024;
}

/** What it prints, also when it complains of what has just gone. */
async function printed(world: Effects, command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await world.runProgram({ command, args, directory: "/", timeoutMs: MOST_MS });
    return new TextDecoder().decode(stdout);
  } catch {
    return undefined;
  }
}
