// The Bun that a program for another machine is made of: the package of that platform, as pinned in runtimes/ (its
// version and integrity in bun.lock, the digest of the executable in package.json). It is fetched when it is first
// asked for, with what Bun itself is told of registries, and kept; nothing is used that is not, byte for byte, what
// is pinned.

import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import manifest from "./runtimes/package.json" with { type: "json" };
import type { Target } from "./targets.ts";

const PINNED = join(import.meta.dir, "runtimes");
const FETCH_TIMEOUT_MS = 15 * 60_000;

export interface Store {
  /** Where runtimes are kept; made when there is something to keep. */
  folder: string;
  /** SHA-256 of the executable in each package. */
  digests: Readonly<Record<string, string>>;
  /** The Bun at hand: where it is the very one that is wanted, nothing is fetched. */
  own: string;
  /** Puts the package into `node_modules` of an empty folder. Throws with the reason when it cannot. */
  install(target: Target, folder: string): Promise<void>;
  say(line: string): Promise<void>;
}

export function systemStore({ version, say }: { version: string; say: Store["say"] }): Store {
  const cache = process.env["XDG_CACHE_HOME"] || join(process.env["HOME"] || homedir(), ".cache");
  return {
    folder: join(cache, "parallel-cc", `runtimes-${version}`),
    digests: manifest.sha256,
    own: process.execPath,
    install: installWithBun,
    say,
  };
}

/** The path of the target's Bun. Uses the network only when it is not kept yet, or was damaged. */
export async function provideRuntime(store: Store, target: Target): Promise<string> {
  const wanted = store.digests[target.package];
  if (wanted === undefined) throw new Error(`${target.package} is not pinned in scripts/dev/runtimes.`);
  const kept = join(store.folder, `${basename(target.package)}${suffixOf(target)}`);
  const found = await digestOf(kept);
  if (found === wanted) return kept;
  if ((await digestOf(store.own)) === wanted) return store.own;
  if (found !== undefined) await store.say(`${kept} is damaged, so it is fetched again.`);

  await store.say(`Fetching the runtime of ${target.name} (${target.package}) ...`);
  await mkdir(store.folder, { recursive: true });
  const scratch = await mkdtemp(join(store.folder, ".fetch-"));
  try {
    await store.install(target, scratch);
    const fetched = join(scratch, "node_modules", target.package, "bin", `bun${suffixOf(target)}`);
    const digest = await digestOf(fetched);
    if (digest !== wanted) {
      throw new Error(
        `${target.package} is not what is pinned: its executable is ${digest ?? "missing"}, not ${wanted}.`,
      );
    }
    await chmod(fetched, 0o755);
    // One rename: whoever looks finds a whole runtime or none.
    await rename(fetched, kept);
    return kept;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** SHA-256 in hex; undefined when there is no such file. */
export async function digestOf(path: string): Promise<string | undefined> {
  if (!(await Bun.file(path).exists())) return undefined;
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

function suffixOf({ os }: Target): string {
  return os === "win32" ? ".exe" : "";
}

// All runtimes are optional packages of one lock file, so that Bun picks the one that fits the platform it is told.
async function installWithBun(target: Target, folder: string): Promise<void> {
  for (const name of ["package.json", "bun.lock"]) await copyFile(join(PINNED, name), join(folder, name));
  const platform = [`--os=${target.os}`, `--cpu=${target.cpu}`, `--libc=${target.libc ?? "glibc"}`];
  // A cache of its own, gone afterwards: the runtime would be on the disk a second time.
  const own = ["--frozen-lockfile", "--ignore-scripts", "--no-progress", `--cache-dir=${join(folder, "cache")}`];
  const child = Bun.spawn([process.execPath, "install", ...own, ...platform], {
    cwd: folder,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: FETCH_TIMEOUT_MS,
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const isThere = await Bun.file(join(folder, "node_modules", target.package, "package.json")).exists();
  if (exit === 0 && isThere) return;
  const words = `${stdout}${stderr}`.trim();
  throw new Error(`${target.package} could not be fetched. It is needed once; Bun's words:\n${words}`);
}
