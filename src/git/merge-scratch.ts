// A git directory of our own, gone afterwards, in which merges are tried: it reads the repository's objects and writes
// none there. The repository's configuration does not reach it, so that no driver, filter, hook or program of it runs;
// what decides how git merges (renames, attributes) is brought along, and a custom merge driver is a refusal.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { deflateSync } from "node:zlib";
import { Failure } from "../core/failure.ts";
import { shellQuote } from "../core/text.ts";
import { readBlobs } from "./blobs.ts";
import { type Git, type GitOptions, gitWords } from "./git.ts";
import { quotedPath } from "./quoted-path.ts";

export { readBlobs } from "./blobs.ts";

export interface ObjectStore {
  /** The real path of the common git directory. */
  gitDir: string;
  /** More object directories to read from. */
  beside?: readonly string[];
}

export interface Scratch extends Disposable {
  /** In the directory without attributes. */
  git: Git;
  /** The same in a directory that holds these attributes; made once for each set of them. */
  withAttributes(attributes: Attributes): Promise<Git>;
  /** Merges made by `work` set markers of that size, whatever attributes say. */
  withMarkers<T>(size: number, work: () => Promise<T>): Promise<T>;
  /** The paths that a custom merge driver was asked about since the last time, as bytes (latin1). */
  refused(): string[];
  writeCommit(tree: string, parents: readonly string[]): string;
  writeBlob(content: Uint8Array): string;
  /** Why nothing can be told here at all. */
  trouble: string | undefined;
}

/** Files of attributes, of a commit or a checkout: path (latin1) and blob. */
export type Attributes = readonly { path: string; object: string }[];

/** What a merge in the repository obeys, as far as it runs nothing. */
const OBEYED = [
  "merge\\.(default|renames|renamelimit|directoryrenames)",
  "merge\\..*\\.(driver|name|recursive)",
  "diff\\.(renames|renamelimit|algorithm)",
  "core\\.(attributesfile|bigfilethreshold|abbrev)",
];
const FIXED = { "merge.renormalize": "false", "merge.conflictStyle": "merge", "gc.auto": "0" } as const;

const DRIVERLESS = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_NO_LAZY_FETCH: "1",
  GIT_GLOB_PATHSPECS: "0",
  GIT_ICASE_PATHSPECS: "0",
  GIT_LITERAL_PATHSPECS: "0",
  GIT_NOGLOB_PATHSPECS: "0",
} as const;

export interface ScratchInput {
  objects: ObjectStore;
  /** Any commit of the repository: how long it is tells how the repository names objects. */
  id: string;
  /** The top of a checkout, where the configuration is read. */
  checkout?: string | undefined;
}

export async function openScratch(
  git: Git,
  { objects, id, checkout }: ScratchInput,
  options: GitOptions,
): Promise<Scratch> {
  const directory = mkdtempSync(join(tmpdir(), "parallel-cc-merge-"));
  try {
    const refusals = join(directory, "refusals");
    const { settings, trouble } = await settingsFor(git.at(checkout ?? objects.gitDir).trusting(), refusals, options);
    const gitDir = join(directory, "git");
    layOut(gitDir, { from: objects.gitDir, isSha256: id.length === 64 });
    const scratch = git.configured({
      settings,
      env: {
        ...DRIVERLESS,
        GIT_DIR: gitDir,
        GIT_ALTERNATE_OBJECT_DIRECTORIES: [join(objects.gitDir, "objects"), ...(objects.beside ?? [])]
          .map(quotedPath)
          .join(":"),
        ...(isShallow(objects) ? { GIT_SHALLOW_FILE: join(objects.gitDir, "shallow") } : {}),
      },
    });
    const placeOf = placesIn(directory, scratch);
    const plain = await placeOf([]);
    const made = new Map<string, Git>();
    return {
      git: plain,
      withAttributes: async (attributes) => {
        const key = JSON.stringify(attributes);
        const found = made.get(key) ?? (await placeOf(attributes, options));
        made.set(key, found);
        return found;
      },
      withMarkers: async (size, work) => {
        const file = join(gitDir, "info/attributes");
        const before = existsSync(file) ? readFileSync(file) : new Uint8Array();
        writeFileSync(file, Buffer.concat([before, Buffer.from(`\n* conflict-marker-size=${size}\n`)]));
        try {
          return await work();
        } finally {
          writeFileSync(file, before);
        }
      },
      refused: () => {
        if (!existsSync(refusals)) return [];
        const paths = readFileSync(refusals, "latin1").split("\0").slice(0, -1);
        rmSync(refusals);
        return [...new Set(paths)];
      },
      writeCommit: (tree, parents) => {
        const content = Buffer.from(commitText(tree, parents));
        return writeObject(join(gitDir, "objects"), { type: "commit", content, isSha256: tree.length === 64 });
      },
      writeBlob: (content) =>
        writeObject(join(gitDir, "objects"), { type: "blob", content, isSha256: id.length === 64 }),
      trouble,
      [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
    };
  } catch (thrown) {
    rmSync(directory, { recursive: true, force: true });
    throw thrown;
  }
}

/** Where the histories of two commits meet may not be in it. */
export function isShallow({ gitDir }: ObjectStore): boolean {
  return existsSync(join(gitDir, "shallow"));
}

async function settingsFor(git: Git, refusals: string, options: GitOptions) {
  const read = await git.attempt(["config", "--null", "--get-regexp", `^(${OBEYED.join("|")})$`], options);
  // 1: there is none of them.
  if (read.exit > 1) return { settings: FIXED, trouble: gitWords(read) };
  const settings: Record<string, string> = {};
  // It says which file it was asked about, and that it cannot decide.
  const refusal = `printf '%%s\\0' %P >>${shellQuote(refusals).replaceAll("%", "%%")}; exit 1`;
  for (const record of read.stdout.split("\0")) {
    const end = record.indexOf("\n");
    const key = end < 0 ? record : record.slice(0, end);
    if (key === "") continue;
    if (key.includes("\ufffd")) return { settings: FIXED, trouble: "a merge driver has a name that is no UTF-8" };
    const driver = /^merge\.([\s\S]*)\.(driver|name|recursive)$/.exec(key)?.[1];
    if (driver !== undefined) settings[`merge.${driver}.driver`] = refusal;
    if (driver !== undefined && !key.endsWith(".recursive")) continue;
    const value = end < 0 ? "true" : record.slice(end + 1);
    // Git takes it from where it stands, which is a checkout's top.
    settings[key] = key === "core.attributesfile" && !/^[~%]/.test(value) ? resolve(git.directory, value) : value;
  }
  return { settings: { ...settings, ...FIXED }, trouble: undefined };
}

function layOut(gitDir: string, { from, isSha256 }: { from: string; isSha256: boolean }): void {
  for (const folder of ["objects", "refs", "info"]) mkdirSync(join(gitDir, folder), { recursive: true });
  writeFileSync(join(gitDir, "HEAD"), "ref: refs/heads/none\n");
  const format = isSha256 ? "\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n" : "";
  writeFileSync(join(gitDir, "config"), `[core]\n\tbare = false\n${format}`);
  const attributes = join(from, "info/attributes");
  if (existsSync(attributes)) writeFileSync(join(gitDir, "info/attributes"), readFileSync(attributes));
}

/** Git reads attributes from files of the checkout, and writes what a merge driver is given beside them. */
function placesIn(directory: string, git: Git) {
  let count = 0;
  return async (attributes: Attributes, options: GitOptions = {}): Promise<Git> => {
    const top = join(directory, `tree-${count++}`);
    mkdirSync(top);
    const here = git.at(top).configured({ env: { GIT_WORK_TREE: top } });
    const wanted = attributes.filter(({ path }) => isPlain(path));
    const contents = await readBlobs(
      here,
      wanted.map(({ object }) => object),
      options,
    );
    for (const { path, object } of wanted) {
      const file = Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]);
      mkdirSync(Buffer.from(dirname(file.toString("latin1")), "latin1"), { recursive: true });
      const content = contents.get(object);
      if (content === undefined) throw unreadable(path);
      writeFileSync(file, content);
    }
    return here;
  };
}

function unreadable(path: string): Failure {
  const message = `its ${Buffer.from(path, "latin1")} cannot be read`;
  return new Failure({ kind: "unavailable", code: "git.unreadable", message });
}

/** A tree that somebody made by hand may name anything. */
function isPlain(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !/^\.git$/i.test(part));
}

const NOBODY = "parallel-cc <parallel-cc@localhost> 0 +0000";

function commitText(tree: string, parents: readonly string[]): string {
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${NOBODY}`];
  return `${lines.join("\n")}\ncommitter ${NOBODY}\n\nscratch\n`;
}

interface NewObject {
  type: "commit" | "blob";
  content: Uint8Array;
  isSha256: boolean;
}

/** Written here: one git for each would cost more than a merge. */
function writeObject(objects: string, { type, content, isSha256 }: NewObject): string {
  const object = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const id = new Bun.CryptoHasher(isSha256 ? "sha256" : "sha1").update(object).digest("hex");
  const folder = join(objects, id.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, id.slice(2)), deflateSync(object));
  return id;
}
