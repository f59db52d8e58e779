// Making a worktree with gtr: exactly this branch at exactly this path from exactly this commit, and looked at
// afterwards, whatever gtr says of it. Nothing is taken back here but what gtr made in another place: the rest of a
// failed one is what `git worktree add` leaves too, and whoever reserved the place knows it.

import { basename } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable, shellWord } from "../../core/text.ts";
import { parseWorktrees } from "../../git/porcelain.ts";
import type { Repository } from "../../git/repository.ts";
import type { World } from "../../world.ts";
import { copyDoubt, copyWords, hasCopyRules } from "./copying.ts";
import type { Gtr } from "./detect.ts";
import { canLeaveHooks, hooksOf, unaskedWords } from "./hooks.ts";
import { refused, wayTo } from "./place.ts";
import { areFilesWritten, type Ran, runMaking } from "./running.ts";
import { readSettings } from "./settings.ts";
import { sparingGitDir } from "./sparing.ts";
import { lastWords } from "./words.ts";

export interface CreateInput {
  gtr: Gtr;
  repository: Repository;
  made: Made;
  /** Runs it while nobody else makes a worktree in the repository. */
  alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
  limits: CreateLimits;
}

/** In milliseconds; a gtr that takes longer is stopped. */
export interface CreateLimits {
  /** Until git knows the worktree; nobody else can make one meanwhile. */
  beginMs: number;
  /** For the files of a large tree, and again for what gtr's rules copy. */
  filesMs: number;
  /** For each postCreate hook, where gtr runs them itself. */
  hookMs: number;
}

interface Made {
  path: string;
  branch: string;
  /** A full commit id. */
  commit: string;
}

type Effects = Pick<World, "env" | "git" | "runProgram" | "say" | "signal" | "sleep">;

/**
 * Answers warnings. gtr's copy rules have run then; its postCreate hooks are left to `gtrHooks` (before 2.2 they have
 * run as well). Errors: `gtr.refused` when nothing was begun, `gtr.failed` when something of it may be left.
 */
export async function createWithGtr(world: Effects, input: CreateInput): Promise<string[]> {
  const { gtr, repository, made, alone, limits } = input;
  const settings = await readSettings(world, { gtr, repositoryPath: repository.path });
  const way = wayTo(world, { gtr, repository, settings, path: made.path, branch: made.branch });
  const asked = { gtr, repositoryPath: repository.path, settings, phase: "postCreate" } as const;
  const hooks = canLeaveHooks(gtr) ? { commands: [], untrusted: [] } : await hooksOf(world, asked);
  if (hooks.untrusted.length > 0) {
    throw refused(unaskedWords(gtr, hooks.untrusted), "Install gtr 2.7.1 or later");
  }
  const git = world.git(repository.path);
  const main = repository.worktrees.find(({ path }) => path === repository.path)?.head;
  const doubt = await copyDoubt(git, { settings, to: made.commit, from: main });
  const copies = doubt === undefined && hasCopyRules(settings);
  const args = [
    ...["new", made.branch, "--from", made.commit, "--track", "none", "--no-fetch"],
    ...(way.folder === undefined ? [] : ["--folder", way.folder]),
    ...(canLeaveHooks(gtr) ? ["--no-hooks"] : []),
    ...(doubt === undefined ? [] : ["--no-copy"]),
    gtr.hasPorcelain ? "--porcelain" : "--yes",
  ];
  const restMs = restOf(input, { copies, hooks: hooks.commands.length });
  const run = (more: Record<string, string>) => {
    const variables = { ...way.variables, ...more, NO_COLOR: "1" };
    const program = { command: gtr.command, args, directory: repository.path, variables };
    return runMaking(world, { ...made, gitDir: repository.gitDir, program, alone, limits: { ...limits, restMs } });
  };
  const ran = await (copies ? sparingGitDir(git, run) : run({})).catch((thrown: unknown) => {
    if (!(thrown instanceof Failure) || thrown.kind === "cancelled") throw thrown;
    throw failed(made, thrown.message.replace(/\.$/, ""), thrown);
  });
  // Before 2.2 its hooks have spoken on its standard output.
  if (ran.kind === "ended") world.say(((canLeaveHooks(gtr) ? "" : decoded(ran)) + ran.stderr).trimEnd());
  const wrong = await alone(() => whatIsWrong(world, input, ran));
  const end = endWords(ran);
  if (wrong !== undefined) throw failed(made, end === undefined ? wrong : `${wrong} (${end})`);
  const words = copyWords(gtr, made.branch);
  const byHand = words === undefined ? "" : ` By hand: ${words}`;
  return [
    ...(doubt === undefined ? [] : [`gtr's copy rules were not run: ${doubt}.${byHand}`]),
    ...(end === undefined
      ? []
      : [stoppedWords(made, { end, byHand: copies ? byHand : undefined, hooks: hooks.commands })]),
  ];
}

/** Other programs' copies take long; hooks of the checkout still run when the files are there. */
const COPY_MS = 60_000;
const REST_MS = 2000;

/** Where gtr runs hooks, nobody can see when the copies are there and the hooks begin. */
function restOf({ gtr, limits }: CreateInput, { copies, hooks }: { copies: boolean; hooks: number }): number {
  if (canLeaveHooks(gtr) || hooks === 0) return limits.filesMs;
  return (copies ? COPY_MS : REST_MS) + hooks * limits.hookMs;
}

/** Undefined when it ended well. */
function endWords(ran: Ran): string | undefined {
  if (ran.kind === "late") return `it did not go on within ${ran.afterMs} ms and was stopped`;
  if (ran.exit === 0) return undefined;
  return `${ran.signal ?? `exit ${ran.exit}`}: ${lastWords(ran.stderr) || "it said nothing"}`;
}

/** Of a worktree that is there all the same. `byHand` is undefined where gtr had nothing to copy. */
function stoppedWords(
  { path }: Made,
  { end, byHand, hooks }: { end: string; byHand: string | undefined; hooks: readonly string[] },
): string {
  const lacks = [
    ...(byHand === undefined ? [] : ["copy rules"]),
    ...(hooks.length === 0 ? [] : [`postCreate hooks (${hooks.map((one) => `"${printable(one)}"`).join(", ")})`]),
  ].join(" and ");
  const again = hooks.length === 0 ? "" : ` Run hooks again: parallel-cc worktree setup ${shellWord(basename(path))}`;
  const lacking = lacks === "" ? "." : `: its ${lacks} may not have run to their end.`;
  return `gtr stopped after it had made the worktree (${end})${lacking}${byHand ?? ""}${again}`;
}

function decoded({ stdout }: { stdout: Uint8Array }): string {
  return new TextDecoder().decode(stdout);
}

/** The first record of `new --porcelain`, which are `key<tab>value` with escapes. */
function toldPath(stdout: string): string | undefined {
  const [, escaped] = /^path\t(.*)$/m.exec(stdout) ?? [];
  const meant: Readonly<Record<string, string>> = { t: "\t", n: "\n" };
  return escaped?.replace(/\\(.)/g, (_, letter: string) => meant[letter] ?? letter);
}

/** Undefined when it is as it was asked for. */
async function whatIsWrong(world: Effects, input: CreateInput, ran: Ran): Promise<string | undefined> {
  const { gtr, repository, made } = input;
  const { path, branch, commit } = made;
  const git = world.git(repository.gitDir).trusting();
  const [listed, upstream] = await Promise.all([
    git.output(["worktree", "list", "--porcelain", "-z"]),
    git.attempt(["config", "--get-all", `branch.${branch}.merge`]),
  ]);
  const entries = parseWorktrees(listed);
  const entry = entries.find((one) => one.path === path);
  const other = entries.find((one) => one.branch === branch && one.path !== path);
  if (other !== undefined) {
    // Only what it has just made there, and not by force: git keeps what somebody may have changed meanwhile.
    const isGone = isWell(ran) && (await git.attempt(["worktree", "remove", "--", other.path])).exit === 0;
    return `the branch ${isGone ? "stood" : "stands"} at ${printable(other.path)}`;
  }
  if (entry === undefined) {
    const told = gtr.hasPorcelain && ran.kind === "ended" ? toldPath(decoded(ran)) : undefined;
    return told === undefined ? "there is none" : `there is none; gtr says that it made ${printable(told)}`;
  }
  if (entry.branch !== branch) return `it is on ${printable(entry.branch ?? "no branch")}`;
  if (entry.head !== commit) return `it is at ${entry.head ?? "no commit"}, not at ${commit}`;
  if (upstream.exit === 0) return `its branch follows ${printable(upstream.stdout.trim())}`;
  const hasFiles = entry.locked === undefined && areFilesWritten(repository.gitDir, path);
  return hasFiles ? undefined : "its files were not written";
}

function isWell(ran: Ran): boolean {
  return ran.kind === "ended" && ran.exit === 0;
}

function failed(made: Made, why: string, cause?: unknown): Failure {
  return new Failure({
    code: "gtr.failed",
    message: `gtr did not make the worktree ${printable(made.path)} as it was asked to: ${why}.`,
    hint: "Mend the cause. To let git make worktrees: parallel-cc config set worktree.backend git",
    details: { path: made.path },
    cause,
  });
}
