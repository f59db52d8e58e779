-- What landed and whom it concerns, and what sessions stand at, to see which of them will conflict.

-- Rows of earlier releases have no `git_dir`: they are kept, and tell nobody anything.
ALTER TABLE merge_events ADD COLUMN git_dir TEXT;
-- As `merge check` says it: the verdict's method, and who committed what it found.
ALTER TABLE merge_events ADD COLUMN method TEXT;
ALTER TABLE merge_events ADD COLUMN merged_by TEXT;
-- Once for each tip: a branch that goes on lands again.
CREATE UNIQUE INDEX idx_merge_events_once ON merge_events (git_dir, branch_name, source_commit, target_branch)
  WHERE git_dir IS NOT NULL;

ALTER TABLE subscriptions ADD COLUMN git_dir TEXT;
-- A tip that had landed when it was asked for: the asking was answered by that, and waits for what comes after it.
ALTER TABLE subscriptions ADD COLUMN answered_tip TEXT;
-- A tip that had not landed when it was asked for: where the target has it later, it came, though the branch be gone by then.
ALTER TABLE subscriptions ADD COLUMN apart_tip TEXT;
CREATE UNIQUE INDEX idx_subscriptions_once ON subscriptions (session_id, git_dir, branch_name, target_branch)
  WHERE git_dir IS NOT NULL AND is_active = 1;

-- When a repository was last looked at for merges, and where its targets stood then.
CREATE TABLE merge_polls (
  git_dir TEXT PRIMARY KEY,
  polled_at TEXT NOT NULL,
  -- JSON: by ref, the commit; '' for one that was not there.
  seen TEXT NOT NULL DEFAULT '{}',
  -- Which branches were looked for, and in what.
  asked TEXT NOT NULL DEFAULT '',
  -- What kept a remote from being asked; NULL when it answered. Told once.
  trouble TEXT
);

-- All of a session's work as one commit in an object directory of ours: what is committed, staged, changed and untracked.
CREATE TABLE snapshots (
  session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
  git_dir_id TEXT NOT NULL,
  path TEXT NOT NULL,
  head TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  tree TEXT NOT NULL,
  -- JSON, private to who takes them: what to compare with to know whether anything has changed.
  seen TEXT NOT NULL,
  taken_at TEXT NOT NULL
);
CREATE INDEX idx_snapshots_git_dir ON snapshots (git_dir_id);

-- What merging two commits gives holds for these very commits for ever; `judge` counts the ways of judging.
CREATE TABLE merge_verdicts (
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  judge INTEGER NOT NULL,
  -- JSON.
  verdict TEXT NOT NULL,
  judged_at TEXT NOT NULL,
  PRIMARY KEY (ours, theirs, judge)
) WITHOUT ROWID;
CREATE INDEX idx_merge_verdicts_judged_at ON merge_verdicts (judged_at);

-- What an agent was told before an edit of what another session has written there: the very same is not told again.
CREATE TABLE radar_tellings (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  peer_id TEXT NOT NULL,
  path TEXT NOT NULL,
  -- Names of the peer's changes there.
  regions TEXT NOT NULL,
  told_at TEXT NOT NULL,
  PRIMARY KEY (session_id, peer_id, path)
) WITHOUT ROWID;
