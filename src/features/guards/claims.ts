// What a command says it would destroy, before anybody has looked whose that is.

import type { Value } from "./values.ts";
import { literally } from "./values.ts";

/** Files by a path or a pattern, as seen from a directory. */
export interface Target {
  /** Ends in what is meant; a backslash before what is no wildcard. */
  pattern: string;
  directory: string;
}

/** Where git would work. */
export interface GitPlace {
  directory: string;
  /** GIT_DIR or `--git-dir`. */
  gitDir: string | undefined;
  /** GIT_WORK_TREE or `--work-tree`. */
  workTree: string | undefined;
}

export type Claim = { deed: string } & (
  | FilesClaim
  /** What is not committed in a checkout, or its commits. */
  | {
      kind: "checkout";
      at: GitPlace;
      /** Only where such a file is there: else the word is a branch. */
      onlyIf?: Target;
      /** Worktrees that lie in its directories too. */
      isNestedToo?: boolean;
    }
  /** It is deleted, renamed, or set to another commit. "HEAD" is the one that is checked out there. */
  | { kind: "branch"; at: GitPlace; branch: string }
  /** The same where it was pushed to; undefined for the usual remote. */
  | { kind: "pushed"; at: GitPlace; remote: string | undefined; branches: readonly string[] | "all" }
  | { kind: "stash"; at: GitPlace; entry: number | "all" }
  | { kind: "worktree"; at: GitPlace; target: Target }
  /** git forgets worktrees whose directory is not there. */
  | { kind: "prune"; at: GitPlace }
  /** The way back to what was amended, reset or dropped. */
  | { kind: "reflogs"; at: GitPlace }
);

export interface FilesClaim {
  kind: "files";
  target: Target;
  /** With all in it; a file alone; or what is in the file. */
  extent: "tree" | "file" | "content";
  /** Of a directory only some of what is in it: what, is not known. */
  isNarrowed?: boolean;
  chosen?: Chosen;
}

/** Of what is at the target and below, only what these choose. */
export interface Chosen {
  /** Patterns of the last name, or of all of the path as it is named. */
  names: readonly { pattern: string; isPath: boolean; isNegated: boolean; isCaseless: boolean }[];
  kind: "file" | "directory" | undefined;
  /** So many directories below the target. */
  least: number;
  most: number;
  /** A directory goes with all in it. */
  isDeep: boolean;
}

/** Undefined where it is not known which files these are. */
export function targetOf(value: Value | undefined, directory: string | undefined): Target | undefined {
  if (value === undefined || value.kind === "unknown") return undefined;
  const pattern = value.kind === "text" ? literally(value.text) : value.pattern;
  if (pattern === "") return undefined;
  if (pattern.startsWith("/")) return { pattern, directory: "/" };
  return directory === undefined ? undefined : { pattern, directory };
}
