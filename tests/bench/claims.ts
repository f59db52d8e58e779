// Claims where 100,000 are held: the check that every edit waits for; and an edit of a file that is one's own already.

import { hostname } from "node:os";
import { join } from "node:path";
import { type Db, openDb, utcText } from "../../src/db/db.ts";
import { currentOf, othersNear } from "../../src/features/claims/hold.ts";
import { type Kind, patternOf } from "../../src/features/claims/pattern.ts";
import { meantBy } from "../../src/features/claims/place.ts";
import { insertClaim } from "../../src/features/claims/store.ts";
import { insertProcess, insertSession } from "../../src/features/roster/roster.ts";
import { repositoryId } from "../../src/git/checkout.ts";
import { systemProcesses } from "../../src/proc/alive.ts";
import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand, type Spawned, timeOf } from "./spawn.ts";

const SESSIONS = 100;
const CLAIMS_EACH = 1000;

const processes = systemProcesses({ platform: process.platform, host: hostname() });

/** One check each turn, of what `asked` says then. */
function checking(name: string, bound: Figure["bound"], asked: (turn: number) => string): Figure {
  return {
    ...{ name, unit: "with none", measures: "ms", bound, rounds: 60 },
    async prepare(place, stack) {
      const repo = await makeRepo(place);
      const [full, none] = [await open(place.at("full.db"), stack), await open(place.at("none.db"), stack)];
      populate(full, repo, stack);
      let turn = 0;
      const check = (db: Db): number => {
        turn = (turn + 1) % CLAIMS_EACH;
        const start = performance.now();
        const meant = meantBy({ path: asked(turn), directory: repo.path });
        if (meant === undefined) throw new Error("no such file");
        const near = othersNear(db, { gitDirId: meant.gitDirId, ownId: undefined, pattern: meant.pattern });
        const held = currentOf({ processes }, near, utcText(new Date()));
        const took = performance.now() - start;
        if (db === full && turn % 100 > 2 && held.length === 0) throw new Error(`nothing was found of ${asked(turn)}`);
        return took;
      };
      return { ours: () => check(full), unit: () => check(none) };
    },
  };
}

/** Held by three, and near what others have there. */
const fileOf = (turn: number) => `d${turn % 50}/e${turn % 7}/f-${turn}.ts`;

export const claimsCheck = checking("claims-check-100000", { ms: 5 }, fileOf);

/** All of them have to be compared with it. */
export const claimsCheckGlob = checking("claims-check-glob", { ms: 50 }, (turn) => `**/f-${turn}.ts`);

async function open(file: string, stack: AsyncDisposableStack): Promise<Db> {
  const db = await openDb({ file, clock: () => new Date() });
  stack.defer(() => db.close());
  return db;
}

/** By the program's own code: files, and among a hundred of them a directory and a glob. */
function populate(db: Db, repo: Repo, stack: AsyncDisposableStack): void {
  const gitDir = join(repo.path, ".git");
  const gitDirId = repositoryId(gitDir);
  db.write((now) => {
    for (let s = 0; s < SESSIONS; s++) {
      const identity = processes.identify(stack.use(sleeper()).pid);
      if (identity === undefined) throw new Error("a process that was just started is not there");
      const id = `session-${s}`;
      const repository = { gitDir, gitDirId, path: repo.path };
      const place = { worktreePath: `${repo.path}-${s}`, worktreeName: null, adminName: `${s}`, subdirectory: "" };
      const branch = { branch: `b${s}`, forkCommit: null, targetBranch: null };
      const kind = { isMainRepo: false, isSharing: false, state: "active", name: id } as const;
      insertSession(db, { ...{ id, pid: identity.pid, repository }, ...place, ...branch, ...kind }, now);
      insertProcess(db, id, "owner", identity);
      for (let c = 0; c < CLAIMS_EACH; c++) claimOf(db, { id, s, c, gitDirId, repoPath: repo.path }, now);
    }
  });
}

interface Nth {
  id: string;
  s: number;
  c: number;
  gitDirId: string;
  repoPath: string;
}

function claimOf(db: Db, { id, s, c, gitDirId, repoPath }: Nth, now: string): void {
  const directory = `d${c % 50}/e${c % 7}`;
  const name = s < 3 ? `f-${c}` : `f-${s}-${c}`;
  const ways: Record<number, [Kind, string]> = {
    1: ["directory", `${directory}/${name}`],
    2: ["glob", `${directory}/*-${c}.*`],
  };
  const [kind, path] = ways[c % 100] ?? ["file", `${directory}/${name}.ts`];
  const pattern = patternOf({ kind, path, isFolded: false });
  const how = { mode: "INTENT", ttlSeconds: 86_400, reason: null, source: "edit" } as const;
  insertClaim(db, { ...{ id: `${s}-${c}`, sessionId: id, repoPath, gitDirId, pattern }, ...how }, now);
}

export const hookEdit: Figure = {
  name: "hook-edit",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 4 },
  rounds: 60,
  async prepare(place: Place, stack, clock) {
    const repo = await makeRepo(place);
    const told = (event: string): Spawned => {
      const { env, ...started } = pccCommand(place, ["hook", event], repo.path);
      const call = { tool_name: "Edit", tool_input: { file_path: `${repo.path}/file-0.txt`, old_string: "a" } };
      const input = JSON.stringify({ session_id: "c", cwd: repo.path, ...call });
      return { ...started, env: { ...env, CLAUDE_PID: pid }, input };
    };
    const pid = String(stack.use(sleeper()).pid);
    for (const event of ["SessionStart", "PreToolUse"]) timeOf(told(event));
    const ours = told("PreToolUse");
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};
