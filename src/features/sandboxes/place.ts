// Where a run keeps its files on this machine.

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Paths } from "../../files/paths.ts";

export interface RunPlace {
  directory: string;
  /** The prompt, byte for byte; gone when the run has ended. */
  prompt: string;
  /** A git directory of its own: what was sent, as it stood on the disk, and what came home, before anything is done with it. */
  store: string;
  /** Objects of what its user had not committed, while it is carried into the worktree. */
  carried: string;
  /** What was sent and what stayed here. */
  manifest: string;
  /** What became of the result here. */
  replayed: string;
  /** What the driver says, a line of JSON each. */
  notes: string;
  /** What its claude printed, byte for byte but for keys. */
  log: string;
}

export function placeOf({ sandboxes, logs }: Pick<Paths, "sandboxes" | "logs">, id: string): RunPlace {
  const directory = join(sandboxes, id);
  return {
    directory,
    prompt: join(directory, "prompt"),
    store: join(directory, "store.git"),
    carried: join(directory, "carried"),
    manifest: join(directory, "manifest.json"),
    replayed: join(directory, "replayed.json"),
    notes: join(directory, "notes.jsonl"),
    log: join(logs, `sandbox-${id}.jsonl`),
  };
}

/** Only its user can look into it. */
export function makePlace(paths: Pick<Paths, "sandboxes" | "logs">, place: RunPlace): void {
  for (const directory of [paths.sandboxes, paths.logs, place.directory]) {
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700);
  }
}
