// The contents of blobs, many at a time: by what they are asked for, which may be an id or a commit and a path.

import type { Git, GitOptions } from "./git.ts";

/** Those that are there and no larger than so many bytes. */
export async function readBlobs(
  git: Git,
  names: readonly string[],
  options: GitOptions,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<ReadonlyMap<string, Buffer>> {
  const sizes = await blobSizes(git, names, options);
  const small = [...sizes].flatMap(([name, size]) => (size <= mostBytes ? [name] : []));
  return readSized(git, small, options);
}

/** In bytes; what is not there, or no blob, is missing. */
export async function blobSizes(
  git: Git,
  names: readonly string[],
  options: GitOptions,
): Promise<ReadonlyMap<string, number>> {
  const asked = [...new Set(names)];
  const said = await ask(git, "--batch-check=%(objecttype) %(objectsize)", asked, options);
  const sizes = new Map<string, number>();
  let at = 0;
  for (const name of asked) {
    const missing = Buffer.from(`${name} missing\n`, "latin1");
    if (said.subarray(at, at + missing.length).equals(missing)) {
      at += missing.length;
      continue;
    }
    const end = said.indexOf("\n", at);
    const [, size] = /^blob (\d+)$/.exec(said.toString("latin1", at, end)) ?? [];
    if (size !== undefined) sizes.set(name, Number(size));
    at = end + 1;
  }
  return sizes;
}

/** Of blobs that are known to be there: all of them are in memory then, and no more of them can be than git may print. */
export async function readSized(
  git: Git,
  names: readonly string[],
  options: GitOptions,
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = await ask(git, "--batch=%(objectsize)", names, options);
  const found = new Map<string, Buffer>();
  let at = 0;
  for (const name of names) {
    const start = contents.indexOf("\n", at) + 1;
    const size = Number(contents.toString("latin1", at, start - 1));
    found.set(name, contents.subarray(start, start + size));
    at = start + size + 1;
  }
  return found;
}

async function ask(git: Git, how: string, names: readonly string[], options: GitOptions): Promise<Buffer> {
  if (names.length === 0) return Buffer.alloc(0);
  const input = Buffer.from(names.map((name) => `${name}\0`).join(""), "latin1");
  return Buffer.from(await git.bytes(["cat-file", how, "-z"], { ...options, input }));
}
