// Real git repositories in a place, made by real git.

import { mkdir } from "node:fs/promises";
import type { Env } from "./env.ts";
import type { Place } from "./place.ts";

export interface RepoInput {
  /** Files of the first commit (1); thousands are cheap, they are written in one stream. */
  files?: number;
  /** Lines of each file (3), of some 20 bytes. */
  lines?: number;
  /** Commits on the branch (1); each after the first changes `file-0.txt`. */
  commits?: number;
  /** Folder below the place ("repo"). */
  name?: string;
  branch?: string;
  bare?: boolean;
  /** No commit yet. */
  unborn?: boolean;
  /** HEAD stands on the commit, not on the branch. */
  detached?: boolean;
}

export interface Repo {
  path: string;
  branch: string;
  /** Runs git there and gives its stdout without the last newline; throws with its stderr when it fails. */
  git(...args: string[]): Promise<string>;
}

export async function makeRepo(place: Place, input: RepoInput = {}): Promise<Repo> {
  const { files = 1, lines = 3, commits = 1, name = "repo", branch = "main", bare, unborn, detached } = input;
  const path = place.at(name);
  const env = place.env();
  const repo: Repo = { path, branch, git: (...args) => runGit(args, { cwd: path, env }) };
  await mkdir(path, { recursive: true });
  await repo.git("init", "--quiet", `--initial-branch=${branch}`, ...(bare ? ["--bare"] : []));
  if (unborn) return repo;
  await runGit(["fast-import", "--quiet", "--force"], {
    cwd: path,
    env,
    input: history({ files, lines, commits, branch }),
  });
  if (bare) return repo;
  await repo.git("reset", "--quiet", "--hard", branch);
  if (detached) await repo.git("checkout", "--quiet", "--detach");
  return repo;
}

export interface GitInput {
  cwd: string;
  env: Env;
  input?: string;
}

/** A failed git is an error of the test; its stdout comes back without the last newline. */
export async function runGit(args: readonly string[], { cwd, env, input }: GitInput): Promise<string> {
  const child = Bun.spawn(["git", ...args], {
    cwd,
    env,
    stdin: input === undefined ? "ignore" : new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (exit !== 0) throw new Error(`git ${args.join(" ")} in ${cwd} gave ${child.signalCode ?? exit}: ${stderr}`);
  return stdout.replace(/\n$/, "");
}

/** `file-0.txt` at the top, the others a hundred to a folder. */
export function fileName(index: number): string {
  return index === 0 ? "file-0.txt" : `folder-${Math.floor(index / 100)}/file-${index}.txt`;
}

/** A git-fast-import stream. */
function history(made: Required<Pick<RepoInput, "files" | "lines" | "commits" | "branch">>): string {
  const { files, lines, commits, branch } = made;
  const more = Array.from({ length: Math.max(0, lines - 3) }, (_, line) => `line ${line + 4} says ${line * 7919}\n`);
  const stream: string[] = [];
  for (let commit = 0; commit < commits; commit++) {
    const changed = commit === 0 ? files : Math.min(files, 1);
    stream.push(`commit refs/heads/${branch}`);
    stream.push(`author Test Author <author@example.com> ${1893456000 + commit} +0000`);
    stream.push(`committer Test Committer <committer@example.com> ${1893456000 + commit} +0000`);
    stream.push(...data(`Commit ${commit + 1}`));
    for (let index = 0; index < changed; index++) {
      stream.push(`M 100644 inline ${fileName(index)}`);
      stream.push(...data(`file ${index}, commit ${commit + 1}\nsecond line\nthird line\n${more.join("")}`));
    }
    stream.push("");
  }
  stream.push("done", "");
  return stream.join("\n");
}

function data(text: string): [string, string] {
  return [`data ${Buffer.byteLength(text)}`, text];
}
