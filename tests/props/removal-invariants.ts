// What has to hold after each step of parallel-cc, whatever it was asked to do.

import { v } from "../../src/core/shape.ts";
import type { Ran } from "../support/cli.ts";
import { differences } from "./removal-print.ts";
import type { Scene, Tree } from "./removal-scene.ts";
import { linesOf, type Snapshot } from "./removal-snapshot.ts";

export interface Stepped {
  words: readonly string[];
  ran: Ran;
  answer: unknown;
  before: Snapshot;
  after: Snapshot;
  /** Worktrees that were there before and are not now; and the other way round. */
  gone: Tree[];
  come: string[];
}

export class Broken extends Error {}

export function claim(holds: boolean, step: Pick<Stepped, "words" | "ran">, what: string): void {
  if (holds) return;
  const { exit, stdout, stderr } = step.ran;
  throw new Broken(`${what}\nafter \`parallel-cc ${step.words.join(" ")}\`, exit ${exit}: ${stdout}${stderr}`);
}

/** Nothing is lost, nothing else has changed, and git finds its way. */
export async function checkInvariants(scene: Scene, step: Stepped): Promise<void> {
  const { before, after, ran } = step;
  claim(ran.exit === 0 || ran.exit === 1, step, `it exits ${ran.exit ?? ran.signal}`);
  const lost = [...before.content].filter(([id]) => !after.content.has(id));
  claim(lost.length === 0, step, `lost: ${lost.slice(0, 8).map(([id, where]) => `${id} (${where})`)}`);
  claim(after.wrong.length === 0, step, `registrations: ${after.wrong.join("; ")}`);
  for (const [path, print] of before.prints) {
    const now = after.prints.get(path);
    const changed = now === undefined ? [] : differences(print, now);
    claim(changed.length === 0, step, `${path} changed: ${changed.slice(0, 8).join("; ")}`);
  }
  checkRefs(step);
  for (const session of scene.sessions) {
    const isThere = session === undefined || after.prints.has(session.path);
    claim(isThere, step, `the worktree of a live session is gone: ${session?.path}`);
  }
  if (step.gone.length > 0 || step.come.length > 0) await checkGit(scene, step);
}

const RENAMED = v.object({ renamed: v.array(v.object({ from: v.string(), to: v.string() })) });

/** Branches that came back under another name, because theirs is checked out elsewhere by now. */
export function renamedIn({ answer }: Pick<Stepped, "answer">): { from: string; to: string }[] {
  const found = v.safeParse(RENAMED, answer);
  return found.success ? found.output.renamed : [];
}

/** The user's branches stand where they stood; ours go and come with their worktrees alone. */
function checkRefs(step: Stepped): void {
  const { before, after } = step;
  const own = new Set(step.gone.map(({ branch }) => `refs/heads/${branch}`));
  const names = new Set([...before.refs.keys(), ...after.refs.keys()]);
  const beside = new Set(renamedIn(step).map(({ to }) => `refs/heads/${to}`));
  for (const name of names) {
    const [was, is] = [before.refs.get(name), after.refs.get(name)];
    if (was === is || name.startsWith("refs/parallel-cc/") || name.startsWith("refs/remotes/")) continue;
    const mayGo = is === undefined && own.has(name);
    const isOurs = name.startsWith("refs/heads/parallel-") || beside.has(name);
    const mayCome = was === undefined && step.come.length > 0 && isOurs;
    claim(mayGo || mayCome, step, `${name} was at ${was} and is at ${is}`);
    claim(name !== "refs/stash", step, `the stash was at ${was} and is at ${is}`);
  }
  for (const [name, log] of before.logs) {
    if (own.has(`refs/heads/${name}`)) continue;
    claim(after.logs.get(name) === log, step, `the reflog of ${name} changed:\n${log}→\n${after.logs.get(name)}`);
  }
  for (const [name, text] of before.branchSettings) {
    if (own.has(`refs/heads/${name}`)) continue;
    claim(after.branchSettings.get(name) === text, step, `the settings of ${name} changed`);
  }
}

async function checkGit(scene: Scene, step: Stepped): Promise<void> {
  const repo = scene.place.at("repo");
  const checked = await scene.try(repo, "fsck", "--no-dangling", "--no-progress", "--connectivity-only");
  claim(checked !== undefined, step, "git fsck finds faults");
  const listed = await scene.git(repo, "worktree", "list", "--porcelain");
  claim(!linesOf(listed).some((line) => line.startsWith("prunable")), step, `git could prune: ${listed}`);
}
