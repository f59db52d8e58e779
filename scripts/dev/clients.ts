// The Claude Code clients that tests/client runs, as pinned in clients/ (their versions and integrities in bun.lock).
// `bun scripts/dev/clients.ts` fetches what is missing, with what Bun itself is told of registries, into .tools/ of
// this checkout; scripts/test.sh does so before the suite. An installation of parallel-cc never needs them.

import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import manifest from "./clients/package.json" with { type: "json" };

const PINNED = join(import.meta.dir, "clients");
const ROOT = join(import.meta.dir, "../..");
const PACKAGE = "@anthropic-ai/claude-code";
const FETCH_TIMEOUT_MS = 15 * 60_000;
const START_TIMEOUT_MS = 60_000;

const OF_PLATFORMS: Readonly<Record<string, string>> = manifest.optionalDependencies;

export const CURRENT = versionOf(OF_PLATFORMS[`${PACKAGE}-linux-x64`]);
/** One that knows fewer events of hooks, and ignores settings that name others. */
export const OLDER = versionOf(manifest.dependencies[PACKAGE]);
export const CLIENTS = [CURRENT, OLDER] as const;

export interface Store {
  /** Where the clients are kept, each in a folder named by its version. */
  folder: string;
  /** Puts all packages into `node_modules` of an empty folder. Throws with the reason when it cannot. */
  install(folder: string): Promise<void>;
  say(line: string): Promise<void>;
}

export function systemStore(say: Store["say"]): Store {
  return { folder: join(ROOT, ".tools", "clients"), install: installWithBun, say };
}

/** The words that start this client. The older one is a script, and Bun runs it: no Node is needed. */
export function clientCommand(version: string, folder = systemStore(async () => {}).folder): [string, ...string[]] {
  const kept = join(folder, version);
  if (version !== OLDER) return [join(kept, "claude")];
  // Every home that a test makes would have Bun read all of the script anew.
  const cache = `BUN_RUNTIME_TRANSPILER_CACHE_PATH=${join(kept, "transpiled")}`;
  return ["env", cache, process.execPath, join(kept, "cli.js")];
}

/** Why there is no client for this machine; undefined when there is one. */
export function whyNoClient(platform: string = process.platform, arch: string = process.arch): string | undefined {
  if (OF_PLATFORMS[`${PACKAGE}-${platform}-${arch}`] !== undefined) return undefined;
  return `no Claude Code is pinned for ${platform}-${arch}`;
}

/** Leaves a working client of each version in the store. Uses the network only when one is missing or damaged. */
export async function provideClients(store: Store): Promise<void> {
  const why = whyNoClient();
  if (why !== undefined) throw new Error(`${why}; scripts/dev/clients/package.json lists the platforms.`);
  const found = await Promise.all(CLIENTS.map((version) => startsAs(version, store.folder)));
  if (found.every((one) => one)) return;

  await store.say(`Fetching Claude Code ${CLIENTS.join(" and ")} ...`);
  await mkdir(store.folder, { recursive: true });
  const scratch = await mkdtemp(join(store.folder, ".fetch-"));
  try {
    await store.install(scratch);
    const packages = join(scratch, "node_modules", PACKAGE);
    const program = await programOfPlatform(packages);
    if (program === undefined) throw new Error("The program of Claude Code for this platform was not installed.");
    for (const version of CLIENTS) {
      const kept = join(store.folder, version);
      await rm(kept, { recursive: true, force: true });
      await rename(version === OLDER ? packages : program, kept);
      if (await startsAs(version, store.folder)) continue;
      throw new Error(`Claude Code ${version} was fetched to ${kept}, and does not start here as that version.`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The package that fits this machine: Bun installs no other. */
async function programOfPlatform(main: string): Promise<string | undefined> {
  const scope = join(main, "..");
  const found = (await readdir(scope)).find((name) => name.startsWith("claude-code-"));
  return found === undefined ? undefined : join(scope, found);
}

async function startsAs(version: string, folder: string): Promise<boolean> {
  const command = clientCommand(version, folder);
  if (!(await Bun.file(command.at(-1) ?? "").exists())) return false;
  const home = await mkdtemp(join(folder, ".home-"));
  try {
    const env = { PATH: process.env["PATH"], HOME: home, DISABLE_AUTOUPDATER: "1" };
    const child = Bun.spawn([...command, "--version"], {
      ...{ env, cwd: home, timeout: START_TIMEOUT_MS },
      ...{ stdin: "ignore", stdout: "pipe", stderr: "ignore" },
    });
    const [said] = await Promise.all([child.stdout.text(), child.exited]);
    return said.startsWith(`${version} `);
  } catch {
    // Damaged so that it is no program any more: fetched again.
    return false;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function installWithBun(folder: string): Promise<void> {
  for (const name of ["package.json", "bun.lock"]) await copyFile(join(PINNED, name), join(folder, name));
  // A cache of its own, gone afterwards: the client would be on the disk a second time.
  const own = ["--frozen-lockfile", "--ignore-scripts", "--no-progress", `--cache-dir=${join(folder, "cache")}`];
  const child = Bun.spawn([process.execPath, "install", ...own], {
    ...{ cwd: folder, timeout: FETCH_TIMEOUT_MS },
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  // It ends well without an optional package that it could not have.
  if (exit === 0 && (await programOfPlatform(join(folder, "node_modules", PACKAGE))) !== undefined) return;
  const words = `${stdout}${stderr}`.trim();
  throw new Error(`Claude Code could not be fetched. tests/client needs it; Bun's words:\n${words}`);
}

function versionOf(pinned: string | undefined): string {
  if (pinned === undefined) throw new Error("scripts/dev/clients/package.json pins no Claude Code.");
  return pinned;
}

if (import.meta.main) {
  try {
    await provideClients(systemStore(async (line) => void (await Bun.write(Bun.stdout, `${line}\n`))));
  } catch (thrown) {
    await Bun.write(Bun.stderr, `${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exit(1);
  }
}
