// Pure parsers of git's machine-readable output.

export interface WorktreeEntry {
  path: string;
  /** Undefined while the branch has no commit yet, and in a bare repository. */
  head: string | undefined;
  /** Short name; undefined when detached or bare. */
  branch: string | undefined;
  isBare: boolean;
  isDetached: boolean;
  locked: string | undefined;
  prunable: string | undefined;
}

/** `git worktree list --porcelain -z`: the first entry is the main one. */
export function parseWorktrees(output: string): WorktreeEntry[] {
  const entries: WorktreeEntry[] = [];
  for (const block of output.split("\0\0")) {
    const lines = block.split("\0").filter((line) => line !== "");
    const first = lines[0];
    if (first === undefined || !first.startsWith("worktree ")) continue;
    const entry: WorktreeEntry = {
      path: first.slice("worktree ".length),
      head: undefined,
      branch: undefined,
      isBare: false,
      isDetached: false,
      locked: undefined,
      prunable: undefined,
    };
    for (const line of lines.slice(1)) {
      const space = line.indexOf(" ");
      const key = space < 0 ? line : line.slice(0, space);
      const value = space < 0 ? "" : line.slice(space + 1);
      if (key === "HEAD" && !/^0+$/.test(value)) entry.head = value;
      if (key === "branch") entry.branch = shortBranch(value);
      if (key === "bare") entry.isBare = true;
      if (key === "detached") entry.isDetached = true;
      if (key === "locked") entry.locked = value;
      if (key === "prunable") entry.prunable = value;
    }
    entries.push(entry);
  }
  return entries;
}

/** `refs/heads/x` is `x`; any other ref stays whole. */
export function shortBranch(ref: string): string {
  return ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : ref;
}

/** The paths that `git status --porcelain -z --no-renames` names. */
export function pathsOfStatus(output: string): string[] {
  return output.split("\0").flatMap((record) => (record === "" ? [] : [record.slice(3)]));
}

export interface Status {
  head: string | null;
  branch: string | null;
  /** Staged, changed, in conflict or untracked. */
  changed: string[];
  unmerged: string[];
  ignored: string[];
}

/** `git status --porcelain=v2 --branch -z --no-renames`. */
export function parseStatus(output: string): Status {
  const status: Status = { head: null, branch: null, changed: [], unmerged: [], ignored: [] };
  for (const record of output.split("\0")) {
    if (record.startsWith("# branch.oid ") && record !== "# branch.oid (initial)") status.head = record.slice(13);
    if (record.startsWith("# branch.head ") && record !== "# branch.head (detached)") status.branch = record.slice(14);
    // Eight fields stand before the path of a changed one, ten before that of one in conflict.
    if (record.startsWith("1 ")) status.changed.push(record.split(" ").slice(8).join(" "));
    if (record.startsWith("u ")) status.unmerged.push(record.split(" ").slice(10).join(" "));
    if (record.startsWith("? ")) status.changed.push(record.slice(2));
    if (record.startsWith("! ")) status.ignored.push(record.slice(2));
  }
  status.changed.push(...status.unmerged);
  return status;
}

export interface IndexPaths {
  /** Gitlinks: submodules, and repositories that were added as one. */
  links: string[];
  /** Those with a flag that hides changes: assume-unchanged or skip-worktree. */
  flagged: string[];
  /** Directories that hold files of the index. */
  directories: string[];
}

/** `git ls-files -z --stage -v`: a tag, then mode, object and stage, and after a tab the path. */
export function parseIndex(output: string): IndexPaths {
  const links: string[] = [];
  const flagged: string[] = [];
  const directories = new Set<string>();
  for (const line of output.split("\0")) {
    const path = line.slice(line.indexOf("\t") + 1);
    // Lower case is assume-unchanged, S is skip-worktree.
    if (/^[a-zS] /.test(line)) flagged.push(path);
    if (line.startsWith("160000 ", 2)) links.push(path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const directory = path.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return { links, flagged, directories: [...directories] };
}

export interface Version {
  major: number;
  minor: number;
  text: string;
}

/** What `git version` says; undefined when it is not git that answered. */
export function parseVersion(output: string): Version | undefined {
  const match = /^git version ((\d+)\.(\d+)\S*)/.exec(output);
  if (match === null) return undefined;
  return { major: Number(match[2]), minor: Number(match[3]), text: match[1] ?? "" };
}
