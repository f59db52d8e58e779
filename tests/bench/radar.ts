// The radar over 20 live sessions in a repository of 5,000 files, each with work of its own: merging their 190 pairs, and
// each with where it is to land, for the first time, after one of them wrote a file, and when nothing has changed; the
// snapshots that each needs before; and the hook before an edit that others' work conflicts with.

import { Database } from "bun:sqlite";
import { appendFile, writeFile } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { fileName, makeRepo, type Repo, runGit } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, type Spawned, timeOf } from "./spawn.ts";
import { FILES, LINES } from "./worktree.ts";

export const SESSIONS = 20;
const EDITED = 12;

const REGISTERED = v.object({ worktreePath: v.string() });
const ANSWER = v.object({
  sessions: v.array(v.object({ snapshot: v.nullable(v.string()) })),
  pairs: v.array(v.object({ verdict: v.string() })),
  timing: v.object({ snapshotMs: v.number(), mergeMs: v.number(), merged: v.number() }),
});
type Answer = v.InferOutput<typeof ANSWER>;

interface AtWork {
  repo: Repo;
  tops: string[];
  scan(): Answer;
  /** Forgets what merging gave. */
  forget(): void;
  /** What git alone takes for as many merges, of commits. */
  plain(): number;
}

function answerOf(place: Place, words: readonly string[], cwd: string): unknown {
  const { command, env } = pccCommand(place, words, cwd);
  const ran = Bun.spawnSync([...command], { cwd, env, stdin: "ignore" });
  if (ran.exitCode !== 0) throw new Error(`${words.join(" ")} gave ${ran.exitCode}: ${ran.stderr}${ran.stdout}`);
  return JSON.parse(ran.stdout.toString());
}

async function atWork(place: Place, stack: AsyncDisposableStack): Promise<AtWork> {
  const repo = await makeRepo(place, { files: FILES, lines: LINES });
  const tops: string[] = [];
  for (let at = 0; at < SESSIONS; at++) {
    const words = ["register", "--pid", String(stack.use(sleeper()).pid), "--name", `s${at}`, "--json"];
    tops.push(v.parse(REGISTERED, answerOf(place, words, repo.path)).worktreePath);
  }
  for (const [at, top] of tops.entries()) {
    // Some files of its own, one that its neighbour has as well, one that every fifth has.
    for (let nth = 0; nth < EDITED; nth++) await appendFile(`${top}/${fileName(1 + at * 20 + nth)}`, `of ${at}\n`);
    await appendFile(`${top}/${fileName(1 + ((at + 1) % SESSIONS) * 20)}`, `also of ${at}\n`);
    if (at % 5 === 0) await appendFile(`${top}/${fileName(4000)}`, `of the fifth ${at}\n`);
    await writeFile(`${top}/new-${at}.ts`, `export const new${at} = ${at};\n`);
  }
  const env = place.env();
  const commits: string[] = [];
  for (const [at, top] of tops.entries()) {
    await runGit(["add", "--all"], { cwd: top, env });
    const tree = await runGit(["write-tree"], { cwd: top, env });
    commits.push(await runGit(["commit-tree", "-p", "HEAD", "-m", String(at), tree], { cwd: top, env }));
    await runGit(["reset", "--quiet"], { cwd: top, env });
  }
  const pairs = commits.flatMap((one, at) => commits.slice(at + 1).map((other) => `${one} ${other}\n`)).join("");
  const command = ["git", "merge-tree", "--write-tree", "--stdin", "-z"];
  return {
    ...{ repo, tops },
    scan: () => v.parse(ANSWER, answerOf(place, ["conflicts", "radar", "--json"], repo.path)),
    forget: () => {
      using db = new Database(`${place.home}/.parallel-cc/coordinator.db`);
      db.run("DELETE FROM merge_verdicts");
    },
    plain: () => timeOf({ command, cwd: repo.path, env, input: pairs }),
  };
}

function told(answer: Answer, most: { merged: number }): Answer {
  const conflicts = answer.pairs.filter(({ verdict }) => verdict === "conflict").length;
  const isWhole = answer.pairs.length === (SESSIONS * (SESSIONS - 1)) / 2 && conflicts > 0;
  if (!isWhole || answer.timing.merged > most.merged) throw new Error(JSON.stringify(answer.timing));
  return answer;
}

export const radarCold: Figure = {
  name: "radar-20-cold",
  unit: "git merge-tree of as many",
  measures: "ms",
  bound: { ms: 2000 },
  rounds: 5,
  async prepare(place, stack) {
    const { scan, forget, plain } = await atWork(place, stack);
    scan();
    return {
      ours: () => {
        forget();
        return told(scan(), { merged: 210 }).timing.mergeMs;
      },
      unit: plain,
    };
  },
};

export const radarOneChange: Figure = {
  name: "radar-20-one-change",
  unit: "git merge-tree of all",
  measures: "ms",
  bound: { ms: 300 },
  rounds: 10,
  async prepare(place, stack) {
    const { scan, tops, plain } = await atWork(place, stack);
    scan();
    let round = 0;
    return {
      async ours() {
        await appendFile(`${tops[3]}/${fileName(++round)}`, `round ${round}\n`);
        return told(scan(), { merged: SESSIONS }).timing.mergeMs;
      },
      unit: plain,
    };
  },
};

export const radarUnchanged: Figure = {
  name: "radar-20-unchanged",
  unit: "git merge-tree of all",
  measures: "ms",
  bound: { ms: 50 },
  rounds: 10,
  async prepare(place, stack) {
    const { scan, plain } = await atWork(place, stack);
    scan();
    return { ours: () => told(scan(), { merged: 0 }).timing.mergeMs, unit: plain };
  },
};

/** Told without a bound: it waits for the disk. */
export const radarSnapshots: Figure = {
  name: "radar-20-snapshots",
  unit: "git status in each",
  measures: "ms",
  bound: undefined,
  rounds: 10,
  async prepare(place, stack) {
    const { scan, tops } = await atWork(place, stack);
    scan();
    const env = place.env();
    const command = ["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=all"];
    return {
      ours: () => told(scan(), { merged: 0 }).timing.snapshotMs,
      unit: () => tops.reduce((sum, cwd) => sum + timeOf({ command, cwd, env }), 0),
    };
  },
};

const EDITED_LINES = 2000;
const EDITED_FILE = "edited.ts";

function edited(changes: Readonly<Record<number, string>> = {}): string {
  const lines = Array.from({ length: EDITED_LINES }, (_, at) => changes[at] ?? `const value${at} = of(${at});`);
  return `${lines.join("\n")}\n`;
}

/** The hook before an edit that conflicts with what so many others have written; each round it is told anew. */
function beforeEdit(peers: number, ms: number): Figure {
  return {
    ...{ name: `radar-edit-${peers}`, unit: "empty binary", measures: "ms", bound: { ms }, rounds: 20 },
    async prepare(place, stack, clock) {
      const repo = await makeRepo(place, { files: FILES, lines: LINES });
      await writeFile(`${repo.path}/${EDITED_FILE}`, edited());
      await repo.git("add", "--all");
      await repo.git("commit", "--quiet", "-m", "To be edited");
      const pids = Array.from({ length: peers + 1 }, () => String(stack.use(sleeper()).pid));
      const tops = pids.map((pid, at) => {
        const words = ["register", "--pid", pid, "--name", `s${at}`, "--json"];
        return v.parse(REGISTERED, answerOf(place, words, repo.path)).worktreePath;
      });
      for (const top of tops.slice(1)) await writeFile(`${top}/${EDITED_FILE}`, edited({ 100: `of ${top}` }));
      const tool_input = {
        ...{ file_path: `${repo.path}/${EDITED_FILE}` },
        ...{ old_string: "const value100 = of(100);", new_string: "const value100 = 0;" },
      };
      const told = (event: string): Spawned => {
        const { env, ...started } = pccCommand(place, ["hook", event], repo.path);
        const call = { tool_name: "Edit", tool_input, hook_event_name: event };
        const input = JSON.stringify({ session_id: "c", cwd: repo.path, ...call });
        return { ...started, env: { ...env, CLAUDE_PID: pids[0] ?? "" }, input };
      };
      timeOf(told("SessionStart"));
      answerOf(place, ["conflicts", "radar", "--json"], repo.path);
      const ours = told("PreToolUse");
      const database = `${place.home}/.parallel-cc/coordinator.db`;
      return {
        ours: () => {
          const took = clock(ours);
          using db = new Database(database);
          const { changes } = db.run("DELETE FROM radar_tellings");
          if (changes !== peers) throw new Error(`${changes} of ${peers} were told of`);
          return took;
        },
        unit: () => clock(emptyCommand(ours)),
      };
    },
  };
}

export const radarEditOne = beforeEdit(1, 60);
export const radarEditFive = beforeEdit(5, 150);
