// What the doors may call of cleanups, worktrees and undo.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, TEXT, v, word } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import {
  broughtBackAnswer,
  type CleanedAnswer,
  cleanedAnswer,
  cleanedShape,
  itemShape,
  listedAnswer,
  removedShape,
  shownItem,
  takenBackAnswer,
  type Undone,
  undoneShape,
} from "./answers.ts";
import type { SetUpAgain } from "./set-up.ts";
import { cleanupText, explainedText, undoneText, worktreesText } from "./text.ts";

const repo = () => v.optional(word("Any directory of the repository (default: the current one)", "repository"));

const cleanupOperation = operation({
  name: "cleanup.run",
  summary: "Remove the worktrees and branches that nobody needs any more",
  description:
    "Removes what parallel-cc made when no session and no process is in it, nothing in it is changed, and its branch " +
    "has landed or was never used; ends the sessions whose processes have died. Everything is saved first, and " +
    "`parallel-cc undo` brings it back. See `parallel-cc help removal`.",
  input: () =>
    v.strictObject({
      repo: v.optional(word("Only this repository (default: all that are known)", "repository")),
      dryRun: v.optional(flag("Only say what would be removed")),
      explain: v.optional(flag("For each item: whose it is, what was shown of it, what keeps it, what is only there")),
      unattended: v.optional(
        flag("As started by register: fetch what may have landed, and leave a line for the next command"),
      ),
    }),
  output: cleanedShape,
  cli: {
    path: ["cleanup"],
    examples: ["parallel-cc cleanup --dry-run", "parallel-cc cleanup --explain", "parallel-cc cleanup --repo . --json"],
  },
  run: async (world: World, input): Promise<CleanedAnswer> => {
    if (input.unattended === true) {
      const { cleanUnattended } = await import("./background.ts");
      return cleanedAnswer(await cleanUnattended(world, input.repo));
    }
    const { cleanup } = await import("./cleanup.ts");
    return cleanedAnswer(await cleanup(world, input));
  },
  text: (answer, page, input) => {
    if (input.unattended === true) return "";
    return input.explain === true
      ? explainedText(answer, page) + (answer.isDryRun ? "" : cleanupText(answer, page))
      : cleanupText(answer, page);
  },
});

const listOperation = operation({
  name: "worktrees.list",
  summary: "Show the worktrees of a repository, whose they are, and what keeps them",
  input: () => v.strictObject({ repo: repo() }),
  output: () => v.strictObject({ worktrees: v.array(itemShape()) }),
  cli: { path: ["worktree", "list"], examples: ["parallel-cc worktree list", "parallel-cc worktree list --json"] },
  run: async (world: World, input) => {
    const { listWorktrees } = await import("./worktrees.ts");
    return { worktrees: (await listWorktrees(world, input.repo)).map(shownItem) };
  },
  text: (answer, page) => worktreesText(answer.worktrees, page),
});

const removeOperation = operation({
  name: "worktrees.remove",
  summary: "Remove worktrees that parallel-cc made, and their branches",
  description:
    "By the rules of cleanup. With --force also what is not committed or has not landed; all of it is saved first, and " +
    "`parallel-cc undo` brings it back. One with a live session, or a process in it, stays in any case.",
  input: () =>
    v.strictObject({
      worktree: v.pipe(
        v.array(word("A worktree, by its path, name or branch", "worktree")),
        v.minLength(1, "Name at least one worktree."),
        v.description("Worktrees, by path, name or branch"),
      ),
      force: v.optional(flag("Drop what is not committed or has not landed as well")),
      repo: repo(),
    }),
  output: () => v.strictObject({ removed: v.array(removedShape()) }),
  cli: {
    path: ["worktree", "remove"],
    positionals: ["worktree"],
    examples: [
      "parallel-cc worktree remove parallel-auth-1a2b3c4d",
      "parallel-cc worktree remove --force ../shop-worktrees/parallel-1a2b3c4d",
    ],
  },
  run: async (world: World, input) => {
    const { removeWorktrees } = await import("./worktrees.ts");
    return { removed: await removeWorktrees(world, input) };
  },
  text: ({ removed }, page) =>
    removed
      .flatMap(({ name, id, trashOnly }) => [
        `Removed ${printable(name)}.`,
        ...trashOnly.map(({ path, why }) => `  only in the trash: ${printable(path)} (${printable(why)})`),
        page.paint.dim(`  back with: parallel-cc undo ${id}`),
      ])
      .map((line) => `${line}\n`)
      .join(""),
});

const undoOperation = operation({
  name: "removals.undo",
  summary: "Bring back a worktree that was removed, or take a rebase back",
  description:
    "Directory, branch, index, staged, changed, untracked and ignored files, and reflog, as they were. Without an id the " +
    "last one that was removed of the repository; a rebase is taken back by its id alone (`parallel-cc rebase undo` takes " +
    "the last). The trash is kept for 14 days, what git saved for 90 (see `parallel-cc help removal`).",
  input: () =>
    v.strictObject({
      id: v.optional(word("The removal or rebase, by its id or the beginning of it", "removal")),
      list: v.optional(flag("Show what was removed or rebased, and what became of it")),
      to: v.optional(word("Bring it back to this path", "directory")),
      repo: v.optional(word("Only those of this repository (default: of the current one, else all)", "repository")),
    }),
  output: undoneShape,
  cli: {
    path: ["undo"],
    positionals: ["id"],
    examples: ["parallel-cc undo", "parallel-cc undo --list", "parallel-cc undo 1a2b3c4d --to ../shop-again"],
  },
  run: async (world: World, input): Promise<Undone> => {
    const { listRemovals, undo } = await import("./undo.ts");
    const { listRebases, rebaseMeant, takeRebaseBack } = await import("./undo-rebase.ts");
    if (input.list === true) {
      const { repo } = input;
      return listedAnswer({ ...(await listRemovals(world, repo)), rebases: await listRebases(world, repo) });
    }
    const rebase = await rebaseMeant(world, input);
    if (rebase !== undefined) return takenBackAnswer(rebase, await takeRebaseBack(world, rebase));
    return broughtBackAnswer(await undo(world, input));
  },
  text: (answer, page) => undoneText(answer, page),
});

const resumeOperation = operation({
  name: "worktrees.resume",
  summary: "Start claude again in a kept worktree",
  description:
    "Runs `claude-parallel --continue` there. With --json it answers where that would be and starts nothing.",
  input: () =>
    v.strictObject({
      worktree: word("The worktree, by its path, name or branch", "worktree"),
      repo: repo(),
    }),
  output: () => v.strictObject({ path: TEXT, name: TEXT, branch: v.nullable(TEXT), command: v.array(TEXT) }),
  cli: {
    path: ["worktree", "resume"],
    positionals: ["worktree"],
    examples: ["parallel-cc worktree resume parallel-auth-1a2b3c4d", "parallel-cc worktree resume . --json"],
  },
  run: async (world: World, input) => (await import("./worktrees.ts")).worktreeToResume(world, input),
  text: ({ path }) => `${printable(path)}\n`,
});

const setupOperation = operation({
  name: "worktrees.setup",
  summary: "Set up a worktree again: files, shared directories, worktree.postCreate",
  description:
    "A new worktree is set up by itself. This repeats it, for one whose set-up failed or whose settings have changed " +
    "since; what is there already stays as it is. See `parallel-cc help worktrees`.",
  input: () =>
    v.strictObject({
      worktree: v.optional(word("The worktree, by its path, name or branch (default: the current one)", "worktree")),
      repo: repo(),
    }),
  output: () => v.strictObject({ path: TEXT, name: TEXT, warnings: v.array(TEXT) }),
  cli: {
    path: ["worktree", "setup"],
    positionals: ["worktree"],
    examples: ["parallel-cc worktree setup", "parallel-cc worktree setup parallel-auth-1a2b3c4d"],
  },
  run: async (world: World, input): Promise<SetUpAgain> => (await import("./set-up.ts")).setUpAgain(world, input),
  text: ({ path }) => `${printable(path)}\n`,
  narration: ({ warnings }) => warnings.map((warning) => `Warning: ${warning}\n`).join(""),
  exitCode: ({ warnings }) => (warnings.length === 0 ? 0 : 1),
});

export const operations: readonly AnyOperation<World>[] = [
  cleanupOperation,
  listOperation,
  removeOperation,
  resumeOperation,
  setupOperation,
  undoOperation,
];
