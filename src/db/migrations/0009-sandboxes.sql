-- Runs of a task in a sandbox. A run goes through its steps in this order; whatever ends between two of them is begun
-- again by the next driver. It is a session as well, from its worktree on to its end.
CREATE TABLE sandbox_runs (
  id TEXT PRIMARY KEY,
  name TEXT,
  repo_path TEXT NOT NULL,
  git_dir TEXT NOT NULL,
  git_dir_id TEXT NOT NULL,
  -- The checkout that it was asked for in.
  caller_path TEXT NOT NULL,
  provider TEXT NOT NULL,
  -- The beginning of the prompt in one line, without what looks like a key. The prompt itself is a file until the run ends.
  title TEXT NOT NULL,
  -- JSON: what was asked for. No prompt, no value of a variable.
  request TEXT NOT NULL,
  -- What was done last.
  step TEXT NOT NULL DEFAULT 'planned'
    CHECK (step IN ('planned', 'placed', 'made', 'sent', 'started', 'over', 'home', 'delivered', 'ended')),
  -- How it went, from 'over' on.
  outcome TEXT CHECK (outcome IS NULL OR outcome IN ('COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED')),
  -- What its user wants of it meanwhile: to come home now, or to be thrown away.
  wanted TEXT CHECK (wanted IS NULL OR wanted IN ('stop', 'discard')),
  -- The provider's name of the sandbox.
  instance_id TEXT,
  session_id TEXT,
  worktree_path TEXT,
  worktree_name TEXT,
  base_commit TEXT,
  created_at TEXT NOT NULL,
  started_at TEXT,
  -- When the sandbox ends by itself.
  limit_at TEXT,
  over_at TEXT,
  ended_at TEXT,
  -- JSON: what was found out step by step.
  facts TEXT NOT NULL DEFAULT '{}',
  -- JSON: what its claude has told so far.
  view TEXT,
  -- JSON: what keeps it from going on, or went wrong.
  trouble TEXT,
  -- JSON: the process that drives it.
  driver TEXT
);
CREATE INDEX idx_sandbox_runs_git_dir ON sandbox_runs (git_dir_id, created_at);
CREATE INDEX idx_sandbox_runs_open ON sandbox_runs (step) WHERE step <> 'ended';
