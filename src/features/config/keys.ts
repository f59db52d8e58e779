// Every setting there is: what it means, what it takes, its default, and what a repository's own file may say of it.
// Help, docs, completions and the checks of `config set` all come from here.

import {
  choice,
  commands,
  days,
  directories,
  type Kind,
  pattern,
  patterns,
  portRange,
  size,
  sizeWithin,
  text,
  whole,
  yesOrNo,
} from "./kinds.ts";

/**
 * What a repository's own file may do: `any` value; `false` alone, since less may be asked of it but not more; a value
 * that its user has `approved`, since it runs commands; or `none`.
 */
export type RepositoryMay = "any" | "false" | "approved" | "none";

export interface Key<T> {
  summary: string;
  kind: Kind<T>;
  /** As the program uses it; undefined where it is not set. */
  fallback: T | undefined;
  /** The default as it would be typed. */
  shown: string;
  repository: RepositoryMay;
}

function key<T, const F extends T | undefined>(made: Omit<Key<T>, "fallback"> & { fallback: F; kind: Kind<T> }) {
  return made;
}

const NOT_SET = "";

/** Tools write these, and nobody merges them by hand. */
const NOT_CLAIMED: readonly string[] = [
  ...["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock"],
  ...["Cargo.lock", "Gemfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "composer.lock"],
  ...["go.sum", "go.work.sum", "flake.lock", "mix.lock", "pubspec.lock", "Podfile.lock", "Package.resolved"],
  ...["*.min.js", "*.min.css", "*.map", "*.log", "*.pyc", "*.tsbuildinfo", ".DS_Store"],
  ...["node_modules/", "__pycache__/", ".venv/"],
];

export const KEYS = {
  "worktree.base": key({
    summary: "Where new worktrees start: any name git knows. Not set: where the session was started",
    kind: text("a branch, tag or commit"),
    ...{ fallback: undefined, shown: NOT_SET, repository: "any" },
  }),
  "worktree.directory": key({
    summary:
      "Where worktrees are made: a path, from the main checkout's top. Not set: <repository>-worktrees beside it",
    kind: text("a path, like ../worktrees or ~/worktrees"),
    ...{ fallback: undefined, shown: NOT_SET, repository: "none" },
  }),
  "worktree.prefix": key({
    summary: "What names of worktrees and their branches begin with",
    kind: pattern("letters, digits and dashes, at most 30", /^[A-Za-z0-9][A-Za-z0-9-]{0,29}$/),
    ...{ fallback: "parallel", shown: "parallel", repository: "any" },
  }),
  "worktree.backend": key({
    summary: "What makes worktrees: gtr (git-worktree-runner) where it is found, git alone, or gtr always",
    kind: choice(["auto", "git", "gtr"]),
    ...{ fallback: "auto", shown: "auto", repository: "none" },
  }),
  "worktree.copyFiles": key({
    summary: "Files that git does not track and a new worktree gets from the main checkout, as patterns of .gitignore",
    kind: patterns('patterns with commas between them, like ".env.local,config/*.local"'),
    ...{ fallback: [], shown: NOT_SET, repository: "any" },
  }),
  "worktree.symlinkDirs": key({
    summary: "Directories of the main checkout that a new worktree shares with it by a symbolic link",
    kind: directories('paths with commas between them, like "node_modules,.cache"'),
    ...{ fallback: [], shown: NOT_SET, repository: "any" },
  }),
  "worktree.postCreate": key({
    summary: "Commands run in a new worktree, in order",
    kind: commands(),
    ...{ fallback: [], shown: NOT_SET, repository: "approved" },
  }),
  "worktree.preRemove": key({
    summary: "Commands run in a worktree before it is removed, in order",
    kind: commands(),
    ...{ fallback: [], shown: NOT_SET, repository: "approved" },
  }),
  "worktree.commandTimeout": key({
    summary: "Seconds that each of these commands may take",
    kind: whole(1, 86_400),
    ...{ fallback: 600, shown: "600", repository: "none" },
  }),
  "worktree.ports": key({
    summary: "How many ports each session gets, as PARALLEL_CC_PORT, PARALLEL_CC_PORT_2, …",
    kind: whole(0, 20),
    ...{ fallback: 0, shown: "0", repository: "any" },
  }),
  "worktree.portRange": key({
    summary: "Where these ports are looked for",
    kind: portRange(),
    ...{ fallback: { from: 10_000, to: 19_999 }, shown: "10000-19999", repository: "any" },
  }),
  "cleanup.auto": key({
    summary: "Whether registering cleans up after dead sessions in the background",
    kind: yesOrNo(),
    ...{ fallback: true, shown: "true", repository: "false" },
  }),
  "cleanup.fetch": key({
    summary: "Whether that fetches the target of branches that were pushed",
    kind: yesOrNo(),
    ...{ fallback: true, shown: "true", repository: "false" },
  }),
  "cleanup.keepDays": key({
    summary: "How long the trash keeps a removed worktree",
    kind: days(),
    ...{ fallback: 14, shown: "14", repository: "none" },
  }),
  "cleanup.trashMaxSize": key({
    summary: "What the trash of a repository may take on the disk",
    kind: size(),
    ...{ fallback: 10 * 1024 ** 3, shown: "10G", repository: "none" },
  }),
  "cleanup.keepRefsDays": key({
    summary: "How long a removed worktree's rescue ref stays",
    kind: days(),
    ...{ fallback: 90, shown: "90", repository: "none" },
  }),
  "claims.onConflict": key({
    summary:
      "What an edit of a file meets that another live session has claimed: by-mode refuses it where the claim is " +
      "EXCLUSIVE and else warns, warn never refuses, block always does",
    kind: choice(["by-mode", "warn", "block"]),
    ...{ fallback: "by-mode", shown: "by-mode", repository: "any" },
  }),
  "claims.ignore": key({
    summary: "Files that are never claimed by an edit or a command, as patterns of .gitignore",
    kind: patterns('patterns with commas between them, like "package-lock.json,*.generated.ts"'),
    ...{ fallback: NOT_CLAIMED, shown: NOT_CLAIMED.join(", "), repository: "any" },
  }),
  guards: key({
    summary:
      "What a command of an agent meets that would destroy another live session's work: on refuses it, warn lets it run",
    kind: choice(["on", "warn", "off"]),
    ...{ fallback: "on", shown: "on", repository: "none" },
  }),
  "messages.continueAtStop": key({
    summary: "Whether a message of another session makes an agent that is done go on once to read it",
    kind: yesOrNo(),
    ...{ fallback: false, shown: "false", repository: "none" },
  }),
  "merges.fetch": key({
    summary: "Whether looking for merges fetches the targets of sessions from their remotes, once a minute at most",
    kind: yesOrNo(),
    ...{ fallback: true, shown: "true", repository: "false" },
  }),
  "notify.command": key({
    summary: "A command that gets each merge as JSON on its standard input: a notification, a chat",
    kind: text("a command line, in quotes"),
    ...{ fallback: undefined, shown: NOT_SET, repository: "none" },
  }),
  "radar.onEdit": key({
    summary: "Whether an agent is told before an edit that would conflict with what another live session has written",
    kind: choice(["warn", "off"]),
    ...{ fallback: "warn", shown: "warn", repository: "any" },
  }),
  "sandbox.provider": key({
    summary: "Where `sandbox run` runs its tasks",
    kind: choice(["native"]),
    ...{ fallback: "native", shown: "native", repository: "none" },
  }),
  "sandbox.timeoutMinutes": key({
    summary: "How long a task in a sandbox may take, with bringing its result home",
    kind: whole(1, 1440),
    ...{ fallback: 60, shown: "60", repository: "none" },
  }),
  "sandbox.checkpointMinutes": key({
    summary: "How often what a task has done so far is brought home; 0: only at its end",
    kind: whole(0, 1440),
    ...{ fallback: 5, shown: "5", repository: "none" },
  }),
  "sandbox.hosts": key({
    summary: "Hosts that tasks in sandboxes may reach beside the model's: package registries, services",
    kind: patterns('hosts with commas between them, like "api.example.org,127.0.0.1:5432"'),
    ...{ fallback: [], shown: NOT_SET, repository: "none" },
  }),
  "sandbox.memory": key({
    summary: "How much memory all programs of a task may use together",
    // A claude is some hundred megabytes of program before it has done anything.
    kind: sizeWithin("256M", "1T"),
    ...{ fallback: 8 * 1024 ** 3, shown: "8G", repository: "none" },
  }),
  "sandbox.processes": key({
    summary: "How many processes a task may have at once",
    kind: whole(16, 1_000_000),
    ...{ fallback: 2048, shown: "2048", repository: "none" },
  }),
  "status.staleMinutes": key({
    summary: "After how long without a heartbeat a session counts as idle in status",
    kind: whole(1, 100_000),
    ...{ fallback: 10, shown: "10", repository: "none" },
  }),
  "status.watchSeconds": key({
    summary: "How often `status --watch` shows the answer anew",
    kind: whole(1, 3600),
    ...{ fallback: 2, shown: "2", repository: "none" },
  }),
} as const;

export type KeyName = keyof typeof KEYS;

// Widened per key, so that `fallback: true` does not make a setting that is always true.
type ValueOf<K extends KeyName> = (typeof KEYS)[K] extends { kind: Kind<infer T>; fallback: infer F }
  ? F extends undefined
    ? T | undefined
    : T
  : never;

/** Each setting in the form that the program uses. */
export type Settings = { readonly [K in KeyName]: ValueOf<K> };

export function isKey(name: string): name is KeyName {
  return Object.hasOwn(KEYS, name);
}
