// How runs are told: the shapes of answers, and each from its row.

import { existsSync, readFileSync } from "node:fs";
import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { clause, shellWord } from "../../core/text.ts";
import { isoText } from "../../db/db.ts";
import type { Paths } from "../../files/paths.ts";
import type { UploadPlan } from "../uploads/uploads.ts";
import { costOf } from "./cost.ts";
import { placeOf, type RunPlace } from "./place.ts";
import { type Run, type Status, statusOf } from "./run.ts";

const STATUSES = ["INITIALIZING", "RUNNING", "COMPLETED", "FAILED", "TIMEOUT", "CANCELLED"] as const satisfies Status[];

const COST = () => v.strictObject({ sandbox: NUMBER, model: NUMBER, total: NUMBER });
const ERROR = () => orNull(v.strictObject({ code: TEXT, message: TEXT, hint: TEXT_OR_NULL }));

export const runShape = () =>
  v.strictObject({
    success: YES_OR_NO,
    sessionId: TEXT,
    name: TEXT_OR_NULL,
    provider: TEXT,
    sandboxId: TEXT_OR_NULL,
    status: v.picklist(STATUSES),
    exitCode: orNull(NUMBER),
    /** Milliseconds that its claude worked. */
    executionTime: NUMBER,
    worktreePath: TEXT_OR_NULL,
    branch: TEXT_OR_NULL,
    commits: v.array(v.strictObject({ id: TEXT, subject: TEXT })),
    filesChanged: NUMBER,
    resultRef: TEXT_OR_NULL,
    runsOnHost: v.array(v.strictObject({ path: TEXT, what: TEXT })),
    escaping: v.array(v.strictObject({ path: TEXT, target: TEXT })),
    left: v.array(v.strictObject({ path: TEXT, why: TEXT })),
    remarks: v.array(TEXT),
    heldBack: TEXT_OR_NULL,
    /** Why the result is not in the worktree: it is on `branch`, when there is one, and under `resultRef`. */
    undelivered: TEXT_OR_NULL,
    weaknesses: v.array(TEXT),
    warnings: v.array(TEXT),
    /** What claude ended on, when that asks its user something. */
    question: TEXT_OR_NULL,
    /** What only its user can mend: nobody drives it until then, and `next` goes on. */
    waitsFor: TEXT_OR_NULL,
    cost: COST(),
    logPath: TEXT,
    error: ERROR(),
    next: v.array(TEXT),
    /** Of a dry run: what went in, and what stayed here. */
    sent: orNull(
      v.strictObject({
        ...{ files: NUMBER, bytes: NUMBER },
        list: v.array(v.strictObject({ path: TEXT, sizeBytes: NUMBER, why: TEXT })),
        held: v.array(v.strictObject({ path: TEXT, sizeBytes: NUMBER, reason: TEXT, rule: TEXT })),
      }),
    ),
  });
export type RunAnswer = v.InferOutput<ReturnType<typeof runShape>>;

export function runAnswer(run: Run, { paths, now }: { paths: Paths; now: Date }): RunAnswer {
  const { facts } = run;
  const { result, delivered } = facts;
  const status = statusOf(run);
  return {
    success: status === "COMPLETED" && (result?.heldBack ?? null) === null && undelivered(run) === null,
    ...{ sessionId: run.id, name: run.name, provider: run.provider, sandboxId: run.instance_id, status },
    ...{ exitCode: facts.exit ?? null, executionTime: workedMs(run, now), worktreePath: pathOf(run) },
    ...{ branch: delivered?.branch ?? null, commits: result?.commits ?? [], filesChanged: result?.filesChanged ?? 0 },
    ...{
      resultRef: result?.ref ?? null,
      runsOnHost: result?.runsOnHost ?? [],
      escaping: result?.escaping ?? [],
      left: result?.left ?? [],
    },
    ...{
      remarks: result?.remarks ?? [],
      heldBack: result?.heldBack ?? null,
      undelivered: undelivered(run),
      weaknesses: facts.weaknesses,
      warnings: facts.warnings,
    },
    ...{
      question: questionOf(run),
      waitsFor: waitsFor(run),
      cost: costOf(run, now),
      logPath: placeOf(paths, run.id).log,
    },
    ...{ error: errorOf(run), next: nextOf(run), sent: run.request.isDryRun ? sentBy(placeOf(paths, run.id)) : null },
  };
}

function sentBy({ manifest }: RunPlace): RunAnswer["sent"] {
  if (!existsSync(manifest)) return null;
  const { files, bytes, sent, held }: UploadPlan = JSON.parse(readFileSync(manifest, "utf8"));
  return { files, bytes, list: sent, held };
}

export const listShape = () => v.strictObject({ sessions: v.array(listedShape()), total: NUMBER });

const listedShape = () =>
  v.strictObject({
    sessionId: TEXT,
    name: TEXT_OR_NULL,
    provider: TEXT,
    sandboxId: TEXT_OR_NULL,
    repoPath: TEXT,
    status: v.picklist(STATUSES),
    step: TEXT,
    title: TEXT,
    createdAt: TEXT,
    endedAt: TEXT_OR_NULL,
    worktreePath: TEXT_OR_NULL,
    resultRef: TEXT_OR_NULL,
    /** As `sandbox status` has them. */
    ...{ question: TEXT_OR_NULL, waitsFor: TEXT_OR_NULL },
    cost: COST(),
    error: ERROR(),
    next: v.array(TEXT),
  });
export type Listed = v.InferOutput<ReturnType<typeof listedShape>>;

export function listed(run: Run, now: Date): Listed {
  return {
    ...{ sessionId: run.id, name: run.name, provider: run.provider, sandboxId: run.instance_id },
    ...{ repoPath: run.repo_path, status: statusOf(run), step: run.step, title: run.title },
    ...{ createdAt: isoText(run.created_at), endedAt: run.ended_at, worktreePath: pathOf(run) },
    ...{ resultRef: run.facts.result?.ref ?? null, question: questionOf(run), waitsFor: waitsFor(run) },
    ...{ cost: costOf(run, now), error: errorOf(run), next: nextOf(run) },
  };
}

function pathOf({ worktree_path: path, facts }: Run): string | null {
  return facts.isWorktreeGone ? null : path;
}

function undelivered({ step, facts: { result, delivered } }: Run): string | null {
  // Since its work is elsewhere as well, by whoever's hand.
  if (result === undefined || (result.ref === null && delivered?.branch == null)) return null;
  if (delivered !== undefined) return delivered.note;
  if (result.filesChanged + result.commits.length === 0) return null;
  return step === "ended" ? "nobody wanted it there any more" : "not yet";
}

export const UNDELIVERED = "sandbox.undelivered";

/** What went wrong with the run itself comes first. */
function errorOf(run: Run): RunAnswer["error"] {
  const { id, trouble, facts } = run;
  const { result, delivered } = facts;
  const why = undelivered(run);
  if (trouble !== null || delivered === undefined || why === null) return trouble;
  const where = delivered.branch === null ? `under ${result?.ref}` : `on ${delivered.branch}`;
  return {
    code: UNDELIVERED,
    message: `The result is ${where}, and not in the worktree: ${clause(why)}.`,
    hint: `It is also to be had as files: parallel-cc sandbox download ${id.slice(0, 8)} --output <directory>`,
  };
}

export function workedMs({ started_at: from, over_at: to }: Run, now: Date): number {
  return from === null ? 0 : Math.max(0, (to === null ? now.getTime() : Date.parse(to)) - Date.parse(from));
}

function waitsFor({ facts, step, trouble }: Run): string | null {
  return facts.isParked && step !== "ended" ? (trouble?.message ?? "It cannot go on.") : null;
}

/** What claude asked in the end, when it did. */
function questionOf({ view }: Pick<Run, "view">): string | null {
  const seen = v.safeParse(v.object({ endsInQuestion: v.optional(YES_OR_NO), lastText: v.nullish(TEXT) }), view);
  return seen.success && seen.output.endsInQuestion === true ? (seen.output.lastText ?? "") : null;
}

/** What to do now, as commands. */
function nextOf(run: Run): string[] {
  const { facts, worktree_path: path } = run;
  const { result, delivered } = facts;
  const id = run.id.slice(0, 8);
  if (run.step !== "ended") {
    return [facts.isParked ? `parallel-cc sandbox attach ${id}` : `parallel-cc sandbox logs ${id} --follow`];
  }
  if (result === undefined || path === null || (result.ref === null && result.heldBack === null)) return [];
  if (result.heldBack !== null) return [`parallel-cc sandbox download ${id} --with-keys --output <directory>`];
  const from = run.base_commit?.slice(0, 12) ?? "HEAD";
  if (result.filesChanged + result.commits.length === 0) return [];
  if (delivered === undefined || delivered.note !== null) {
    const git = `git -C ${shellWord(run.repo_path)}`;
    const branch = delivered?.branch ?? null;
    if (branch !== null)
      return [`${git} diff ${from} ${shellWord(branch)}`, `${git} push -u origin ${shellWord(branch)}`];
    return [`${git} diff ${from} ${result.ref}`, `${git} branch <branch> ${result.ref}`];
  }
  if (result.filesChanged === 0) return [];
  const git = `git -C ${shellWord(path)}`;
  const push =
    delivered.branch === null ? `push origin HEAD:refs/heads/<branch>` : `push -u origin ${delivered.branch}`;
  // A new file is in no diff before it is added.
  const look = delivered.branch === null ? [`${git} add -A`, `${git} diff --cached`] : [`${git} diff ${from}`];
  const commit = delivered.branch === null ? [`${git} commit`] : [];
  return [`cd ${shellWord(path)}`, ...look, ...commit, `${git} ${push}`];
}
