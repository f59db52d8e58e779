// 32 processes that register in one repository at once, against making 31 worktrees there one after the other. What
// they made is looked at each time: speed with a wrong answer is none.

import { existsSync, readdirSync } from "node:fs";
import { type Ran, startPcc } from "../support/cli.ts";
import type { Place } from "../support/place.ts";
import { type Sleeper, sleeper } from "../support/processes.ts";
import { fileName, makeRepo, type Repo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { inMemory } from "./memory.ts";
import { pccCommand, timeOf } from "./spawn.ts";
import { clearWorktrees, FILES, LINES, linkedWorktrees, worktreeAdd } from "./worktree.ts";

export const AT_ONCE = 32;

export const contention: Figure = {
  name: "register-32",
  unit: "31 git worktree add",
  measures: "ms",
  bound: { ratio: 1 },
  rounds: 3,
  async prepare(disk, stack) {
    const place = await inMemory(disk, stack);
    const repo = await makeRepo(place, { files: FILES, lines: LINES });
    const owners = Array.from({ length: AT_ONCE }, () => stack.use(sleeper()));
    return {
      async ours() {
        const { tookMs, ran } = await registerAtOnce(place, repo, owners);
        const faults = await faultsOf(repo, FILES, ran);
        if (faults.length > 0) throw new Error(`${AT_ONCE} at once went wrong:\n${faults.join("\n")}`);
        for (const { pid } of owners) timeOf(pccCommand(place, ["release", "--pid", String(pid)], repo.path));
        await clearWorktrees(repo);
        return tookMs;
      },
      async unit() {
        let tookMs = 0;
        for (let number = 1; number < AT_ONCE; number++) tookMs += timeOf(worktreeAdd(place, repo, number));
        await clearWorktrees(repo);
        return tookMs;
      },
    };
  },
};

/** One register for each owner, all started before any is waited for. */
export async function registerAtOnce(place: Place, repo: Repo, owners: readonly Sleeper[]) {
  const started = performance.now();
  const running = owners.map(({ pid }) =>
    startPcc(place, ["register", "--pid", String(pid), "--json"], { cwd: repo.path }),
  );
  const ran = await Promise.all(running.map(({ exited }) => exited));
  return { tookMs: performance.now() - started, ran };
}

interface Answer {
  worktreePath: string;
  isMainRepo: boolean;
  branch: string;
}

/** What is not as it should be after all of them were told to come in at once; empty when all is well. */
export async function faultsOf(repo: Repo, files: number, ran: readonly Ran[]): Promise<string[]> {
  const faults = ran.flatMap(({ exit, stderr }) => (exit === 0 ? [] : [`exit ${exit}: ${stderr}`]));
  const answers = ran.flatMap(({ exit, stdout }): Answer[] => (exit === 0 ? [JSON.parse(stdout)] : []));
  const linked = answers.filter(({ isMainRepo }) => !isMainRepo);
  const told = linked.map(({ worktreePath }) => worktreePath);
  const claim = (isSo: boolean, fault: string): void => {
    if (!isSo) faults.push(fault);
  };
  claim(answers.length - linked.length === 1, `${answers.length - linked.length} main checkouts were given out`);
  claim(new Set(told).size === ran.length - 1, `${new Set(told).size} different worktrees for ${ran.length - 1}`);
  claim(isSame(await linkedWorktrees(repo), told), "git knows of other worktrees than the sessions were given");
  const branches = (await repo.git("branch", "--format=%(refname:short)")).split("\n");
  claim(isSame(branches, [repo.branch, ...linked.map(({ branch }) => branch)]), `branches: ${branches.join(" ")}`);
  const folders = readdirSync(`${repo.path}-worktrees`).map((name) => `${repo.path}-worktrees/${name}`);
  claim(isSame(folders, told), `folders: ${folders.join(" ")}`);
  for (const path of told) {
    claim(existsSync(`${path}/${fileName(files - 1)}`), `${path} is not complete`);
  }
  await repo.git("fsck", "--no-progress").catch((thrown: unknown) => faults.push(String(thrown)));
  return faults;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return Bun.deepEquals(some.toSorted(), others.toSorted());
}
