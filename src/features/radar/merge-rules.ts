// How git would merge a file, by its attributes and without running anything that they name.

import type { World } from "../../world.ts";
import { quietGit } from "./quiet-git.ts";

export interface Rules {
  /** "unknown": by a program of its user's. */
  merge: "text" | "whole" | "union" | "unknown";
  /** A program makes what stands on the disk out of what the repository has (Git LFS). */
  isFiltered: boolean;
}

/** Errors: those of git. */
export async function rulesFor({ git }: Pick<World, "git">, top: string, file: string): Promise<Rules> {
  const here = git(top);
  const said = await here.attempt(["check-attr", "-z", "merge", "filter", "--", file]);
  const [, , merge = "unspecified", , , filter = "unspecified"] = said.stdout.split("\0");
  const isSet = async (key: string) => (await here.attempt(["config", "--get", key])).exit === 0;
  const isFiltered =
    isNamed(filter) && ((await isSet(`filter.${filter}.clean`)) || (await isSet(`filter.${filter}.process`)));
  if (merge === "unset" || merge === "binary") return { merge: "whole", isFiltered };
  if (merge === "union") return { merge: "union", isFiltered };
  // A driver that nobody has set up is none.
  const isUnknown = isNamed(merge) && merge !== "text" && (await isSet(`merge.${merge}.driver`));
  return { merge: isUnknown ? "unknown" : "text", isFiltered };
}

function isNamed(value: string): boolean {
  return !["unspecified", "unset", "set", ""].includes(value);
}

/** Whether git takes the file of a checkout for another one than that of a commit. What its filter does is left out. */
export async function isChangedSince(
  world: Pick<World, "git">,
  top: string,
  { base, path }: { base: string; path: string },
): Promise<boolean> {
  const { git } = await quietGit(world, top);
  const words = ["diff-index", "--name-only", "-z", base, "--", `:(top,literal)${path}`];
  return (await git.attempt(words)).stdout !== "";
}
