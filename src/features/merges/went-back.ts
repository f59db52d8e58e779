// The last look before a branch is called safe to delete: does a file of its stand in the target as it did at an earlier
// time, and not as the branch has it? Then somebody went back, whatever the message said and whoever else worked there.
// Work that landed once more beside other changes may look the same; it is kept then.

import { readChanges } from "./changes.ts";
import { listTouching } from "./history.ts";
import type { Judging } from "./judging.ts";

/** `start`: where the branch's work began. */
export async function wentBack(
  judging: Judging,
  { start, tip, target }: { start: string; tip: string; target: string },
): Promise<boolean> {
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
  return changes.some(({ files }) => files.some(({ path, from }) => differing.get(path) === from));
}
