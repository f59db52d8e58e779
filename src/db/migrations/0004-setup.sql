-- What setting up a worktree left in it, and which commands of a repository's own settings its user has approved.

CREATE TABLE worktree_setups (
  path TEXT PRIMARY KEY REFERENCES worktrees (path) ON UPDATE CASCADE ON DELETE CASCADE,
  -- 'running' of a dead process: it was interrupted.
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  -- JSON: what git then saw as changed or untracked, which is nobody's work as long as it stays as it is.
  baseline TEXT NOT NULL DEFAULT '[]',
  changed_at TEXT NOT NULL
);

CREATE TABLE approvals (
  -- Top of the main checkout.
  repo_path TEXT NOT NULL,
  -- SHA-256 of the commands, exactly as the file has them.
  hash TEXT NOT NULL,
  approved_at TEXT NOT NULL,
  PRIMARY KEY (repo_path, hash)
);
