// What the doors may call of completions. What a script asks while somebody types is answered by cli/complete.ts.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { TEXT, v } from "../../core/shape.ts";
import type { World } from "../../world.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
const shells = () => v.picklist(SHELLS);

const printOperation = operation({
  name: "completions.print",
  summary: "Print what makes a shell complete our commands",
  description:
    "For parallel-cc and claude-parallel: commands, flags, sessions, worktrees, branches, settings. Put the line of your " +
    "shell into its profile (~/.bashrc; ~/.zshrc, below compinit; ~/.config/fish/config.fish). What may be typed is asked " +
    "of the installed program each time, so that line stays as it is after an update.",
  input: () => v.strictObject({ shell: v.pipe(shells(), v.description("The shell: bash, zsh or fish")) }),
  output: () => v.strictObject({ shell: shells(), script: TEXT }),
  cli: {
    path: ["completions"],
    positionals: ["shell"],
    examples: [
      'eval "$(parallel-cc completions bash)"',
      'eval "$(parallel-cc completions zsh)"',
      "parallel-cc completions fish | source",
    ],
  },
  run: async (_world: World, { shell }) => ({ shell, script: (await import("./scripts.ts")).SCRIPTS[shell] }),
  text: ({ script }) => script,
});

export const operations: readonly AnyOperation<World>[] = [printOperation];
