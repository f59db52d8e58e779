// Saving what stands in a worktree under `refs/parallel-cc/rescue/<id>`: one commit whose parents keep every commit
// alive that was known there, and whose tree holds
//   record.json   what was removed; branch-log, the reflog of its branch
//   admin/     the files of its git directory: HEAD, reflog, what is under way (the index too when something is staged)
//   index/     what is staged, when that differs from HEAD; unmerged/<stage>/ what is in conflict
//   files/     the working tree with its changed and untracked files, when there are any
// What git ignores is not in it: that is mostly what a build makes again, and else secrets (.env), which must not enter
// a place that outlives them.

import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Git } from "../../git/git.ts";
import { quotedPath } from "../../git/quoted-path.ts";
import type { World } from "../../world.ts";
import { marked } from "./marker.ts";
import { gitAt, type TreePlace } from "./place.ts";
import { clearFlags, type Standing, withOwnIndex } from "./standing.ts";
import { tipsKnownThere } from "./tips.ts";

export interface ToSave {
  id: string;
  /** What of it there is: a directory with git's record, the record alone, or the branch alone. */
  kind: RemovalKind;
  place: TreePlace;
  standing: Standing;
  /** Our branch and where it stands. */
  branch: string | null;
  branchTip: string | null;
  name: string;
  at: Date;
  /** The removal's row, for a registry that does not know it. */
  describe(unsaved: Saved["unsaved"]): string;
}

export type RemovalKind = "worktree" | "registration" | "branch";

export interface Saved {
  commit: string;
  /** What is in the trash alone. */
  unsaved: { path: string; why: string }[];
}

export function rescueRef(id: string): string {
  return `refs/parallel-cc/rescue/${id}`;
}

/** Throws `rescue.failed` when anything of it could not be written: then nothing may be removed. */
export async function save(world: Pick<World, "git">, given: ToSave): Promise<Saved> {
  const { kind, standing } = given;
  const isBranch = kind === "branch";
  // Without a directory of its own git stands in the repository's.
  const place = kind === "worktree" ? given.place : { ...given.place, top: given.place.gitDir };
  const git = isBranch ? world.git(place.gitDir).trusting() : gitAt(world, place);
  try {
    const tips = await tipsKnownThere(git, given);
    const trees = standing.isAsCommitted ? undefined : await writeTrees(world, { ...given, place });
    const stream = new ImportStream(given, tips);
    const withIndex = trees !== undefined || standing.index.flagged.length > 0;
    for (const file of isBranch ? [] : filesOf(place.adminDir, { withIndex })) {
      stream.file(`admin/${file}`, readFileSync(join(place.adminDir, file)));
    }
    const log = given.branch === null ? "" : join(place.gitDir, "logs", "refs", "heads", given.branch);
    if (log !== "" && existsSync(log)) stream.file("branch-log", readFileSync(log));
    if (trees !== undefined) {
      // What `add --intent-to-add` puts into the index, and no tree has.
      stream.file("empty", new Uint8Array());
      stream.tree("index", trees.index);
      stream.tree("files", trees.files);
      for (const { stage, path, mode, object } of trees.unmerged)
        stream.object(`unmerged/${stage}/${Buffer.from(path, "latin1").toString()}`, mode, object);
    }
    const nested = standing.nested.map(({ path, why }) => ({ path, why }));
    const isNested = ({ path }: { path: string }) => nested.some((one) => `${one.path}/` === path);
    const unsaved = [...nested, ...(trees?.unsaved ?? []).filter((one) => !isNested(one))];
    stream.file("record.json", Buffer.from(given.describe(unsaved)));
    const commit = (
      await git.output([...marked(given.id), "fast-import", "--quiet", "--done"], { input: stream.bytes() })
    ).trim();
    if (!/^[0-9a-f]{40,64}$/.test(commit)) throw new Error("git wrote no commit");
    return { commit, unsaved };
  } catch (cause) {
    throw new Failure({
      code: "rescue.failed",
      message: `what stands in it could not be saved: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Nothing was removed. Mend the cause and run the command again.",
      cause,
    });
  }
}

/** Larger untracked files are in the trash alone: git would keep them for months. */
const LARGEST_FILE_BYTES = 50 * 1024 * 1024;

interface Unmerged {
  stage: string;
  path: string;
  mode: string;
  object: string;
}

// Names of files are bytes: here each is a text with one character for each byte (latin1), since not all are UTF-8.

async function writeTrees(world: Pick<World, "git">, { kind, place, standing }: ToSave) {
  return withOwnIndex(world, place, async (git) => {
    const unmerged = await unmergedIn(git);
    if (unmerged.length > 0) {
      const input = asBytes(unmerged.map(({ path }) => path));
      await git.output(["update-index", "--force-remove", "-z", "--stdin"], { input });
    }
    const index = await writeTree(git);
    if (kind !== "worktree") return { index, files: index, unmerged, unsaved: [] };
    if (standing.flagged.length > 0) await clearFlags(git, standing.flagged);
    const untracked = await pathsFrom(git, ["ls-files", "-z", "--others", "--exclude-standard"]);
    const changed = await pathsFrom(git, ["diff-files", "-z", "--name-only", "--ignore-submodules=dirty"]);
    const unsaved: Saved["unsaved"] = [];
    const saved = [...changed, ...unmerged.map(({ path }) => path), ...untracked].filter((path) => {
      const why = whyUnsaved(place.top, path);
      if (why !== undefined) unsaved.push({ path: Buffer.from(path, "latin1").toString(), why });
      return why === undefined;
    });
    if (saved.length > 0) {
      const input = asBytes([...new Set(saved)]);
      await git.output(["update-index", "--add", "--remove", "-z", "--stdin"], { input });
    }
    return { index, files: await writeTree(git), unmerged, unsaved };
  });
}

function asBytes(paths: readonly string[]): Uint8Array {
  return Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
}

function whyUnsaved(top: string, path: string): string | undefined {
  // Of an untracked repository git names the directory.
  if (path.endsWith("/")) return "a repository of its own";
  const found = lstatSync(Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, "latin1")]), {
    throwIfNoEntry: false,
  });
  if (found === undefined || found.isSymbolicLink() || found.isDirectory()) return undefined;
  if (!found.isFile()) return "no regular file";
  return found.size > LARGEST_FILE_BYTES ? "larger than 50 MB" : undefined;
}

async function writeTree(git: Git): Promise<string> {
  return (await git.output(["write-tree"])).trim();
}

async function pathsFrom(git: Git, args: readonly string[]): Promise<string[]> {
  return recordsOf(await git.bytes(args));
}

function recordsOf(bytes: Uint8Array): string[] {
  return Buffer.from(bytes)
    .toString("latin1")
    .split("\0")
    .filter((record) => record !== "");
}

async function unmergedIn(git: Git): Promise<Unmerged[]> {
  return recordsOf(await git.bytes(["ls-files", "-z", "--unmerged"])).flatMap((line) => {
    const [, mode, object, stage, path] = /^(\d+) (\S+) (\d)\t([\s\S]*)$/.exec(line) ?? [];
    if (mode === undefined || object === undefined || stage === undefined || path === undefined) return [];
    return [{ mode, object, stage, path }];
  });
}

/** What git keeps for a worktree, from its directory: no links to where it stands, no locks, no submodules. */
function filesOf(adminDir: string, { withIndex }: { withIndex: boolean }): string[] {
  const left = ["gitdir", "commondir", "modules", "locked", ...(withIndex ? [] : ["index"])];
  return readdirSync(adminDir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name).slice(adminDir.length + 1);
    const isLeft = left.includes(path.split("/")[0] ?? "") || path.endsWith(".lock");
    return entry.isFile() && !isLeft ? [path] : [];
  });
}

/** What `git fast-import` reads: one commit, in one process. */
class ImportStream {
  readonly #parts: (string | Uint8Array)[] = [];

  constructor({ id, name, branch, at, standing }: ToSave, tips: readonly string[]) {
    const message = `parallel-cc: what stood in ${name}${branch === null ? "" : ` (${branch})`} when it was removed\n`;
    const [first, ...others] = [...(standing.head === null ? [] : [standing.head]), ...tips];
    this.#parts.push(`commit ${rescueRef(id)}\nmark :1\ncommitter parallel-cc <parallel-cc@localhost> `);
    this.#parts.push(`${Math.floor(at.getTime() / 1000)} +0000\n`);
    this.#data(message);
    if (first !== undefined) this.#parts.push(`from ${first}\n`);
    for (const tip of others) this.#parts.push(`merge ${tip}\n`);
    this.#parts.push("deleteall\n");
  }

  file(path: string, content: Uint8Array): void {
    this.#parts.push(`M 100644 inline ${quotedPath(path)}\n`);
    this.#data(content);
  }

  tree(path: string, tree: string): void {
    this.object(path, "040000", tree);
  }

  object(path: string, mode: string, object: string): void {
    this.#parts.push(`M ${mode} ${object} ${quotedPath(path)}\n`);
  }

  /** git answers the commit's id. */
  bytes(): Uint8Array {
    return Buffer.concat([...this.#parts, "\nget-mark :1\ndone\n"].map((part) => Buffer.from(part)));
  }

  #data(content: string | Uint8Array): void {
    this.#parts.push(`data ${Buffer.byteLength(content)}\n`, content, "\n");
  }
}
