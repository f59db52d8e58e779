// What a commit, or a run of them, changes: as git's raw diff tells it (modes and blobs by path), and, only where two
// raw diffs differ in nothing but the content of files, as text.
//
// Not `git patch-id`: by default it does not see white space, and `--verbatim` (git 2.39) stops at a NUL in a line.
// Two changes are the same when they have the same lines, byte for byte, in the same context of three, in the same
// files with the same modes; only line numbers do not count. Files that git calls binary, symbolic links and submodules
// are the same only when both their states are.

import { limitedTo } from "./history.ts";
import type { Judging } from "./judging.ts";

export interface FileChange {
  /** Its bytes, one a character: git's paths need not be UTF-8. */
  path: string;
  status: string;
  modes: string;
  from: string;
  to: string;
}

/** A change from one commit to another; without `from`, what the commit itself changes. */
export interface Step {
  from: string | undefined;
  to: string;
}

export interface Change extends Step {
  files: readonly FileChange[];
}

const RAW = ["diff-tree", "--stdin", "-r", "--root", "--always", "--raw", "-z", "--no-abbrev", "--no-renames"];
const SAME_FOR_ALL = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--ignore-submodules=none"];

function asked(steps: readonly Step[]): string {
  return steps.map(({ from, to }) => (from === undefined ? `${to}\n` : `${to} ${from}\n`)).join("");
}

/** One for each step, in order. With `paths`, only what they hold is looked at. */
export async function readChanges(
  judging: Judging,
  steps: readonly Step[],
  paths: readonly string[] = [],
): Promise<Change[]> {
  if (steps.length === 0) return [];
  const args = [...RAW, ...SAME_FOR_ALL, "--", ...limitedTo(paths)];
  const output = await judging.git.bytes(args, { ...judging.options, input: asked(steps) });
  const tokens = Buffer.from(output).toString("latin1").split("\0");
  const changes: (Change & { files: FileChange[] })[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? "";
    if (!token.startsWith(":")) {
      const step = token === "" ? undefined : steps[changes.length];
      if (step !== undefined) changes.push({ ...step, files: [] });
      continue;
    }
    const [oldMode = "", newMode = "", from = "", to = "", status = ""] = token.slice(1).split(" ");
    at += 1;
    changes.at(-1)?.files.push({ path: tokens[at] ?? "", status, modes: `${oldMode} ${newMode}`, from, to });
  }
  if (changes.length !== steps.length) throw new Error(`git diff-tree told of ${changes.length} of ${steps.length}`);
  return changes;
}

/** The parts of a change in these paths. */
export function within(change: Change, paths: ReadonlySet<string>): Change {
  return { ...change, files: change.files.filter((file) => paths.has(file.path)) };
}

/** The same change the other way round; undefined where it began at nothing. */
export function inverse(change: Change): Change | undefined {
  if (change.from === undefined) return undefined;
  const turned = { A: "D", D: "A" } as const;
  const files = change.files.map(({ path, status, modes, from, to }) => {
    const [oldMode = "", newMode = ""] = modes.split(" ");
    const other = status === "A" || status === "D" ? turned[status] : status;
    return { path, status: other, modes: `${newMode} ${oldMode}`, from: to, to: from };
  });
  return { from: change.to, to: change.from, files };
}

/** Equal for changes that may be the same; two that have different ones are not. */
export function outline(change: Change): string {
  const parts = change.files.map((file) => {
    const content = hasText(file) ? "~" : `${file.from} ${file.to}`;
    return `${file.status} ${file.modes} ${content} ${file.path}`;
  });
  return parts.sort().join("\0");
}

export function isIdentical(a: Change, b: Change): boolean {
  const states = new Map(a.files.map((file) => [file.path, `${file.from} ${file.to}`]));
  return (
    a.files.length === b.files.length && b.files.every((file) => states.get(file.path) === `${file.from} ${file.to}`)
  );
}

/** A file before and after: only then can equal lines stand in different files. */
function hasText({ status, modes }: FileChange): boolean {
  return status === "M" && /^100[0-7]{3} 100[0-7]{3}$/.test(modes);
}

/** The text of what changed between two states of a file, as a digest. */
export type Texts = Map<string, string>;

export function isSame(a: Change, b: Change, texts: Texts): boolean {
  const others = new Map(b.files.map((file) => [file.path, file]));
  return (
    outline(a) === outline(b) &&
    a.files.every((file) => {
      const other = others.get(file.path);
      if (other === undefined) return false;
      if (file.from === other.from && file.to === other.to) return true;
      const text = texts.get(`${file.from}..${file.to}`);
      return text !== undefined && text === texts.get(`${other.from}..${other.to}`);
    })
  );
}

const TEXT = ["diff-tree", "--stdin", "-r", "--root", "-p", "-U3", "--inter-hunk-context=0", "--full-index"];
const SAME_TEXT = [
  "--no-renames",
  "--diff-algorithm=myers",
  "--indent-heuristic",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

/** Reads the texts of these changes that are not known yet. */
export async function readTexts(judging: Judging, changes: readonly Change[], known: Texts): Promise<void> {
  const missing = changes.filter((change) =>
    change.files.some((file) => hasText(file) && !known.has(`${file.from}..${file.to}`)),
  );
  if (missing.length === 0) return;
  const args = [...TEXT, ...SAME_TEXT, ...SAME_FOR_ALL];
  const paths = [...new Set(missing.flatMap((change) => change.files.map((file) => file.path)))];
  const output = await judging.git.bytes([...args, "--", ...limitedTo(paths)], {
    ...judging.options,
    input: asked(missing),
  });
  for (const [pair, digest] of digests(output)) known.set(pair, digest);
}

const NEWLINE = 10;
const decoder = new TextDecoder();

/** Of each section of a diff: its two blobs and the digest of its lines. Works on bytes: a file need not be UTF-8. */
function digests(diff: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  let pair: string | undefined;
  let hasher = new Bun.CryptoHasher("sha256");
  let isInHunk = false;
  let isBinary = false;
  const close = () => {
    if (pair !== undefined && !isBinary) found.set(pair, hasher.digest("hex"));
    pair = undefined;
    hasher = new Bun.CryptoHasher("sha256");
    isInHunk = false;
    isBinary = false;
  };
  for (let start = 0; start < diff.length; ) {
    const newline = diff.indexOf(NEWLINE, start);
    const end = newline < 0 ? diff.length : newline + 1;
    const line = diff.subarray(start, end);
    start = end;
    const first = String.fromCharCode(line[0] ?? 0);
    // Lines of files begin with one of these; only headers begin with anything else.
    if (isInHunk && (first === " " || first === "+" || first === "-" || first === "\\")) {
      hasher.update(line);
      continue;
    }
    if (first === "@") {
      isInHunk = true;
      hasher.update("@@\n");
      continue;
    }
    const header = decoder.decode(line);
    if (header.startsWith("diff --git ")) close();
    if (header.startsWith("Binary files ")) isBinary = true;
    pair ??= /^index ([0-9a-f]+\.\.[0-9a-f]+)/.exec(header)?.[1];
  }
  close();
  return found;
}
