// What the repository's own conversions (line ends, keywords, encodings, clean filters such as LFS) make of files that
// come from a sandbox, where there are none. Which conversion a path has, the base alone decides: what a sandbox wrote
// into .gitattributes starts no program here.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { bytesOf, fullPath, pathFrom } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import type { Side } from "./changes.ts";
import { foldersOf } from "./raw-paths.ts";

export interface Converting {
  kept: Git;
  store: string;
  /** The repository's common git directory. */
  gitDir: string;
  base: string;
  signal: AbortSignal | undefined;
}

/** Some filters ask a server. */
const FILTER_MS = 10 * 60_000;
const ATTRIBUTES = ["text", "crlf", "eol", "filter", "ident", "working-tree-encoding"] as const;

export interface Converter {
  /** Those of them that have a conversion. */
  among(paths: readonly string[]): Promise<Set<string>>;
  /**
   * The id of what each of these contents is in the repository, by `${id} ${path}`; their objects stand in the store.
   * `base` gives what the base has there. Errors: `results.filter`.
   */
  clean(
    wanted: ReadonlyMap<string, ReadonlySet<string>>,
    base: (path: string) => Side | undefined,
  ): Promise<Map<string, string>>;
  close(): void;
}

export async function openConverter(world: Pick<World, "git">, input: Converting): Promise<Converter> {
  const { kept, store, gitDir, signal } = input;
  const top = join(dirname(store), "clean");
  const index = join(dirname(store), "clean-index");
  const attributes = await attributeFiles(kept, input.base);
  const empty = (): void => {
    rmSync(top, { recursive: true, force: true });
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
    for (const [path, text] of attributes) {
      const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      mkdirSync(fullPath(top, folder), { recursive: true });
      writeFileSync(fullPath(top, path), text);
    }
    mkdirSync(top, { recursive: true });
  };
  empty();
  const settings = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.splitIndex": "false",
    "core.safecrlf": "false",
    "core.sparseCheckout": "false",
    "core.bare": "false",
    "core.looseCompression": "1",
  };
  const env = {
    GIT_DIR: gitDir,
    GIT_WORK_TREE: top,
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: join(store, "objects"),
  };
  const git = world.git(top).configured({ settings, env });
  const here = kept.at(top).configured({ env: { GIT_WORK_TREE: top, GIT_INDEX_FILE: index } });
  const filters = new Set<string>();
  const strict = async () => git.configured({ settings: { ...settings, ...(await requiring(git, filters)) } });
  return {
    async among(paths) {
      const isAuto = /^(true|input|yes|on|1)$/i.test((await git.attempt(["config", "core.autocrlf"])).stdout.trim());
      const input = bytesOf(paths.map((path) => `${path}\0`).join(""));
      const said = Buffer.from(await git.bytes(["check-attr", "-z", "--stdin", ...ATTRIBUTES], { input }));
      const words = said.toString("latin1").split("\0");
      const found = new Set<string>();
      for (let at = 0; at + 2 < words.length; at += 3) {
        const [path = "", name = "", value = ""] = words.slice(at, at + 3);
        if (isConversion(name, value, isAuto)) found.add(path);
        if (name === "filter" && isNamed(value)) filters.add(Buffer.from(value, "latin1").toString());
      }
      return found;
    },
    async clean(wanted, base) {
      const cleaned = new Map<string, string>();
      const run = await strict();
      for (const round of roundsOf(wanted)) {
        empty();
        await layOut(here, round);
        rmSync(index, { force: true });
        const ids = await convert(run, { round, base, signal });
        for (const [path, id] of round) cleaned.set(`${id} ${path}`, ids.get(path) ?? id);
      }
      // They would decide on themselves where they stand.
      for (const [path, ids] of wanted) {
        if (!isAttributes(path)) continue;
        empty();
        for (const id of ids) cleaned.set(`${id} ${path}`, await convertOne({ run, kept, path, id }));
      }
      return cleaned;
    },
    close: () => {
      rmSync(top, { recursive: true, force: true });
      rmSync(index, { force: true });
    },
  };
}

function isAttributes(path: string): boolean {
  return path === ".gitattributes" || path.endsWith("/.gitattributes");
}

async function attributeFiles(kept: Git, base: string): Promise<Map<string, Uint8Array>> {
  const listed = Buffer.from(await kept.bytes(["ls-tree", "-r", "-z", "--full-tree", base])).toString("latin1");
  const found = new Map<string, Uint8Array>();
  for (const record of listed.split("\0")) {
    const [, id, path = ""] = /^100\d{3} blob ([0-9a-f]+)\t(.*)$/s.exec(record) ?? [];
    if (id !== undefined && isAttributes(path)) found.set(path, await kept.bytes(["cat-file", "blob", id]));
  }
  return found;
}

function isNamed(value: string): boolean {
  return value !== "unspecified" && value !== "unset" && value !== "set";
}

function isConversion(name: string, value: string, isAuto: boolean): boolean {
  if (name === "text") return isAuto ? value !== "unset" : value !== "unspecified" && value !== "unset";
  if (name === "ident") return value === "set";
  if (name === "crlf") return value !== "unspecified" && value !== "unset";
  return isNamed(value);
}

/** A filter that fails must not pass for one that changes nothing; one that nobody has configured is none. */
async function requiring(git: Git, names: ReadonlySet<string>): Promise<Record<string, string>> {
  const listed = await git.attempt(["config", "-z", "--name-only", "--get-regexp", "^filter\\..*\\.(clean|process)$"]);
  const configured = new Set(
    listed.stdout.split("\0").map((key) => key.replace(/^filter\.(.*)\.(clean|process)$/s, "$1")),
  );
  return Object.fromEntries(
    [...names].filter((name) => configured.has(name)).map((name) => [`filter.${name}.required`, "true"]),
  );
}

/** Each content at its path; one that needs another's place comes in a later round. */
function* roundsOf(wanted: ReadonlyMap<string, ReadonlySet<string>>): Generator<Map<string, string>> {
  let left = [...wanted].flatMap(([path, ids]) =>
    isAttributes(path) ? [] : [...ids].map((id) => [path, id] as const),
  );
  while (left.length > 0) {
    const round = new Map<string, string>();
    // Also where a disk knows no case.
    const taken = new Set<string>();
    const folders = new Set<string>();
    const later: typeof left = [];
    for (const one of left) {
      const key = one[0].toLowerCase();
      const above = [...foldersOf(key)];
      if (taken.has(key) || folders.has(key) || above.some((folder) => taken.has(folder))) {
        later.push(one);
        continue;
      }
      taken.add(key);
      for (const folder of above) folders.add(folder);
      round.set(...one);
    }
    yield round;
    left = later;
  }
}

async function layOut(here: Git, round: ReadonlyMap<string, string>): Promise<void> {
  const lines = [...round].map(([path, id]) => `100644 ${id} 0\t${path}\0`).join("");
  await here.output(["update-index", "-z", "--index-info"], { input: bytesOf(lines) });
  await here.output(["checkout-index", "--all", "--force", "--quiet"]);
}

interface Round {
  round: ReadonlyMap<string, string>;
  base: (path: string) => Side | undefined;
  signal: AbortSignal | undefined;
}

// As `git add` does it: whether a file's line ends are converted may depend on those it has in the index.
async function convert(run: Git, { round, base, signal }: Round): Promise<Map<string, string>> {
  const before = [...round.keys()].flatMap((path) => {
    const side = base(path);
    return side?.mode.startsWith("100") ? [`100644 ${side.id} 0\t${path}\0`] : [];
  });
  const options = { timeoutMs: FILTER_MS, ...(signal && { signal }) };
  if (before.length > 0) await run.output(["update-index", "-z", "--index-info"], { input: bytesOf(before.join("")) });
  const input = bytesOf([...round.keys()].map((path) => `${path}\0`).join(""));
  await filtered(() => run.output(["update-index", "--add", "-z", "--stdin"], { ...options, input }));
  const listed = Buffer.from(await run.bytes(["ls-files", "-s", "-z"])).toString("latin1");
  const records = [...listed.matchAll(/\d+ ([0-9a-f]+) \d\t([^\0]*)\0/g)];
  return new Map(records.map(([, id = "", path = ""]) => [path, id]));
}

async function convertOne({ run, kept, path, id }: { run: Git; kept: Git; path: string; id: string }): Promise<string> {
  const input = await kept.bytes(["cat-file", "blob", id]);
  const args = ["hash-object", "-w", "--stdin", "--path", Buffer.from(path, "latin1").toString()];
  return (await filtered(() => run.output(args, { input, timeoutMs: FILTER_MS }))).trim();
}

async function filtered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.kind === "cancelled") throw cause;
    throw new Failure({
      kind: "unavailable",
      code: "results.filter",
      message: `A conversion that the repository names for files of the result failed: ${cause.message}`,
      hint: "Mend the filter (see `git config --get-regexp ^filter`), then download again: all that came home is kept.",
      cause,
    });
  }
}

/** Names as the caller has them. */
export function rawSet(names: readonly string[]): Set<string> {
  return new Set(names.map(pathFrom));
}
