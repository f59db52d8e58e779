// Names of branches: which refs they stand for here, and where a branch without a word on it is meant to land.

import { usage } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";

export interface Ref {
  /** In full. */
  name: string;
  commit: string;
  /** Of a local branch: the ref it follows. */
  upstream: string | undefined;
  /** What it follows, as the remote knows it; of a remote-tracking ref undefined. */
  remote: { name: string; ref: string } | undefined;
  /** What a symbolic one (origin/HEAD) points to. */
  points: string | undefined;
}

/** As `git check-ref-format --branch` has it, without what would ask git for another branch (`@{-1}`). */
export function requireBranchName(name: string, shown: string): string {
  const short = name.replace(/^refs\/(heads|remotes)\//, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git's own rule for names
  const isBad = /^-|^$|^\/|\/$|\/\/|\.\.|@\{|^@$|\.$|[\u0000-\u0020\u007f~^:?*[\\]/.test(short);
  if (!isBad && short.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"))) return short;
  throw usage("bad-value", `Bad value for ${shown}: "${printable(name)}" (expected the name of a branch).`);
}

const FORMAT = ["refname", "objectname", "upstream", "upstream:remotename", "upstream:remoteref", "symref"];

/** The refs with exactly these names; a `*` stands for one part of a name. */
export async function readRefs(git: Git, patterns: readonly string[]): Promise<Ref[]> {
  const format = FORMAT.map((field) => `%(${field})`).join("%00");
  const output = await git.output(["for-each-ref", `--format=${format}`, "--end-of-options", ...patterns]);
  const wanted = patterns.map((pattern) => pattern.split("/"));
  return output.split("\n").flatMap((line) => {
    const ref = refIn(line);
    const parts = ref.name.split("/");
    // Git also gives what stands below such a name.
    const isWanted = wanted.some(
      (pattern) => pattern.length === parts.length && pattern.every((part, at) => part === "*" || part === parts[at]),
    );
    return isWanted ? [ref] : [];
  });
}

export interface Branch extends Ref {
  /** The checkout that it is checked out in. */
  checkout: string | undefined;
}

/** Every branch, of here and of remotes. */
export async function allBranches(git: Git): Promise<Branch[]> {
  const format = [...FORMAT, "worktreepath"].map((field) => `%(${field})`).join("%00");
  const output = await git.output(["for-each-ref", `--format=${format}`, "--end-of-options", ...BRANCHES]);
  return output.split("\n").flatMap((line) => {
    const ref = refIn(line);
    // The rest of a path with a line end in it is no ref.
    if (!BRANCHES.some((place) => ref.name.startsWith(place))) return [];
    return [{ ...ref, checkout: line.split("\0")[FORMAT.length] || undefined }];
  });
}

const BRANCHES = ["refs/heads/", "refs/remotes/"];

function refIn(line: string): Ref {
  const [name = "", commit = "", upstream = "", remoteName = "", remoteRef = "", points = ""] = line.split("\0");
  const remote = remoteName === "" || remoteRef === "" ? undefined : { name: remoteName, ref: remoteRef };
  return { name, commit, upstream: upstream || undefined, remote, points: points || undefined };
}

/** Every ref that may stand for a target of this name, or for the default branch when there is none. */
export function patternsFor(target: string | undefined): string[] {
  if (target !== undefined) return [`refs/heads/${target}`, `refs/remotes/${target}`, `refs/remotes/*/${target}`];
  return ["refs/remotes/origin/HEAD", ...["main", "master"].flatMap(patternsFor)];
}

/** The local branch and what it follows (else origin's of the same name), or the remote one that was named. */
export function refsFor(target: string, refs: readonly Ref[]): Ref[] {
  const named = (name: string | undefined) => refs.find((ref) => ref.name === name && ref.points === undefined);
  const local = named(`refs/heads/${target}`);
  const remote = named(`refs/remotes/${target}`);
  if (local === undefined) return [remote ?? named(`refs/remotes/origin/${target}`)].filter((ref) => ref !== undefined);
  const followed = named(local.upstream ?? `refs/remotes/origin/${target}`);
  return followed === undefined ? [local] : [local, followed];
}

/** Refs of origin's default branch, else of init.defaultBranch, main or master: the first that is there. */
export async function defaultTargets(git: Git, refs: readonly Ref[]): Promise<Ref[]> {
  const head = refs.find(({ name }) => name === "refs/remotes/origin/HEAD")?.points;
  const configured = head === undefined ? await git.attempt(["config", "--get", "init.defaultBranch"]) : undefined;
  const names = [head?.replace("refs/remotes/origin/", ""), configured?.stdout.trim(), "main", "master"];
  for (const name of names) {
    if (name === undefined || name === "") continue;
    const read = refs.some((ref) => ref.name.endsWith(`/${name}`)) ? refs : await readRefs(git, patternsFor(name));
    const found = refsFor(name, await withUpstreams(git, read));
    if (found.length > 0) return found;
  }
  return [];
}

/** What local branches follow may have any name. */
export async function withUpstreams(git: Git, refs: readonly Ref[]): Promise<Ref[]> {
  const known = new Set(refs.map(({ name }) => name));
  const missing = refs.flatMap(({ upstream }) => (upstream === undefined || known.has(upstream) ? [] : [upstream]));
  return missing.length === 0 ? [...refs] : [...refs, ...(await readRefs(git, missing))];
}

export function shortRef(name: string): string {
  return name.replace(/^refs\/(heads|remotes)\//, "");
}
