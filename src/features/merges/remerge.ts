// Merges tried out without a trace: what they write goes to an object directory of their own, gone afterwards, and no
// merge driver that the configuration names is run: what one of these would merge counts as a conflict.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { Failure } from "../../core/failure.ts";
import type { Git, GitOptions } from "../../git/git.ts";
import { quotedPath } from "../../git/quoted-path.ts";
import type { Judging } from "./judging.ts";

export interface Merge {
  ours: string;
  theirs: string;
}

/** A change between two trees, to be put on top of a third. */
export interface Transplant {
  from: string;
  to: string;
  onto: string;
}

export interface Workbench extends Disposable {
  /** The tree of each merge; undefined where it conflicts. */
  merge(merges: readonly Merge[]): Promise<(string | undefined)[]>;
  /** The tree that comes of each, by a merge whose base is `from`; undefined where it conflicts. */
  transplant(transplants: readonly Transplant[]): Promise<(string | undefined)[]>;
}

export function openWorkbench({ git, gitDir, options }: Judging): Workbench {
  const directory = mkdtempSync(join(tmpdir(), "parallel-cc-merge-"));
  const env = {
    GIT_OBJECT_DIRECTORY: directory,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(join(gitDir, "objects")),
  };
  let scratch: Promise<Git> | undefined;
  const merge = async (merges: readonly Merge[]): Promise<(string | undefined)[]> => {
    if (merges.length === 0) return [];
    const input = merges.map(({ ours, theirs }) => `${ours} ${theirs}\n`).join("");
    const args = [
      "merge-tree",
      "--write-tree",
      "--stdin",
      "--no-messages",
      "--name-only",
      "--allow-unrelated-histories",
    ];
    scratch ??= driverless(git, options).then((settings) => git.configured({ env, settings }));
    const output = await (await scratch).output(args, { ...options, input }).catch((thrown: unknown) => {
      if (!hasCrashed(thrown)) throw thrown;
    });
    if (output === undefined) return oneByOne(merges);
    const answers = parseMerges(output);
    if (answers.length !== merges.length)
      throw new Error(`git merge-tree told of ${answers.length} of ${merges.length}`);
    return answers;
  };
  /** After a crash over one of them, which counts as a conflict: it proves nothing. */
  const oneByOne = async (merges: readonly Merge[]): Promise<(string | undefined)[]> => {
    if (merges.length === 1) return [undefined];
    const trees: (string | undefined)[] = [];
    for (const one of merges) trees.push(...(await merge([one])));
    return trees;
  };
  return {
    merge,
    transplant: (transplants) =>
      merge(
        transplants.map(({ from, to, onto }) => {
          const base = writeCommit(directory, from);
          return { ours: writeCommit(directory, onto, base), theirs: writeCommit(directory, to, base) };
        }),
      ),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** `info/attributes` of the git directory itself may ask for any of them. */
async function driverless(git: Git, options: GitOptions): Promise<Record<string, string>> {
  const asked = ["config", "--includes", "--name-only", "-z", "--get-regexp", "^merge\\..*\\.driver$"];
  const { stdout } = await git.attempt(asked, options);
  return Object.fromEntries(stdout.split("\0").flatMap((key) => (key === "" ? [] : [[key, "false"]])));
}

/** By a fault of its own: of a tree with an entry twice (which its own rebase can make) git 2.39 aborts. */
function hasCrashed(thrown: unknown): boolean {
  if (!(thrown instanceof Failure) || thrown.code !== "git.killed") return false;
  return thrown.details["signal"] === "SIGABRT" || thrown.details["signal"] === "SIGSEGV";
}

/** With `--stdin` 1 says clean and 0 conflicts, unlike the exit code (git 2.39): `1 NUL tree NUL [path NUL]… NUL`. */
function parseMerges(output: string): (string | undefined)[] {
  const tokens = output.split("\0");
  const trees: (string | undefined)[] = [];
  for (let at = 0; at + 1 < tokens.length; at++) {
    const isClean = tokens[at]?.trim() === "1";
    trees.push(isClean ? tokens[at + 1] : undefined);
    at += 2;
    while (at < tokens.length && tokens[at] !== "") at++;
  }
  return trees;
}

/** Written here: one git for each would cost more than the merge (`--merge-base` of git 2.40 would need none). */
function writeCommit(directory: string, tree: string, parent?: string): string {
  const nobody = "parallel-cc <parallel-cc@localhost> 0 +0000";
  const parents = parent === undefined ? "" : `parent ${parent}\n`;
  const body = `tree ${tree}\n${parents}author ${nobody}\ncommitter ${nobody}\n\nscratch\n`;
  const object = Buffer.from(`commit ${Buffer.byteLength(body)}\0${body}`);
  const id = new Bun.CryptoHasher(tree.length === 64 ? "sha256" : "sha1").update(object).digest("hex");
  const folder = join(directory, id.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, id.slice(2)), deflateSync(object));
  return id;
}
