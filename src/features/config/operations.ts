// What the doors may call of settings.

import { usage } from "../../core/failure.ts";
import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, TEXT, v, word } from "../../core/shape.ts";
import { printable, printableLines, table } from "../../core/text.ts";
import type { World } from "../../world.ts";
import {
  type Changed,
  listSettings,
  type Setting,
  setSetting,
  settingNamed,
  unsetSetting,
  valueShape,
} from "./change.ts";
import { type Trusted, trust, trustText } from "./consent.ts";

const keyField = () => word("The setting, for example worktree.copyFiles", "key");
const scope = () => ({
  global: v.optional(flag("In your own settings, for every repository (the default)")),
  repo: v.optional(flag("In the repository's own file, .parallel-cc.json of the main checkout")),
});
const scopeChecked = ({ global, repo }: { global?: boolean | undefined; repo?: boolean | undefined }): boolean => {
  if (global === true && repo === true) throw usage("scope", "--global and --repo exclude each other.");
  return repo === true;
};

const origin = () => v.picklist(["repository", "home", "default"]);
const settingEntries = () => ({ key: TEXT, value: valueShape(), from: origin() });
const changedShape = () => v.strictObject({ ...settingEntries(), file: TEXT, warnings: v.array(TEXT) });

const listOperation = operation({
  name: "config.list",
  summary: "Show every setting, what it is here, and where that comes from",
  input: () => v.strictObject({}),
  output: () =>
    v.strictObject({
      settings: v.array(v.strictObject({ ...settingEntries(), summary: TEXT })),
      files: v.array(TEXT),
      warnings: v.array(TEXT),
    }),
  cli: { path: ["config", "list"], examples: ["parallel-cc config list", "parallel-cc config list --json"] },
  run: async (world: World) => listSettings(world),
  text: ({ settings }, page) => {
    const rows = settings.map(({ key, value, from }) => [key, written(value), from === "default" ? "" : from]);
    const cuts = [{ column: 1, floor: 12, keeps: "start" as const }];
    return table([["SETTING", "VALUE", "SET IN"], ...rows], { width: page.columns, cuts })
      .map((line, i) => `${i === 0 ? page.paint.bold(line) : line}\n`)
      .join("");
  },
  narration: ({ warnings }) => warningLines(warnings),
});

const getOperation = operation({
  name: "config.get",
  summary: "Show one setting as it holds here",
  input: () => v.strictObject({ key: keyField() }),
  output: () => v.strictObject(settingEntries()),
  cli: {
    path: ["config", "get"],
    positionals: ["key"],
    examples: ["parallel-cc config get worktree.base", "parallel-cc config get cleanup.keepDays --json"],
  },
  run: async (world: World, { key }): Promise<Setting> => settingNamed(world, key),
  text: ({ value }) => (value === null ? "" : `${written(value)}\n`),
  narration: ({ key, value }) => (value === null ? `${key} is not set, and has no default.\n` : ""),
});

const setOperation = operation({
  name: "config.set",
  summary: "Set a setting",
  description:
    "The value stays as it is typed. Without --repo it is set for every repository of yours; what a repository's own " +
    "file says counts before that. Commands (worktree.postCreate, worktree.preRemove) take several values, run in order.",
  input: () =>
    v.strictObject({
      key: keyField(),
      value: v.pipe(
        v.array(v.string()),
        v.minLength(1, "Name a value, or use config unset."),
        v.metadata({ value: "setting" }),
        v.description("What it is to be"),
      ),
      ...scope(),
    }),
  output: changedShape,
  cli: {
    path: ["config", "set"],
    positionals: ["key", "value"],
    examples: [
      'parallel-cc config set worktree.copyFiles ".env.local,.claude/settings.local.json"',
      'parallel-cc config set worktree.postCreate "npm ci" "npm run build"',
      "parallel-cc config set --repo worktree.ports 2",
    ],
  },
  run: async (world: World, input): Promise<Changed> =>
    setSetting(world, { key: input.key, words: input.value, isOfRepository: scopeChecked(input) }),
  text: ({ key, value, file }) => `${key} is ${written(value)} now, in ${printable(file)}.\n`,
  narration: ({ warnings }) => warningLines(warnings),
});

const unsetOperation = operation({
  name: "config.unset",
  summary: "Take a setting out, so that the next one counts",
  input: () => v.strictObject({ key: keyField(), ...scope() }),
  output: changedShape,
  cli: {
    path: ["config", "unset"],
    positionals: ["key"],
    examples: ["parallel-cc config unset worktree.base", "parallel-cc config unset --repo worktree.ports"],
  },
  run: async (world: World, input): Promise<Changed> =>
    unsetSetting(world, { key: input.key, isOfRepository: scopeChecked(input) }),
  text: ({ key, value, from }) =>
    value === null ? `${key} is not set any longer.\n` : `${key} is ${written(value)} now (${from}).\n`,
  narration: ({ warnings }) => warningLines(warnings),
});

const trustOperation = operation({
  name: "config.trust",
  summary: "Approve the commands in the repository's own settings",
  description:
    "worktree.postCreate and worktree.preRemove of a repository's .parallel-cc.json run only after you approved exactly " +
    "that text. It shows them and asks; without a terminal pass --yes. When the file changes, it asks again.",
  input: () =>
    v.strictObject({
      yes: v.optional(flag("Approve without being asked")),
      revoke: v.optional(flag("Take the approval back")),
    }),
  output: () =>
    v.strictObject({
      file: TEXT,
      approved: v.boolean(),
      commands: v.array(v.strictObject({ key: TEXT, commands: v.array(TEXT) })),
    }),
  cli: {
    path: ["config", "trust"],
    examples: ["parallel-cc config trust", "parallel-cc config trust --yes", "parallel-cc config trust --revoke"],
  },
  run: async (world: World, input): Promise<Trusted> => trust(world, input),
  text: trustText,
});

/** As one would type it: a list of commands on a line each. */
function written(value: unknown): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map((one) => printable(String(one))).join("; ");
  return printableLines(String(value));
}

function warningLines(warnings: readonly string[]): string {
  return warnings.map((warning) => `Warning: ${warning}\n`).join("");
}

export const operations: readonly AnyOperation<World>[] = [
  listOperation,
  getOperation,
  setOperation,
  unsetOperation,
  trustOperation,
];
