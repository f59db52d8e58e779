// `cleanup` of 50 worktrees that have landed, and `cleanup --dry-run` over 200 of all kinds, none of them judged before,
// against the least that git takes for as many; the release of a worktree that nobody used; and what a register takes
// that leaves 20 kept ones to the background.

import { appendFile, copyFile, mkdir, rm } from "node:fs/promises";
import { openDb } from "../../src/db/db.ts";
import { lastReport } from "../../src/features/upkeep/store.ts";
import { pcc, pccJson } from "../support/cli.ts";
import type { Place } from "../support/place.ts";
import { type Sleeper, sleeper, waitFor } from "../support/processes.ts";
import { fileName, makeRepo, type Repo, runGit } from "../support/repo.ts";
import { registerAtOnce } from "./contention.ts";
import type { Figure } from "./figure.ts";
import { inMemory } from "./memory.ts";
import { type Clock, pccCommand, timeOf } from "./spawn.ts";
import { clearWorktrees, trashOf, worktreeAdd } from "./worktree.ts";

/** Of some 1 KB each. */
const SIZE = { files: 2000, lines: 40 };
const LARGE = { files: 5000, lines: 40 };

export const cleanupLanded: Figure = {
  name: "cleanup-50",
  unit: "git status of each",
  measures: "ms",
  // Two seconds where git takes 4.3 ms to look at one.
  bound: { ratio: 9.3 },
  rounds: 5,
  async prepare(disk, stack, clock) {
    const place = await inMemory(disk, stack);
    const { repo, worktrees } = await abandoned(place, { ...SIZE, of: 50, kinds: ["landed"] });
    const ours = pccCommand(place, ["cleanup", "--repo", repo.path]);
    return {
      async ours() {
        await saveDatabase(place);
        const took = clock(ours);
        await bringAllBack(place, repo, worktrees.length);
        await restoreDatabase(place);
        return took;
      },
      unit: () => statusOfEach(place, worktrees, clock),
    };
  },
};

export const cleanupDryRun: Figure = {
  name: "cleanup-200-dry",
  unit: "git status of each",
  measures: "ms",
  // Three seconds where git takes 4.1 ms to look at one; a third of these are dirty.
  bound: { ratio: 3.7 },
  rounds: 5,
  async prepare(disk, stack, clock) {
    const place = await inMemory(disk, stack);
    const { repo, worktrees } = await abandoned(place, { ...SIZE, of: 200, kinds: ["landed", "unlanded", "dirty"] });
    const ours = pccCommand(place, ["cleanup", "--dry-run", "--repo", repo.path]);
    await requirePlan(place, repo, { going: 67, kept: 133 });
    return {
      async ours() {
        await forgetVerdicts(place);
        return clock(ours);
      },
      unit: () => statusOfEach(place, worktrees, clock),
    };
  },
};

export const releaseUnused: Figure = {
  name: "release-unused",
  unit: "git worktree remove, branch -D",
  measures: "ms",
  bound: { ratio: 2 },
  rounds: 15,
  async prepare(disk, stack, clock) {
    const place = await inMemory(disk, stack);
    const repo = await makeRepo(place, LARGE);
    await configure(place, { auto: false });
    await registerAtOnce(place, repo, [stack.use(sleeper())]);
    return {
      async ours() {
        const owner = sleeper();
        await registerAtOnce(place, repo, [owner]);
        await owner.kill();
        const took = clock(pccCommand(place, ["release", "--pid", String(owner.pid)], repo.path));
        if ((await clearWorktrees(repo)) !== 0) throw new Error("release left the worktree where it was");
        await rm(trashOf(repo), { recursive: true, force: true });
        return took;
      },
      unit() {
        const added = worktreeAdd(place, repo, 0);
        timeOf(added);
        const git = (...words: string[]) => clock({ ...added, command: ["git", ...words] });
        return git("worktree", "remove", place.at("plain-worktrees", "plain-0")) + git("branch", "-q", "-D", "plain-0");
      },
    };
  },
};

export const registerBesideKept: Figure = {
  name: "register-20-kept",
  unit: "register with none kept",
  measures: "ms",
  // Starting the process in the background; it must not be waited for.
  bound: { ratio: 1.5 },
  rounds: 15,
  async prepare(disk, stack, clock) {
    const place = await inMemory(disk, stack);
    const kept = await abandoned(place, { ...SIZE, of: 20, kinds: ["unlanded"] });
    const none = await makeRepo(place, { ...SIZE, name: "none" });
    await configure(place, { auto: true });
    const pid = String(stack.use(sleeper()).pid);
    const turn = (repo: Repo) => {
      const took = clock(pccCommand(place, ["register", "--pid", pid, "--json"], repo.path));
      timeOf(pccCommand(place, ["release", "--pid", pid], repo.path));
      return took;
    };
    let done = 0;
    return {
      async ours() {
        const took = turn(kept.repo);
        done += 1;
        await waitFor(() => backgroundRuns(place, kept.repo).then((runs) => runs >= done), "the cleanup behind it");
        return took;
      },
      unit: () => turn(none),
    };
  },
};

type Kind = "landed" | "unlanded" | "dirty";

interface Abandoned {
  files: number;
  lines: number;
  of: number;
  /** In turns. */
  kinds: readonly Kind[];
}

/** Worktrees of sessions that died: committed to once or twice, and landed by a squash where their kind says so. */
export async function abandoned(place: Place, { files, lines, of, kinds }: Abandoned) {
  const repo = await makeRepo(place, { files, lines });
  await configure(place, { auto: false });
  const paths = await deadSessions(place, repo, of);
  const worktrees = paths.map((path, index) => ({ path, index, kind: kinds[index % kinds.length] ?? "landed" }));
  await runGit(["fast-import", "--quiet", "--force"], {
    ...{ cwd: repo.path, env: place.env() },
    input: [...worktrees.flatMap(commits), "done\n"].join("\n"),
  });
  await repo.git("reset", "--quiet", "--hard", "main");
  for (const { path, kind, index } of worktrees) {
    await runGit(["reset", "--quiet", "--hard"], { cwd: path, env: place.env() });
    if (kind === "dirty") await appendFile(`${path}/${fileName(index + 1)}`, "not committed\n");
  }
  return { repo, worktrees: paths };
}

/** Registers that many beside one in the main checkout, and ends all of their processes. */
async function deadSessions(place: Place, repo: Repo, count: number): Promise<string[]> {
  const paths: string[] = [];
  await using first = sleeper();
  await registerAtOnce(place, repo, [first]);
  for (let left = count; left > 0; left -= AT_ONCE) {
    await using stack = new AsyncDisposableStack();
    const owners = Array.from({ length: Math.min(left, AT_ONCE) }, (): Sleeper => stack.use(sleeper()));
    const { ran } = await registerAtOnce(place, repo, owners);
    for (const { stdout } of ran) paths.push(JSON.parse(stdout).worktreePath);
  }
  return paths;
}

const AT_ONCE = 8;

/** A git-fast-import stream: one or two commits on its branch, and their squash on main where it has landed. */
function commits({ path, index, kind }: { path: string; index: number; kind: Kind }): string[] {
  const branch = path.slice(path.lastIndexOf("/") + 1);
  const commit = (on: string, text: string, from?: string) => [
    ...[`commit refs/heads/${on}`, `committer A <a@example.com> ${1893456000 + index} +0000`, "data 1", "x"],
    ...(from === undefined ? [] : [`from ${from}`]),
    ...[`M 100644 inline ${fileName(index + 1)}`, `data ${Buffer.byteLength(text)}`, text],
  ];
  const [once, twice] = [`changed ${index}\n`, `changed ${index}\nand again\n`];
  const isLong = index % 2 === 1;
  return [
    ...commit(branch, once, `refs/heads/${branch}^0`),
    ...(isLong ? commit(branch, twice) : []),
    ...(kind === "landed" ? commit("main", isLong ? twice : once, index === 0 ? "refs/heads/main^0" : undefined) : []),
  ];
}

function statusOfEach(place: Place, worktrees: readonly string[], clock: Clock): number {
  let took = 0;
  for (const cwd of worktrees) took += clock({ command: ["git", "status", "--porcelain"], cwd, env: place.env() });
  return took;
}

async function requirePlan(place: Place, repo: Repo, wanted: { going: number; kept: number }): Promise<void> {
  const plan = await pccJson(place, ["cleanup", "--dry-run", "--repo", repo.path]);
  const { worktreesRemoved, kept } = plan as { worktreesRemoved: string[]; kept: { reason: string }[] };
  const ours = kept.filter(({ reason }) => reason !== "not-ours");
  const found = { going: worktreesRemoved.length, kept: ours.length };
  if (!Bun.deepEquals(found, wanted)) throw new Error(`the plan is ${JSON.stringify(found)}`);
}

async function bringAllBack(place: Place, repo: Repo, count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    const { exit, stderr } = await pcc(place, ["undo"], { cwd: repo.path });
    if (exit !== 0) throw new Error(`cleanup removed ${count - left} of ${count}: ${stderr}`);
  }
  // What was saved would be found, and taken for removals, once the database is the one from before.
  const saved = await repo.git("for-each-ref", "--format=delete %(refname)", "refs/parallel-cc/");
  if (saved === "") return;
  await runGit(["update-ref", "--stdin"], { cwd: repo.path, env: place.env(), input: `${saved}\n` });
}

const databaseOf = ({ home }: Place): string => `${home}/.parallel-cc/coordinator.db`;

async function withDatabase<T>(place: Place, work: (db: Awaited<ReturnType<typeof openDb>>) => T): Promise<T> {
  const db = await openDb({ file: databaseOf(place), clock: () => new Date() });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** What `undo` brings back is kept from then on; what the database says of it is brought back by this. */
async function saveDatabase(place: Place): Promise<void> {
  await withDatabase(place, (db) => db.run("PRAGMA wal_checkpoint(TRUNCATE)"));
  await copyFile(databaseOf(place), `${databaseOf(place)}.before`);
}

async function restoreDatabase(place: Place): Promise<void> {
  for (const end of ["-wal", "-shm"]) await rm(`${databaseOf(place)}${end}`, { force: true });
  await copyFile(`${databaseOf(place)}.before`, databaseOf(place));
}

async function forgetVerdicts(place: Place): Promise<void> {
  await withDatabase(place, (db) => db.write(() => db.run("DELETE FROM landing_verdicts")));
}

function backgroundRuns(place: Place, { path }: Repo): Promise<number> {
  return withDatabase(place, (db) => lastReport(db, `${path}/.git`)?.number ?? 0);
}

async function configure(place: Place, { auto }: { auto: boolean }): Promise<void> {
  await mkdir(`${place.home}/.parallel-cc`, { recursive: true });
  await Bun.write(`${place.home}/.parallel-cc/config.json`, JSON.stringify({ cleanup: { auto } }));
}
