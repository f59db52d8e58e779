// `bun run build`: one compiled executable for this machine, dist/parallel-cc. It reads no .env, bunfig.toml,
// tsconfig.json or package.json where it is started, appears under its name only when it is whole, and is run once
// before the build is called done. `--watch` builds again whenever a source changes. `--target <name>` (repeatable,
// `all`) builds dist/parallel-cc-<name> for other machines, and dist/SHA256SUMS.

import { watch } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import manifest from "./package.json" with { type: "json" };
import { dropSums, type Made, megabytes, signForMac, tableOf, writeSums } from "./scripts/dev/release.ts";
import { provideRuntime, type Store, systemStore } from "./scripts/dev/runtimes.ts";
import { findWay, smokeRun } from "./scripts/dev/smoke.ts";
import { programFile, readWords, type Target } from "./scripts/dev/targets.ts";

const ROOT = import.meta.dir;
const WATCHED = ["src", "templates", "scripts"];
const SETTLE_MS = 80;
/** Opens the database, so that SQLite, what is embedded and the parts loaded on first use are seen to work as well. */
const ALSO = [["status", "--json"]] as const;

export interface Program {
  entry: string;
  outfile: string;
  version: string;
}

export interface Built {
  outfile: string;
  sizeBytes: number;
  tookMs: number;
}

/** A program for another machine; without, for this one, of the Bun that builds. */
interface Elsewhere {
  target: Target;
  runtime: string;
}

/** What `packageManager` pins; the whole toolchain reads it from there. */
export function pinnedBun(packageManager: string): string {
  const version = /^bun@(\d+\.\d+\.\d+)/.exec(packageManager)?.[1];
  if (version === undefined) throw new Error(`package.json: packageManager should be bun@<version>: ${packageManager}`);
  return version;
}

export async function build(program: Program): Promise<Built> {
  return inPlace(program, async (fresh) => {
    await compile(fresh);
    await smokeRun({ program: fresh.outfile, version: fresh.version });
  });
}

interface Release {
  entry: string;
  folder: string;
  version: string;
}

/** One program for each target, named after it, in the folder; each that can run here is run. All, or an error. */
export async function buildTargets(store: Store, release: Release, targets: readonly Target[]): Promise<Made[]> {
  await dropSums(release.folder);
  const made: Made[] = [];
  for (const target of targets) {
    try {
      made.push(await buildFor(target, store, release));
    } catch (cause) {
      throw new Error(`${target.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  await writeSums(release.folder);
  return made;
}

async function buildFor(target: Target, store: Store, { entry, folder, version }: Release): Promise<Made> {
  const runtime = await provideRuntime(store, target);
  await store.say(`Building for ${target.name} ...`);
  const found = await findWay(target, { runtime, version: Bun.version });
  let isSigned = false;
  const { sizeBytes } = await inPlace({ entry, outfile: join(folder, programFile(target)), version }, async (fresh) => {
    await compile(fresh, { target, runtime });
    isSigned = target.os === "darwin" && (await signForMac(fresh.outfile));
    if (found.can) await smokeRun({ program: fresh.outfile, version, way: found.way, also: ALSO });
  });
  return { target, sizeBytes, isSigned, found };
}

/** Makes a program aside; it appears under its name when `make` is through with it. */
async function inPlace(program: Program, make: (fresh: Program) => Promise<void>): Promise<Built> {
  const started = performance.now();
  await mkdir(dirname(program.outfile), { recursive: true });
  // On the same disk, so that the last step is a rename; a folder, so that the program is compiled under its own name.
  const scratch = await mkdtemp(join(dirname(program.outfile), ".build-"));
  try {
    const fresh = join(scratch, basename(program.outfile));
    await make({ ...program, outfile: fresh });
    await rename(fresh, program.outfile);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const sizeBytes = Bun.file(program.outfile).size;
  return { outfile: program.outfile, sizeBytes, tookMs: performance.now() - started };
}

async function compile(program: Program, elsewhere?: Elsewhere): Promise<void> {
  const result = await Bun.build({
    entrypoints: [program.entry],
    target: "bun",
    format: "esm",
    splitting: true,
    minify: true,
    // Of one form on every platform since Bun 1.4: what is built here starts as fast there.
    bytecode: true,
    sourcemap: "none",
    // Nothing of the environment that builds goes into the program.
    env: "disable",
    define: { PARALLEL_CC_VERSION: JSON.stringify(program.version) },
    throw: false,
    compile: {
      outfile: program.outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      // The path alone would do for Linux; for Windows Bun writes another format, and has to be told (1.4.4).
      ...(elsewhere === undefined ? {} : { target: elsewhere.target.compile, executablePath: elsewhere.runtime }),
    },
  });
  if (!result.success) throw new Error(`the bundle failed:\n${result.logs.map(String).join("\n")}`);
}

/** Says what came of it: true when there is what was asked for. */
async function report(work: () => Promise<string>): Promise<boolean> {
  try {
    await Bun.write(Bun.stdout, await work());
    return true;
  } catch (thrown) {
    await say(`build: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return false;
  }
}

async function ownLine(program: Program): Promise<string> {
  const { outfile, sizeBytes, tookMs } = await build(program);
  return `${outfile}: ${program.version}, ${megabytes(sizeBytes)}, ${(tookMs / 1000).toFixed(1)} s\n`;
}

async function say(line: string): Promise<void> {
  await Bun.write(Bun.stderr, `${line}\n`);
}

/** Builds now and after every change, one build at a time, until it is interrupted. */
async function buildOnChange(program: Program): Promise<never> {
  let changed = Promise.withResolvers<void>();
  for (const folder of WATCHED) watch(join(ROOT, folder), { recursive: true }, () => changed.resolve());
  for (;;) {
    await report(() => ownLine(program));
    await changed.promise;
    await Bun.sleep(SETTLE_MS);
    changed = Promise.withResolvers<void>();
  }
}

/** The exit status. */
async function main(words: readonly string[]): Promise<number> {
  const asked = readWords(words);
  if (asked.what === "nothing") {
    await say(`build: ${asked.why}`);
    return 2;
  }
  const wanted = pinnedBun(manifest.packageManager);
  if (Bun.version !== wanted) {
    const advice = "scripts/install.sh and scripts/test.sh fetch the right one by themselves.";
    await say(`build: this is Bun ${Bun.version}, package.json pins ${wanted}. ${advice}`);
    return 1;
  }
  const [entry, folder, version] = [join(ROOT, "src/main.ts"), join(ROOT, "dist"), manifest.version];
  if (asked.what === "targets") {
    const store = systemStore({ version: wanted, say });
    const { targets } = asked;
    const isMade = await report(async () => tableOf(await buildTargets(store, { entry, folder, version }, targets)));
    return isMade ? 0 : 1;
  }
  // Bun gives a program for Windows that ending, whatever it was asked for.
  const outfile = join(folder, process.platform === "win32" ? "parallel-cc.exe" : "parallel-cc");
  const program = { entry, outfile, version };
  if (asked.isWatching) await buildOnChange(program);
  return (await report(() => ownLine(program))) ? 0 : 1;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
