// What a person should know of a result before it is used: what of it would run on this machine, secrets in it, links
// that lead out of it, names that this disk cannot have. It judges and changes nothing, also while `replay` is at work.

import type { Git } from "../../git/git.ts";
import { commonDirectory } from "../../git/names.ts";
import type { World } from "../../world.ts";
import { readerOf, streamOf } from "./byte-reader.ts";
import { type Change, changesBetween, isFile, isSame, LINK, sidesIn } from "./changes.ts";
import { commitsOf, type Gathered, keptIn, treesBetween } from "./kept.ts";
import { needlesOf, type Secret, withoutValues } from "./needles.ts";
import { outputOf } from "./piped-git.ts";
import { shown } from "./raw-paths.ts";
import { changedScripts, isPackageFile, whatRuns } from "./runs-on-host.ts";
import { findSecrets, type SecretFound } from "./secrets.ts";

export interface ExamineInput {
  repository: string;
  store: string;
  sent: string;
  gathered: Gathered;
  /** What the run was given, and must not be in its result. */
  secrets: readonly Secret[];
  signal?: AbortSignal;
}

export interface Findings {
  /** What programs of this machine run or obey by themselves. */
  runsOnHost: { path: string; what: string }[];
  secrets: SecretFound[];
  /** Symbolic links that lead out of the project, or may. */
  escaping: { path: string; target: string }[];
  /** What cannot stand on this disk beside the others. */
  impossible: { path: string; why: string }[];
}

type Effects = Pick<World, "git" | "startPiped" | "env">;

const LONGEST_NAME = 255;
const MOST_LINK_BYTES = 4096;
const MOST_JSON_BYTES = 4 * 1024 * 1024;

/** Errors: `results.too-many`, those of git. */
export async function examine(world: Effects, input: ExamineInput): Promise<Findings> {
  const { store, sent, gathered, signal } = input;
  const kept = keptIn(world, store);
  const trees = await treesBetween(kept, { from: sent, to: gathered.tip });
  const changes = await changesBetween(world, { store, ...trees, signal });
  const put = changes.filter(({ old, now }) => now !== undefined && !isSame(old, now));
  const before = (among: ReadonlySet<string>) => sidesIn(world, { store, tree: trees.from, among, signal });
  const needles = needlesOf(input.secrets);
  const tips = [...new Set(commitsOf(gathered))];
  const refNames = refNamesOf(gathered);
  const found = {
    runsOnHost: await runningIn(kept, put),
    escaping: await escapingIn(kept, put),
    impossible: await impossibleIn(world, { ...input, tree: trees.to, put }),
  };
  const secrets = await findSecrets(world, { store, sent, tips, refNames, needles, before, signal });
  // Nobody is to read a value in what is told of the rest.
  const clean = (text: string) => withoutValues(needles, text);
  return {
    runsOnHost: found.runsOnHost.map(({ path, what }) => ({ path: clean(path), what: clean(what) })),
    secrets,
    escaping: found.escaping.map(({ path, target }) => ({ path: clean(path), target: clean(target) })),
    impossible: found.impossible.map(({ path, why }) => ({ path: clean(path), why: clean(why) })),
  };
}

function refNamesOf({ branch, branches, tags }: Gathered): string[] {
  return [...(branch === undefined ? [] : [branch]), ...[...branches, ...tags].map(({ name }) => name)];
}

async function runningIn(kept: Git, put: readonly Change[]): Promise<Findings["runsOnHost"]> {
  const found: Findings["runsOnHost"] = [];
  for (const { path, old, now } of put) {
    const what = whatRuns(path);
    if (what !== undefined) found.push({ path: shown(path), what });
    if (!isPackageFile(path) || now === undefined || !isFile(now)) continue;
    const before = old === undefined ? undefined : await textOf(kept, old.id, MOST_JSON_BYTES);
    const text = await textOf(kept, now.id, MOST_JSON_BYTES);
    const scripts = text === undefined ? undefined : changedScripts(before, text);
    if (scripts === undefined) found.push({ path: shown(path), what: "scripts, but it cannot be read" });
    else if (scripts.length > 0)
      found.push({ path: shown(path), what: `scripts: ${scripts.map((name) => shown(name)).join(", ")}` });
  }
  return found;
}

async function escapingIn(kept: Git, put: readonly Change[]): Promise<Findings["escaping"]> {
  const found: Findings["escaping"] = [];
  for (const { path, now } of put) {
    if (now?.mode !== LINK) continue;
    const target = await textOf(kept, now.id, MOST_LINK_BYTES);
    if (target === undefined || leadsOut(path, target)) found.push({ path: shown(path), target: shown(target ?? "…") });
  }
  return found;
}

// Behind a name that is a link itself, ".." is anywhere: such a target may lead out.
function leadsOut(path: string, target: string): boolean {
  if (target.startsWith("/") || target.startsWith("~")) return true;
  const names = target.split("/").filter((name) => name !== "" && name !== ".");
  const up = names.findIndex((name) => name !== "..");
  const ups = up < 0 ? names.length : up;
  const isMixed = names.slice(ups).includes("..");
  const depth = path.split("/").length - 1;
  return isMixed || ups > depth || names.some((name) => name.toLowerCase() === ".git");
}

async function textOf(kept: Git, id: string, most: number): Promise<string | undefined> {
  const size = Number((await kept.output(["cat-file", "-s", id])).trim());
  if (!(size <= most)) return undefined;
  return Buffer.from(await kept.bytes(["cat-file", "blob", id])).toString("latin1");
}

interface Standing extends Pick<ExamineInput, "repository" | "store" | "signal"> {
  tree: string;
  put: readonly Change[];
}

async function impossibleIn(
  world: Effects,
  { repository, store, tree, put, signal }: Standing,
): Promise<Findings["impossible"]> {
  const tooLong = put.filter(({ path }) => path.split("/").some((name) => name.length > LONGEST_NAME));
  const found = tooLong.map(({ path }) => ({ path: shown(path), why: "its name is too long for a disk" }));
  const git = world.git(await commonDirectory(world.git(repository).trusting())).trusting();
  const said = await git.attempt(["config", "--type=bool", "core.ignoreCase"]);
  if (said.stdout.trim() !== "true" || put.length === 0) return found;
  const changed = new Set(put.map(({ path }) => path));
  const byName = new Map<string, string>();
  const reader = readerOf(
    streamOf(outputOf(world, { store, args: ["ls-tree", "-r", "-z", "--name-only", tree], signal })),
  );
  for (let record = await reader.until(0); record !== undefined; record = await reader.until(0)) {
    const path = record.toString("latin1");
    const folded = record.toString().normalize("NFC").toLowerCase();
    const other = byName.get(folded);
    byName.set(folded, path);
    if (other === undefined || !(changed.has(path) || changed.has(other))) continue;
    found.push({ path: shown(path), why: `on this disk it would be the same file as ${shown(other)}` });
  }
  return found;
}
