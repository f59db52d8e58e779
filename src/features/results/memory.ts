// The memory of plans travels with a run also where the repository ignores it: it comes home as files, and into no commit.

import { Failure } from "../../core/failure.ts";
import { bytesOf } from "../../files/byte-paths.ts";
import type { World } from "../../world.ts";
import { changesOf, type Pair } from "./changes.ts";

const MEMORY = ".apm/";

export interface Remembering {
  repository: string;
  store: string;
  pairs: readonly Pair[];
  signal?: AbortSignal;
}

/** Which of the changed paths of it the repository ignores, and does not track. Errors: those of git. */
export async function memoryIgnored(
  world: Pick<World, "git" | "startPiped" | "env">,
  { repository, store, pairs, signal }: Remembering,
): Promise<Set<string>> {
  const touched = new Set<string>();
  for await (const changes of changesOf(world, { store, pairs, signal })) {
    for (const { path } of changes) if (path.startsWith(MEMORY)) touched.add(path);
  }
  if (touched.size === 0) return new Set();
  const git = world
    .git(repository)
    .configured({ settings: { "core.hooksPath": "/dev/null", "core.fsmonitor": "false" } });
  const input = bytesOf([...touched].map((path) => `${path}\0`).join(""));
  const said = await git.bytes(["check-ignore", "-z", "--stdin"], { input }).catch(nothingSaid);
  return new Set(Buffer.from(said).toString("latin1").split("\0").filter(Boolean));
}

/** By its exit git says that none is, or that there is no checkout to ask any more. */
function nothingSaid(thrown: unknown): Uint8Array {
  if (thrown instanceof Failure && [1, 128].includes(Number(thrown.details["exit"]))) return new Uint8Array();
  throw thrown;
}
