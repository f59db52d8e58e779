// 500 MB in 20,000 files: the repository that the figures of sandboxes are measured on.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../support/place.ts";
import { makeRepo, type Repo } from "../support/repo.ts";

export const FILES = 20_000;
const FILE_BYTES = 25_000;
const FOLDERS = 200;

/** Words in no order, the same each time: they compress as source does. */
export async function bigRepo(place: Place): Promise<Repo> {
  const repo = await makeRepo(place, { unborn: true });
  const words = Array.from({ length: 4000 }, (_, at) => Math.sin(at).toString(36).slice(2, 10));
  let state = 1;
  const next = (most: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
  for (let at = 0; at < FILES; at++) {
    const folder = join(repo.path, `folder-${at % FOLDERS}`);
    if (at < FOLDERS) await mkdir(folder);
    const parts: string[] = [];
    for (let size = 0; size < FILE_BYTES; ) {
      const word = `${words[next(4000)]}${next(12) === 0 ? ";\n" : " "}`;
      parts.push(word);
      size += word.length;
    }
    await writeFile(join(folder, `file-${at}.ts`), parts.join(""));
  }
  await repo.git("add", "--all");
  await repo.git("commit", "--quiet", "--message=Big");
  return repo;
}
