// The git that judges: in the git directory itself, where no .gitattributes of a checkout counts, with every setting
// fixed that could change a diff or a merge, and without replacements and grafts. Two users get the same answer.

import { realpathSync } from "node:fs";
import type { Git, GitOptions } from "../../git/git.ts";

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

export async function judgingGit(git: Git, options: GitOptions): Promise<Judging> {
  const found = await git.output(["rev-parse", "--path-format=absolute", "--git-common-dir"], options);
  const gitDir = realpathSync(found.replace(/\n$/, ""));
  return { git: git.at(gitDir).trusting().configured({ settings: SETTINGS, env: ENVIRONMENT }), gitDir, options };
}
