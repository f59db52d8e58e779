// The tools of agents. Their names and keys are older than the commands'.

import { agentOperation } from "../../core/operation.ts";
import { flag, NUMBER, TEXT, TEXT_OR_NULL, v, word, YES_OR_NO } from "../../core/shape.ts";
import { isoText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import {
  claimAnswer,
  claimShape,
  conflictAnswer,
  conflictingAnswer,
  conflictingShape,
  conflictShape,
  heldAnswer,
  heldShape,
  isWeakerFree,
  MOST_PATHS,
  modeShape,
  reasonShape,
} from "./answers.ts";
import type { Claiming } from "./ask.ts";
import type { Mode } from "./modes.ts";
import { grantWords } from "./text.ts";

const FILE = "A file, a directory or a glob of the repository, from the directory you work in or from its top";
const files = () => v.pipe(v.array(word(FILE, "path")), v.minLength(1), v.maxLength(MOST_PATHS), v.description(FILE));
const READS = { isReadOnly: true, isDestructive: false, isIdempotent: true };
const WRITES = { isReadOnly: false, isDestructive: false, isIdempotent: true };

async function claimAs(world: World, asked: Claiming) {
  const { claimPaths, nameNotes } = await import("./ask.ts");
  const { sessionOfAgent } = await import("../sessions/sessions.ts");
  const db = await world.db();
  const own = sessionOfAgent(world, db);
  const outcome = claimPaths(world, db, own, asked);
  const notes = outcome.isGranted ? nameNotes(outcome.claims, own) : [];
  return { outcome, message: [grantWords(outcome, world.now()), ...notes].join("\n") };
}

async function releaseAs(world: World, named: readonly string[]) {
  const { releaseAsAgent } = await import("./release.ts");
  const { sessionOfAgent } = await import("../sessions/sessions.ts");
  const db = await world.db();
  return releaseAsAgent(world, db, { named, own: sessionOfAgent(world, db) });
}

export const claimFileOperation = agentOperation({
  name: "claims.claim-file",
  summary: "Claim a file for an agent's session",
  input: () =>
    v.strictObject({
      filePath: word(FILE, "path"),
      mode: v.optional(v.pipe(modeShape(), v.description("How (default: EXCLUSIVE)"))),
      reason: v.optional(reasonShape()),
      ttlHours: v.optional(
        v.pipe(
          NUMBER,
          v.minValue(1),
          v.maxValue(72),
          v.description("How long it lasts after you were last seen (default: 24)"),
        ),
      ),
    }),
  output: () =>
    v.strictObject({
      success: YES_OR_NO,
      claimId: TEXT_OR_NULL,
      message: TEXT,
      conflictingClaims: v.optional(v.array(conflictingShape())),
      escalationAvailable: v.optional(YES_OR_NO),
    }),
  mcp: {
    tool: "claim_file",
    description:
      "Claims a file, a directory or a glob before you change much of it. EXCLUSIVE (the default): other sessions cannot " +
      "edit there; SHARED: they are warned. Edits claim INTENT by themselves. Claiming again what you have changes its " +
      "mode. Refused, nothing changes: conflictingClaims says who has it, and with escalationAvailable SHARED would be " +
      "granted now and may become EXCLUSIVE later. Release it when you are done.",
    isAlwaysLoaded: false,
    annotations: WRITES,
  },
  run: async (world: World, { filePath, mode = "EXCLUSIVE", reason, ttlHours = 24 }) => {
    const { outcome, message } = await claimAs(world, { paths: [filePath], mode, ttlHours, reason });
    if (outcome.isGranted) return { success: true, claimId: outcome.claims[0]?.id ?? null, message };
    return {
      ...{ success: false, claimId: null, message },
      conflictingClaims: outcome.held.map(conflictingAnswer),
      escalationAvailable: mode === "EXCLUSIVE" && isWeakerFree(outcome),
    };
  },
});

export const releaseFileOperation = agentOperation({
  name: "claims.release-file",
  summary: "Release a claim of an agent's session",
  input: () =>
    v.strictObject({
      claimId: word("The claim's id", "claim"),
      force: v.optional(flag("Has no effect: only its session, or a person at a terminal, releases a claim")),
    }),
  output: () => v.strictObject({ success: YES_OR_NO, message: TEXT, releasedAt: v.optional(TEXT) }),
  mcp: {
    tool: "release_file",
    description: "Releases a claim of yours by its id. Those of other sessions are not yours to release.",
    isAlwaysLoaded: false,
    annotations: WRITES,
  },
  run: async (world: World, { claimId }) => {
    const { claimById } = await import("./store.ts");
    const db = await world.db();
    if (claimById(db, claimId) === undefined) return { success: false, message: "There is no such claim." };
    const ended = await releaseAs(world, [claimId]);
    if (ended.length === 0) return { success: false, message: "It had ended before." };
    const releasedAt = claimById(db, claimId)?.released_at;
    return { success: true, message: "Released.", ...(releasedAt != null && { releasedAt: isoText(releasedAt) }) };
  },
});

export const listClaimsOperation = agentOperation({
  name: "claims.list-for-agents",
  summary: "Tell an agent who has claimed what",
  input: () =>
    v.strictObject({
      filePaths: v.optional(files()),
      sessionId: v.optional(word("Only those of this session, by its id or name", "session")),
      includeExpired: v.optional(flag("Also those that are over, while their session is known")),
    }),
  output: () => v.strictObject({ claims: v.array(claimShape()), totalClaims: NUMBER }),
  mcp: {
    tool: "list_file_claims",
    description:
      "Which live sessions have claimed which files of this repository, how (EXCLUSIVE: do not edit there; SHARED or " +
      "INTENT: they work there too), since when and why. isMine marks yours.",
    isAlwaysLoaded: false,
    annotations: READS,
  },
  run: async (world: World, { filePaths, sessionId, includeExpired }) => {
    const { listClaims } = await import("./ask.ts");
    const { idOf } = await import("./list.ts");
    const { sessionOfClaude } = await import("../roster/roster.ts");
    const { repositoryAt } = await import("../sessions/sessions.ts");
    const db = await world.db();
    const own = sessionOfClaude(world, db);
    const known = own && { gitDir: own.git_dir ?? "", gitDirId: own.git_dir_id ?? "", path: own.repo_path };
    const repository = known ?? (await repositoryAt(world));
    if (repository === undefined) return { claims: [], totalClaims: 0 };
    const found = listClaims(world, db, {
      ...{ gitDirId: repository.gitDirId, paths: filePaths, own, isWhole: includeExpired },
      sessionId: sessionId === undefined ? undefined : idOf(db, repository, sessionId),
    });
    const now = world.now();
    const claims = found.map((one) => claimAnswer(one, { own, now }));
    return { claims, totalClaims: claims.length };
  },
});

/** `advisory` warns others, `exclusive` refuses them. */
const BATCH_MODES: Readonly<Record<"advisory" | "exclusive", Mode>> = { advisory: "SHARED", exclusive: "EXCLUSIVE" };

export const claimFilesOperation = agentOperation({
  name: "claims.claim-files",
  summary: "Claim several files for an agent's session, all or none",
  input: () =>
    v.strictObject({
      files: files(),
      mode: v.optional(v.pipe(v.picklist(["advisory", "exclusive"]), v.description("How (default: advisory)"))),
      reason: v.optional(reasonShape()),
    }),
  output: () =>
    v.strictObject({
      success: YES_OR_NO,
      message: TEXT,
      claims: v.array(heldShape()),
      conflicts: v.array(conflictShape()),
    }),
  mcp: {
    tool: "claim_files",
    description:
      "Claims several files, directories or globs at once: all of them, or none when another session has one. advisory " +
      "(the default): other sessions that edit there are warned; exclusive: they cannot. conflicts says who has what.",
    isAlwaysLoaded: true,
    annotations: WRITES,
  },
  run: async (world: World, { files: paths, mode = "advisory", reason }) => {
    const { outcome, message } = await claimAs(world, { paths, mode: BATCH_MODES[mode], ttlHours: 24, reason });
    return {
      success: outcome.isGranted,
      message,
      claims: outcome.isGranted ? outcome.claims.map(heldAnswer) : [],
      conflicts: [...(outcome.isGranted ? [] : outcome.held), ...outcome.beside].map((one) => conflictAnswer(one)),
    };
  },
});

export const releaseFilesOperation = agentOperation({
  name: "claims.release-files",
  summary: "Release several claims of an agent's session",
  input: () => v.strictObject({ files: files() }),
  output: () => v.strictObject({ success: YES_OR_NO, message: TEXT, released: v.array(heldShape()) }),
  mcp: {
    tool: "release_files",
    description: "Releases claims of yours, by the files, directories or globs as you claimed them.",
    isAlwaysLoaded: false,
    annotations: WRITES,
  },
  run: async (world: World, { files: named }) => {
    const ended = await releaseAs(world, named);
    const message = ended.length === 0 ? "You have claimed none of these." : `Released: ${ended.length}.`;
    return { success: ended.length > 0, message, released: ended.map(heldAnswer) };
  },
});

export const checkFilesOperation = agentOperation({
  name: "claims.check-files",
  summary: "Tell an agent whether others have claimed files",
  input: () => v.strictObject({ files: files() }),
  output: () => v.strictObject({ conflicts: v.array(conflictShape()) }),
  mcp: {
    tool: "check_file_conflicts",
    description:
      "Which of these files, directories or globs other live sessions have claimed, how and why. None: you may work on " +
      "them. It claims nothing.",
    isAlwaysLoaded: false,
    annotations: READS,
  },
  run: async (world: World, { files: paths }) => {
    const { checkPaths } = await import("./ask.ts");
    const { sessionOfClaude } = await import("../roster/roster.ts");
    const db = await world.db();
    const found = checkPaths(world, db, { paths, own: sessionOfClaude(world, db) });
    return { conflicts: found.flatMap(({ path, held }) => held.map((one) => conflictAnswer(one, path))) };
  },
});
