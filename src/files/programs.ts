// Programs as PATH names them. What a repository has in it is not found through a relative folder of PATH.

import { delimiter, isAbsolute } from "node:path";

/** The file that the name stands for; undefined when there is none. */
export function programOnPath(name: string, path: string): string | undefined {
  const PATH = path.split(delimiter).filter(isAbsolute).join(delimiter);
  return Bun.which(name, { PATH }) ?? undefined;
}

/** Under either of gtr's names: another program may be called like it, so this is only worth a closer look. */
export function mayHaveGtr(path: string): boolean {
  return ["git-gtr", "gtr"].some((name) => programOnPath(name, path) !== undefined);
}
