// The second half of the story: one agent's work lands by squash, and a cleanup tells it from what must stay.

import { NUMBER, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import { part } from "./part.ts";

export const land = part({
  name: "land",
  facts: () => ({ branch: TEXT, target: TEXT, commit: TEXT, isMergedForGit: YES_OR_NO }),
  async *play(stage) {
    const { branch } = stage.agent("search").session();
    await stage.git(["merge", "--squash", "--quiet", branch]);
    await stage.git(["commit", "--quiet", "--message=Search by word, with a test"]);
    const commit = await stage.git(["rev-parse", "HEAD"]);
    const unmerged = await stage.git(["branch", "--no-merged", "main", "--format=%(refname:short)"]);
    const isMergedForGit = !unmerged.split("\n").includes(branch);
    const verdict = isMergedForGit ? "merged" : "not merged";
    yield `search is squashed into main as ${commit.slice(0, 7)}, which git calls "${verdict}"`;
    return { branch, target: "main", commit, isMergedForGit };
  },
});

const cleaned = () =>
  v.object({
    removed: NUMBER,
    removals: v.array(v.object({ id: TEXT, name: TEXT, path: TEXT_OR_NULL, branch: TEXT_OR_NULL })),
    kept: v.array(
      v.object({
        name: TEXT,
        path: TEXT_OR_NULL,
        keeps: v.array(v.object({ reason: TEXT, detail: TEXT })),
      }),
    ),
  });
const listed = () => v.object({ removals: v.array(v.object({ id: TEXT, reason: TEXT, left: TEXT })) });
const checked = () => v.object({ verdict: TEXT });

export const cleanup = part({
  name: "cleanup",
  facts: () => ({
    sessionsEnded: NUMBER,
    removed: v.array(
      v.strictObject({
        ...{ name: TEXT, path: TEXT_OR_NULL, reason: TEXT_OR_NULL, verdict: TEXT_OR_NULL },
        ...{ undo: TEXT, undoBrings: TEXT_OR_NULL },
      }),
    ),
    kept: v.array(v.strictObject({ name: TEXT, path: TEXT_OR_NULL, why: v.array(TEXT) })),
  }),
  async *play(stage) {
    const { removed: sessionsEnded, removals, kept: others } = await stage.ask(["cleanup"], cleaned());
    const records = await stage.ask(["undo", "--list"], listed());
    const removed = [];
    for (const { id: undo, name, path, branch } of removals) {
      const record = records.removals.find(({ id }) => id === undo);
      const verdict = branch === null ? null : (await stage.ask(["merge", "check", branch], checked())).verdict;
      const reason = [record?.reason ?? "it may go", ...(verdict === null ? [] : [`(${verdict})`])].join(" ");
      yield `removes ${printable(name)}${branch === null ? "" : " and its branch"}: ${reason}`;
      if (record?.left === "everything") yield `parallel-cc undo ${undo} would bring all of that back`;
      removed.push({ name, path, reason: record?.reason ?? null, verdict, undo, undoBrings: record?.left ?? null });
    }
    const kept = [];
    for (const { name, path, keeps } of others) {
      const why = keeps.map(({ detail }) => detail);
      if (keeps.some(({ reason }) => reason === "not-ours")) continue;
      yield `keeps ${printable(name)}: ${why.map(printable).join("; ")}`;
      kept.push({ name, path, why });
    }
    return { sessionsEnded, removed, kept };
  },
});
