// What a rebase leaves so that it can be taken back: under `refs/parallel-cc/before-rebase/<id>` a tag that names the
// branch's commit of before and says what became of it, and beside it the uncommitted work that was set aside.

import { NUMBER, TEXT, v } from "../../core/shape.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

const PREFIX = "refs/parallel-cc/before-rebase";
const KEPT_DAYS = 90;

const commitShape = () => v.pipe(TEXT, v.regex(/^[0-9a-f]{40,64}$/));

const noteShape = () =>
  v.object({
    branch: TEXT,
    /** The branch's commit of before, and what it has become; undone when that is not recorded. */
    before: commitShape(),
    after: v.optional(commitShape()),
    target: TEXT,
    onto: commitShape(),
    /** Where the registry had it begin. */
    fork: v.optional(commitShape()),
    at: NUMBER,
    /** Of one that has stopped for somebody to resolve it: when, in seconds of git's own clock. */
    stoppedAt: v.optional(NUMBER),
  });
export type Note = v.InferOutput<ReturnType<typeof noteShape>>;

export interface Rebased extends Note {
  id: string;
  /** The tag's object. */
  object: string;
}

export function refOf(id: string): string {
  return `${PREFIX}/${id}/tip`;
}

export function workRefOf(id: string): string {
  return `${PREFIX}/${id}/work`;
}

/** Written before anything moves, and again when it has. */
export async function record(git: Git, id: string, note: Note): Promise<void> {
  const { before: commit, at } = note;
  await tag(git, refOf(id), { commit, at, name: `before-rebase-${id}`, text: JSON.stringify(note) });
}

async function tag(
  git: Git,
  ref: string,
  { commit, at, name, text }: { commit: string; at: number; name: string; text: string },
): Promise<void> {
  const tagger = `tagger parallel-cc <parallel-cc@localhost> ${Math.floor(at / 1000)} +0000`;
  const input = [`object ${commit}`, "type commit", `tag ${name}`, tagger, "", text, ""].join("\n");
  const object = (await git.output(["hash-object", "-t", "tag", "-w", "--stdin"], { input })).trim();
  await git.output(["update-ref", "--end-of-options", ref, object]);
}

/** What somebody has resolved by hand in a rebase that is taken back; gives the ref that keeps it. `at` in milliseconds. */
export async function keepUndone(
  git: Git,
  { id, commit, at }: { id: string; commit: string; at: number },
): Promise<string> {
  const ref = `${PREFIX}/${id}/undone`;
  await tag(git, ref, {
    commit,
    at,
    name: `undone-rebase-${id}`,
    text: "What a rebase had come to that was taken back.",
  });
  return ref;
}

/** Newest first; those that cannot be read are left out. */
export async function recorded(git: Git): Promise<Rebased[]> {
  const format = "--format=%(refname)%00%(objectname)%00%(contents:subject)";
  const listed = await git.output(["for-each-ref", format, "--end-of-options", PREFIX]);
  const found = listed.split("\n").flatMap((line) => {
    const [name = "", object = "", text = ""] = line.split("\0");
    const id = /\/([^/]+)\/tip$/.exec(name)?.[1];
    const note = v.safeParse(v.pipe(TEXT, v.parseJson(), noteShape()), text);
    return id === undefined || !note.success ? [] : [{ id, object, ...note.output }];
  });
  return found.toSorted((a, b) => b.at - a.at);
}

export async function forget(git: Git, { id, object }: Rebased): Promise<void> {
  await git.output(["update-ref", "-d", "--end-of-options", refOf(id), object]);
}

/** Uncommitted work that a rebase has set aside and not put back. */
export interface LeftWork extends Rebased {
  ref: string;
  /** The commit that holds it. */
  work: string;
}

/** That of rebases which were killed, or are at it; newest first. */
export async function leftWorks(git: Git, isMeant: (one: Rebased) => boolean = () => true): Promise<LeftWork[]> {
  const found: LeftWork[] = [];
  for (const one of await recorded(git)) {
    if (one.after !== undefined || !isMeant(one)) continue;
    const ref = workRefOf(one.id);
    const work = await git.attempt(["rev-parse", "--verify", "--quiet", "--end-of-options", ref]);
    if (work.exit === 0) found.push({ ...one, ref, work: work.stdout.trim() });
  }
  return found;
}

export async function leftWork(git: Git, branch: string): Promise<LeftWork | undefined> {
  return (await leftWorks(git, (one) => one.branch === branch))[0];
}

/** What was put back after all. Where the branch was is kept, unless it is there. */
export async function forgetLeft(git: Git, { id, ref, work, before }: LeftWork, head: string): Promise<void> {
  await git.output(["update-ref", "-d", "--end-of-options", ref, work]);
  if (head === before) await forgetBegun(git, id);
}

/** One that came to nothing: everything is as it was. */
export async function forgetBegun(git: Git, id: string): Promise<void> {
  for (const ref of [refOf(id), workRefOf(id)]) await git.attempt(["update-ref", "-d", "--end-of-options", ref]);
}

/** What nobody took back for so long. Work that was set aside and never put back stays: nothing else has it. */
export async function forgetOldRebases(world: Pick<World, "git" | "now">, gitDir: string): Promise<void> {
  const git = world.git(gitDir).trusting();
  const now = world.now().getTime();
  const left = new Set((await leftWorks(git)).map(({ id }) => id));
  for (const { id, at } of await recorded(git)) {
    if (now - at >= KEPT_DAYS * 86_400_000 && !left.has(id)) await forgetBegun(git, id);
  }
  for (const { ref, object, at } of await undoneRefs(git)) {
    if (now - at >= KEPT_DAYS * 86_400_000) await git.attempt(["update-ref", "-d", "--end-of-options", ref, object]);
  }
}

async function undoneRefs(git: Git): Promise<{ ref: string; object: string; at: number }[]> {
  const format = "--format=%(refname)%00%(objectname)%00%(taggerdate:unix)";
  const listed = await git.output(["for-each-ref", format, "--end-of-options", PREFIX]);
  return listed.split("\n").flatMap((line) => {
    const [ref = "", object = "", seconds = ""] = line.split("\0");
    return ref.endsWith("/undone") ? [{ ref, object, at: Number(seconds) * 1000 }] : [];
  });
}
