// A rebase tried out commit by commit where nobody sees it: as git would pick them, in a merger's own objects. Neither
// the worktree nor its index, nor any ref, is touched.

import type { GitOptions } from "../../git/git.ts";
import { type ConflictFile, type Merger, openMerger } from "../../git/merge-tree.ts";
import { explainFiles, type FileCheck } from "../conflicts/conflicts.ts";
import { type Addition, additionsTo } from "./in-the-way.ts";
import type { Onto } from "./onto.ts";
import type { Place } from "./place.ts";

export interface Picked {
  commit: string;
  subject: string;
}

export interface Meeting extends Picked {
  /** What its change meets, and which commits of the target brought that. */
  files: FileCheck[];
}

export interface Replayed {
  outcome: "up-to-date" | "clean" | "conflict" | "unknown";
  /** What git would pick, the oldest first: not merges, nor what the target has as the same change. */
  picks: Picked[];
  /** It has no commit that the target lacks. */
  isFastForward: boolean;
  /** Merge commits, which are left out. */
  merges: number;
  /** Those of which the target leaves nothing. */
  emptied: Picked[];
  /** Of a clean one: the tree that the branch would have. */
  tree: string | null;
  /** Of a conflict: the first pick that meets one. Those after it are not tried. */
  meeting: Meeting | null;
  /** Of an unknown one. */
  why: string | null;
  /** Of a clean one: that what merges brought of their own would be lost with them. */
  losesMerges: boolean;
  /** Of a clean one: whether the uncommitted work that was asked about goes onto it. */
  workFits: boolean;
  /** The same of what is staged of it. */
  stagedFits: boolean;
  /** What it would put where the branch tracks nothing, on its way too. */
  additions: Addition[];
}

const TIMEOUT_MS = 120_000;
/** Each costs three gits. */
const MOST_PICKS = 1000;

export interface Question {
  onto: Onto;
  /** A commit of uncommitted work on top of the branch, and the object directory that has it where it is not the usual one. */
  work: { work: string; objects?: string } | undefined;
  signal: AbortSignal;
}

/** Errors: those of git; `proc.cancelled` when the signal says so. */
export async function replay(place: Place, { onto, work: saved, signal }: Question): Promise<Replayed> {
  const work = saved?.work;
  const beside = saved?.objects === undefined ? [] : [saved.objects];
  const opened = { objects: { gitDir: place.gitDir, beside }, id: place.head, withRegions: true, signal };
  using merger = await openMerger(place.git, { ...opened, timeoutMs: TIMEOUT_MS });
  const nothing = {
    picks: [],
    isFastForward: false,
    merges: 0,
    emptied: [],
    tree: null,
    meeting: null,
    why: null,
    losesMerges: false,
    workFits: true,
    stagedFits: true,
    additions: [],
  };
  const found = await merger.git.attempt(["merge-base", "--end-of-options", onto.commit, place.head], { signal });
  const base = found.stdout.trim();
  if (base === onto.commit) return { ...nothing, outcome: "up-to-date" };
  const all = await commitsToPick(merger, [onto.commit, place.head], { signal });
  const picks = all.map(({ commit, subject }) => ({ commit, subject }));
  const counted = ["rev-list", "--count", "--merges", `${onto.commit}..${place.head}`, "--"];
  const merges = Number((await merger.git.output(counted, { signal })).trim());
  const known = { ...nothing, picks, merges, isFastForward: base === place.head };
  const unknown = (why: string): Replay => ({ ...known, outcome: "unknown", why, trees: [] });
  const { trees, ...replayed } =
    found.exit !== 0
      ? unknown("they have no commit in common")
      : all.length > MOST_PICKS
        ? unknown(`${all.length} commits are too many to try out`)
        : await tryOut(merger, { place, onto, work, base, all, known, signal });
  const from = await treeOf(merger, place.head, { signal });
  // Where it is not tried to its end, the commits' own trees have what it may come by.
  const passed = [await treeOf(merger, onto.commit, { signal }), ...all.map(({ tree }) => tree), ...trees];
  const last = replayed.tree ?? undefined;
  return { ...replayed, additions: await additionsTo(merger.git, { from, trees: passed, last }, { signal }) };
}

/** With the trees that it came by. */
type Replay = Replayed & { trees: readonly string[] };

interface Commit extends Picked {
  /** As git calls it when it conflicts. */
  label: string;
  parent: string | undefined;
  tree: string;
}

/** By git's own rule for a rebase. */
async function commitsToPick(
  { git }: Merger,
  [onto, head]: readonly [string, string],
  options: GitOptions,
): Promise<Commit[]> {
  const which = ["--reverse", "--topo-order", "--no-merges", "--cherry-pick", "--right-only", `${onto}...${head}`];
  const format = ["%H", "%P", "%T", "%h", "%s"].join("%x00");
  const fields = (await git.output(["log", "-z", `--format=${format}`, ...which, "--"], options)).split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + 4 < fields.length; at += 5) {
    const [commit = "", parent = "", tree = "", short = "", subject = ""] = fields.slice(at, at + 5);
    const label = labelOf(short, subject);
    commits.push({ commit, label, parent: parent === "" ? undefined : parent, tree, subject });
  }
  return commits;
}

/** What git calls a pick in markers, and beside a name that both sides have taken. */
export function labelOf(short: string, subject: string): string {
  return `${short} (${subject})`;
}

interface Trial {
  place: Place;
  onto: Onto;
  work: string | undefined;
  base: string;
  all: readonly Commit[];
  known: Omit<Replayed, "outcome">;
  signal: AbortSignal;
}

async function tryOut(merger: Merger, trial: Trial): Promise<Replay> {
  const { onto, all, known, signal } = trial;
  const options = { signal };
  const emptied: Picked[] = [];
  /** Commits of ours that stand for picks: nobody's, so nobody is told of them. */
  const standIns = new Set<string>();
  const trees: string[] = [];
  let head = onto.commit;
  let tree = await treeOf(merger, head, options);
  for (const pick of all) {
    // With its parent there already git takes it as it is.
    if (pick.parent === head) {
      [head, tree] = [pick.commit, pick.tree];
      continue;
    }
    const base = pick.parent ?? merger.writeCommit(emptyTree(pick.commit), []);
    const labels = { ours: "HEAD", theirs: pick.label };
    const [result] = await merger.merge([{ ours: head, theirs: pick.commit, base, labels }]);
    const { commit, subject } = pick;
    if (result === undefined || result.verdict === "unknown") {
      return { ...known, trees, emptied, outcome: "unknown", why: result?.why ?? "git did not tell of it" };
    }
    if (result.verdict === "conflict") {
      const files = await explained(merger, {
        ...trial,
        head,
        origin: base,
        standIns,
        files: result.files,
        tree: result.tree,
      });
      return { ...known, trees, emptied, outcome: "conflict", meeting: { commit, subject, files } };
    }
    const brought = result.tree !== tree || (await treeOf(merger, base, options)) === pick.tree;
    if (!brought) {
      emptied.push({ commit, subject });
      continue;
    }
    tree = result.tree;
    trees.push(tree);
    head = merger.writeCommit(tree, [head]);
    standIns.add(head);
  }
  return { ...known, trees, emptied, outcome: "clean", tree, ...(await consequences(merger, trial, { head, tree })) };
}

/** Without merges the commits alone make the branch: then all that they hold must be what a merge would give. */
async function consequences(
  merger: Merger,
  { place, onto, work, known, signal }: Trial,
  { head, tree }: { head: string; tree: string },
): Promise<Pick<Replayed, "losesMerges" | "workFits" | "stagedFits">> {
  const whole = { ours: onto.commit, theirs: place.head };
  const staged = async (of: string) => merger.git.output(["rev-parse", "--verify", `${of}^2`], { signal });
  const works = work === undefined ? [] : [work, (await staged(work)).trim()];
  const pairs = works.map((theirs) => ({ base: place.head, ours: head, theirs }));
  const results = await merger.merge([...pairs, ...(known.merges === 0 ? [] : [whole])]);
  const fits = (at: number) => work === undefined || results[at]?.verdict === "clean";
  const merged = results[pairs.length];
  const isWhole = known.merges === 0 || (merged?.verdict === "clean" && merged.tree === tree);
  return { losesMerges: !isWhole, workFits: fits(0), stagedFits: fits(1) };
}

async function treeOf({ git }: Merger, commit: string, options: GitOptions): Promise<string> {
  return (await git.output(["rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`], options)).trim();
}

/** Git knows it without an object. */
function emptyTree(like: string): string {
  const hasher = new Bun.CryptoHasher(like.length === 64 ? "sha256" : "sha1");
  return hasher.update("tree 0\0").digest("hex");
}

interface Met extends Trial {
  head: string;
  /** The pick's parent. */
  origin: string;
  standIns: ReadonlySet<string>;
  files: readonly ConflictFile[];
  tree: string;
}

async function explained(merger: Merger, met: Met): Promise<FileCheck[]> {
  const words = { here: met.onto.target, there: met.place.branch };
  const { files, tree, origin, head: commit, base } = met;
  const asked = { files, tree, origin, side: "ours" as const, commit, base, words };
  const told = await explainFiles(merger.git, asked, met.signal);
  return told.map((file) => ({ ...file, commits: file.commits.filter(({ commit }) => !met.standIns.has(commit)) }));
}
