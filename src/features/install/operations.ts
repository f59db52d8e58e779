// What the doors may call of installing. At a terminal it asks: `cli/commands/install.ts`.

import { usage } from "../../core/failure.ts";
import { type AnyOperation, operation } from "../../core/operation.ts";
import { orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { install } from "./install.ts";
import { type Input, inputShape } from "./request.ts";
import { installStanding } from "./standing.ts";
import { CHANGES, STEPS } from "./step.ts";
import { installedText, standingText } from "./text.ts";

const section = () => ({ success: YES_OR_NO, created: YES_OR_NO, merged: YES_OR_NO, alreadyInstalled: YES_OR_NO });
const entered = () => ({ installed: YES_OR_NO, settingsPath: TEXT, upToDate: YES_OR_NO });

const installedShape = () =>
  v.strictObject({
    success: YES_OR_NO,
    action: v.picklist(["install", "uninstall"]),
    errors: v.array(TEXT),
    steps: v.array(
      v.strictObject({
        step: v.picklist(STEPS),
        file: TEXT_OR_NULL,
        change: v.picklist(CHANGES),
        detail: v.optional(TEXT),
        code: v.optional(TEXT),
        hint: v.optional(TEXT),
      }),
    ),
    hooks: orNull(v.strictObject({ ...section(), settingsPath: TEXT, gitignoreUpdated: YES_OR_NO })),
    wrapper: orNull(v.strictObject({ success: YES_OR_NO, wrapperPath: TEXT, alreadyUpToDate: YES_OR_NO })),
    alias: orNull(
      v.strictObject({ success: YES_OR_NO, shell: TEXT, profilePath: TEXT_OR_NULL, alreadyInstalled: YES_OR_NO }),
    ),
    mcp: orNull(v.strictObject({ ...section(), settingsPath: TEXT })),
    plugin: orNull(v.strictObject({ ...section(), folder: TEXT })),
    completions: orNull(
      v.strictObject({ success: YES_OR_NO, shell: TEXT, files: v.array(TEXT), alreadyInstalled: YES_OR_NO }),
    ),
    worktrees: orNull(v.strictObject({ ...section(), settingsPath: TEXT })),
    statusLine: orNull(v.strictObject({ ...section(), settingsPath: TEXT })),
    guard: orNull(v.strictObject({ success: YES_OR_NO, files: v.array(TEXT), alreadyInstalled: YES_OR_NO })),
    next: v.array(TEXT),
  });

const standingShape = () =>
  v.strictObject({
    programs: v.array(v.strictObject({ name: TEXT, path: TEXT, installed: YES_OR_NO, upToDate: YES_OR_NO })),
    hooks: v.strictObject({
      globalInstalled: YES_OR_NO,
      localInstalled: YES_OR_NO,
      globalPath: TEXT,
      localPath: TEXT_OR_NULL,
      upToDate: YES_OR_NO,
    }),
    alias: v.strictObject({ installed: YES_OR_NO, shell: TEXT, profilePath: TEXT_OR_NULL }),
    mcp: v.strictObject(entered()),
    plugin: v.strictObject({ installed: YES_OR_NO, folder: TEXT, upToDate: YES_OR_NO }),
    completions: v.strictObject({ installed: YES_OR_NO, shell: TEXT, files: v.array(TEXT) }),
    worktrees: v.strictObject(entered()),
    statusLine: v.strictObject(entered()),
    guard: v.strictObject({
      installed: YES_OR_NO,
      upToDate: YES_OR_NO,
      hookPath: TEXT_OR_NULL,
      isGone: YES_OR_NO,
      missingIn: v.array(TEXT),
    }),
    client: TEXT_OR_NULL,
    errors: v.array(TEXT),
  });

const installOperation = operation({
  name: "install.run",
  summary: "Enter parallel-cc in Claude Code and your shell, or take it out",
  description:
    "Each part is a step of its own: one that fails is reported, and the others go on. Other people's files get our " +
    "entries and nothing else; --uninstall takes out exactly these, so that a file nobody touched in between is what it " +
    "was. Run again, it brings everything up to date, also after an update of Claude Code, whose release decides which " +
    "hooks it knows. --local enters hooks in .claude/settings.json of the checkout you are in, which Claude Code reads " +
    "in that very worktree; a new one has it only when it is committed. --purge is refused while the data directory " +
    "is the only copy of anything. On a terminal, without a flag, it asks.",
  input: inputShape,
  output: () => v.union([installedShape(), standingShape()]),
  cli: {
    path: ["install"],
    examples: [
      "parallel-cc install --all",
      "parallel-cc install --hooks --global --mcp",
      "parallel-cc install --hooks --local --gitignore --repo ~/src/shop",
      "parallel-cc install --plugin",
      "parallel-cc install --worktrees",
      "parallel-cc install --guard",
      "parallel-cc install --status --json",
      "parallel-cc install --uninstall --alias",
    ],
  },
  run: async (world: World, input: Input) => {
    if (input.status !== true) return install(world, input);
    const { repo, status: _, ...others } = input;
    if (Object.keys(others).length > 0) throw usage("flags", "--status goes with no other flag but --repo.");
    return installStanding(world, { repo });
  },
  text: (answer, page) => {
    return "steps" in answer ? installedText(answer, page) : standingText(answer, page);
  },
  exitCode: (answer) => ("success" in answer && !answer.success ? 1 : 0),
});

export const operations: readonly AnyOperation<World>[] = [installOperation];
