// Where a branch stood when it was deleted: its own reflog went with it, but the checkouts that were on it remember, and
// so may a remote-tracking ref that nobody has pruned. Only what goes on from where it was seen before counts: another
// branch may have had the same name.

import { departuresFrom, recordedTip } from "../merges/merges.ts";
import { reaches } from "./came.ts";
import { type Ground, isThere } from "./ground.ts";

/** Of these, those that are gone and went on after they were recorded, by name. At most one git for each checkout. */
export async function lastStood(ground: Ground, names: readonly string[]): Promise<Map<string, string>> {
  const { db, git, refs, repository } = ground;
  const found = new Map<string, string>();
  const gone = [...new Set(names)].filter((name) => !isThere(ground, name));
  if (gone.length === 0) return found;
  const departures = await departuresFrom(git, repository.gitDir);
  for (const branch of gone) {
    const recorded = recordedTip(db, repository.gitDir, branch);
    if (recorded === undefined) continue;
    const left = departures
      .filter((one) => one.branch === branch && one.tip !== recorded)
      .map(({ tip, before }) => ({ tip, isLater: before.includes(recorded) }));
    const fetched = refs
      .filter(({ name, commit }) => name.replace(REMOTE, "") === branch && commit !== recorded)
      .map(({ commit }) => ({ tip: commit, isLater: false }));
    for (const { tip, isLater } of [...left, ...fetched]) {
      if (!isLater && (await reaches(git, tip, recorded)) !== true) continue;
      found.set(branch, tip);
      break;
    }
  }
  return found;
}

const REMOTE = /^refs\/remotes\/[^/]+\//;
