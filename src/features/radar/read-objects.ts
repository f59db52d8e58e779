// Objects by their names, all by one git.

import type { Git, GitOptions } from "../../git/git.ts";
import { readBlobs } from "../../git/merge-scratch.ts";

export interface Read {
  id: string;
  /** As latin1; undefined where there are more. */
  bytes: string | undefined;
}

/** For each name, in order; undefined where nothing has it. Errors: those of git. */
export async function readObjects(
  git: Git,
  names: readonly string[],
  mostBytes: number,
): Promise<(Read | undefined)[]> {
  const input = names.map((name) => `${name}\0`).join("");
  const said = Buffer.from(await git.bytes(["cat-file", "--batch=%(objectname) %(objectsize)", "-z"], { input }));
  let at = 0;
  return names.map((name) => {
    const head = /^([0-9a-f]{40,64}) (\d+)\n/.exec(said.toString("latin1", at, at + 100));
    if (head === null) {
      // It says the name again, newlines and all.
      const missing = Buffer.byteLength(name) + " missing\n".length;
      at =
        said.subarray(at, at + missing).toString() === `${name} missing\n` ? at + missing : said.indexOf("\n", at) + 1;
      return undefined;
    }
    const [line, id = "", size = "0"] = head;
    const start = at + line.length;
    at = start + Number(size) + 1;
    const isTooLarge = Number(size) > mostBytes;
    return { id, bytes: isTooLarge ? undefined : said.toString("latin1", start, start + Number(size)) };
  });
}

/** What one git may say at once is bounded. */
const AT_ONCE = 100;
const LARGEST_BYTES = 512 * 1024;

/** Very many, but none that is larger than half a megabyte. Errors: those of git. */
export async function readInParts(
  git: Git,
  names: readonly string[],
  options: GitOptions,
): Promise<Map<string, Buffer>> {
  const all = [...new Set(names)];
  const found = new Map<string, Buffer>();
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const part = await readBlobs(git, all.slice(at, at + AT_ONCE), options, LARGEST_BYTES);
    for (const [name, bytes] of part) found.set(name, bytes);
  }
  return found;
}
