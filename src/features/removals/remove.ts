// Removing one worktree of ours: it is saved, set aside by two renames, looked at once more where nobody finds it any
// longer, and only then is its branch deleted. A crash in between leaves a row that says so, and whoever finds it puts
// everything back (bring-back.ts).

import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Db, isUniqueViolation } from "../../db/db.ts";
import { removeIfEmpty } from "../../files/directory.ts";
import type { World } from "../../world.ts";
import { recordTip } from "../merges/merges.ts";
import { baselineOf, setupOf } from "../setup/setup.ts";
import { forgetWorktree, worktreeRow } from "../worktrees/worktrees.ts";
import { runAfterRemoval, runBeforeRemoval } from "./around.ts";
import { isBranchFree } from "./branch.ts";
import { putBack } from "./bring-back.ts";
import {
  BUSY,
  type Examined,
  type Effects as ExamineEffects,
  examine,
  isFirm,
  type Keep,
  type Known,
  keptBy,
  keptByLock,
  keptOnRequest,
  type Subject,
  whoStandsIn,
} from "./examine.ts";
import { look, placeOf } from "./look.ts";
import { isLockedBy, lockRecord, marked } from "./marker.ts";
import { isSelfContained, workIn } from "./nested.ts";
import { isThere, SEEING_ALL, type TreePlace } from "./place.ts";
import { type RemovalKind, save } from "./rescue.ts";
import { readStanding } from "./standing.ts";
import {
  finishRemoval,
  insertRemoval,
  isHeld,
  isUnderWay,
  type Removal,
  type RemovalReason,
  type RemovalRecord,
  recordFate,
  recordRescue,
  removal,
} from "./store.ts";
import { trashFor, trashOf } from "./trash.ts";

export type Effects = ExamineEffects & Pick<World, "env" | "newId" | "now" | "paths" | "runShown" | "say">;

export interface RemoveInput {
  subject: Subject;
  kind: RemovalKind;
  /** Takes what is not landed or not committed as well; what has an owner stays whatever is asked. */
  isForced: boolean;
  /** Named by its user, who once kept it perhaps. */
  isAsked: boolean;
  /** What was read a moment ago of all that is removed together. */
  known?: Known;
  /** Runs in the transaction in which the worktree is taken, so that nobody gets it in between. */
  begin?: (db: Db, now: string) => void;
}

export type Outcome =
  | { kind: "removed"; removal: Removal; proofs: string[] }
  | { kind: "kept"; keeps: Keep[]; examined: Examined };

/** Never throws for what keeps a worktree, a failed step included: then everything is in its place again. */
export async function removeWorktree(world: Effects, input: RemoveInput): Promise<Outcome> {
  const examined = await look(world, input, { ...input.known, isForced: input.isForced });
  try {
    const outcome = await removeExamined(world, input, examined);
    if (outcome.kind === "removed" && input.kind === "worktree") await runAfterRemoval(world, input.subject);
    return outcome;
  } catch (thrown) {
    if (asFailure(thrown).kind === "cancelled") throw thrown;
    return { kind: "kept", keeps: [whyFailed(world, input.subject, thrown)], examined };
  }
}

/** What keeps a worktree where a step of its removal threw. */
export function whyFailed(
  world: Pick<World, "log">,
  { row }: { row: Pick<Subject["row"], "path"> },
  thrown: unknown,
): Keep {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
  const missed = thrown instanceof Error && "path" in thrown ? thrown.path : undefined;
  if (code === "EXDEV") return { reason: "other-file-system", detail: OTHER_FILE_SYSTEM };
  // It may be back by now: another command set it aside, and found at its last look that somebody had come.
  if (code === "ENOENT" && (missed === row.path || !isThere(row.path)))
    return { reason: "changed-meanwhile", detail: "another command removed it just now" };
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  world.log("info", "removal.failed", { path: row.path, error: why });
  const hint = "Everything is in its place. Mend the cause and run the command again.";
  return { reason: "failed", detail: printable(why.replace(/\.$/, "")), hint };
}

async function removeExamined(world: Effects, input: RemoveInput, examined: Examined): Promise<Outcome> {
  const { subject, isForced } = input;
  const place = placeOf(subject);
  const kept = (...keeps: Keep[]): Outcome => ({ kind: "kept", keeps, examined });
  const keeps = examined.keeps.filter((keep) => !isForced || isFirm(keep));
  const { standing } = examined;
  if (keeps.length > 0 || standing === undefined) return kept(...keeps);
  const trash = input.kind === "worktree" ? trashFor(subject.gitDir, place.top) : "repository";
  if (trash === undefined) return kept({ reason: "other-file-system", detail: OTHER_FILE_SYSTEM });
  const db = await world.db();
  const begun = begin(db, world, { ...input, examined, trash });
  if (begun.kind === "kept") return kept(begun.keep);
  const { removal: started } = begun;
  try {
    const ready = input.kind === "worktree" ? await afterCommands(world, input, place, examined) : examined;
    const found =
      "reason" in ready ? ready : await setAside(world, { ...input, place, examined: ready, begun: started });
    if (found === undefined) {
      return { kind: "removed", removal: removal(db, started.id) ?? started, proofs: examined.proofs };
    }
    await putBack(world, started);
    return kept(found);
  } catch (thrown) {
    await putBack(world, started);
    throw thrown;
  }
}

/** As it stands once its user's commands have run there, or what keeps it then. */
async function afterCommands(
  world: Effects,
  { subject, isForced, known }: RemoveInput,
  place: TreePlace,
  examined: Examined,
): Promise<Examined | Keep> {
  const { hasRun, keep } = await runBeforeRemoval(world, subject, { isForced });
  if (keep !== undefined || !hasRun) return keep ?? examined;
  const again = await examine(world, subject, place, { ...known, index: undefined, workers: undefined, isForced });
  const [first] = again.keeps.filter((one) => !isForced || isFirm(one));
  if (first !== undefined) return { ...first, detail: `${first.detail}, after worktree.preRemove` };
  // Where its commits stand is written down already.
  const stands = ({ standing, branchTip }: Examined) => `${standing?.head} ${standing?.branch} ${branchTip}`;
  if (stands(again) === stands(examined)) return again;
  return { reason: "changed-meanwhile", detail: "worktree.preRemove committed to it" };
}

const OTHER_FILE_SYSTEM = "it is a file system of its own, so it cannot be set aside whole";

interface Begin extends RemoveInput {
  examined: Examined;
  trash: "repository" | "beside";
}

type Begun = { kind: "begun"; removal: Removal } | { kind: "kept"; keep: Keep };

/** Takes the worktree, in one transaction with the look at who may have taken it meanwhile. */
function begin(db: Db, world: Effects, { subject, kind, examined, trash, isForced, isAsked, ...input }: Begin): Begun {
  const { row } = subject;
  const by = world.processes.identify(world.pid);
  if (by === undefined) {
    return { kind: "kept", keep: { reason: "failed", detail: "this very process cannot be identified" } };
  }
  const id = world.newId().slice(0, 8);
  const setup = setupOf(db, row.path);
  const record: RemovalRecord = {
    ...(setup === undefined ? {} : { setup }),
    worktree: row,
    proofs: examined.proofs,
    ignored: (examined.standing?.ignored ?? []).slice(0, MOST_IGNORED),
    unsaved: [],
  };
  const isLanded = examined.keeps.length === 0;
  try {
    return db.write((now): Begun => {
      input.begin?.(db, now);
      const branch = examined.branchTip === null ? null : row.branch;
      if (isUnderWay(db, { gitDir: subject.gitDir, path: row.path, branch })) throw new Taken(BUSY);
      if (isHeld(db, { path: row.path, gitDir: subject.gitDir, adminName: subject.adminName })) {
        throw new Taken({ reason: "changed-meanwhile", detail: "a session has taken it just now" });
      }
      // As the registry has it now: another command may have kept it, removed it or brought it back since.
      const current = worktreeRow(db, row.path);
      if (current === undefined) throw new Taken({ reason: "changed-meanwhile", detail: "it was removed just now" });
      if (current.is_kept === 1 && !isAsked) throw new Taken(keptOnRequest(row));
      const made = {
        id,
        git_dir: subject.gitDir,
        git_dir_id: row.git_dir_id,
        repo_path: row.repo_path,
        name: row.name,
        path: kind === "branch" ? null : row.path,
        admin_name: kind === "branch" ? null : subject.adminName,
        trash,
        head: examined.standing?.head ?? null,
        branch,
        branch_tip: examined.branchTip,
        reason:
          kind === "registration"
            ? ("missing" as const)
            : reasonOf({ isForced: isForced && !isLanded, isUnused: examined.isUnused }),
        record,
      };
      insertRemoval(db, made, by, now);
      const inserted = removal(db, id);
      if (inserted === undefined) throw new Error(`removal ${id} was just written and is not there`);
      return { kind: "begun", removal: inserted };
    });
  } catch (thrown) {
    if (thrown instanceof Taken) return { kind: "kept", keep: thrown.keep };
    if (!isUniqueViolation(thrown)) throw thrown;
    return { kind: "kept", keep: BUSY };
  }
}

class Taken extends Error {
  readonly keep: Keep;
  constructor(keep: Keep) {
    super(keep.detail);
    this.keep = keep;
  }
}

/** What ignoring hid; more of it is not listed. */
const MOST_IGNORED = 2000;

function reasonOf({ isForced, isUnused }: { isForced: boolean; isUnused: boolean }): RemovalReason {
  return isForced ? "forced" : isUnused ? "unused" : "landed";
}

interface SetAside extends RemoveInput {
  place: TreePlace;
  examined: Examined;
  begun: Removal;
}

/** Undefined when it is done; else what was found at the last look. */
async function setAside(world: Effects, given: SetAside): Promise<Keep | undefined> {
  const { subject, kind, place, examined, begun } = given;
  const { row } = subject;
  const { standing } = examined;
  if (standing === undefined || begun.trash === null) throw new Error("nothing was examined");
  const db = await world.db();
  // A signal does not stop it half-way: what is left is short.
  const steady = { ...world, signal: () => new AbortController().signal };
  const { branch, branch_tip: branchTip } = begun;
  const saved = await save(steady, {
    ...{ id: begun.id, kind, place, standing, branch, branchTip, name: row.name, at: world.now() },
    describe: (unsaved) => described({ ...begun, record: { ...begun.record, unsaved } }),
  });
  const record = { ...begun.record, unsaved: saved.unsaved };
  db.write(() => recordRescue(db, { id: begun.id, commit: saved.commit, record }));
  const trash = trashOf(begun);
  mkdirSync(trash.home, { recursive: true, mode: 0o700 });
  writeFileSync(trash.record, described({ ...begun, record, rescue_commit: saved.commit }), { mode: 0o600 });

  // From here on others see that somebody is at it.
  if (kind !== "branch") lockRecord(place.adminDir, { id: begun.id, home: trash.home });
  if (kind === "worktree") {
    mkdirSync(dirname(trash.tree), { recursive: true, mode: 0o700 });
    renameSync(place.top, trash.tree);
    const changed = await whatChanged(steady, { ...given, aside: { ...place, top: trash.tree } });
    if (changed !== undefined) return changed;
  }
  if (kind !== "branch") {
    renameSync(place.adminDir, trash.admin);
    removeIfEmpty(dirname(place.adminDir));
    if (dirname(row.path).endsWith("-worktrees")) removeIfEmpty(dirname(row.path));
  }
  const git = world.git(subject.gitDir).trusting();
  const isDeleted = branch !== null && branchTip !== null && isBranchFree(subject.gitDir, branch);
  if (isDeleted) {
    const log = join(subject.gitDir, "logs", "refs", "heads", branch);
    if (existsSync(log)) copyFileSync(log, trash.branchLog);
    await git.output([...marked(begun.id), "update-ref", "-d", "--end-of-options", `refs/heads/${branch}`, branchTip]);
  }
  db.write((now) => {
    if (branch !== null && branchTip !== null) recordTip(db, { gitDir: subject.gitDir, branch, tip: branchTip }, now);
    finishRemoval(db, { id: begun.id, branchTip: isDeleted ? branchTip : null }, now);
    forgetWorktree(db, row.path);
    recordFate(db, { path: row.path, fate: "removed" });
  });
  return undefined;
}

/** As the row will be once it is done; whose process it was tells whether it still may be. */
function described(row: Removal): string {
  return `${JSON.stringify({ ...row, state: "removed" }, undefined, 1)}\n`;
}

/**
 * Whether anybody came between the look and the rename: what he did went along into the trash, and goes back with it.
 * Also git's hooks ran meanwhile (reference-transaction). The branch's tip is compared when it is deleted.
 */
async function whatChanged(
  world: Effects,
  { subject, aside, begun, examined, isForced }: SetAside & { aside: TreePlace },
): Promise<Keep | undefined> {
  const changed = (detail: string): Keep => ({ reason: "changed-meanwhile", detail });
  const [locked] = isLockedBy(aside.adminDir, begun.id) ? [] : keptByLock(aside, subject.row.path);
  if (locked !== undefined) return changed(locked.detail);
  if (isThere(subject.row.path)) return changed("somebody made something at its place just now");
  const [inUse] = whoStandsIn(world, aside.top);
  if (inUse !== undefined) return inUse;
  const owner = await subject.owner();
  if (owner !== undefined) return keptBy(owner);
  if (isForced) return undefined;
  const baseline = baselineOf(await world.db(), subject.row.path);
  const again = await readStanding(world, aside, { isInTrash: true, known: examined.standing?.index, baseline });
  if (again === undefined) return changed("git cannot read it any longer");
  if (again.operation !== null) return changed(`a ${again.operation} began in it just now`);
  if (again.changed.length > 0)
    return changed(`files were changed in it just now: ${again.changed.slice(0, 3).map(printable).join(", ")}`);
  const anywhere = world.git(aside.top).configured({ settings: SEEING_ALL });
  const inside = examined.repositories.filter((path) => isSelfContained(join(aside.top, path)));
  const [nested] = await workIn(anywhere, aside.top, inside);
  if (nested !== undefined) return changed(`${printable(nested.path)} is ${nested.why}`);
  const { head, branch } = examined.standing ?? {};
  return again.head === head && again.branch === branch ? undefined : changed("somebody committed to it just now");
}
