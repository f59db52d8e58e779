// Commits of a sandbox, written anew as commits on the real base. What a file is there depends on its path, on what was
// sent and on what the base has, never on the commit it comes in: so merges, amended and rewritten history come out right.

import { bytesOf } from "../../files/byte-paths.ts";
import { type Change, GITLINK, isFile, isSame, type Side } from "./changes.ts";
import type { SandboxCommit } from "./history.ts";
import { foldersOf, isWithin } from "./raw-paths.ts";

/** What was sent, what the base has, and what of it is not touched. */
export interface Ground {
  sent: (path: string) => Side | undefined;
  base: (path: string) => Side | undefined;
  /** What the base has and was not sent. */
  unsent: ReadonlySet<string>;
  /** The directories of those. */
  unsentFolders: ReadonlySet<string>;
  extras: ReadonlySet<string>;
  altered: ReadonlySet<string>;
  submodules: ReadonlySet<string>;
  /** What the repository ignores of what travels all the same. */
  ignored: ReadonlySet<string>;
  /** By `${id} ${path}`, where the repository converts. */
  cleaned: ReadonlyMap<string, string>;
}

/** Why a change of this path is in no commit; undefined: it is. */
export function whyLeft(ground: Omit<Ground, "cleaned">, path: string, now: Side | undefined): string | undefined {
  const { extras, altered, submodules, unsent, unsentFolders, ignored } = ground;
  if (altered.has(path)) return "it was sent in another form than it stands in";
  if (extras.has(path)) return "it was sent though git ignores it";
  if (ignored.has(path)) return "the repository ignores it";
  if (isWithin(path, submodules)) return "it belongs to a submodule";
  if (isWithin(path, unsent)) return "what stands there in the repository was not sent";
  if (now !== undefined && unsentFolders.has(path)) return "what stands below it in the repository was not sent";
  if (now?.mode === GITLINK) return "a repository of its own: only its files are taken";
  return undefined;
}

/** What the commit has there; undefined: nothing. */
function sideIn(ground: Ground, path: string, now: Side | undefined): Side | undefined {
  const sent = ground.sent(path);
  const base = ground.base(path);
  if (isSame(now, sent)) return base;
  if (now === undefined) return undefined;
  const mode = now.mode === sent?.mode && base !== undefined ? base.mode : now.mode;
  if (now.id === sent?.id && base !== undefined) return { mode, id: base.id };
  const id = isFile({ mode, id: "" }) ? (ground.cleaned.get(`${now.id} ${path}`) ?? now.id) : now.id;
  return { mode, id };
}

export interface Planned {
  commit: SandboxCommit;
  /** Marks or ids; none: it has no parent. */
  parents: string[];
  /** The tree that its changes are told against, when that is not its first parent's. */
  onto: string | undefined;
  /** Its tree is what it names, and no more. */
  isBare: boolean;
}

const REF = "refs/parallel-cc/replaying";

/** A stream for git fast-import; `changes` come in the order of the commits. Marks count from 1. */
export async function* importOf(
  ground: Ground,
  planned: readonly Planned[],
  changes: AsyncIterable<Change[]>,
): AsyncGenerator<Uint8Array> {
  let index = 0;
  for await (const changed of changes) {
    const one = planned[index++];
    if (one === undefined) return;
    yield Buffer.concat([headOf(one, index), bytesOf(filesOf(ground, one, changed))]);
  }
  yield bytesOf("done\n");
}

function headOf({ commit, parents, onto }: Planned, mark: number): Buffer {
  const { author, committer, encoding, message } = commit;
  const [first, ...others] = parents;
  const words = [
    ...(first === undefined ? [`reset ${REF}`, ""] : []),
    `commit ${REF}`,
    `mark :${mark}`,
    `author ${author}`,
    `committer ${committer}`,
    ...(encoding === undefined ? [] : [`encoding ${encoding}`]),
    `data ${message.length}`,
    "",
  ];
  const after = [
    "",
    ...(first === undefined ? [] : [`from ${first}`]),
    ...others.map((parent) => `merge ${parent}`),
    ...(onto === undefined ? [] : [`M 040000 ${onto} ""`]),
    "",
  ];
  return Buffer.concat([bytesOf(words.join("\n")), message, bytesOf(after.join("\n"))]);
}

// Deletions first: a directory may take a file's place.
function filesOf(ground: Ground, { isBare }: Planned, changes: readonly Change[]): string {
  const gone: string[] = [];
  const put: string[] = [];
  for (const { path, now } of changes) {
    if (!isBare && whyLeft(ground, path, now) !== undefined) continue;
    const side = isBare ? bareSide(ground, path, now) : sideIn(ground, path, now);
    if (side === undefined) gone.push(`D ${quoted(path)}\n`);
    else put.push(`M ${side.mode} ${side.id} ${quoted(path)}\n`);
  }
  return `${gone.join("")}${put.join("")}\n`;
}

function bareSide({ cleaned }: Ground, path: string, now: Side | undefined): Side | undefined {
  if (now === undefined || now.mode === GITLINK) return undefined;
  return isFile(now) ? { mode: now.mode, id: cleaned.get(`${now.id} ${path}`) ?? now.id } : now;
}

function quoted(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

export function foldersOfAll(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const path of paths) for (const folder of foldersOf(path)) folders.add(folder);
  return folders;
}
