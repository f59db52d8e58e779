-- What was removed, where it is kept since, and what the last cleanup in the background had to tell.

-- 1 after `release --keep`, until a later release without it.
ALTER TABLE worktrees ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 0 CHECK (is_kept IN (0, 1));

-- 'removing' and 'restoring' are under way: whoever finds their process dead puts everything back to its place.
CREATE TABLE removals (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('removing', 'removed', 'restoring', 'restored')),
  git_dir TEXT NOT NULL,
  git_dir_id TEXT,
  repo_path TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Where the worktree stood; NULL when a branch alone was removed.
  path TEXT,
  -- Its name below the repository's worktrees/.
  admin_name TEXT,
  -- Where its directory went: below the git directory, or on a file system of its own beside the worktree.
  trash TEXT CHECK (trash IN ('repository', 'beside')),
  head TEXT,
  -- The branch that was deleted with it, and where it stood; NULL when none was.
  branch TEXT,
  branch_tip TEXT,
  -- What refs/parallel-cc/rescue/<id> stands at.
  rescue_commit TEXT,
  reason TEXT NOT NULL CHECK (reason IN ('landed', 'unused', 'forced', 'missing')),
  -- JSON: the worktree's row, what only the trash holds, what a restoring has chosen.
  record TEXT NOT NULL,
  size_bytes INTEGER,
  removed_at TEXT NOT NULL,
  restored_at TEXT,
  trash_pruned_at TEXT,
  ref_pruned_at TEXT,
  -- Who is at it.
  pid INTEGER,
  start_time TEXT,
  boot_id TEXT,
  pid_namespace TEXT,
  host TEXT
);
CREATE INDEX idx_removals_git_dir ON removals (git_dir, removed_at);
-- One command at a time on one worktree, or on one branch.
CREATE UNIQUE INDEX idx_removals_under_way ON removals (git_dir, coalesce(path, branch))
  WHERE state IN ('removing', 'restoring');

CREATE TABLE cleanup_reports (
  git_dir TEXT PRIMARY KEY,
  -- Counts the cleanups.
  number INTEGER NOT NULL DEFAULT 1,
  -- What went and what stays, in words for one line; '' when nothing.
  removed TEXT NOT NULL,
  kept TEXT NOT NULL,
  is_told INTEGER NOT NULL CHECK (is_told IN (0, 1)),
  made_at TEXT NOT NULL
);
