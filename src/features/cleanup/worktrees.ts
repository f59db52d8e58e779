// `worktree list`, `worktree remove`, and where `worktree resume` goes on.

import { realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { nearest, printable, shellWord } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { isFirm, type Keep } from "../removals/removals.ts";
import { sessionsOf } from "../roster/roster.ts";
import { heal } from "../sessions/sessions.ts";
import { applyPlan, type Removed, remove } from "./apply.ts";
import { type Item, type Plan, planCleanup } from "./plan.ts";
import { repositoryAt } from "./scope.ts";

export async function planHere(world: World, repo: string | undefined): Promise<Plan> {
  const repository = await repositoryAt(world, repo);
  await heal(world, sessionsOf(await world.db(), repository));
  return planCleanup(world, repository);
}

/** Worktrees, and branches of ours without one. */
export async function listWorktrees(world: World, repo: string | undefined): Promise<Item[]> {
  return (await planHere(world, repo)).items.filter(({ kind }) => kind !== "session");
}

export interface RemoveInput {
  worktree: readonly string[];
  force?: boolean | undefined;
  repo?: string | undefined;
}

/** All of them or none: what keeps one of them is said before any is touched. Errors: `worktree.*`. */
export async function removeWorktrees(world: World, input: RemoveInput): Promise<Removed[]> {
  const plan = await planHere(world, input.repo);
  const isForced = input.force === true;
  const items = [...new Set(input.worktree.map((named) => itemMeant(world, plan, named)))];
  for (const item of items) {
    const keeps = whatKeeps(item, isForced);
    if (keeps.length > 0) throw cannotRemove(item, keeps, isForced);
  }
  await applyPlan(world, { ...plan, items: plan.items.filter(({ kind }) => kind === "session"), gone: [] });
  const removed: Removed[] = [];
  for (const item of items) {
    // Asked for by name: that its user once kept it does not keep it any longer.
    const subject =
      item.subject === undefined ? undefined : { ...item.subject, row: { ...item.subject.row, is_kept: 0 } };
    const known = { memory: plan.memory, index: item.standing?.index };
    const done = await remove(world, { ...item, subject }, { isForced, isAsked: true, known });
    removed.push(...done.removed);
    const [kept] = done.kept;
    if (kept !== undefined) throw cannotRemove(kept.item, kept.keeps, isForced);
  }
  return removed;
}

function whatKeeps({ keeps }: Item, isForced: boolean): Keep[] {
  return keeps.filter((keep) => keep.reason !== "kept-on-request" && (!isForced || isFirm(keep)));
}

/** By its path, its name, its session's name, or its branch. */
export function itemMeant(world: Pick<World, "cwd">, plan: Plan, named: string): Item {
  const path = realPathOf(resolve(world.cwd, named));
  const items = plan.items.filter(({ kind }) => kind !== "session");
  const found =
    items.find((one) => one.path === path) ??
    items.find((one) => one.name === named || (one.path !== null && basename(one.path) === named)) ??
    items.find((one) => one.branch === named) ??
    onlyOne(items.filter(({ subject }) => subject?.row.session_name === named));
  if (found !== undefined) return found;
  const close = nearest(
    named,
    items.map(({ name }) => name),
  );
  throw new Failure({
    code: "worktree.unknown",
    message: `There is no worktree "${printable(named)}" in ${plan.repository.path}.`,
    hint: close === undefined ? "parallel-cc worktree list shows them." : `Did you mean "${close}"?`,
  });
}

function onlyOne(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function cannotRemove(item: Item, keeps: readonly Keep[], isForced: boolean): Failure {
  const [first] = keeps;
  const canForce = !isForced && !keeps.some(isFirm);
  const what = item.path === null ? `The branch ${item.branch ?? item.name}` : `The worktree ${item.name}`;
  return new Failure({
    code: `worktree.${first?.reason ?? "failed"}`,
    message: `${printable(what)} was not removed: ${keeps.map(({ detail }) => detail).join("; ")}.`,
    hint: canForce
      ? "To drop it all the same (it is saved first, and `undo` brings it back): --force"
      : hintFor(item, keeps),
    details: { path: item.path, branch: item.branch, keeps },
  });
}

function hintFor({ origin, path }: Item, keeps: readonly Keep[]): string {
  if (origin === "foreign") return `Not ours to remove: git worktree remove ${shellWord(path ?? "")}`;
  return keeps.find(({ hint }) => hint !== undefined)?.hint ?? "See: parallel-cc worktree list";
}

/** Where a kept worktree is, to go on there. Errors: `worktree.unknown`, `worktree.live-session`, `worktree.missing`. */
export async function worktreeToResume(world: World, input: { worktree: string; repo?: string | undefined }) {
  const plan = await planHere(world, input.repo);
  const item = itemMeant(world, plan, input.worktree);
  const taken = item.keeps.find(({ reason }) => /live-session$/.test(reason));
  if (item.owner !== null) {
    throw new Failure({
      code: "worktree.live-session",
      message: `${printable(item.name)} cannot be resumed: ${taken?.detail ?? "a session works in it"}.`,
      hint: "See who it is: parallel-cc status",
    });
  }
  if (item.path === null || item.kind !== "worktree") {
    throw new Failure({
      code: "worktree.missing",
      message: `${printable(item.name)} cannot be resumed: its directory is gone.`,
      hint: "parallel-cc undo --list shows what can be brought back.",
    });
  }
  return { path: item.path, name: item.name, branch: item.branch, command: ["claude-parallel", "--continue"] };
}
