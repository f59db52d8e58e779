// What the doors may call of sessions. Each loads what it runs: a heartbeat must not pay for register.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type AnyAgentOperation, type AnyOperation, operation, published } from "../../core/operation.ts";
import { flag, NUMBER, orNull, TEXT, TEXT_OR_NULL, v, whole, word, YES_OR_NO } from "../../core/shape.ts";
import { counted, printable, shellQuote, shellWord } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { mySessionOperation } from "./agents.ts";
import type { RegisterInput } from "./register.ts";
import { statusText } from "./status-text.ts";

const sessionId = () => v.optional(word("The session, by its id", "session"));
const changes = () => orNull(v.strictObject({ dirtyFiles: NUMBER, ahead: NUMBER, behind: NUMBER, checkedAt: TEXT }));

const registered = () =>
  v.strictObject({
    sessionId: TEXT,
    worktreePath: TEXT,
    worktreeName: TEXT_OR_NULL,
    isNew: YES_OR_NO,
    isMainRepo: YES_OR_NO,
    parallelSessions: NUMBER,
    branch: TEXT_OR_NULL,
    name: TEXT_OR_NULL,
    startDirectory: TEXT,
    targetBranch: TEXT_OR_NULL,
    variables: v.array(v.strictObject({ name: TEXT, value: TEXT })),
    unsetVariables: v.array(TEXT),
    warnings: v.array(TEXT),
    cleanup: TEXT_OR_NULL,
  });
type RegisteredAnswer = v.InferOutput<ReturnType<typeof registered>>;

const registerOperation = operation({
  name: "sessions.register",
  summary: "Register a session and give it a checkout of its own",
  description:
    "The first session of a repository works in the main checkout; each further one gets a new worktree on a new " +
    "branch, and starts in the same subdirectory. Registering again from the same process answers the same session.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Any directory of the repository (default: the current one)", "repository")),
      pid: v.optional(whole("The process the session lives by (default: the parent process)", 1)),
      name: v.optional(
        v.pipe(
          word("A name for people, shown in status and in the branch", "text"),
          v.regex(/\S/u),
          v.maxLength(200),
          v.metadata({ value: "text", expected: "a text that is not empty, of 200 characters at most" }),
        ),
      ),
      base: v.optional(word("Where a new worktree starts (default: the current commit)", "ref")),
      noWorktree: v.optional(flag("Stay in this checkout, even when another session works in it")),
      continue: v.optional(flag("Take up the checkout of the repository's last session")),
      shell: v.optional(flag("Print lines for a shell's eval instead of text")),
    }),
  output: registered,
  cli: {
    path: ["register"],
    aliases: [["start"]],
    examples: [
      "parallel-cc register",
      'parallel-cc register --name "auth backend" --base origin/main',
      'eval "$(parallel-cc register --pid $$ --shell)"',
      "parallel-cc register --repo ~/src/shop --pid 4242 --json",
    ],
  },
  run: async (world: World, input): Promise<RegisteredAnswer> => (await registerIn(world, input)).answer,
  runForPeople: async (world: World, input): Promise<RegisteredAnswer> => {
    const { answer, upkeep } = await registerIn(world, input);
    const { reportOf } = await import("../upkeep/upkeep.ts");
    return { ...answer, cleanup: (await reportOf(world, upkeep)) ?? null };
  },
  text: (answer, _page, input) => (input.shell === true ? shellLines(answer) : registeredText(answer)),
  narration: (answer, page, input) => {
    const where = input.shell === true ? `${placeLine(answer)}\n` : "";
    const warnings = answer.warnings.map((warning) => `${page.paint.yellow("warning:")} ${printable(warning)}\n`);
    return cleanupLine(answer.cleanup) + where + warnings.join("");
  },
});

async function registerIn(world: World, input: RegisterInput) {
  const { register } = await import("./register.ts");
  const { session, isNew, parallelSessions, warnings, variables, upkeep } = await register(world, input);
  const { noteRegister } = await import("../skew/skew.ts");
  const inSubdirectory = join(session.worktree_path, session.subdirectory);
  const answer: RegisteredAnswer = {
    sessionId: session.id,
    worktreePath: session.worktree_path,
    worktreeName: session.worktree_name,
    isNew,
    isMainRepo: session.is_main_repo === 1,
    parallelSessions,
    branch: session.branch,
    name: session.name,
    startDirectory: existsSync(inSubdirectory) ? inSubdirectory : session.worktree_path,
    targetBranch: session.target_branch,
    variables: Object.entries(variables).map(([name, value]) => ({ name, value })),
    unsetVariables: [...world.env.gitVariables, ...world.env.leaseVariables.filter((name) => !(name in variables))],
    warnings: [...warnings, ...(await noteRegister(world))],
    // What runs in the background is told to people; a program asks `cleanup` itself.
    cleanup: null,
  };
  return { answer, upkeep };
}

/** What a cleanup in the background did, told once. */
function cleanupLine(report: string | null): string {
  return report === null ? "" : `parallel-cc: ${printable(report)}\n`;
}

function shellLines(answer: RegisteredAnswer): string {
  const unset = answer.unsetVariables.length === 0 ? "" : `unset ${answer.unsetVariables.join(" ")}\n`;
  const set = answer.variables.map(({ name, value }) => `export ${name}=${shellQuote(value)}\n`).join("");
  return `export PARALLEL_CC_SESSION_ID=${shellQuote(answer.sessionId)}\n${unset}${set}cd ${shellQuote(answer.startDirectory)}\n`;
}

function placeLine(answer: RegisteredAnswer): string {
  const branch = answer.branch === null ? "a detached HEAD" : `branch ${printable(answer.branch)}`;
  const others = answer.parallelSessions - 1;
  const beside = others === 0 ? "" : ` beside ${counted(others, "other session")}`;
  if (answer.isMainRepo) return `parallel-cc: working in the main checkout on ${branch}${beside}.`;
  return `parallel-cc: working in ${printable(answer.worktreePath)} on ${branch}${beside}.`;
}

function registeredText(answer: RegisteredAnswer): string {
  const done = answer.isMainRepo
    ? "Registered in the main checkout."
    : `${answer.isNew ? "Registered in worktree" : "Already registered in worktree"} ${printable(answer.worktreeName ?? "")}.`;
  const lines = [done, `  Session: ${answer.sessionId}`, `  Branch:  ${printable(answer.branch ?? "(detached)")}`];
  if (answer.parallelSessions > 1)
    lines.push(`  ${counted(answer.parallelSessions, "session")} at work in this repository.`);
  return `${lines.join("\n")}\nWORKTREE_PATH=${printable(answer.worktreePath)}\n`;
}

const releaseOperation = operation({
  name: "sessions.release",
  summary: "End a session; its worktree goes when everything in it has landed",
  description:
    "Without a flag it ends the session of the process that calls it, or of that process's nearest ancestor. A worktree " +
    "that parallel-cc made is removed when nobody works in it, nothing in it is changed, and its branch has landed or " +
    "was never used; `parallel-cc undo` brings it back. Else it stays, and the answer says why.",
  input: () =>
    v.strictObject({
      pid: v.optional(whole("The session of this process or of its nearest ancestor (default: the caller)", 1)),
      sessionId: sessionId(),
      keep: v.optional(flag("Keep the worktree whatever is in it")),
      whenOver: v.optional(flag("Only when its processes have ended, which is waited for up to half a minute")),
    }),
  output: () =>
    v.strictObject({
      released: YES_OR_NO,
      worktreeRemoved: YES_OR_NO,
      kept: orNull(
        v.strictObject({
          reason: TEXT,
          path: TEXT,
          branch: TEXT_OR_NULL,
          commits: orNull(NUMBER),
          dirtyFiles: orNull(NUMBER),
          why: v.array(TEXT),
        }),
      ),
      rescue: TEXT_OR_NULL,
      undo: TEXT_OR_NULL,
      proofs: v.array(TEXT),
      missing: TEXT_OR_NULL,
      cleanup: TEXT_OR_NULL,
    }),
  cli: {
    path: ["release"],
    aliases: [["stop"]],
    examples: [
      "parallel-cc release",
      "parallel-cc release --keep",
      "parallel-cc release --pid 4242",
      "parallel-cc release --session-id <id> --json",
    ],
  },
  run: async (world: World, input) => {
    const { gitDir: _, ...released } = await (await import("./release.ts")).release(world, input);
    return { ...released, cleanup: null };
  },
  runForPeople: async (world: World, input) => {
    const { gitDir, ...released } = await (await import("./release.ts")).release(world, input);
    const { takeReport } = await import("../upkeep/upkeep.ts");
    const cleanup = gitDir === null ? undefined : takeReport(await world.db(), gitDir);
    return { ...released, cleanup: cleanup ?? null };
  },
  narration: ({ cleanup }) => cleanupLine(cleanup),
  text: (answer) => {
    if (!answer.released) return "No such session: nothing was released.\n";
    if (answer.missing !== null) return `Session released. Its worktree is gone: ${printable(answer.missing)}\n`;
    if (answer.undo !== null) {
      const why = answer.proofs.map(printable).at(-1) ?? "it holds nothing";
      return `Session released. Its worktree is removed: ${why}.\n  Back with: parallel-cc undo ${answer.undo}\n`;
    }
    if (answer.kept === null) return "Session released.\n";
    const { path, why } = answer.kept;
    return `Session released. Its worktree stays: ${why.map(printable).join("; ")}.\n  cd ${shellWord(printable(path))}\n`;
  },
});

const heartbeatOperation = operation({
  name: "sessions.heartbeat",
  summary: "Say that a session is at work",
  input: () =>
    v.strictObject({
      pid: v.optional(whole("The session of this process or of its nearest ancestor (default: the caller)", 1)),
      sessionId: sessionId(),
      claudePid: v.optional(whole("A further process the session lives by from now on", 1)),
    }),
  output: () => v.strictObject({ updated: YES_OR_NO }),
  cli: {
    path: ["heartbeat"],
    examples: ["parallel-cc heartbeat --pid 4242", "parallel-cc heartbeat --session-id <id>"],
  },
  run: async (world: World, input) => ({ updated: await (await import("./heartbeat.ts")).heartbeat(world, input) }),
  text: () => "",
  narration: (answer) => (answer.updated ? "" : "No such session.\n"),
});

const shownSession = () =>
  v.strictObject({
    sessionId: TEXT,
    pid: NUMBER,
    name: TEXT_OR_NULL,
    repoPath: TEXT,
    worktreePath: TEXT,
    worktreeName: TEXT_OR_NULL,
    isMainRepo: YES_OR_NO,
    branch: TEXT_OR_NULL,
    targetBranch: TEXT_OR_NULL,
    createdAt: TEXT,
    lastHeartbeat: TEXT,
    isAlive: YES_OR_NO,
    durationMinutes: NUMBER,
    activity: v.picklist(["starting", "running", "working", "waiting", "idle", "ended", "gone"]),
    waitingFor: TEXT_OR_NULL,
    conversationId: TEXT_OR_NULL,
    executionMode: TEXT,
    sandboxId: TEXT_OR_NULL,
    status: TEXT_OR_NULL,
    isMissing: v.boolean(),
    changes: changes(),
  });

const statusOperation = operation({
  name: "sessions.status",
  summary: "Show who is at work where",
  description:
    "CHANGES counts uncommitted files (~), commits since the session's start (+) and commits its target branch has " +
    "and it has not (-). With --json the registry's answer comes at once, with the changes last measured.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Only this repository (default: all)", "repository")),
      sandboxOnly: v.optional(flag("Only sessions in a sandbox")),
      watch: v.optional(flag("Show it again every few seconds; with --json one document a line")),
    }),
  output: () =>
    v.strictObject({
      repoPath: TEXT,
      totalSessions: NUMBER,
      sessions: v.array(shownSession()),
      keptWorktrees: v.array(
        v.strictObject({
          path: TEXT,
          name: TEXT,
          branch: TEXT_OR_NULL,
          sessionName: TEXT_OR_NULL,
        }),
      ),
    }),
  cli: {
    path: ["status"],
    aliases: [["list"]],
    examples: ["parallel-cc status", "parallel-cc status --repo . --json", "parallel-cc status --watch"],
  },
  mcp: {
    tool: "get_parallel_status",
    description:
      "Who else is at work in this repository, in which checkout and on which branch, and since when. isAlive is false " +
      "for a session that has ended without a word; changes counts uncommitted files, and commits ahead of its start " +
      "and behind its target branch, as last measured; keptWorktrees are worktrees that nobody works in.",
    isAlwaysLoaded: true,
    annotations: { isReadOnly: true, isDestructive: false, isIdempotent: true },
    input: published(
      () =>
        v.strictObject({
          repo_path: v.optional(word("Any directory of the repository (default: the current one)", "repository")),
        }),
      ({ repo_path }) => ({ repo: repo_path ?? "." }),
    ),
  },
  run: async (world: World, input) => (await import("./status.ts")).status(world, input),
  runForPeople: async (world: World, input) => (await import("./status.ts")).statusForPeople(world, input),
  text: (answer, page) => statusText(answer, page),
});

export const operations: readonly AnyOperation<World>[] = [
  registerOperation,
  releaseOperation,
  heartbeatOperation,
  statusOperation,
];

export const agentOperations: readonly AnyAgentOperation<World>[] = [mySessionOperation];
