// Making a worktree with gtr: exactly this branch at exactly this path from exactly this commit, and looked at
// afterwards, whatever gtr says of it. Nothing is taken back here but what gtr made in another place: the rest of a
// failed one is what `git worktree add` leaves too, and whoever reserved the place knows it.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { printable, shellWord } from "../../core/text.ts";
import { parseWorktrees } from "../../git/porcelain.ts";
import { adminNameOf, type Repository } from "../../git/repository.ts";
import type { RunResult } from "../../proc/run.ts";
import type { World } from "../../world.ts";
import { copyDoubt } from "./copying.ts";
import { type Gtr, isAtLeast } from "./detect.ts";
import { canLeaveHooks, hooksOf, unaskedWords } from "./hooks.ts";
import { refused, wayTo } from "./place.ts";
import { readSettings } from "./settings.ts";
import { lastWords } from "./words.ts";

export interface CreateInput {
  gtr: Gtr;
  repository: Repository;
  made: Made;
  /** Runs it while nobody else makes a worktree in the repository. */
  alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

interface Made {
  path: string;
  branch: string;
  /** A full commit id. */
  commit: string;
}

type Effects = Pick<World, "env" | "git" | "runProgram" | "say" | "signal" | "sleep">;

/** For the files of a large tree and for what gtr's rules copy. */
const TIMEOUT_MS = 600_000;

/**
 * Answers warnings. gtr's copy rules have run then; its postCreate hooks are left to `gtrHooks` (before 2.2 they have
 * run as well). Errors: `gtr.refused` when nothing was begun, `gtr.failed` when something of it may be left.
 */
export async function createWithGtr(world: Effects, input: CreateInput): Promise<string[]> {
  const { gtr, repository, made, alone } = input;
  const settings = await readSettings(world, { gtr, repositoryPath: repository.path });
  const way = wayTo(world, { gtr, repository, settings, path: made.path, branch: made.branch });
  if (!canLeaveHooks(gtr)) {
    const asked = { gtr, repositoryPath: repository.path, settings, phase: "postCreate" } as const;
    const { untrusted } = await hooksOf(world, asked);
    if (untrusted.length > 0) throw refused(unaskedWords(gtr, untrusted), "Install gtr 2.7.1 or later");
  }
  const main = repository.worktrees.find(({ path }) => path === repository.path)?.head;
  const doubt = await copyDoubt(world.git(repository.path), { settings, to: made.commit, from: main });
  const args = [
    ...["new", made.branch, "--from", made.commit, "--track", "none", "--no-fetch"],
    ...(way.folder === undefined ? [] : ["--folder", way.folder]),
    ...(canLeaveHooks(gtr) ? ["--no-hooks"] : []),
    ...(doubt === undefined ? [] : ["--no-copy"]),
    gtr.hasPorcelain ? "--porcelain" : "--yes",
  ];
  const ended = await run(world, input, { args, variables: { ...way.variables, NO_COLOR: "1" } });
  // Before 2.2 its hooks have spoken on its standard output.
  world.say(((canLeaveHooks(gtr) ? "" : decoded(ended)) + ended.stderr).trimEnd());
  const wrong = await alone(() => whatIsWrong(world, input, ended));
  const end = `${ended.signal ?? `exit ${ended.exit}`}: ${lastWords(ended.stderr) || "it said nothing"}`;
  if (wrong !== undefined) throw failed(made, ended.exit === 0 ? wrong : `${wrong} (${end})`);
  const byHand = isAtLeast(gtr, "2.1.0") ? ` By hand: git gtr copy ${shellWord(made.branch)}` : "";
  return [
    ...(doubt === undefined ? [] : [`gtr's copy rules were not run: ${doubt}.${byHand}`]),
    ...(ended.exit === 0
      ? []
      : [`gtr stopped after it had made the worktree (${end}): its copy rules may not have run.${byHand}`]),
  ];
}

interface Call {
  args: readonly string[];
  variables: Record<string, string>;
}

/** Others wait until git knows the worktree; its files, and what gtr copies, are written beside theirs. */
async function run(world: Effects, { gtr, repository, made, alone }: CreateInput, call: Call): Promise<RunResult> {
  const program = { command: gtr.command, directory: repository.path, timeoutMs: TIMEOUT_MS, signal: world.signal() };
  const { running } = await alone(async () => {
    const running = world.runProgram({ ...program, ...call });
    const ended = running.then(isOver, isOver);
    while (!(await Promise.race([ended, world.sleep(POLL_MS)])) && !isRegistered(repository.gitDir, made)) {}
    return { running };
  });
  return running.catch((thrown: unknown) => {
    if (!(thrown instanceof Failure) || thrown.kind === "cancelled") throw thrown;
    throw failed(made, thrown.message.replace(/\.$/, ""), thrown);
  });
}

const POLL_MS = 5;

function isOver(): true {
  return true;
}

/** The last thing that git writes of it before the files: which branch it is on. */
function isRegistered(gitDir: string, { path, branch }: Made): boolean {
  try {
    return readFileSync(join(gitDir, "worktrees", basename(path), "HEAD"), "utf8") === `ref: refs/heads/${branch}\n`;
  } catch {
    return false;
  }
}

function decoded({ stdout }: RunResult): string {
  return new TextDecoder().decode(stdout);
}

/** The first record of `new --porcelain`, which are `key<tab>value` with escapes. */
function toldPath(stdout: string): string | undefined {
  const [, escaped] = /^path\t(.*)$/m.exec(stdout) ?? [];
  const meant: Readonly<Record<string, string>> = { t: "\t", n: "\n" };
  return escaped?.replace(/\\(.)/g, (_, letter: string) => meant[letter] ?? letter);
}

/** Undefined when it is as it was asked for. */
async function whatIsWrong(world: Effects, input: CreateInput, ended: RunResult): Promise<string | undefined> {
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
    const isGone = ended.exit === 0 && (await git.attempt(["worktree", "remove", "--", other.path])).exit === 0;
    return `the branch ${isGone ? "stood" : "stands"} at ${printable(other.path)}`;
  }
  if (entry === undefined) {
    const told = gtr.hasPorcelain ? toldPath(decoded(ended)) : undefined;
    return told === undefined ? "there is none" : `there is none; gtr says that it made ${printable(told)}`;
  }
  if (entry.branch !== branch) return `it is on ${printable(entry.branch ?? "no branch")}`;
  if (entry.head !== commit) return `it is at ${entry.head ?? "no commit"}, not at ${commit}`;
  if (upstream.exit === 0) return `its branch follows ${printable(upstream.stdout.trim())}`;
  const index = join(repository.gitDir, "worktrees", adminNameOf(path) ?? "", "index");
  return entry.locked === undefined && existsSync(index) ? undefined : "its files were not written";
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
