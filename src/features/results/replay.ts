// What came home becomes history of the repository: each commit of the sandbox a commit on the real base. Only here do
// objects reach the user's repository, all of them before a reference names them; no branch is touched.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure, usage } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { Git } from "../../git/git.ts";
import { commonDirectory } from "../../git/names.ts";
import type { World } from "../../world.ts";
import { streamOf } from "./byte-reader.ts";
import { type Change, changesBetween, changesOf, isFile, isSame, type Pair, type Side, sidesIn } from "./changes.ts";
import { beyond, earlierThan, existing, type More, noteUncommitted, withoutTheirOwn } from "./checkpoints.ts";
import { openConverter, rawSet } from "./clean.ts";
import { historyOf, type SandboxCommit, subjectOf } from "./history.ts";
import { foldersOfAll, type Ground, importOf, type Planned, whyLeft } from "./import.ts";
import { commitsOf, type Gathered, openKept, treesOf } from "./kept.ts";
import { memoryIgnored } from "./memory.ts";
import { abandonedOf, annotatedOf, moreOf, placeOfMore } from "./more.ts";
import type { Secret } from "./needles.ts";
import { pipeGit, requireDone } from "./piped-git.ts";
import { shown } from "./raw-paths.ts";
import { setRefs } from "./refs.ts";
import { transfer } from "./transfer.ts";

export interface ReplayInput {
  /** A checkout of it, or its git directory. */
  repository: string;
  /** Whole id of the commit that the run's worktree was made from. */
  base: string;
  runId: string;
  store: string;
  sent: string;
  gathered: Gathered;
  /** Sent though git would not bring them. */
  extras: readonly string[];
  /** Sent in another form than they stand in. */
  altered?: readonly string[];
  submodules: readonly string[];
  /** No reference is named after one. */
  secrets?: readonly Secret[];
  /** Before it has settled, nothing leaves the run's own directory; where it fails, nothing ever does. */
  allowed?: Promise<unknown>;
  signal?: AbortSignal;
}

export interface Replayed {
  /** Claude's, on what it stood at last; the oldest first. */
  commits: { id: string; subject: string }[];
  /** The commit of what was uncommitted. */
  uncommitted: string | null;
  /** What `refs/parallel-cc/sandbox/<run>` stands at. */
  tip: string;
  ref: string;
  /**
   * Other branches, what was stashed, what stood in other checkouts, commits that no name had any more, and what came home
   * before and is in nothing of this.
   */
  more: More[];
  filesChanged: number;
  /** Undefined where counting would take long. */
  lines: { inserted: number; deleted: number } | undefined;
  left: { path: string; why: string }[];
  /** For delivery. */
  source: { store: string; sent: string; tip: string; base: string };
}

type Effects = Pick<World, "git" | "startPiped" | "env">;

const EMPTY_TREES: Readonly<Record<number, string>> = {
  40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
};

/** More would take minutes to tell of. */
const MOST_COUNTED_BYTES = 16 * 1024 * 1024;

/**
 * Idempotent, and a later one with more commits extends: what was replayed before keeps its ids. Errors:
 * `results.filter`, `results.too-many`, those of git. The store keeps all that came home in any case.
 */
export async function replay(world: Effects, input: ReplayInput): Promise<Replayed> {
  const { store, sent, base, runId, gathered, signal } = input;
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(runId)) throw usage("run-id", `"${printable(runId)}" is no id of a run.`);
  const kept = await openKept(world, { store, sent });
  const gitDir = await commonDirectory(world.git(input.repository).trusting());
  const repository = world
    .git(gitDir)
    .trusting()
    .configured({ settings: { "core.hooksPath": "/dev/null" }, env: { GIT_DIR: gitDir } });
  const trees = await treesOf(kept, [sent, base]);
  const scene: Scene = { world, kept, repository, gitDir, input, trees };
  const commits = await newCommits(scene);
  const planned = await plan(scene, commits);
  const place = await placeOf(scene, planned);
  const ids = planned.length === 0 ? [] : await write(scene, { planned, place });
  const made = new Map(commits.map(({ id }, index) => [id, ids[index] ?? id]));
  const realOf = (id: string): string => (id === sent ? base : (made.get(id) ?? id));
  const { head, tip } = await sameTreeIsNothing(kept, { head: realOf(gathered.head), tip: realOf(gathered.tip) });
  const ref = `refs/parallel-cc/sandbox/${runId}`;
  const isElsewhere = ({ id }: More) => id !== tip && id !== head && id !== base;
  const realsOf = (more: More[]) => more.map(({ id, ...rest }) => ({ ...rest, id: realOf(id) })).filter(isElsewhere);
  const others = realsOf(moreOf(input));
  const abandoned = await withoutTheirOwn(repository, realsOf(abandonedOf(input)));
  await input.allowed;
  const tips = [tip, ...[...others, ...abandoned].map(({ id }) => id)];
  await transfer({ store, gitDir, repository, tips, base, signal });
  const annotated = await annotatedOf(repository, { ...input, commits, realOf });
  const below = placeOfMore(runId);
  const succession = {
    repository,
    kept,
    store,
    base,
    ref,
    place: below,
    tip,
    others: others.map(({ id }) => id),
    signal,
  };
  const earlier = await earlierThan(world, succession);
  const plain = others.filter(({ ref: at }) => !annotated.some((one) => one.ref === at));
  others.splice(0, others.length, ...plain, ...annotated);
  others.push(...(await beyond(repository, { abandoned, earlier })), ...earlier);
  if (tip !== head) await noteUncommitted(kept, tip);
  await setRefs(repository, [{ ref, id: tip }, ...others], `${below}/`);
  const left = await leftOf(scene, place);
  return {
    commits: reachable(commits, gathered.head).map((one) => ({
      id: realOf(one.id),
      subject: printable(subjectOf(one)),
    })),
    uncommitted: tip === head ? null : tip,
    ...{ tip, ref, more: others },
    ...(await counted(scene, tip)),
    left,
    source: { store, sent, tip: gathered.tip, base },
  };
}

interface Scene {
  world: Effects;
  kept: Git;
  repository: Git;
  gitDir: string;
  input: ReplayInput;
  /** Of what was sent, and of the base. */
  trees: Map<string, string>;
}

/** What is not in the repository already: whoever shares its objects may have built on any commit of it. */
async function newCommits({ world, kept, repository, input }: Scene): Promise<SandboxCommit[]> {
  const { store, sent, base, gathered, signal } = input;
  const all = await historyOf(world, {
    store,
    kept,
    tips: [...new Set(commitsOf(gathered))],
    without: [sent, base],
    signal,
  });
  const known = await existing(
    repository,
    all.map(({ id }) => id),
  );
  return all.filter(({ id }) => !known.has(id));
}

async function plan({ repository, input, trees }: Scene, commits: readonly SandboxCommit[]): Promise<Planned[]> {
  const { sent, base, gathered } = input;
  const marks = new Map(commits.map(({ id }, index) => [id, `:${index + 1}`]));
  const outside = new Set(commits.flatMap(({ parents }) => parents).filter((id) => id !== sent && !marks.has(id)));
  const real = await existing(repository, [...outside]);
  // The third parent of what was stashed has the untracked files, and nothing else.
  const stashed = new Set(gathered.stashes);
  const bare = new Set(commits.flatMap(({ id, parents }) => (stashed.has(id) ? parents.slice(2) : [])));
  return commits.map((commit): Planned => {
    const mapped = commit.parents.flatMap((id) => marks.get(id) ?? (id === sent ? base : real.has(id) ? id : []));
    const isBare = bare.has(commit.id) && commit.parents.length === 0;
    const parents = mapped.length > 0 ? [...new Set(mapped)] : isBare ? [] : [base];
    const [first] = commit.parents;
    const isOnNew = first !== undefined && marks.has(first);
    const onto = isOnNew || isBare || parents[0] === base ? undefined : trees.get(base);
    return { commit, parents, onto, isBare };
  });
}

function pairsOf({ input, trees }: Scene, planned: readonly Planned[]): Pair[] {
  const byId = new Map(planned.map(({ commit }) => [commit.id, commit.tree]));
  return planned.map(({ commit, isBare }) => {
    const [first = ""] = commit.parents;
    const empty = EMPTY_TREES[input.sent.length] ?? "";
    return { from: isBare ? empty : (byId.get(first) ?? trees.get(input.sent) ?? ""), to: commit.tree };
  });
}

/** The ids of the new commits, in their order; they stand in the store. */
async function write(
  scene: Scene,
  { planned, place }: { planned: readonly Planned[]; place: Place },
): Promise<string[]> {
  const { world, input } = scene;
  const { store, signal } = input;
  const pairs = pairsOf(scene, planned);
  const changes = () => changesOf(world, { store, pairs, signal });
  const ground = await groundOf(scene, { changes, place });
  const marks = join(dirname(store), "replay-marks");
  mkdirSync(dirname(marks), { recursive: true });
  rmSync(marks, { force: true });
  const args = [
    "fast-import",
    "--quiet",
    "--force",
    "--done",
    "--date-format=raw-permissive",
    `--export-marks=${marks}`,
  ];
  const piped = pipeGit(world, {
    store,
    args,
    input: streamOf(importOf(ground, planned, changes())),
    signal,
  });
  for await (const _ of piped.stdout);
  requireDone(args, await piped.ended);
  const made = new Map(
    [...readFileSync(marks, "utf8").matchAll(/^:(\d+) ([0-9a-f]+)$/gm)].map(([, mark, id = ""]) => [Number(mark), id]),
  );
  rmSync(marks, { force: true });
  return planned.map((_, index) => {
    const id = made.get(index + 1);
    if (id === undefined)
      throw new Failure({ kind: "internal", code: "internal.bug", message: "A commit was not written." });
    return id;
  });
}

async function groundOf(
  scene: Scene,
  { changes, place }: { changes: () => AsyncIterable<Change[]>; place: Place },
): Promise<Ground> {
  const { world, input, trees } = scene;
  const { store, base, signal } = input;
  const touched = new Set<string>();
  for await (const changed of changes()) for (const { path } of changed) touched.add(path);
  const sent = await sidesIn(world, { store, tree: trees.get(input.sent) ?? "", among: touched, signal });
  const differing = new Map(place.differing.map(({ path, now }) => [path, now]));
  const baseOf = (path: string): Side | undefined => (differing.has(path) ? differing.get(path) : sent.get(path));
  const sentOf = (path: string): Side | undefined => sent.get(path);
  const bare = { ...place.rules, sent: sentOf, base: baseOf };
  const { kept, gitDir } = scene;
  const converter = await openConverter(world, { kept, store, gitDir, base, signal });
  try {
    const converted = await converter.among([...touched]);
    const wanted = new Map<string, Set<string>>();
    if (converted.size > 0) {
      for await (const changed of changes()) {
        for (const { path, now } of changed) {
          if (now === undefined || !converted.has(path) || !isFile(now) || now.id === sent.get(path)?.id) continue;
          if (whyLeft(bare, path, now) !== undefined) continue;
          wanted.set(path, (wanted.get(path) ?? new Set()).add(now.id));
        }
      }
    }
    if (wanted.size === 0) return { ...bare, cleaned: new Map() };
    // A filter may keep what it is given elsewhere.
    await input.allowed;
    return { ...bare, cleaned: await converter.clean(wanted, baseOf) };
  } finally {
    converter.close();
  }
}

type Place = Awaited<ReturnType<typeof placeOf>>;

/** What the base has otherwise than it was sent, and what follows of it. */
async function placeOf(scene: Scene, planned: readonly Planned[]) {
  const { world, input, trees } = scene;
  const { store, sent, base, signal } = input;
  const differing = await changesBetween(world, {
    store,
    from: trees.get(sent) ?? "",
    to: trees.get(base) ?? "",
    signal,
  });
  const unsent = new Set(
    differing.flatMap(({ path, old, now }) => (old === undefined && now !== undefined ? [path] : [])),
  );
  const rules = {
    unsent,
    unsentFolders: foldersOfAll(unsent),
    extras: rawSet(input.extras),
    altered: rawSet(input.altered ?? []),
    submodules: rawSet(input.submodules),
    ignored: await memoryIgnored(world, { ...input, pairs: pairsOf(scene, planned) }),
  };
  return { differing, rules };
}

/** What was uncommitted may be nothing that a commit has. */
async function sameTreeIsNothing(kept: Git, { head, tip }: { head: string; tip: string }) {
  if (head === tip) return { head, tip };
  const trees = await treesOf(kept, [head, tip]);
  return trees.get(head) === trees.get(tip) ? { head, tip: head } : { head, tip };
}

async function leftOf(scene: Scene, { rules }: Place): Promise<Replayed["left"]> {
  const { world, kept, input, trees } = scene;
  const { gathered, sent, store, signal } = input;
  const tip = (await treesOf(kept, [gathered.tip])).get(gathered.tip) ?? "";
  const changes = await changesBetween(world, { store, from: trees.get(sent) ?? "", to: tip, signal });
  const bare = { ...rules, sent: () => undefined, base: () => undefined };
  return changes.flatMap(({ path, old, now }) => {
    const why = isSame(old, now) ? undefined : whyLeft(bare, path, now);
    return why === undefined ? [] : [{ path: shown(path), why }];
  });
}

/** Those that a commit comes from, it among them. */
function reachable(commits: readonly SandboxCommit[], head: string): SandboxCommit[] {
  const byId = new Map(commits.map((one) => [one.id, one]));
  const found = new Set<string>();
  const open = [head];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const one = byId.get(id);
    if (one === undefined || found.has(id)) continue;
    found.add(id);
    open.push(...one.parents);
  }
  return commits.filter(({ id }) => found.has(id));
}

async function counted({ world, kept, input }: Scene, tip: string): Promise<Pick<Replayed, "filesChanged" | "lines">> {
  const { base, store, signal } = input;
  const trees = await treesOf(kept, [base, tip]);
  const changes = await changesBetween(world, { store, from: trees.get(base) ?? "", to: trees.get(tip) ?? "", signal });
  const ids = changes.flatMap(({ old, now }) => [old, now].flatMap((side) => (side && isFile(side) ? [side.id] : [])));
  const input_ = ids.map((id) => `${id}\n`).join("");
  const sizes =
    ids.length === 0
      ? ""
      : await kept.output(["cat-file", "--batch-check=%(objectsize)", "--buffer"], { input: input_ });
  const sum = sizes.split("\n").reduce((all, size) => all + Number(/^\d+$/.test(size) ? size : 0), 0);
  if (sum > MOST_COUNTED_BYTES) return { filesChanged: changes.length, lines: undefined };
  const said = await kept.output(["diff-tree", "--shortstat", "--no-renames", base, tip]);
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(said)?.[1] ?? 0);
  return { filesChanged: changes.length, lines: { inserted: count("insertion"), deleted: count("deletion") } };
}
