// `status --json` where 200 sessions are at work in 20 repositories, every one living by a process that really runs.

import { hostname } from "node:os";
import { openDb } from "../../src/db/db.ts";
import { insertProcess, insertSession } from "../../src/features/roster/roster.ts";
import { rememberWorktree, storeChanges } from "../../src/features/worktrees/store.ts";
import { systemProcesses } from "../../src/proc/alive.ts";
import type { Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import type { Figure } from "./figure.ts";
import { emptyCommand, pccCommand } from "./spawn.ts";

const REPOSITORIES = 20;
const SESSIONS_EACH = 10;

export const status: Figure = {
  name: "status-200",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 8 },
  rounds: 40,
  async prepare(place, stack, clock) {
    await populate(place, stack);
    const ours = pccCommand(place, ["status", "--json"]);
    const { totalSessions } = JSON.parse(Bun.spawnSync([...ours.command], ours).stdout.toString());
    if (totalSessions !== REPOSITORIES * SESSIONS_EACH) throw new Error(`status knows of ${totalSessions} sessions`);
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};

/** Written by the program's own code; registering 200 times would only take longer. */
async function populate(place: Place, stack: AsyncDisposableStack): Promise<void> {
  const db = await openDb({ file: `${place.home}/.parallel-cc/coordinator.db`, clock: () => new Date() });
  stack.defer(() => db.close());
  const processes = systemProcesses({ platform: process.platform, host: hostname() });
  for (let repository = 0; repository < REPOSITORIES; repository++) {
    const path = place.at(`repository-${repository}`);
    for (let session = 0; session < SESSIONS_EACH; session++) {
      const identity = processes.identify(stack.use(sleeper()).pid);
      if (identity === undefined) throw new Error("a process that was just started is not there");
      const id = crypto.randomUUID();
      const isMainRepo = session === 0;
      const name = `parallel-${id.slice(0, 8)}`;
      const worktreePath = isMainRepo ? path : `${path}-worktrees/${name}`;
      const gitDir = `${path}/.git`;
      const start = { branch: isMainRepo ? "main" : name, forkCommit: "1".repeat(40), targetBranch: "main" };
      db.write((now) => {
        insertSession(
          db,
          {
            ...{
              id,
              pid: identity.pid,
              repository: { gitDir, gitDirId: gitDir, path },
              worktreePath,
              isMainRepo,
              ...start,
            },
            ...{
              worktreeName: isMainRepo ? null : name,
              isSharing: false,
              state: "active",
              name: null,
              subdirectory: "",
              adminName: isMainRepo ? "" : name,
            },
          },
          now,
        );
        insertProcess(db, id, "owner", identity);
        storeChanges(db, { path: worktreePath, branch: name, dirty_files: 2, ahead: 1, behind: 0 }, now);
        if (isMainRepo) return;
        const known = {
          path: worktreePath,
          git_dir: gitDir,
          git_dir_id: null,
          admin_name: name,
          repo_path: path,
          name,
          origin: "created" as const,
        };
        const began = { branch: name, session_name: null, fork_commit: start.forkCommit, target_branch: "main" };
        rememberWorktree(db, { ...known, ...began }, now);
      });
    }
  }
}
