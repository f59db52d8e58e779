// What to do about a file in conflict, in a sentence. Pure.

import type { ConflictFile } from "../../git/merge-tree.ts";

/** What a tool makes again from other files. */
const GENERATED = new Set([
  "package-lock.json",
  "npm-shrinkwrap.json",
  "bun.lock",
  "bun.lockb",
  "yarn.lock",
  "pnpm-lock.yaml",
  "deno.lock",
  "Cargo.lock",
  "poetry.lock",
  "uv.lock",
  "Pipfile.lock",
  "Gemfile.lock",
  "composer.lock",
  "go.sum",
  "flake.lock",
]);

/** `here` and `there` are the two sides in words, for example `auth` and `origin/main`. */
export function adviceFor(
  { path, kind, stages }: Pick<ConflictFile, "path" | "kind" | "stages">,
  { here, there }: { here: string; there: string },
): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (GENERATED.has(name)) return "Take one side whole, then have its tool write it anew.";
  switch (kind) {
    case "content":
      return "Both changed the same lines: keep what each of them meant.";
    case "add/add":
      return "Both added it: make one of the two, or give one of them another name.";
    case "binary":
      return "It cannot be merged line by line: take one side whole, or make it anew.";
    case "modify/delete": {
      const [deleted, changed] = stages.ours === undefined ? [here, there] : [there, here];
      return `${deleted} deleted it and ${changed} changed it: carry the change to where its content went, or delete it.`;
    }
    case "rename/rename":
      return "Both renamed it, or two files to one name: settle on the names.";
    case "rename/delete":
      return "One renamed it and the other deleted it: decide whether it stays.";
    case "rename/add":
      return "One renamed a file to where the other added one: give one of them another name.";
    case "directory-rename":
      return "One put it into a directory that the other renamed: put it where that directory went.";
    case "file/directory":
      return "One has a file where the other has a directory: rename one of them.";
    case "mode":
      return "They differ in what it is (executable, a link, a file): decide which.";
    case "submodule":
      return "Both moved the submodule: merge inside it first, then record that commit.";
    case "merge-driver":
      return "A merge driver of this repository decides about it, and only a real merge runs that.";
    case "other":
      return "Merge to see what git leaves of it.";
  }
}
