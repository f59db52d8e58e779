// `bun run build`: one compiled executable for this machine, dist/parallel-cc. It reads no .env, bunfig.toml,
// tsconfig.json or package.json where it is started, appears under its name only when it is whole, and is run once
// before the build is called done. `--watch` builds again whenever a source changes.

import { watch } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import manifest from "./package.json" with { type: "json" };

const ROOT = import.meta.dir;
const WATCHED = ["src", "templates", "scripts"];
const SETTLE_MS = 80;

export interface Target {
  entry: string;
  outfile: string;
  version: string;
}

export interface Built {
  outfile: string;
  sizeBytes: number;
  tookMs: number;
}

/** What `packageManager` pins; the whole toolchain reads it from there. */
export function pinnedBun(packageManager: string): string {
  const version = /^bun@(\d+\.\d+\.\d+)/.exec(packageManager)?.[1];
  if (version === undefined) throw new Error(`package.json: packageManager should be bun@<version>: ${packageManager}`);
  return version;
}

export async function build(target: Target): Promise<Built> {
  const started = performance.now();
  await mkdir(dirname(target.outfile), { recursive: true });
  // On the same disk, so that the last step is a rename; a folder, so that the program is compiled under its own name.
  const scratch = await mkdtemp(join(dirname(target.outfile), ".build-"));
  try {
    const fresh = join(scratch, basename(target.outfile));
    await compile({ ...target, outfile: fresh });
    await smokeRun(fresh, target.version);
    await rename(fresh, target.outfile);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const sizeBytes = Bun.file(target.outfile).size;
  return { outfile: target.outfile, sizeBytes, tookMs: performance.now() - started };
}

async function compile(target: Target): Promise<void> {
  const result = await Bun.build({
    entrypoints: [target.entry],
    target: "bun",
    format: "esm",
    splitting: true,
    minify: true,
    bytecode: true,
    sourcemap: "none",
    // Nothing of the environment that builds goes into the program.
    env: "disable",
    define: { PARALLEL_CC_VERSION: JSON.stringify(target.version) },
    throw: false,
    compile: {
      outfile: target.outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  if (!result.success) throw new Error(`the bundle failed:\n${result.logs.map(String).join("\n")}`);
}

/** Runs the fresh program in an empty directory and environment: it must start and tell its version. */
async function smokeRun(program: string, version: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "parallel-cc-smoke-"));
  try {
    const child = Bun.spawn([program, "--version"], {
      cwd: home,
      env: { HOME: home, PATH: "/usr/bin:/bin" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: 20_000,
    });
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (exit === 0 && stdout.trim() === version) return;
    const ended = child.signalCode ?? `exit ${exit}`;
    throw new Error(`the fresh program's --version gave ${JSON.stringify(stdout.trim())} (${ended}):\n${stderr}`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function report(target: Target): Promise<boolean> {
  try {
    const { outfile, sizeBytes, tookMs } = await build(target);
    const megabytes = (sizeBytes / 1e6).toFixed(0);
    await Bun.write(Bun.stdout, `${outfile}: ${target.version}, ${megabytes} MB, ${(tookMs / 1000).toFixed(1)} s\n`);
    return true;
  } catch (thrown) {
    await Bun.write(Bun.stderr, `build: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return false;
  }
}

/** Builds now and after every change, one build at a time, until it is interrupted. */
async function buildOnChange(target: Target): Promise<never> {
  let changed = Promise.withResolvers<void>();
  for (const folder of WATCHED) watch(join(ROOT, folder), { recursive: true }, () => changed.resolve());
  for (;;) {
    await report(target);
    await changed.promise;
    await Bun.sleep(SETTLE_MS);
    changed = Promise.withResolvers<void>();
  }
}

if (import.meta.main) {
  const wanted = pinnedBun(manifest.packageManager);
  if (Bun.version !== wanted) {
    const advice = "scripts/install.sh and scripts/test.sh fetch the right one by themselves.";
    await Bun.write(Bun.stderr, `build: this is Bun ${Bun.version}, package.json pins ${wanted}. ${advice}\n`);
    process.exit(1);
  }
  const target = {
    entry: join(ROOT, "src/main.ts"),
    outfile: join(ROOT, "dist/parallel-cc"),
    version: manifest.version,
  };
  if (process.argv.includes("--watch")) await buildOnChange(target);
  if (!(await report(target))) process.exit(1);
}
