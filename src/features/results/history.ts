// The commits of a sandbox, parents first, as they were written there: who, when, what words, in bytes.

import type { Git } from "../../git/git.ts";
import { readerOf } from "./byte-reader.ts";
import { type Pipes, pipeGit, requireDone } from "./piped-git.ts";

export interface SandboxCommit {
  id: string;
  tree: string;
  parents: string[];
  /** "Name <address> seconds zone", one character for each byte. */
  author: string;
  committer: string;
  /** What its words are written in; undefined: UTF-8. */
  encoding: string | undefined;
  message: Buffer;
}

export interface Asked {
  store: string;
  kept: Git;
  tips: readonly string[];
  /** What need not be told: neither these nor what they come from. */
  without: readonly string[];
  signal?: AbortSignal | undefined;
}

const NEWLINE = 10;
const MOST_COMMIT_BYTES = 16 * 1024 * 1024;

export async function historyOf(world: Pipes, { store, kept, tips, without, signal }: Asked): Promise<SandboxCommit[]> {
  const revisions = [...tips, ...without.map((id) => `^${id}`)].map((line) => `${line}\n`).join("");
  const listed = await kept.output(["rev-list", "--topo-order", "--reverse", "--stdin"], { input: revisions });
  const ids = listed.split("\n").filter(Boolean);
  if (ids.length === 0) return [];
  const args = ["cat-file", "--batch", "--buffer"];
  const piped = pipeGit(world, { store, args, input: Buffer.from(`${ids.join("\n")}\n`), signal });
  const reader = readerOf(piped.stdout);
  const commits: SandboxCommit[] = [];
  for (const id of ids) {
    const header = (await reader.until(NEWLINE))?.toString("latin1") ?? "";
    const size = Number(/ commit (\d+)$/.exec(header)?.[1] ?? Number.NaN);
    if (!(size <= MOST_COMMIT_BYTES)) throw new RangeError(`${id} is no commit that can be read`);
    commits.push(parseCommit(id, Buffer.from(await reader.exactly(size))));
    await reader.exactly(1);
  }
  await reader.cancel().catch(() => undefined);
  requireDone(args, await piped.ended);
  return commits;
}

/** Signatures are of another commit than the one that is made of it. */
function parseCommit(id: string, raw: Buffer): SandboxCommit {
  const end = raw.indexOf("\n\n");
  const lines = raw
    .subarray(0, end < 0 ? raw.length : end)
    .toString("latin1")
    .split("\n");
  const valuesOf = (key: string) =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  return {
    id,
    tree: valuesOf("tree")[0] ?? "",
    parents: valuesOf("parent"),
    author: personOf(valuesOf("author")[0]),
    committer: personOf(valuesOf("committer")[0]),
    encoding: valuesOf("encoding")[0],
    message: end < 0 ? Buffer.alloc(0) : raw.subarray(end + 2),
  };
}

// As git itself takes it; what is not so is made so from what can be read of it.
function personOf(line = ""): string {
  if (/^([^<>]* )?<[^<>]*> \d{1,18} [+-]\d{4}$/.test(line)) return line;
  const [, name = "", address = ""] = /^([^<>]*)<?([^<>]*)>?/.exec(line) ?? [];
  const [, seconds, zone] = / (-?\d{1,18}) ([+-]\d{4})$/.exec(line) ?? [];
  const at = Math.max(0, Number(seconds ?? 0));
  return `${name.trim() || "unknown"} <${address.trim()}> ${at} ${zone ?? "+0000"}`;
}

/** As people read it: the first line. */
export function subjectOf({ message, encoding }: SandboxCommit): string {
  const [first = ""] = textOf(message, encoding).trimStart().split(/\r?\n/);
  return first;
}

export function textOf(message: Buffer, encoding: string | undefined): string {
  if (encoding === undefined || /^utf-?8$/i.test(encoding)) return message.toString();
  return message.toString("latin1");
}
