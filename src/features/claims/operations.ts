// What the doors may call of claims.

import { usage } from "../../core/failure.ts";
import { type AnyAgentOperation, type AnyOperation, operation } from "../../core/operation.ts";
import { flag, NUMBER, TEXT, TEXT_OR_NULL, v, word, YES_OR_NO } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import {
  checkFilesOperation,
  claimFileOperation,
  claimFilesOperation,
  listClaimsOperation,
  releaseFileOperation,
  releaseFilesOperation,
} from "./agents.ts";
import {
  claimShape,
  conflictAnswer,
  conflictingAnswer,
  conflictingShape,
  conflictShape,
  heldAnswer,
  heldShape,
  MOST_PATHS,
  reasonShape,
} from "./answers.ts";
import { MODES, type Mode } from "./modes.ts";
import { checkText, claimedText, claimsText, grantWords, releasedText } from "./text.ts";

const paths = (what: string) =>
  v.pipe(v.array(word(what, "path")), v.minLength(1), v.maxLength(MOST_PATHS), v.description(what));
const sessionId = () => v.optional(word("The session (default: the one of this checkout)", "session"));
const PATHS = "Files, directories or globs of the repository, like src/api/ or 'docs/**/*.md'";

const listOperation = operation({
  name: "claims.list",
  summary: "Show which session has claimed which files",
  description:
    "Claims of live sessions. An edit by Claude Code claims its file INTENT by itself; EXCLUSIVE and SHARED are asked " +
    "for. See `parallel-cc help claims`.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Any directory of the repository (default: the current one)", "repository")),
      session: v.optional(word("Only those of this session, by its id or name", "session")),
      file: v.optional(word("Only those that a file, directory or glob meets", "path")),
      all: v.optional(flag("Also those that were released or are over, while their session is known")),
    }),
  output: () =>
    v.strictObject({
      claims: v.array(claimShape()),
      total: NUMBER,
      bypasses: v.array(v.strictObject({ filePath: TEXT, holder: TEXT, sessionId: TEXT_OR_NULL, bypassedAt: TEXT })),
    }),
  cli: {
    path: ["claims"],
    examples: ["parallel-cc claims", "parallel-cc claims --file src/api/", "parallel-cc claims --session api --json"],
  },
  run: async (world: World, input) => (await import("./list.ts")).claimsHere(world, input),
  text: (answer, page, input) => claimsText(answer, page, input),
});

// As it is written elsewhere, and as it is typed.
const MODE_WORDS = ["EXCLUSIVE", "SHARED", "INTENT", "exclusive", "shared", "intent"] as const;

function modeOf(typed: (typeof MODE_WORDS)[number] | undefined): Mode {
  return MODES.find((mode) => mode === typed?.toUpperCase()) ?? "EXCLUSIVE";
}

const claimOperation = operation({
  name: "claims.claim",
  summary: "Claim files for a session",
  description:
    "All of them or, where another live session has one, none. Claiming again what you have changes its mode. A claim " +
    "ends when it is released, with its session, or when that was not seen for --ttl-hours.",
  input: () =>
    v.strictObject({
      paths: paths(PATHS),
      mode: v.optional(
        v.pipe(
          v.picklist(MODE_WORDS),
          v.metadata({ value: "EXCLUSIVE|SHARED|INTENT", expected: "EXCLUSIVE, SHARED or INTENT" }),
          v.description("How (default: EXCLUSIVE): for nobody else; beside others; as noted at an edit"),
        ),
      ),
      ttlHours: v.optional(
        v.pipe(
          NUMBER,
          v.metadata({ value: "hours", expected: "a number of hours from 1 to 72" }),
          v.minValue(1),
          v.maxValue(72),
          v.description("How long it lasts after its session was last seen (default: 24)"),
        ),
      ),
      reason: v.optional(reasonShape()),
      sessionId: sessionId(),
    }),
  output: () =>
    v.strictObject({
      success: YES_OR_NO,
      claimId: TEXT_OR_NULL,
      message: TEXT,
      claims: v.array(heldShape()),
      conflictingClaims: v.array(conflictingShape()),
    }),
  cli: {
    path: ["claims", "claim"],
    positionals: ["paths"],
    examples: [
      "parallel-cc claims claim src/schema.sql --reason 'new column for invoices'",
      "parallel-cc claims claim src/api/ 'docs/**/*.md' --mode SHARED",
    ],
  },
  run: async (world: World, { paths: named, mode, ttlHours = 24, reason, sessionId: id }) => {
    const { claimPaths, nameNotes } = await import("./ask.ts");
    const { sessionOfCaller } = await import("../sessions/sessions.ts");
    const db = await world.db();
    const own = await sessionOfCaller(world, db, { sessionId: id });
    const outcome = claimPaths(world, db, own, { paths: named, mode: modeOf(mode), ttlHours, reason });
    const claims = outcome.isGranted ? outcome.claims : [];
    return {
      success: outcome.isGranted,
      claimId: claims[0]?.id ?? null,
      message: [grantWords(outcome, world.now()), ...nameNotes(claims, own)].join("\n"),
      claims: claims.map(heldAnswer),
      conflictingClaims: outcome.isGranted ? [] : outcome.held.map(conflictingAnswer),
    };
  },
  text: (answer) => claimedText(answer),
  exitCode: ({ success }) => (success ? 0 : 1),
});

const releaseOperation = operation({
  name: "claims.release",
  summary: "Release claims",
  description:
    "By path as they were claimed, or by id. Only the session that has a claim releases it; at a terminal you do, with " +
    "--force.",
  input: () =>
    v.strictObject({
      paths: v.optional(
        v.pipe(
          v.array(word("A claimed path, or a claim's id", "path")),
          v.description("Claimed paths, or ids of claims"),
        ),
      ),
      all: v.optional(flag("All claims of the session")),
      force: v.optional(flag("Another session's claims too; only at a terminal")),
      sessionId: sessionId(),
    }),
  output: () => v.strictObject({ success: YES_OR_NO, released: v.array(heldShape()), message: TEXT }),
  cli: {
    path: ["claims", "release"],
    positionals: ["paths"],
    examples: [
      "parallel-cc claims release src/schema.sql",
      "parallel-cc claims release --all",
      "parallel-cc claims release src/schema.sql --force",
    ],
  },
  run: async (world: World, input) => (await import("./release.ts")).releaseClaims(world, input),
  text: (answer) => releasedText(answer),
  exitCode: ({ success }) => (success ? 0 : 1),
});

const checkOperation = operation({
  name: "claims.check",
  summary: "Say whether others have claimed files",
  description:
    "With --staged, of what the next commit changes: exit 1 when another live session has some of that EXCLUSIVE, as " +
    "git's pre-commit hook asks (install --guard). PARALLEL_CC_BYPASS=1 lets it pass, and is recorded.",
  input: () =>
    v.strictObject({
      paths: v.optional(paths(PATHS)),
      staged: v.optional(flag("What the commit that is being made changes")),
      exitCode: v.optional(flag("Exit 1 when another live session has one of them EXCLUSIVE")),
      sessionId: sessionId(),
    }),
  output: () =>
    v.strictObject({
      conflicts: v.array(conflictShape()),
      isHeld: YES_OR_NO,
      staged: v.optional(v.strictObject({ isBypassed: YES_OR_NO, message: TEXT_OR_NULL })),
    }),
  cli: {
    path: ["claims", "check"],
    positionals: ["paths"],
    examples: [
      "parallel-cc claims check src/schema.sql",
      "parallel-cc claims check src/ --exit-code --json",
      "parallel-cc claims check --staged",
    ],
  },
  run: async (world: World, { paths: named = [], staged = false, sessionId: id }) => {
    if (staged === named.length > 0) throw usage("flag-missing", "Say what to check: paths, or --staged.");
    if (staged) {
      const { checkStaged } = await import("./staged.ts");
      const { conflicts, isBypassed, message } = await checkStaged(world);
      return { conflicts, isHeld: conflicts.length > 0, staged: { isBypassed, message } };
    }
    const { checkPaths } = await import("./ask.ts");
    const { ownIfAny } = await import("./own.ts");
    const db = await world.db();
    const own = await ownIfAny(world, db, id);
    const found = checkPaths(world, db, { paths: named, own });
    const conflicts = found.flatMap(({ path, held }) => held.map((one) => conflictAnswer(one, path)));
    return { conflicts, isHeld: conflicts.some(({ mode }) => mode === "EXCLUSIVE") };
  },
  text: (answer, page) => checkText(answer, page),
  narration: ({ staged }) => (staged?.message == null ? "" : `${staged.message}\n`),
  exitCode: ({ isHeld, staged }, { exitCode }) =>
    isHeld && (staged === undefined ? exitCode === true : !staged.isBypassed) ? 1 : 0,
});

export const operations: readonly AnyOperation<World>[] = [
  listOperation,
  claimOperation,
  releaseOperation,
  checkOperation,
];

export const agentOperations: readonly AnyAgentOperation<World>[] = [
  claimFileOperation,
  releaseFileOperation,
  listClaimsOperation,
  claimFilesOperation,
  releaseFilesOperation,
  checkFilesOperation,
];
