// All of a session's work as one commit in an object directory of ours: its HEAD, what is staged, changed and untracked.
// The checkout's index, objects, refs and files are only read, by an index of our own. The same work is the same commit.

import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Db } from "../../db/db.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { baselineOf, notOfBaseline } from "../setup/setup.ts";
import { dropPrivateIndex, gitDirOf, isWhole, type PrivateIndex, providePrivateIndex } from "../writes/writes.ts";
import { type HiddenFile, hideFiles } from "./index-entries.ts";
import { hasOwnObject, type ObjectDirectories, objectsEnv } from "./objects.ts";
import { type Quiet, quietGit } from "./quiet-git.ts";
import { bytesOf, type Standing, shownPath, standingsOf } from "./standing.ts";
import { type Unresolved, unresolvedIn } from "./unresolved.ts";

export interface Snapshot {
  /** HEAD itself where nothing stands changed. */
  commit: string;
  tree: string;
  /** Null before the first commit. */
  head: string | null;
  /** Paths that could not be read; they are as HEAD has them, or left out. */
  skipped: string[];
  /** Paths known by their stat alone, since they are too large to read each time. */
  large: string[];
  /** Null when nothing is. */
  unresolved: Unresolved | null;
  /** To compare with. */
  print: string;
}

export type Effects = Pick<World, "git" | "paths" | "now" | "pid" | "log" | "newId">;

export interface Asked {
  /** The checkout's top. */
  top: string;
  objects: ObjectDirectories;
  before: Pick<Snapshot, "commit" | "tree" | "print" | "skipped" | "large"> | undefined;
  signal?: AbortSignal | undefined;
}

const LOOK_MS = 30_000;
const MOST_CHANGED = 20_000;
/** A file system's clock ticks: what was written just now may be written again without its times telling. */
const YOUNG_MS = 1_000;
const TRIES = 3;

const STATUS = [
  ...["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z"],
  ...["--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"],
];

/** Errors: `snapshot.*`, and those of git and of the file system. */
export async function snapshotOf(world: Effects, db: Db, asked: Asked): Promise<Snapshot> {
  const { top, before, objects } = asked;
  const gitDir = gitDirOf(top);
  if (gitDir === undefined) throw cannot("gone", `There is no checkout at ${top} any more.`);
  const quiet = await quietGit(world, top);
  const look = await lookAt(world, quiet, { ...asked, gitDir });
  const standings = await workOf(db, quiet, { ...look, top });
  const links = await linksOf(quiet.git, top, standings);
  const parents = look.head === null ? [] : [look.head, ...mergedHeads(gitDir)];
  const print = printOf([look.index.name, ...parents], standings, links);
  const unresolved = unresolvedIn(gitDir, look.unmerged.map(shownPath)) ?? null;
  const isYoung = standings.some(({ changedAt }) => world.now().getTime() - changedAt < YOUNG_MS);
  if (before?.print === print && !isYoung && isThere(objects, { ...before, head: look.head })) {
    return { ...before, head: look.head, unresolved };
  }
  const named = (is: Standing["is"]) => standings.flatMap((one) => (one.is === is ? [shownPath(one.path)] : []));
  const known = { print, head: look.head, unresolved, skipped: named("unreadable"), large: named("large") };
  const git = quiet.git.configured({ env: objectsEnv(objects) });
  const tree = await treeOf(world, git, { look, standings, links, signal: asked.signal });
  const came = await readParents(git, parents);
  if (look.head !== null && parents.length === 1 && came.trees[0] === tree)
    return { ...known, tree, commit: look.head };
  return { ...known, tree, commit: await commitOf(git, { tree, parents, at: came.latest + 1 }) };
}

function isThere(objects: ObjectDirectories, { commit, head }: Pick<Snapshot, "commit" | "head">): boolean {
  return commit === head || hasOwnObject(objects, commit);
}

function cannot(code: string, message: string): Failure {
  return new Failure({ kind: "unavailable", code: `snapshot.${code}`, message });
}

interface Look {
  head: string | null;
  changed: string[];
  /** Of these, those that a merge left in conflict. */
  unmerged: string[];
  /** Beside what git says. */
  hidden: readonly HiddenFile[];
  index: PrivateIndex;
}

/** What git calls changed or untracked, by an index of our own that is a copy of the checkout's. */
async function lookAt(world: Effects, { git, hasFilters }: Quiet, asked: Asked & { gitDir: string }): Promise<Look> {
  const { top, gitDir } = asked;
  const indexes = { ...world, paths: { ...world.paths, looks: join(world.paths.radar, "indexes") } };
  for (let tries = 0; tries < TRIES; tries++) {
    const index = providePrivateIndex(indexes, { top, gitDir });
    dropOlder(index);
    if (!isWhole(index)) {
      dropPrivateIndex(index.file);
      continue;
    }
    if (isDamaged(index)) {
      dropPrivateIndex(index.file);
      throw cannot("index", `Git cannot read ${join(gitDir, "index")}: its sum is wrong.`);
    }
    const own = git.configured({
      settings: index.isNew ? { "core.untrackedCache": "true" } : {},
      env: {
        GIT_INDEX_FILE: index.file,
        // The lock is our index's.
        GIT_OPTIONAL_LOCKS: "1",
        // What is no repository any more may stand in another one.
        GIT_CEILING_DIRECTORIES: dirname(top),
      },
    });
    const seen = await lookWith(own, { index, hasFilters, signal: asked.signal }).catch((thrown: unknown) => {
      throw isGits(thrown) && index.isNew ? unreadable(thrown, { index, gitDir }) : thrown;
    });
    // Another one took it away: without it git takes every file for a deleted one.
    if (!index.isOfNone && !existsSync(index.file)) continue;
    return { ...seen, index };
  }
  throw cannot("busy", `The index of ${top} changes all the time.`);
}

async function lookWith(
  git: Git,
  { index, hasFilters, signal }: { index: PrivateIndex; hasFilters: boolean; signal: AbortSignal | undefined },
): Promise<Omit<Look, "index">> {
  const hidden = await hideFiles(git, { index, hasFilters });
  const said = await git.bytes(STATUS, { timeoutMs: LOOK_MS, ...(signal && { signal }) });
  return { ...parse(Buffer.from(said).toString("latin1")), hidden };
}

/** git takes what it finds in one that was cut off for what is there. Where a setting leaves the sum out it is zero. */
function isDamaged(index: PrivateIndex): boolean {
  if (!index.isNew || !existsSync(index.file) || isWhole({ ...index, isNew: false })) return false;
  return readFileSync(index.file)
    .subarray(-20)
    .some((byte) => byte !== 0);
}

function isGits(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure && thrown.code === "git.failed";
}

/** Of a copy as the checkout's index is, git says what it would say of that. */
function unreadable(cause: Failure, { index, gitDir }: { index: PrivateIndex; gitDir: string }): Failure {
  dropPrivateIndex(index.file);
  const own = join(gitDir, "index");
  const words = cause.message.replace(/^git \S+ failed \(exit \d+\): /, "").replaceAll(index.file, own);
  return cannot("index", `Git cannot read ${own}: ${words.replace(`${own}: `, "")}`);
}

/** Those of the same checkout, from before its index became another one. */
function dropOlder({ name, file }: PrivateIndex): void {
  const directory = dirname(file);
  const [key = ""] = name.split(".");
  if (key === "" || !existsSync(directory)) return;
  for (const other of readdirSync(directory)) {
    const isOther = other.startsWith(`${key}.`) && other !== name && !other.startsWith(`${name}.`);
    if (isOther) rmSync(join(directory, other), { force: true });
  }
}

/** How many fields stand before a path. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, u: 10, "?": 1 };

function parse(said: string): Pick<Look, "head" | "changed" | "unmerged"> {
  const changed = new Set<string>();
  const unmerged: string[] = [];
  let head: string | null = null;
  for (const record of said.split("\0")) {
    if (record.startsWith("# branch.oid ")) head = /^[0-9a-f]{40,64}$/.exec(record.slice(13))?.[0] ?? null;
    const before = FIELDS[record.slice(0, record.indexOf(" "))];
    if (before === undefined) continue;
    // A repository of its own is told of with a slash.
    const path = record.split(" ").slice(before).join(" ").replace(/\/$/, "");
    changed.add(path);
    if (record.startsWith("u ")) unmerged.push(path);
  }
  return { head, changed: [...changed], unmerged };
}

/** Without what setting the checkout up left there, which is nobody's work. */
async function workOf(db: Db, quiet: Quiet, { top, changed, hidden }: Look & { top: string }): Promise<Standing[]> {
  const unseen = hidden.flatMap(({ path, isChanged }) => (isChanged(top) ? [path] : []));
  const paths = [...new Set([...changed, ...unseen])];
  if (paths.length > MOST_CHANGED) throw cannot("too-much", `${paths.length} files stand changed in ${top}.`);
  return standingsOf(top, await withoutSetup(db, quiet.git, { top, paths }));
}

async function withoutSetup(db: Db, git: Git, { top, paths }: { top: string; paths: string[] }): Promise<string[]> {
  const baseline = baselineOf(db, top);
  const made = new Set(baseline.map(({ path }) => path));
  const changed = paths.filter((path) => made.has(path)).map(shownPath);
  if (changed.length === 0) return paths;
  const own = new Set(await notOfBaseline(git, top, { changed, baseline }));
  return paths.filter((path) => !made.has(path) || own.has(shownPath(path)));
}

/** Of repositories within: the commit that each stands at; undefined where there is none. */
async function linksOf(git: Git, top: string, standings: readonly Standing[]): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const { path, is } of standings) {
    if (is !== "link") continue;
    const inner = join(top, shownPath(path));
    if (!existsSync(join(inner, ".git"))) continue;
    const head = await git.at(inner).attempt(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
    if (head.exit === 0) links.set(path, head.stdout.trim());
  }
  return links;
}

/** What is being merged in is part of the work. */
function mergedHeads(gitDir: string): string[] {
  const file = join(gitDir, "MERGE_HEAD");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}

function printOf(facts: readonly string[], standings: readonly Standing[], links: ReadonlyMap<string, string>): string {
  const hash = new Bun.CryptoHasher("sha1");
  const lines = standings.map(({ path, print }) => `${print} ${links.get(path) ?? ""} ${path}`);
  for (const part of [...facts, ...lines.sort()]) hash.update(`${part}\0`);
  return hash.digest("hex");
}

interface Storing {
  look: Look;
  standings: readonly Standing[];
  links: ReadonlyMap<string, string>;
  signal: AbortSignal | undefined;
}

async function treeOf(world: Effects, git: Git, { look, standings, links, signal }: Storing): Promise<string> {
  const { file } = look.index;
  const hidden = new Set(look.hidden.map(({ path }) => path));
  const scratch = join(dirname(file), `.${world.pid}.${world.newId()}.new`);
  if (existsSync(file)) copyFileSync(file, scratch);
  try {
    const options = { timeoutMs: LOOK_MS, ...(signal && { signal }) };
    const writing = git.configured({ env: { GIT_INDEX_FILE: scratch } });
    const update = async (words: readonly string[], entries: readonly string[]) => {
      if (entries.length === 0) return;
      const input = bytesOf(entries.map((entry) => `${entry}\0`).join(""));
      await writing.output(["update-index", ...words], { ...options, input });
    };
    const named = (isMeant: (one: Standing) => boolean) => standings.filter(isMeant).map(({ path }) => path);
    await update(
      ["--force-remove", "-z", "--stdin"],
      // What git takes for unchanged, it would not add.
      named(({ path, is }) => is === "gone" || (is === "link" && !links.has(path)) || hidden.has(path)),
    );
    await update(
      ["--add", "--remove", "--replace", "-z", "--stdin"],
      named(({ is }) => is === "file"),
    );
    await update(["--add", "--replace", "-z", "--index-info"], await entriesOf(writing, standings, links));
    return (await writing.output(["write-tree"], options)).trim();
  } finally {
    for (const left of [scratch, `${scratch}.lock`]) rmSync(left, { force: true });
  }
}

/** Entries that are not read from the disk: links, and what stands for a large file. */
async function entriesOf(git: Git, standings: readonly Standing[], links: ReadonlyMap<string, string>) {
  const entries = [...links].map(([path, commit]) => `160000 ${commit}\t${path}`);
  for (const { path, is, print, stats } of standings) {
    if (is !== "large") continue;
    // A NUL makes it binary to git.
    const input = `\0parallel-cc: a large file, by its stat: ${print}\n`;
    const blob = (await git.output(["hash-object", "-w", "--no-filters", "--stdin"], { input })).trim();
    const isProgram = ((stats?.mode ?? 0n) & 0o100n) !== 0n;
    entries.push(`${isProgram ? "100755" : "100644"} ${blob}\t${path}`);
  }
  return entries;
}

/** Their trees, and the time in seconds when the last of them was committed. */
async function readParents(git: Git, parents: readonly string[]): Promise<{ trees: string[]; latest: number }> {
  if (parents.length === 0) return { trees: [], latest: 0 };
  const said = await git.output(["rev-list", "--no-walk=unsorted", "--format=%T %ct", ...parents]);
  const lines = [...said.matchAll(/^([0-9a-f]{40,64}) (\d+)$/gm)];
  return { trees: lines.map(([, tree = ""]) => tree), latest: Math.max(0, ...lines.map(([, , time]) => Number(time))) };
}

interface NewCommit {
  tree: string;
  parents: readonly string[];
  at: number;
}

/**
 * Nothing in it but the work: the same is always the same commit. Its time is a second after its parents': where two
 * commits parted git finds by their times, and of one that seems to be older it walks through all of the history.
 */
async function commitOf(git: Git, { tree, parents, at }: NewCommit): Promise<string> {
  const who = `parallel-cc <parallel-cc> ${at} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((one) => `parent ${one}`), `author ${who}`, `committer ${who}`];
  const input = `${lines.join("\n")}\n\nwork of a session\n`;
  return (await git.output(["hash-object", "-t", "commit", "-w", "--stdin"], { input })).trim();
}
