// The hook after a command of the shell, beside another session in a repository of 5,000 files: where the command wrote
// nothing, where it wrote a file, and where it only reads and no git is asked.

import { existsSync, readdirSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { fileName, makeRepo, type Repo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, type Spawned, timeOf } from "./spawn.ts";
import { FILES, LINES } from "./worktree.ts";

interface Watched {
  repo: Repo;
  /** The hook after this command. */
  after(command: string): Spawned;
}

async function watched(place: Place, stack: AsyncDisposableStack): Promise<Watched> {
  const repo = await makeRepo(place, { files: FILES, lines: LINES });
  // Files of the same second as the index are read again and again: nobody's checkout is as young.
  const dated = Bun.spawnSync(["find", ".", "-name", "*.txt", "-exec", "touch", "-d", "2001-01-01", "{}", "+"], {
    cwd: repo.path,
    env: place.env(),
  });
  if (dated.exitCode !== 0) throw new Error(`touch gave ${dated.exitCode}`);
  await repo.git("update-index", "-q", "--refresh");
  const pids = [stack.use(sleeper()), stack.use(sleeper())].map(({ pid }) => pid);
  const told = (event: string, pid: number | undefined, command = "make"): Spawned => {
    const { env, ...started } = pccCommand(place, ["hook", event], repo.path);
    const answer = { stdout: "a line of what it says\n".repeat(100), stderr: "" };
    const tool = { tool_name: "Bash", tool_input: { command }, tool_response: answer };
    const input = JSON.stringify({ session_id: `c${pid}`, cwd: repo.path, hook_event_name: event, ...tool });
    return { ...started, env: { ...env, CLAUDE_PID: String(pid) }, input };
  };
  for (const pid of pids) timeOf(told("SessionStart", pid));
  for (const event of ["PreToolUse", "PostToolUse"]) timeOf(told(event, pids[0]));
  const looks = `${place.home}/.parallel-cc/looks`;
  if (!existsSync(looks) || readdirSync(looks).length === 0) throw new Error("nothing was looked at");
  return { repo, after: (command) => told("PostToolUse", pids[0], command) };
}

export const writesRead: Figure = {
  name: "writes-reading",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 4 },
  rounds: 40,
  async prepare(place, stack, clock) {
    const ours = (await watched(place, stack)).after("git status && grep -rn main src | head");
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};

/** What a person would ask. */
function gitStatus(place: Place, repo: Repo): Spawned {
  const command = ["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=all"];
  return { command, cwd: repo.path, env: place.env() };
}

export const writesNothing: Figure = {
  name: "writes-nothing",
  unit: "git status",
  measures: "ms",
  bound: { ratio: 3 },
  rounds: 40,
  async prepare(place, stack, clock) {
    const { repo, after } = await watched(place, stack);
    const ours = after("make");
    return { ours: () => clock(ours), unit: () => clock(gitStatus(place, repo)) };
  },
};

/** Each round another file, so that each is news. */
function changing(name: string, ratio: number, change: (repo: Repo, file: string) => Promise<unknown>): Figure {
  return {
    ...{ name, unit: "git status", measures: "ms", bound: { ratio }, rounds: 20 },
    async prepare(place, stack, clock) {
      const { repo, after } = await watched(place, stack);
      const ours = after("make");
      let round = 0;
      return {
        async ours() {
          await change(repo, fileName(++round * 7));
          return clock(ours);
        },
        unit: () => clock(gitStatus(place, repo)),
      };
    },
  };
}

const edit = (repo: Repo, file: string) => appendFile(`${repo.path}/${file}`, "one more line\n");

export const writesFile = changing("writes-file", 4, edit);

export const writesCommit = changing("writes-commit", 5, async (repo, file) => {
  await edit(repo, file);
  await repo.git("commit", "--quiet", "--all", "--message", "More");
});
