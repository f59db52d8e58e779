// What comes home beside the line that claude stands at, and what it is called: other branches, tags, what was stashed or
// stood in other checkouts, commits that have no name any more.

import type { Git } from "../../git/git.ts";
import { existing, type More } from "./checkpoints.ts";
import type { SandboxCommit } from "./history.ts";
import type { Branch, Gathered } from "./kept.ts";
import { namesIn, needlesOf, type Secret } from "./needles.ts";

interface Named {
  gathered: Gathered;
  runId: string;
  /** No reference is named after one. */
  secrets?: readonly Secret[];
}

export function placeOfMore(runId: string): string {
  return `refs/parallel-cc/sandbox-more/${runId}`;
}

export function moreOf({ gathered, runId, secrets = [] }: Named): More[] {
  const { branches, tags, stashes, worktrees } = gathered;
  const place = placeOfMore(runId);
  const needles = needlesOf(secrets);
  const named = (kind: string, { name, commit }: Branch, index: number) =>
    namesIn(needles, Buffer.from(name)).length === 0
      ? { ref: `${place}/${kind}/${name}`, name: kind === "tag" ? `tag ${name}` : name, id: commit }
      : { ref: `${place}/${kind}-unnamed/${index}`, name: `a ${kind} that is named after a key`, id: commit };
  return [
    ...branches.map((one, index) => named("branch", one, index)),
    ...tags.map((one, index) => named("tag", one, index)),
    ...stashes.map((commit, index) => named("stash", { name: String(index), commit }, index)),
    ...worktrees.map((one, index) => {
      // Nobody inside has to name one as git would.
      const { ref, id } = named("worktree", /^\w[\w-]*$/.test(one.name) ? one : { ...one, name: String(index) }, index);
      return { ref, id, name: "what was uncommitted in another worktree" };
    }),
  ];
}

interface Made extends Named {
  commits: readonly SandboxCommit[];
  realOf(id: string): string;
}

/** Tags with words, made anew on what their commits have become. */
export async function annotatedOf(
  repository: Git,
  { gathered, runId, secrets = [], commits, realOf }: Made,
): Promise<More[]> {
  const needles = needlesOf(secrets);
  const byId = new Map(commits.map((one) => [one.id, one]));
  // Whoever runs inside may have named any commit: a tag is only made of one that is here.
  const targets = gathered.messages.flatMap(({ commit }) => byId.get(commit)?.parents[0] ?? []);
  const here = await existing(repository, [...new Set(targets.map(realOf))]);
  const made: More[] = [];
  for (const { name, commit } of gathered.messages) {
    const said = byId.get(commit);
    const [of] = said?.parents ?? [];
    if (said === undefined || of === undefined || !here.has(realOf(of))) continue;
    if (namesIn(needles, Buffer.from(name)).length > 0) continue;
    const head = `object ${realOf(of)}\ntype commit\ntag ${name}\ntagger ${said.committer}\n\n`;
    const tag = Buffer.concat([Buffer.from(head), said.message]);
    // One that git would not make itself comes as the commit alone.
    const written = await repository.attempt(["hash-object", "-t", "tag", "-w", "--stdin"], { input: tag });
    if (written.exit !== 0) continue;
    made.push({ ref: `${placeOfMore(runId)}/tag/${name}`, name: `tag ${name}`, id: written.stdout.trim() });
  }
  return made;
}

/** Each named after itself, so that a later one never takes the place of an earlier one. */
export function abandonedOf({ gathered, runId }: Named): More[] {
  const refOf = (id: string) => `${placeOfMore(runId)}/reflog/${id.slice(0, 16)}`;
  return gathered.abandoned.map((id) => ({ ref: refOf(id), name: "commits that no branch had", id }));
}
