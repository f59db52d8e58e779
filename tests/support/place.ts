// A directory of a test's own, with an empty home in it, gone when the test ends.
// `await using place = await makePlace()`; `makePlace("it's an\nodd one")` for a name that breaks quoting.

import { chmod, lstat, mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Env, type EnvInput, hermeticEnv } from "./env.ts";

export interface Place extends AsyncDisposable {
  /** Real path: no symbolic link stands in it. */
  path: string;
  home: string;
  /** A path below the place. */
  at(...parts: string[]): string;
  /** TMPDIR of children here. */
  tmp: string;
  /** The environment of children here. */
  env(input?: Pick<EnvInput, "path" | "extra">): Env;
}

export async function makePlace(name?: string): Promise<Place> {
  const top = await realpath(await mkdtemp(join(tmpdir(), "parallel-cc-test-")));
  const path = name === undefined ? top : join(top, name);
  const home = join(path, "home");
  await mkdir(home, { recursive: true });
  const tmp = join(path, "tmp");
  await mkdir(tmp);
  return {
    path,
    home,
    tmp,
    at: (...parts) => join(path, ...parts),
    env: (input = {}) => hermeticEnv({ home, tmp, ...input }),
    [Symbol.asyncDispose]: () => removeTree(top),
  };
}

/** Also what a test made unreadable or unwritable. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    await openFolders(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path)) await openFolders(join(path, entry));
}
