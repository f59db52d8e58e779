// The last look before a branch is called safe to delete: is any of its work in the target no longer? Then somebody took it
// back, whatever the message said and whoever else worked there since. Work that landed once more beside other changes may
// look the same; it is kept then.

import { readChanges } from "./changes.ts";
import { listTouching } from "./history.ts";
import type { Judging } from "./judging.ts";
import type { Transplant, Workbench } from "./remerge.ts";

interface Asked {
  /** Where the branch's work began. */
  start: string;
  tip: string;
  target: string;
  /** Commits with one parent that only the branch has. */
  own: readonly string[];
}

export async function wentBack(judging: Judging & { bench(): Workbench }, asked: Asked): Promise<boolean> {
  const { start, tip, target } = asked;
  const [done] = await readChanges(judging, [{ from: start, to: tip }]);
  const paths = (done?.files ?? []).map(({ path }) => path);
  if (paths.length === 0 || tip === target) return false;
  const [since] = await readChanges(judging, [{ from: tip, to: target }], paths);
  const differing = new Map((since?.files ?? []).map(({ path, to }) => [path, to]));
  const wanted = paths.filter((path) => differing.has(path));
  if (wanted.length === 0) return false;
  const ids = await listTouching(judging, { to: target, without: [start] }, wanted);
  const steps = ids.map((to) => ({ from: undefined, to }));
  const changes = await readChanges(judging, steps, wanted);
  // A file that stands as it did at an earlier time, and not as the branch has it.
  if (changes.some(({ files }) => files.some(({ path, from }) => differing.get(path) === from))) return true;
  return isAnyTakenBack(judging, asked);
}

/** Of more commits the last ones are looked at one by one. */
const MOST_COMMITS = 100;

/** A commit that can be taken out of the branch, and out of the target not: there it is out already. */
async function isAnyTakenBack(
  judging: Judging & { bench(): Workbench },
  { tip, target, own: all }: Asked,
): Promise<boolean> {
  const { git, options } = judging;
  const commits = all.slice(-MOST_COMMITS);
  if (commits.length === 0) return false;
  const names = [tip, target, ...commits.flatMap((commit) => [commit, `${commit}^`])].map((name) => `${name}^{tree}`);
  const trees = await git.attempt(["rev-parse", "--end-of-options", ...names], options);
  // A first commit of all has nothing before it.
  if (trees.exit !== 0) return false;
  const [own = "", there = "", ...pairs] = linesOf(trees.stdout).filter((line) => line !== "--end-of-options");
  const out = (onto: string): Transplant[] =>
    commits.map((_, i) => ({ from: pairs[2 * i] ?? "", to: pairs[2 * i + 1] ?? "", onto }));
  const left = await judging.bench().transplant([...out(own), ...out(there)]);
  return commits.some((_, i) => {
    const fromOwn = left[i];
    return fromOwn !== undefined && fromOwn !== own && left[commits.length + i] === there;
  });
}

function linesOf(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}
