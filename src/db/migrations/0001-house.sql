-- The tables of 3.0. Names and columns of the releases before it are kept; what is new stands after a blank line.
-- Times are UTC, 'YYYY-MM-DD HH:MM:SS'.

CREATE TABLE schema_metadata (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);

-- What was done to this file, never changed afterwards.
CREATE TABLE schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TEXT NOT NULL
);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  repo_path TEXT NOT NULL,
  worktree_path TEXT NOT NULL,
  worktree_name TEXT,
  is_main_repo INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  last_heartbeat TEXT NOT NULL DEFAULT (datetime('now')),
  execution_mode TEXT DEFAULT 'local'
    CHECK (execution_mode IN ('local', 'native', 'docker', 'e2b', 'daytona', 'cloudflare')),
  sandbox_id TEXT,
  prompt TEXT,
  status TEXT
    CHECK (status IS NULL OR status IN ('INITIALIZING', 'RUNNING', 'COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED')),
  output_log TEXT,
  git_user TEXT,
  git_email TEXT,
  ssh_key_provided INTEGER DEFAULT 0,
  budget_limit REAL,
  cost_estimate REAL,
  actual_cost REAL,
  template_name TEXT,

  -- A row is 'creating' from its reservation until its worktree stands; nobody was told of it before it is 'active'.
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('creating', 'active')),
  -- The repository: its real common git directory. NULL in rows of earlier releases.
  git_dir TEXT,
  -- The same directory by device and inode: it keeps them when it or a directory above it is renamed.
  git_dir_id TEXT,
  -- The checkout's name below the repository's worktrees/ ('' for the main one): `git worktree move` keeps it.
  admin_name TEXT,
  name TEXT,
  branch TEXT,
  fork_commit TEXT,
  target_branch TEXT,
  -- Where below the worktree the session works ('' at its top).
  subdirectory TEXT NOT NULL DEFAULT '',
  activity TEXT,
  -- 1 when the session knowingly works in a checkout that another one holds.
  is_sharing INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX idx_sessions_repo ON sessions (repo_path);
CREATE INDEX idx_sessions_git_dir ON sessions (git_dir);
CREATE INDEX idx_sessions_git_dir_id ON sessions (git_dir_id);
CREATE INDEX idx_sessions_pid ON sessions (pid);
CREATE INDEX idx_sessions_heartbeat ON sessions (last_heartbeat);
CREATE INDEX idx_sessions_sandbox ON sessions (sandbox_id) WHERE sandbox_id IS NOT NULL;
-- One holder a place: two sessions are never given the same directory unless one asked to share it.
CREATE UNIQUE INDEX idx_sessions_place ON sessions (worktree_path) WHERE git_dir IS NOT NULL AND is_sharing = 0;

-- The processes a session lives by. A pid alone is not a process: it is taken again, and it means another one in
-- another pid namespace, boot or host.
CREATE TABLE session_processes (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('registrar', 'owner', 'claude')),
  pid INTEGER NOT NULL,
  start_time TEXT,
  boot_id TEXT,
  pid_namespace TEXT,
  host TEXT,
  PRIMARY KEY (session_id, role, pid)
);
CREATE INDEX idx_session_processes_pid ON session_processes (pid);

-- What became of every session that ended.
CREATE TABLE session_history (
  id TEXT PRIMARY KEY,
  repo_path TEXT NOT NULL,
  git_dir TEXT,
  git_dir_id TEXT,
  admin_name TEXT,
  name TEXT,
  branch TEXT,
  worktree_path TEXT NOT NULL,
  worktree_name TEXT,
  is_main_repo INTEGER NOT NULL,
  subdirectory TEXT NOT NULL DEFAULT '',
  fork_commit TEXT,
  target_branch TEXT,
  pid INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  ended_by TEXT NOT NULL CHECK (ended_by IN ('release', 'death')),
  worktree_fate TEXT NOT NULL CHECK (worktree_fate IN ('none', 'kept', 'removed'))
);
CREATE INDEX idx_session_history_git_dir ON session_history (git_dir, ended_at);

-- Linked worktrees known to parallel-cc: the ones it made, and the ones it found a session in.
CREATE TABLE worktrees (
  path TEXT PRIMARY KEY,
  git_dir TEXT NOT NULL,
  git_dir_id TEXT,
  admin_name TEXT,
  repo_path TEXT NOT NULL,
  name TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('created', 'adopted')),
  branch TEXT,
  session_name TEXT,
  fork_commit TEXT,
  target_branch TEXT,
  created_at TEXT NOT NULL
);
CREATE INDEX idx_worktrees_git_dir ON worktrees (git_dir);

-- A cache for `status`: what stands in a checkout beside its base.
CREATE TABLE checkout_changes (
  path TEXT PRIMARY KEY,
  checked_at TEXT NOT NULL,
  -- Where its HEAD stands by now; NULL when detached.
  branch TEXT,
  dirty_files INTEGER NOT NULL,
  ahead INTEGER NOT NULL,
  behind INTEGER NOT NULL
);

CREATE TABLE merge_events (
  id TEXT PRIMARY KEY,
  repo_path TEXT NOT NULL,
  branch_name TEXT NOT NULL,
  source_commit TEXT NOT NULL,
  target_branch TEXT NOT NULL DEFAULT 'main',
  target_commit TEXT NOT NULL,
  merged_at TEXT NOT NULL DEFAULT (datetime('now')),
  detected_at TEXT NOT NULL DEFAULT (datetime('now')),
  notification_sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX idx_merge_events_repo ON merge_events (repo_path);
CREATE INDEX idx_merge_events_branch ON merge_events (branch_name);

CREATE TABLE subscriptions (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  repo_path TEXT NOT NULL,
  branch_name TEXT NOT NULL,
  target_branch TEXT NOT NULL DEFAULT 'main',
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  notified_at TEXT,
  is_active INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX idx_subscriptions_session ON subscriptions (session_id);
CREATE INDEX idx_subscriptions_repo ON subscriptions (repo_path);

CREATE TABLE file_claims (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  repo_path TEXT NOT NULL,
  file_path TEXT NOT NULL,
  claim_mode TEXT NOT NULL CHECK (claim_mode IN ('EXCLUSIVE', 'SHARED', 'INTENT')),
  claimed_at TEXT NOT NULL DEFAULT (datetime('now')),
  expires_at TEXT NOT NULL,
  last_heartbeat TEXT NOT NULL DEFAULT (datetime('now')),
  escalated_from TEXT CHECK (escalated_from IS NULL OR escalated_from IN ('EXCLUSIVE', 'SHARED', 'INTENT')),
  metadata TEXT,
  is_active INTEGER NOT NULL DEFAULT 1,
  released_at TEXT,
  deleted_at TEXT,
  deleted_reason TEXT
);
CREATE INDEX idx_file_claims_session ON file_claims (session_id);
CREATE INDEX idx_file_claims_repo_file ON file_claims (repo_path, file_path);

CREATE TABLE conflict_resolutions (
  id TEXT PRIMARY KEY,
  session_id TEXT REFERENCES sessions (id) ON DELETE SET NULL,
  repo_path TEXT NOT NULL,
  file_path TEXT NOT NULL,
  conflict_type TEXT NOT NULL
    CHECK (conflict_type IN ('STRUCTURAL', 'SEMANTIC', 'CONCURRENT_EDIT', 'TRIVIAL', 'UNKNOWN')),
  base_commit TEXT,
  source_commit TEXT,
  target_commit TEXT,
  resolution_strategy TEXT NOT NULL CHECK (resolution_strategy IN ('AUTO_FIX', 'MANUAL', 'HYBRID', 'ABANDONED')),
  confidence_score REAL CHECK (confidence_score IS NULL OR confidence_score BETWEEN 0 AND 1),
  conflict_markers TEXT,
  resolved_content TEXT,
  detected_at TEXT NOT NULL DEFAULT (datetime('now')),
  resolved_at TEXT,
  auto_fix_suggestion_id TEXT REFERENCES auto_fix_suggestions (id) ON DELETE SET NULL,
  metadata TEXT,
  deleted_at TEXT,
  deleted_reason TEXT
);
CREATE INDEX idx_conflict_resolutions_repo_file ON conflict_resolutions (repo_path, file_path);

CREATE TABLE auto_fix_suggestions (
  id TEXT PRIMARY KEY,
  conflict_resolution_id TEXT REFERENCES conflict_resolutions (id) ON DELETE SET NULL,
  repo_path TEXT NOT NULL,
  file_path TEXT NOT NULL,
  conflict_type TEXT NOT NULL,
  suggested_resolution TEXT NOT NULL,
  confidence_score REAL NOT NULL CHECK (confidence_score BETWEEN 0 AND 1),
  explanation TEXT,
  strategy_used TEXT,
  base_content TEXT,
  source_content TEXT,
  target_content TEXT,
  generated_at TEXT NOT NULL DEFAULT (datetime('now')),
  applied_at TEXT,
  was_auto_applied INTEGER NOT NULL DEFAULT 0,
  metadata TEXT,
  deleted_at TEXT,
  deleted_reason TEXT
);
CREATE INDEX idx_auto_fix_suggestions_repo_file ON auto_fix_suggestions (repo_path, file_path);

CREATE TABLE budget_tracking (
  id TEXT PRIMARY KEY,
  period TEXT NOT NULL CHECK (period IN ('daily', 'weekly', 'monthly')),
  period_start TEXT NOT NULL,
  budget_limit REAL,
  spent REAL NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_budget_period ON budget_tracking (period, period_start);

CREATE VIEW active_claims AS
  SELECT c.*, s.pid, s.worktree_name,
    -- Through datetime(): some of these times are ISO 8601, which as text is later than all else of its day.
    datetime(c.expires_at) < datetime('now') OR datetime(c.last_heartbeat) < datetime('now', '-5 minutes') AS is_stale
  FROM file_claims c JOIN sessions s ON s.id = c.session_id
  WHERE c.is_active = 1 AND c.deleted_at IS NULL;
CREATE VIEW unresolved_conflicts AS
  SELECT c.*, f.id AS suggestion_id, f.confidence_score AS suggestion_confidence,
    f.generated_at AS suggestion_generated_at, julianday('now') - julianday(c.detected_at) AS age_days
  FROM conflict_resolutions c LEFT JOIN auto_fix_suggestions f ON f.id = c.auto_fix_suggestion_id
  WHERE c.resolved_at IS NULL AND c.deleted_at IS NULL
  ORDER BY c.detected_at DESC;
CREATE VIEW e2b_sessions AS
  SELECT *, status IS NOT NULL AND status IN ('COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED') AS is_terminated,
    CAST((julianday(last_heartbeat) - julianday(created_at)) * 1440 AS INTEGER) AS runtime_minutes
  FROM sessions WHERE execution_mode = 'e2b'
  ORDER BY created_at DESC;
