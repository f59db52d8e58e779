// A conversation begins: its session becomes known when nobody registered it, and its agent is told who else is at work
// here. A session that was started without the wrapper stays where it is, also beside another one: then it is told so.

import { existsSync } from "node:fs";
import { asFailure, Failure } from "../../core/failure.ts";
import { counted } from "../../core/text.ts";
import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { startPollIfDue } from "../arrivals/arrivals.ts";
import { hasLeases, variablesOf } from "../leases/leases.ts";
import { countNotes } from "../notes/notes.ts";
import { type KnownSession, livingOf, sessionOfClaude, sessionsOf } from "../roster/roster.ts";
import { register } from "../sessions/sessions.ts";
import { takeReport } from "../upkeep/upkeep.ts";
import { changedFiles } from "../worktrees/worktrees.ts";
import { claudeOf } from "./claude.ts";
import { exportTo } from "./env-file.ts";
import type { HookAnswer } from "./hook.ts";
import { type ChangedFiles, listedOf, newsFor } from "./news.ts";
import { notePulse } from "./note.ts";
import { doingAt } from "./pulse.ts";
import { readyDb } from "./ready.ts";
import type { Told } from "./told.ts";
import { noteTrouble } from "./trouble.ts";

/** Errors: those of registering; `repository.none` is none. */
export async function startSession(given: World, told: Told): Promise<HookAnswer | undefined> {
  // A new one is made in no time.
  const db = await (existsSync(given.paths.database) ? readyDb(given) : given.db());
  if (db === undefined) return undefined;
  const world = { ...given, db: async () => db };
  const claudePid = claudeOf(world);
  const own = sessionOfClaude(world, db, claudePid) ?? (await becomeKnown(world, told, claudePid));
  if (own === undefined) return undefined;
  const doing = doingAt("SessionStart", told) ?? { activity: "working", waitingFor: null };
  notePulse(world, db, own, { ...doing, claudePid, conversationId: told.session_id ?? null });
  exportLeases(world, db, own);
  startPollIfDue(world, db, own);
  return answerFor(world, db, own);
}

/** Anew for each conversation: its shells know no file of another's. In a session of the wrapper all have them. */
function exportLeases(world: World, db: Db, own: KnownSession): void {
  if (world.env.sessionId === own.id || !hasLeases(db, own.id)) return;
  try {
    exportTo(world.env.claudeEnvFile, variablesOf(db, own));
  } catch (thrown) {
    // A file of the client's that cannot be written keeps no agent from being told of the others.
    noteTrouble(world, "SessionStart", asFailure(thrown));
  }
}

/** Asking git what others have changed must not be felt at a start. */
const CHANGES_MS = 300;

async function becomeKnown(world: World, told: Told, claudePid: number): Promise<KnownSession | undefined> {
  try {
    const repo = told.cwd ?? world.cwd;
    return (await register(world, { repo, pid: claudePid, noWorktree: true })).session;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === "repository.none") return undefined;
    throw thrown;
  }
}

async function answerFor(world: World, db: Db, own: KnownSession): Promise<HookAnswer | undefined> {
  const { git_dir, git_dir_id, repo_path } = own;
  const key = { gitDir: git_dir ?? "", gitDirId: git_dir_id ?? "", path: repo_path };
  const others = livingOf(world, sessionsOf(db, key)).filter(({ id }) => id !== own.id);
  const news = newsFor(own, others, await changesOf(world, listedOf(own, others)));
  const { forUser } = news;
  const forAgent = [...news.forAgent, ...notesLine(countNotes(db, key))];
  const report = takeReport(db, key.gitDir);
  const told = [...(report === undefined ? [] : [`parallel-cc: ${report}`]), ...forUser];
  if (forAgent.length + told.length === 0) return undefined;
  return {
    ...(told.length > 0 && { systemMessage: told.join("\n") }),
    ...(forAgent.length > 0 && {
      hookSpecificOutput: { hookEventName: "SessionStart", additionalContext: forAgent.join("\n") },
    }),
  };
}

function notesLine(count: number): string[] {
  if (count === 0) return [];
  return [`parallel-cc: sessions of this repository have left ${counted(count, "note")}; read_notes has them.`];
}

async function changesOf(world: Pick<World, "git">, listed: readonly KnownSession[]): Promise<ChangedFiles> {
  const signal = AbortSignal.timeout(CHANGES_MS);
  const found = await Promise.all(
    listed.map(async ({ worktree_path: path, fork_commit: forkCommit }) => {
      const files = await changedFiles(world, { path, forkCommit }, signal);
      return files === undefined ? [] : [[path, files] as const];
    }),
  );
  return new Map(found.flat());
}
