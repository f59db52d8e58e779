// The corpus of real merge conflicts, which lies beside the repository and of which nothing is copied into it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";
import { runGit } from "./repo.ts";

/** Relative to the repository's top. */
export const CORPUS = "../shared/corpus";

const PATH = join(import.meta.dir, "../..", CORPUS);

export interface CorpusMerge {
  name: string;
  base: string;
  ours: string;
  theirs: string;
  /** Of each file in conflict. */
  kinds: Readonly<Record<string, string>>;
}

/** One bare repository of all its merges, made in the place by the corpus's own program. */
export async function corpusRepository(place: Place): Promise<{ path: string; merges: CorpusMerge[] }> {
  const rows = place.at("corpus.jsonl");
  const packed = await Bun.file(join(PATH, "dev.jsonl.zst")).bytes();
  const text = new TextDecoder().decode(Bun.zstdDecompressSync(packed));
  await Bun.write(rows, text);
  const path = place.at("corpus.git");
  const child = Bun.spawn([process.execPath, join(PATH, "fixture-repo.ts"), rows, path], {
    cwd: place.path,
    env: place.env(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [exit, stderr] = [await child.exited, await child.stderr.text()];
  if (exit !== 0) throw new Error(`the corpus made no repository: ${stderr}`);
  const kinds = new Map<string, Record<string, string>>();
  for (const line of text.trim().split("\n")) {
    const { merge, path: file, kind }: { merge: string; path: string; kind: string } = JSON.parse(line);
    kinds.set(merge, { ...kinds.get(merge), [file]: kind });
  }
  const words = ["for-each-ref", "--format=%(objectname) %(refname:short)", "refs/heads"];
  const listed = await runGit(words, { cwd: path, env: place.env() });
  const commits = new Map(listed.split("\n").map((line) => [line.slice(41), line.slice(0, 40)] as const));
  const merges = [...kinds].map(([name, own]) => {
    const [base = "", ours = "", theirs = ""] = ["base", "ours", "theirs"].map((side) =>
      commits.get(`${side}/${name}`),
    );
    return { name, base, ours, theirs, kinds: own };
  });
  return { path, merges };
}

export function hasCorpus(): boolean {
  return existsSync(join(PATH, "fixture-repo.ts"));
}
