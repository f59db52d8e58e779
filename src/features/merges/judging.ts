// The git that judges: in the git directory itself, where no .gitattributes of a checkout counts, with every setting
// fixed that could change a diff or a merge, and without replacements and grafts. Two users get the same answer.

import { realpathSync } from "node:fs";
import type { Git, GitOptions, GitResult } from "../../git/git.ts";

export interface Judging {
  git: Git;
  gitDir: string;
  options: GitOptions;
}

const SETTINGS = {
  "core.attributesFile": "/dev/null",
  "core.quotePath": "true",
  "diff.algorithm": "myers",
  "diff.indentHeuristic": "true",
  "diff.renameLimit": "1000",
  "diff.suppressBlankEmpty": "false",
  "i18n.logOutputEncoding": "UTF-8",
  "merge.default": "text",
  "merge.directoryRenames": "false",
  "merge.renameLimit": "1000",
  "merge.renames": "true",
  "merge.renormalize": "false",
} as const;

const ENVIRONMENT = {
  GIT_ATTR_NOSYSTEM: "1",
  GIT_DIFF_OPTS: "",
  GIT_GLOB_PATHSPECS: "0",
  GIT_GRAFT_FILE: "/dev/null",
  GIT_ICASE_PATHSPECS: "0",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_NOGLOB_PATHSPECS: "0",
  GIT_NO_REPLACE_OBJECTS: "1",
} as const;

/** What git answered of commits by their ids, which never changes; shared by judgements of one repository. */
export type Memory = Map<string, GitResult | string | Uint8Array>;

const MOST_REMEMBERED_BYTES = 256 * 1024;
const MOST_REMEMBERED = 5_000;

/** `gitDir`, where it is known, is the real path of the common git directory. */
export async function judgingGit(
  git: Git,
  options: GitOptions,
  known: { gitDir?: string | undefined; memory?: Memory | undefined } = {},
): Promise<Judging> {
  const gitDir = known.gitDir ?? (await commonDirectory(git, options));
  const judging = git.at(gitDir).trusting().configured({ settings: SETTINGS, env: ENVIRONMENT });
  return { git: remembering(judging, known.memory ?? new Map()), gitDir, options };
}

async function commonDirectory(git: Git, options: GitOptions): Promise<string> {
  const found = await git.output(["rev-parse", "--path-format=absolute", "--git-common-dir"], options);
  return realpathSync(found.replace(/\n$/, ""));
}

/** Asks the same question once. Only answers are kept, so that nobody waits for a judgement that is given up. */
function remembering(git: Git, memory: Memory): Git {
  const asking =
    <T extends GitResult | string | Uint8Array>(
      how: string,
      ask: (args: readonly string[], options?: GitOptions) => Promise<T>,
      isKind: (known: unknown) => known is T,
    ) =>
    async (args: readonly string[], options?: GitOptions): Promise<T> => {
      const key = [how, options?.input ?? "", ...args].join("\0");
      const known = memory.get(key);
      if (isKind(known)) return known;
      const answer = await ask(args, options);
      if (memory.size < MOST_REMEMBERED && sizeOf(answer) <= MOST_REMEMBERED_BYTES) memory.set(key, answer);
      return answer;
    };
  return {
    ...git,
    attempt: asking("attempt", git.attempt, isResult),
    output: asking("output", git.output, (known): known is string => typeof known === "string"),
    bytes: asking("bytes", git.bytes, (known): known is Uint8Array => known instanceof Uint8Array),
  };
}

function isResult(known: unknown): known is GitResult {
  return typeof known === "object" && known !== null && "exit" in known;
}

function sizeOf(answer: GitResult | string | Uint8Array): number {
  return isResult(answer) ? answer.stdout.length : answer.length;
}
