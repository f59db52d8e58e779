// What of a project is sent into a sandbox, what stays here and why, and the commit that all of it is: the sandbox makes
// the same one of what arrives. Credentials stay here unless their user names them, and so does whatever cannot be read.

import { lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fullPath, insideOf, shownPath } from "../../files/byte-paths.ts";
import type { World } from "../../world.ts";
import { missingIn, readWhole, storeBlobs } from "./blobs.ts";
import { type Candidate, candidatesIn, quietGit, type Why } from "./candidates.ts";
import { credentialName, isGitName } from "./credential-names.ts";
import { garbageCollector } from "./garbage.ts";
import { keptByIgnoreFiles } from "./ignore-files.ts";
import { type HashName, type Look, type LookAt, looker, turnOfOthers } from "./look.ts";
import { cleaned, mayHoldOurs } from "./own-entries.ts";
import type { Secret } from "./own-secrets.ts";
import { type Entry, openStore, type Shared, sharedBy, timeOf, writeSent } from "./store.ts";
import { warningsOf } from "./warnings.ts";

export interface PlanInput {
  /** Any checkout of it, or its git directory. */
  repository: string;
  /** Top of the run's own checkout. */
  worktree: string;
  /** Top of the checkout that its user stands in. */
  caller: string;
  /** Paths below the caller's top that are sent whatever they look like. */
  include: readonly string[];
  /** The run's private git directory, in a directory of the run's; made when it is not there. */
  store: string;
  /** The whole id of the commit that the checkout was made from. */
  base: string;
  sharesObjects: boolean;
}

export interface Planning extends PlanInput {
  /** Values that stay here unless their file is asked for. A plan is written down, and they are not in it. */
  secrets?: readonly Secret[] | undefined;
}

export type Reason =
  | "credential-name"
  | "credential-content"
  | "ignore-file"
  | "submodule"
  | "nested-repository"
  | "git-name"
  | "unreadable"
  | "special";

export interface UploadPlan {
  input: PlanInput;
  files: number;
  bytes: number;
  sent: { path: string; sizeBytes: number; why: Why }[];
  held: { path: string; sizeBytes: number; reason: Reason; rule: string }[];
  /** Sent though git would not bring them: ignored, or from the checkout that the user stands in. */
  extras: string[];
  /** Sent in another form than they stand: without what calls parallel-cc. */
  altered: string[];
  submodules: { path: string; isSent: boolean }[];
  tree: string;
  commit: string;
  warnings: string[];
  /** For the sandbox's first commit. */
  first: Pick<Shared, "hash" | "objects" | "shallow"> & { parents: string[]; at: number };
  /** What is taken from where; one character for each byte of a path. */
  parts: { top: string; paths: string[] }[];
}

type Effects = Pick<World, "git" | "startPiped" | "env">;

interface Chosen extends Candidate {
  look: Extract<Look, { is: "file" | "link" }>;
  /** What is sent in place of what stands there. */
  content: Buffer | undefined;
}

/** How many files are looked at before others have their turn. */
const BATCH = 200;

/** Changes nothing but the store's directory. Errors: `usage.include`, `upload.*`, those of git and of the file system. */
export async function planUpload(world: Effects, planning: Planning, signal?: AbortSignal): Promise<UploadPlan> {
  const { secrets, ...input } = planning;
  const git = quietGit(world, input.worktree);
  const shared = await sharedBy(git);
  const store = await openStore(world, input.store, shared);
  const found = await candidatesIn(world, input);
  const paths = found.files.map(({ path }) => path);
  const kept = await keptByIgnoreFiles(store, { worktree: input.worktree, caller: input.caller, paths });
  const held: UploadPlan["held"] = [];
  const chosen: Chosen[] = [];
  const lookAt = inTrees(looker({ hash: shared.hash, secrets, signal }));
  const dropped = garbageCollector();
  for (const [count, candidate] of found.files.entries()) {
    if (count % BATCH === 0) await turnOfOthers(signal);
    const verdict = await judge(candidate, { kept, hash: shared.hash, lookAt });
    if (verdict === undefined) continue;
    dropped("reason" in verdict ? verdict.sizeBytes : verdict.look.sizeBytes);
    if ("reason" in verdict) held.push(verdict);
    else chosen.push(verdict);
  }
  for (const { path, isSent } of found.submodules) {
    if (!isSent) held.push(heldOf(path, "submodule", "it stands nowhere here at the commit that is recorded"));
  }
  for (const path of found.nested) held.push(heldOf(path, "nested-repository", "a repository of its own"));
  const entries: Entry[] = chosen.map(({ path, look }) => ({ path, mode: look.mode, id: look.id }));
  await storeMissing({ world, store, chosen, signal });
  const at = await timeOf(git, input.base);
  const parents = input.sharesObjects ? [input.base] : [];
  const { tree, commit } = await writeSent(store, { entries, parents, at });
  return {
    input,
    ...summed(chosen),
    held,
    submodules: found.submodules.map(({ path, isSent }) => ({ path: shownPath(path), isSent })),
    tree,
    commit,
    warnings: warningsOf(
      chosen.map(({ path, look }) => ({ path, target: look.is === "link" ? look.target : undefined })),
    ),
    first: { ...shared, objects: input.sharesObjects ? shared.objects : [], parents, at },
    parts: partsOf(input, chosen),
  };
}

function summed(chosen: readonly Chosen[]) {
  const named = (isMeant: (one: Chosen) => boolean) => chosen.filter(isMeant).map(({ path }) => shownPath(path));
  return {
    files: chosen.length,
    bytes: chosen.reduce((sum, { look }) => sum + look.sizeBytes, 0),
    sent: chosen.map(({ path, look, why }) => ({ path: shownPath(path), sizeBytes: look.sizeBytes, why })),
    extras: named(({ why }) => why === "claude" || why === "included"),
    altered: named(({ content }) => content !== undefined),
  };
}

/** What stands behind a link that took a directory's place is not in the tree: git has lost it, and so have we. */
function inTrees(lookAt: LookAt): LookAt {
  const known = new Map<string, (path: string) => boolean>();
  return async (top, path) => {
    const isInside = known.get(top) ?? insideOf(top);
    known.set(top, isInside);
    return isInside(path) ? lookAt(top, path) : { is: "gone" };
  };
}

interface Judging {
  kept: ReadonlyMap<string, string>;
  hash: HashName;
  lookAt: LookAt;
}

/** Undefined: there is nothing any more. */
async function judge(
  candidate: Candidate,
  { kept, hash, lookAt }: Judging,
): Promise<Chosen | UploadPlan["held"][number] | undefined> {
  const { path, top, isAsked } = candidate;
  const unseen = (reason: Reason, rule: string) => ({ ...heldOf(path, reason, rule), sizeBytes: sizeOf(top, path) });
  if (isGitName(path)) return unseen("git-name", "git stores nothing by this name");
  const line = kept.get(path);
  if (line !== undefined && !isAsked) return unseen("ignore-file", line);
  const look = await lookAt(top, path);
  if (look.is === "gone" || look.is === "directory") return undefined;
  if (look.is === "unreadable")
    return { ...heldOf(path, "unreadable", "it cannot be read"), sizeBytes: look.sizeBytes };
  if (look.is === "special") return heldOf(path, "special", "neither a file nor a link");
  if (look.is === "link") {
    // git takes such a link for an attack.
    if (/(^|\/)\.gitmodules$/i.test(path)) return heldOf(path, "git-name", "git stores no link by this name");
    return { ...candidate, look, content: undefined };
  }
  const { sizeBytes } = look;
  const named = isAsked ? undefined : credentialName(path);
  if (named !== undefined && !(named.isPublicAllowed && look.isPublic && look.credential === undefined)) {
    return { ...heldOf(path, "credential-name", named.rule), sizeBytes };
  }
  const content = mayHoldOurs(path) ? cleaned(readWhole(top, path)) : undefined;
  if (look.credential !== undefined && !isAsked) {
    return { ...heldOf(path, "credential-content", look.credential), sizeBytes };
  }
  return content === undefined
    ? { ...candidate, look, content }
    : { ...candidate, look: replaced(look, content, hash), content };
}

function replaced(look: Chosen["look"], content: Buffer, hash: HashName): Chosen["look"] {
  const id = new Bun.CryptoHasher(hash).update(`blob ${content.length}\0`).update(content).digest("hex");
  return { ...look, id, sizeBytes: content.length };
}

function sizeOf(top: string, path: string): number {
  try {
    return lstatSync(fullPath(top, path)).size;
  } catch {
    return 0;
  }
}

function heldOf(path: string, reason: Reason, rule: string): UploadPlan["held"][number] {
  return { path: shownPath(path), sizeBytes: 0, reason, rule };
}

interface StoringMissing {
  world: Effects;
  store: Parameters<typeof missingIn>[0];
  chosen: readonly Chosen[];
  signal: AbortSignal | undefined;
}

/** What comes back is told by what has changed of it: so each object of it is to be had here. */
async function storeMissing({ world, store, chosen, signal }: StoringMissing): Promise<void> {
  const missing = await missingIn(store, [...new Set(chosen.map(({ look }) => look.id))]);
  const blobs = chosen.flatMap(({ top, path, look, content }) => {
    if (!missing.delete(look.id)) return [];
    const own = look.is === "link" ? look.target : content;
    return [{ top, path, sizeBytes: look.sizeBytes, content: own }];
  });
  await storeBlobs({ world, store, blobs, signal });
}

/** What is sent in another form is laid beside the store. */
function partsOf({ store }: PlanInput, chosen: readonly Chosen[]): UploadPlan["parts"] {
  const altered = join(dirname(store), "altered");
  rmSync(altered, { recursive: true, force: true });
  const parts = new Map<string, string[]>();
  for (const { path, top, look, content } of chosen) {
    const from = content === undefined ? top : altered;
    if (content !== undefined) {
      const file = join(altered, shownPath(path));
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(file, content, { mode: look.mode === "100755" ? 0o700 : 0o600 });
    }
    const there = parts.get(from);
    if (there === undefined) parts.set(from, [path]);
    else there.push(path);
  }
  return [...parts].map(([top, paths]) => ({ top, paths }));
}
