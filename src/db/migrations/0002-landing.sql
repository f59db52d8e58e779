-- Whether a branch has landed: what was judged once, and where branches stood that may be gone by now.

-- A verdict holds for these very commits for ever; `judge` counts the ways of judging. A row changes once at most: when
-- a forge that did not answer before does.
CREATE TABLE landing_verdicts (
  target_commit TEXT NOT NULL,
  tip TEXT NOT NULL,
  -- '' when it is unknown.
  fork TEXT NOT NULL DEFAULT '',
  judge INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  method TEXT NOT NULL,
  evidence_commit TEXT,
  reverted_by TEXT,
  landed INTEGER,
  total INTEGER,
  is_safe_to_delete INTEGER NOT NULL CHECK (is_safe_to_delete IN (0, 1)),
  is_forge_asked INTEGER NOT NULL CHECK (is_forge_asked IN (0, 1)),
  judged_at TEXT NOT NULL,
  PRIMARY KEY (target_commit, tip, fork, judge)
) WITHOUT ROWID;
CREATE INDEX idx_landing_verdicts_judged_at ON landing_verdicts (judged_at);

-- The commit each branch of ours was last seen at.
CREATE TABLE branch_tips (
  git_dir TEXT NOT NULL,
  branch TEXT NOT NULL,
  tip TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  PRIMARY KEY (git_dir, branch)
) WITHOUT ROWID;
