// What stood under a run's reference before and is in nothing that comes now: claude may throw away inside what is home
// already. It keeps a reference of its own, for good.

import type { Git } from "../../git/git.ts";
import { changesBetween } from "./changes.ts";
import { treesBetween } from "./kept.ts";
import type { Pipes } from "./piped-git.ts";

export interface More {
  ref: string;
  id: string;
  name: string;
}

export interface Succession {
  repository: Git;
  kept: Git;
  store: string;
  base: string;
  /** Of the run's result, and below which the rest of it stands. */
  ref: string;
  place: string;
  /** What it is to stand at now, and what else comes. */
  tip: string;
  others: readonly string[];
  signal: AbortSignal | undefined;
}

const NAME = "what was here at an earlier checkpoint";
const UNCOMMITTED = "refs/parallel-cc/uncommitted";

/** Those kept by earlier calls among them. The objects of all that comes now must be in the repository. */
export async function earlierThan(world: Pipes, succession: Succession): Promise<More[]> {
  const { repository, ref, place } = succession;
  const format = "--format=%(objectname) %(refname)";
  const listed = (await repository.output(["for-each-ref", format, ref, `${place}/checkpoint/`])).split("\n");
  const standing = listed.flatMap((line) => {
    const [, id, at] = /^([0-9a-f]+) (.+)$/.exec(line) ?? [];
    return id === undefined || at === undefined ? [] : [{ id, ref: at }];
  });
  const before = standing.find((one) => one.ref === ref);
  const earlier = standing.flatMap((one) => (one.ref === ref ? [] : [{ ...one, name: NAME }]));
  if (
    before !== undefined &&
    !earlier.some(({ id }) => id === before.id) &&
    (await isLost(world, succession, before.id))
  ) {
    const number = Math.max(0, ...earlier.map((one) => Number(one.ref.slice(one.ref.lastIndexOf("/") + 1)) || 0)) + 1;
    earlier.push({ id: before.id, ref: `${place}/checkpoint/${number}`, name: NAME });
  }
  return earlier;
}

/** Of commits that claude had looked at only: those that the user's own names have need no other. */
export async function withoutTheirOwn(repository: Git, abandoned: readonly More[]): Promise<More[]> {
  const there = await existing(
    repository,
    abandoned.map(({ id }) => id),
  );
  if (there.size === 0) return [...abandoned];
  const args = ["rev-list", ...there, "--not", "--exclude=refs/parallel-cc/*", "--all"];
  const unnamed = new Set((await repository.output(args)).split("\n"));
  return abandoned.filter(({ id }) => !there.has(id) || unnamed.has(id));
}

/** Those that no earlier checkpoint has. */
export async function beyond(
  repository: Git,
  { abandoned, earlier }: { abandoned: readonly More[]; earlier: readonly More[] },
): Promise<More[]> {
  if (abandoned.length === 0 || earlier.length === 0) return [...abandoned];
  const beside = [...abandoned.map(({ id }) => id), ...earlier.map(({ id }) => `^${id}`)];
  const left = new Set(await listed(repository, beside));
  return abandoned.filter(({ id }) => left.has(id));
}

/** Which of the commits the repository has. */
export async function existing(repository: Git, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const input = ids.map((id) => `${id}\n`).join("");
  const said = await repository.output(["cat-file", "--batch-check=%(objectname) %(objecttype)", "--buffer"], {
    input,
  });
  return new Set([...said.matchAll(/^([0-9a-f]+) commit$/gm)].map(([, id = ""]) => id));
}

/** So that a later call knows that nobody had committed this. */
export async function noteUncommitted(kept: Git, id: string): Promise<void> {
  await kept.output(["update-ref", "--end-of-options", `${UNCOMMITTED}/${id}`, id]);
}

async function isLost(world: Pipes, succession: Succession, before: string): Promise<boolean> {
  const { repository, kept, base, tip, others } = succession;
  const gone = await listed(repository, [before, ...[base, tip, ...others].map((id) => `^${id}`)]);
  if (gone.length === 0) return false;
  const now = await listed(repository, [tip, ...others, `^${base}`]);
  if ((await treesIn(repository, [base, tip, ...now])).has([...(await treesIn(repository, [before]))][0] ?? ""))
    return false;
  const noted = await kept.attempt(["rev-parse", "--quiet", "--verify", `${UNCOMMITTED}/${before}`]);
  return noted.exit !== 0 || gone.length > 1 || (await isUndone(world, succession, before));
}

/** What nobody has committed goes on under the hand: only what is not there in any form any more is lost. */
async function isUndone(
  world: Pipes,
  { kept, store, base, tip, signal }: Succession,
  before: string,
): Promise<boolean> {
  const changed = async (to: string) =>
    changesBetween(world, { store, ...(await treesBetween(kept, { from: base, to })), signal });
  const now = new Map((await changed(tip)).map((one) => [one.path, one.now]));
  return (await changed(before)).some(({ path, now: had }) => had !== undefined && now.get(path) === undefined);
}

async function listed(repository: Git, revisions: readonly string[]): Promise<string[]> {
  const input = revisions.map((line) => `${line}\n`).join("");
  return (await repository.output(["rev-list", "--stdin"], { input })).split("\n").filter(Boolean);
}

async function treesIn(repository: Git, commits: readonly string[]): Promise<Set<string>> {
  const input = commits.map((id) => `${id}^{tree}\n`).join("");
  const said = await repository.output(["cat-file", "--batch-check=%(objectname)", "--buffer"], { input });
  return new Set(said.split("\n").filter(Boolean));
}
