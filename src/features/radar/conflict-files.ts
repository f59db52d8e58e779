// The files of a conflict as they are told: each once, by its own path.

import type { ConflictFile } from "../../git/merge-tree.ts";
import type { JudgedFile } from "./verdict.ts";

/** What git adds to a path where both sides need it: the side by the commit that it was asked to merge. */
const OF_SIDE = /~([0-9a-f]{40}|[0-9a-f]{64})((?:_\d+)?)$/;

/** What is a file here and a link there git calls by two paths: it is one, of distinct types. */
export function conflictFiles(files: readonly ConflictFile[]): JudgedFile[] {
  const told = new Map<string, JudgedFile>();
  for (const { path, kind, others, regions = [] } of files) {
    const bare = path.replace(OF_SIDE, "");
    const isOfTypes = kind === "mode" && [path, ...others].some((one) => one !== bare);
    const name = isOfTypes ? bare : path;
    if (told.has(name)) continue;
    const sides = regions.map(({ ours, theirs }) => ({ a: ours, b: theirs }));
    told.set(name, { path: name, kind: isOfTypes ? "distinct-types" : kind, regions: sides });
  }
  return [...told.values()];
}

/** With a side's name for its commit, and as git has it no slash in that. */
export function namedBySides(path: string, names: ReadonlyMap<string, string>): string {
  return path.replace(OF_SIDE, (whole, commit: string, nth: string) => {
    const name = names.get(commit);
    return name === undefined ? whole : `~${name.replaceAll("/", "_")}${nth}`;
  });
}
