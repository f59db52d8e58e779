// Files that git does not track, brought from the main checkout; what could not be brought is said.

import { counted, printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { chooseFiles } from "./choose.ts";
import { copyAll } from "./copy.ts";

export interface Brought {
  /** Files that were named for themselves, not with a directory. */
  copied: string[];
  warnings: string[];
}

/** Never over what is there: that may be a file which the branch tracks, or the copy of an earlier set-up. */
export async function bring(
  world: Pick<World, "git" | "signal" | "sleep">,
  { from, to, patterns }: { from: string; to: string; patterns: readonly string[] },
): Promise<Brought> {
  let paths: string[];
  try {
    paths = await chooseFiles({ git: world.git(from), top: from, patterns });
  } catch (thrown) {
    if (world.signal().aborted) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { copied: [], warnings: [`No file was copied: ${printable(why.replace(/\.$/, ""))}.`] };
  }
  const { copied, left } = await copyAll(world, { from, to, paths });
  const chosen = new Set(paths);
  const [first] = left;
  const others = left.length === 1 ? "" : `, and ${counted(left.length - 1, "more file")}`;
  const warning = `Not copied: ${printable(first?.path ?? "")} (${printable(first?.why ?? "")})${others}.`;
  return { copied: copied.filter((path) => chosen.has(path)), warnings: first === undefined ? [] : [warning] };
}
