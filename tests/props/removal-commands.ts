// The steps that parallel-cc takes in a course, each between two looks at everything that there is.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { v } from "../../src/core/shape.ts";
import { parseAnswer, pcc } from "../support/cli.ts";
import { checkInvariants, claim, renamedIn, type Stepped } from "./removal-invariants.ts";
import { differences, type Print, savedByGit } from "./removal-print.ts";
import { branchOf, count, liveIn, ours, type Removed, type Scene, type Tree, treeOf } from "./removal-scene.ts";
import { type Snapshot, snapshotOf } from "./removal-snapshot.ts";
import { type Standing, standings } from "./removal-standing.ts";
import type { Step } from "./removal-steps.ts";

const REGISTERED = v.object({ sessionId: v.string(), worktreePath: v.string(), isMainRepo: v.boolean() });
const RELEASED = v.object({
  released: v.boolean(),
  worktreeRemoved: v.boolean(),
  kept: v.nullable(v.object({ reason: v.string(), path: v.string() })),
});
const CLEANED = v.object({
  worktreesRemoved: v.array(v.string()),
  kept: v.array(v.object({ path: v.nullable(v.string()), reason: v.string() })),
});
const UNDONE = v.object({ id: v.string(), path: v.nullable(v.string()) });
const REMOVALS = v.object({
  removals: v.array(v.object({ id: v.string(), path: v.nullable(v.string()), state: v.string() })),
});

function look(scene: Scene): Promise<Snapshot> {
  return snapshotOf({ place: scene.place, types: scene.types, removals: scene.removals.keys() });
}

/** Runs it and checks what always holds; what it may remove is the caller's to judge. */
async function step(scene: Scene, words: readonly string[], cwd?: string): Promise<Stepped> {
  const before = await look(scene);
  const ran = await pcc(scene.place, [...words, "--json"], { cwd: cwd ?? scene.place.at("repo") });
  const answer = parseAnswer(ran);
  const gone = [...scene.trees.values()].filter(({ path }) => !existsSync(path));
  if (gone.length > 0) await remember(scene, { words, ran, gone, before });
  if (words[0] === "undo" && ran.exit === 0) scene.removals.delete(v.parse(UNDONE, answer).id);
  const after = await look(scene);
  const come = [...after.prints.keys()].filter((path) => !before.prints.has(path));
  const stepped = { words, ran, answer, before, after, gone, come };
  await checkInvariants(scene, stepped);
  return stepped;
}

/** Whatever went can be undone, says `undo --list`; its print is kept for when it is. */
async function remember(scene: Scene, step: Pick<Stepped, "words" | "ran" | "gone" | "before">): Promise<void> {
  const { place } = scene;
  const listed = await pcc(place, ["undo", "--list", "--json"], { cwd: place.at("repo") });
  const { removals } = v.parse(REMOVALS, parseAnswer(listed));
  // The newest stands first there; of those that went together, whichever was done last.
  const age = ({ path }: Tree) => removals.findIndex((one) => one.path === path && !scene.removals.has(one.id));
  for (const tree of step.gone.toSorted((a, b) => age(b) - age(a))) {
    const found = removals.find(({ id, path, state }) => {
      return path === tree.path && state === "removed" && !scene.removals.has(id);
    });
    const print = step.before.prints.get(tree.path);
    claim(found !== undefined, step, `${tree.path} is gone, and undo does not list it: ${listed.stdout}`);
    if (found === undefined || print === undefined) continue;
    const { logs, refs, branchSettings } = step.before;
    const kept = { log: logs.get(tree.branch), settings: branchSettings.get(tree.branch) };
    scene.removals.set(found.id, { id: found.id, tree, print, branches: refs, ...kept, isPruned: false });
    scene.trees.delete(tree.path);
  }
}

export async function register(scene: Scene, { who, how }: Step): Promise<boolean> {
  const slot = who % scene.sessions.length;
  if (scene.sessions[slot] !== undefined) return false;
  const owner = scene.startOwner();
  const [start, targetThere] = startingPoint(scene, who, how);
  const base = how % 11 === 1 ? ["--base", "origin/main"] : [];
  const named = how % 3 === 1 ? ["--name", `task ${how}`] : [];
  const stepped = await step(scene, ["register", "--pid", String(owner.pid), ...named, ...base], start);
  claim(stepped.ran.exit === 0, stepped, "registering fails");
  claim(stepped.gone.length === 0, stepped, "registering removes");
  const { sessionId: id, worktreePath: path, isMainRepo: isMain } = v.parse(REGISTERED, stepped.answer);
  claim(liveIn(scene, path) === undefined, stepped, `${path} is given to a second session`);
  scene.sessions[slot] = { id, path, isMain, owner };
  if (!scene.trees.has(path)) {
    const fork = await scene.git(path, "rev-parse", "HEAD");
    const branch = await scene.git(path, "symbolic-ref", "--short", "HEAD");
    const admin = stepped.after.admins.get(path) ?? "";
    const target = base.length > 0 ? "main" : targetThere;
    const index = scene.next();
    const made = { path, admin, kind: "ours", branch, fork, target, index } as const;
    scene.trees.set(path, { ...made, hasSubmoduleWork: false, landedAt: undefined, isOdd: false, isKept: false });
  }
  return true;
}

/** Mostly the main checkout; else inside a worktree, which is taken over when nobody is there. */
function startingPoint(scene: Scene, who: number, how: number): [string, string | undefined] {
  const tree = how % 4 === 3 ? treeOf(scene, who) : scene.trees.get(scene.place.at("repo"));
  if (tree === undefined) throw new Error("a scene has a main checkout");
  return [tree.path, branchOf(scene, tree)];
}

/** Mostly a session whose work has landed, when there is one: then people end it. */
function slotOf(scene: Scene, who: number): number {
  const landed = scene.sessions.findIndex((one) => one !== undefined && hasLanded(scene.trees.get(one.path)));
  return who % 4 > 0 && landed >= 0 ? landed : who % scene.sessions.length;
}

function hasLanded(tree: Tree | undefined): boolean {
  return tree?.landedAt !== undefined;
}

/** The process is gone without a word, or another one has its number. */
export async function die(scene: Scene, { what, who }: Step): Promise<boolean> {
  const slot = slotOf(scene, who);
  const session = scene.sessions[slot];
  if (session === undefined) return false;
  scene.sessions[slot] = undefined;
  if (what === "crash") await session.owner.kill();
  else scene.reusePid(session.id);
  return true;
}

export async function release(scene: Scene, { who, how }: Step): Promise<boolean> {
  const slot = slotOf(scene, who);
  const session = scene.sessions[slot];
  if (session === undefined) return false;
  const isKept = how % 5 === 0;
  // Mostly its end is seen first; else whoever releases it says that it is over.
  if (how % 3 > 0) await session.owner.kill();
  scene.sessions[slot] = undefined;
  const before = await standings(scene, ours(scene));
  const stepped = await step(scene, ["release", "--session-id", session.id, ...(isKept ? ["--keep"] : [])]);
  const { released, worktreeRemoved, kept } = v.parse(RELEASED, stepped.answer);
  const tree = scene.trees.get(session.path) ?? before.get(session.path)?.tree;
  claim(stepped.ran.exit === 0 && released, stepped, "the session is not released");
  claim(
    stepped.gone.every(({ path }) => path === session.path && !isKept),
    stepped,
    "it removes another worktree",
  );
  claim(worktreeRemoved === stepped.gone.length > 0, stepped, "it does not say what it removed");
  claim(session.isMain || worktreeRemoved || kept?.path === session.path, stepped, "it does not say what it kept");
  checkUnforced(scene, stepped, before);
  if (!isKept) checkMustGo(stepped, [before.get(session.path)]);
  if (tree !== undefined) tree.isKept ||= isKept;
  return true;
}

export async function cleanup(scene: Scene, { how }: Step): Promise<boolean> {
  const before = await standings(scene, ours(scene));
  const planned = how % 3 === 0 ? await step(scene, ["cleanup", "--dry-run"]) : undefined;
  if (planned !== undefined) claim(planned.ran.exit === 0 && planned.gone.length === 0, planned, "a dry run removes");
  const stepped = await step(scene, ["cleanup"]);
  claim(stepped.ran.exit === 0, stepped, "cleaning up fails");
  const { worktreesRemoved, kept } = v.parse(CLEANED, stepped.answer);
  const gone = stepped.gone.map(({ path }) => basename(path));
  claim(same(worktreesRemoved, gone), stepped, `it removes ${gone.join(", ") || "nothing"}`);
  if (planned !== undefined) {
    const foretold = v.parse(CLEANED, planned.answer).worktreesRemoved;
    claim(same(foretold, gone), stepped, `the dry run foretold ${foretold.join(", ") || "nothing"}`);
  }
  for (const tree of stepped.gone) claim(!tree.isKept, stepped, `${tree.path} was to be kept`);
  checkUnforced(scene, stepped, before);
  checkMustGo(stepped, [...before.values()]);
  for (const { path } of ours(scene).filter((tree) => liveIn(scene, tree.path) === undefined)) {
    claim(
      kept.some((one) => one.path === path),
      stepped,
      `it does not say why it keeps ${path}`,
    );
  }
  return true;
}

export async function remove(scene: Scene, { who, how }: Step): Promise<boolean> {
  const landed = ours(scene).find((tree) => hasLanded(tree) && liveIn(scene, tree.path) === undefined);
  const isForced = how % 3 !== 0;
  return removeTree(scene, isForced ? treeOf(scene, who) : (landed ?? treeOf(scene, who)), isForced);
}

export async function removeTree(scene: Scene, tree: Tree, isForced: boolean): Promise<boolean> {
  const before = await standings(scene, [tree]);
  const isLocked = before.get(tree.path)?.keeps === "it is locked";
  const stepped = await step(scene, ["worktree", "remove", tree.path, ...(isForced ? ["--force"] : [])]);
  const isGone = stepped.gone.includes(tree);
  claim(
    stepped.gone.every((one) => one === tree),
    stepped,
    "it removes another worktree",
  );
  claim((stepped.ran.exit === 0) === isGone, stepped, isGone ? "it removes and fails" : "it says that it removed");
  if (!isForced) {
    checkUnforced(scene, stepped, before);
    checkMustGo(stepped, [...before.values()]);
    return true;
  }
  const mayGo = tree.kind === "ours" && liveIn(scene, tree.path) === undefined;
  claim(!isGone || mayGo, stepped, `${tree.path} (${tree.kind}) may never be removed`);
  claim(isGone || !mayGo || isLocked, stepped, "it can be forced, and is not removed");
  if (isGone) count(scene, before.get(tree.path)?.keeps === undefined ? "forced for nothing" : "forced");
  return true;
}

function checkUnforced(scene: Scene, stepped: Stepped, before: ReadonlyMap<string, Standing>): void {
  for (const { path } of stepped.gone) {
    const standing = before.get(path);
    claim(standing !== undefined && standing.keeps === undefined, stepped, `${path} is removed: ${standing?.keeps}`);
    count(scene, `${stepped.words[0] === "worktree" ? "remove" : stepped.words[0]} of ${standing?.as}`);
  }
  for (const { keeps } of before.values()) {
    if (keeps !== undefined && stepped.gone.length === 0) count(scene, `kept: ${keeps.split(":", 1)[0]}`);
  }
}

function checkMustGo(stepped: Stepped, standing: readonly (Standing | undefined)[]): void {
  for (const one of standing) {
    const isLeft = one?.mustGo === true && !one.tree.isKept && !stepped.gone.includes(one.tree);
    claim(!isLeft, stepped, `${one?.tree.path} is ${one?.as} and clean, and stays`);
  }
}

export async function undo(scene: Scene, { who, how }: Step): Promise<boolean> {
  const known = [...scene.removals.values()];
  const wanted = how % 4 === 0 ? known.at(-1) : known[who % Math.max(1, known.length)];
  if (wanted === undefined) return false;
  return undoRemoval(scene, wanted, how % 4 === 0);
}

/** Somebody empties the trash; what is no rescue ref's to keep is gone then. */
export async function prune(scene: Scene, { who }: Step): Promise<boolean> {
  const known = [...scene.removals.values()].filter(({ isPruned }) => !isPruned);
  const pruned = known[who % Math.max(1, known.length)];
  if (pruned === undefined) return false;
  pruned.isPruned = true;
  await rm(scene.place.at("repo/.git/parallel-cc/trash", pruned.id), { recursive: true });
  return true;
}

/** All of it is as it was, to the byte. */
export async function undoRemoval(scene: Scene, wanted: Removed, isLast = false): Promise<boolean> {
  const stepped = await step(scene, ["undo", ...(isLast ? [] : [wanted.id])]);
  claim(stepped.ran.exit === 0, stepped, "undo fails");
  const { id, path } = v.parse(UNDONE, stepped.answer);
  const { tree, print } = wanted;
  claim(id === wanted.id && path === tree.path, stepped, `${wanted.id} at ${tree.path} was to come back`);
  const now = stepped.after.prints.get(tree.path);
  claim(now !== undefined, stepped, `${path} did not come back`);
  const compared = wanted.isPruned ? savedByGit : (one: Print) => one;
  const isElsewhere = renamedIn(stepped).some(({ from }) => from !== tree.branch);
  const changed = (now === undefined ? [] : differences(compared(print), compared(now))).filter(
    (line) => !(isElsewhere && line.startsWith('git\'s "HEAD":')),
  );
  claim(changed.length === 0, stepped, `${path} came back otherwise: ${changed.slice(0, 8).join("; ")}`);
  const branch = tree.branch;
  const tip = wanted.branches.get(`refs/heads/${branch}`);
  const { refs, logs, branchSettings } = stepped.after;
  claim(refs.get(`refs/heads/${branch}`) === tip, stepped, `${branch} was at ${tip}`);
  const isLogBack = logs.get(branch) === wanted.log;
  claim(isLogBack, stepped, `the reflog of ${branch} was\n${wanted.log}→\n${logs.get(branch)}`);
  claim(branchSettings.get(branch) === wanted.settings, stepped, `the settings of ${branch} were ${wanted.settings}`);
  // Whoever wanted it back keeps it. A submodule's own repository went with the trash.
  const hasSubmoduleWork = tree.hasSubmoduleWork && !wanted.isPruned;
  scene.trees.set(tree.path, { ...tree, hasSubmoduleWork, isOdd: true, isKept: true });
  count(scene, "undone");
  return true;
}

function same(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join("\n") === [...others].sort().join("\n");
}
