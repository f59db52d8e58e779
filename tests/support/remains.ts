// What stands on the disk and in the database after something went wrong, and whether it fits together: each linked
// worktree has its directory, its branch and its row, and nothing is there without them.

import { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { Place } from "./place.ts";
import { waitFor } from "./processes.ts";
import { type Repo, runGit } from "./repo.ts";

export interface Remains {
  sessions: { id: string; pid: number; state: string; worktree_path: string; is_main_repo: number }[];
  /** Linked worktrees, as git lists them. */
  worktrees: string[];
  branches: string[];
  /** Everything that does not fit together; empty when all is well. */
  wrong: string[];
}

/** Only for a repository whose linked worktrees and `parallel-` branches are all ours. */
export async function remainsOf(
  place: Place,
  repo: Pick<Repo, "path">,
  home = place.at("home", ".parallel-cc"),
): Promise<Remains> {
  const gitDir = join(repo.path, ".git");
  const env = place.env();
  const list = await runGit(["worktree", "list", "--porcelain", "-z"], { cwd: repo.path, env });
  const worktrees = [...list.matchAll(/(?:^|\0)worktree ([^\0]*)/g)].map((match) => match[1] ?? "").slice(1);
  const format = ["for-each-ref", "--format=%(refname:short)", "refs/heads/parallel-*"];
  const branches = (await runGit(format, { cwd: repo.path, env })).split("\n").filter((line) => line !== "");
  const { sessions, known, integrity } = rows(join(home, "coordinator.db"));
  const wrong: string[] = [];
  const claim = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const folder = `${repo.path}-worktrees`;
  const directories = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const linked = sessions.filter((row) => row.is_main_repo === 0).map((row) => row.worktree_path);
  const admin = existsSync(join(gitDir, "worktrees")) ? readdirSync(join(gitDir, "worktrees")) : [];
  claim(integrity === "ok", `the database: ${integrity}`);
  claim(!sessions.some((row) => row.state === "creating"), "a reservation is left");
  claim(same(worktrees, directories), `worktrees ${worktrees} beside directories ${directories}`);
  claim(same(worktrees.map(nameOf), branches), `worktrees ${worktrees} beside branches ${branches}`);
  claim(same(worktrees.map(nameOf), admin), `worktrees ${worktrees} beside .git/worktrees/ ${admin}`);
  claim(same(worktrees, [...new Set([...known, ...linked])]), `worktrees ${worktrees} beside rows ${known}, ${linked}`);
  for (const path of worktrees) {
    const status = await runGit(["status", "--porcelain"], { cwd: path, env }).catch((thrown: unknown) => `${thrown}`);
    claim(status === "", `the worktree ${path} is half-made: ${status}`);
  }
  const locks = readdirSync(gitDir, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.lock$|\/locked$/.test(name),
  );
  claim(locks.length === 0, `locks ${locks}`);
  return { sessions, worktrees, branches, wrong };
}

/** Waits until no process works below the place any more (a git that outlived the one who started it). */
export async function orphansEnded(place: Place): Promise<void> {
  await waitFor(() => processesIn(place.path).length === 0, `nothing runs in ${place.path}`, 20_000);
}

/** As `orphansEnded`, and no program that was started with this place's home: a cleanup in the background stands in /. */
export async function allEnded(place: Place): Promise<void> {
  const home = `HOME=${place.home}`;
  const isOfHere = (pid: string) => readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(home);
  const working = () => processesIn(place.path).length > 0 || pidsThat(isOfHere).length > 0;
  await waitFor(() => !working(), `nothing runs for ${place.path}`, 20_000);
}

/** Pids of processes whose working directory is below `path`. */
export function processesIn(path: string): number[] {
  return pidsThat((pid) => `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${path}/`));
}

function pidsThat(holds: (pid: string) => boolean): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return holds(pid);
      } catch {
        return false; // It ended meanwhile.
      }
    })
    .map(Number);
}

function rows(file: string) {
  if (!existsSync(file)) return { sessions: [], known: [], integrity: "ok" };
  const sqlite = new Database(file, { readwrite: true });
  try {
    const has = sqlite.query("SELECT 1 FROM sqlite_schema WHERE name = 'worktrees'").get() !== null;
    if (!has) return { sessions: [], known: [], integrity: "ok" };
    const sessions = sqlite
      .query<Remains["sessions"][number], []>("SELECT id, pid, state, worktree_path, is_main_repo FROM sessions")
      .all();
    const known = sqlite.query<{ path: string }, []>("SELECT path FROM worktrees").all();
    const checked = sqlite.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get();
    return { sessions, known: known.map((row) => row.path), integrity: checked?.integrity_check ?? "no answer" };
  } finally {
    sqlite.close();
  }
}

function nameOf(path: string): string {
  return basename(path);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === a.length;
}
