-- Who is at which file, what sessions have to say to each other, and what they write down for all.

-- A claim is of a repository (its common git directory by device and inode) and of a path from the top of a checkout.
-- Rows of earlier releases have none of these columns: they are kept, and hold nothing.
ALTER TABLE file_claims ADD COLUMN git_dir_id TEXT;
ALTER TABLE file_claims ADD COLUMN kind TEXT CHECK (kind IS NULL OR kind IN ('file', 'directory', 'glob'));
-- As it is compared: normalised, and folded where the file system takes `A` for `a`.
ALTER TABLE file_claims ADD COLUMN path_key TEXT;
-- Where to look for it: the path of a file, a directory, or the directories that a glob names without a wildcard.
ALTER TABLE file_claims ADD COLUMN path_root TEXT;
-- It counts for this long after its session was last seen.
ALTER TABLE file_claims ADD COLUMN ttl_seconds INTEGER;
ALTER TABLE file_claims ADD COLUMN reason TEXT;
-- Asked for, noted at an edit, or found after a command of the shell.
ALTER TABLE file_claims ADD COLUMN source TEXT CHECK (source IS NULL OR source IN ('asked', 'edit', 'shell'));
CREATE INDEX idx_file_claims_root ON file_claims (git_dir_id, path_root, kind) WHERE is_active = 1 AND git_dir_id IS NOT NULL;
CREATE UNIQUE INDEX idx_file_claims_own ON file_claims (session_id, git_dir_id, path_key)
  WHERE is_active = 1 AND git_dir_id IS NOT NULL;
-- One holder.
CREATE UNIQUE INDEX idx_file_claims_exclusive ON file_claims (git_dir_id, path_key)
  WHERE is_active = 1 AND git_dir_id IS NOT NULL AND claim_mode = 'EXCLUSIVE';

-- Commits that were made over another's claim, by who said so.
CREATE TABLE claim_bypasses (
  id TEXT PRIMARY KEY,
  git_dir_id TEXT NOT NULL,
  -- Who committed; NULL when no session did. Neither is a reference: the record outlives both.
  session_id TEXT,
  holder_id TEXT NOT NULL,
  holder TEXT NOT NULL,
  file_path TEXT NOT NULL,
  bypassed_at TEXT NOT NULL
);
CREATE INDEX idx_claim_bypasses_git_dir ON claim_bypasses (git_dir_id, bypassed_at);

-- What sessions tell each other (messages), and what parallel-cc tells them (news).
CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  git_dir_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('message', 'news')),
  -- Of news: what it is about, like 'session.started'.
  topic TEXT,
  -- NULL: somebody at the command line, or parallel-cc itself. No reference: a message outlives its sender.
  sender_id TEXT,
  sender_name TEXT,
  sender_branch TEXT,
  body TEXT NOT NULL,
  sent_at TEXT NOT NULL
);
CREATE INDEX idx_messages_git_dir ON messages (git_dir_id, sent_at);

-- One row for each who shall get it; whoever delivers it marks it first, so it is delivered once.
CREATE TABLE deliveries (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  delivered_at TEXT,
  delivered_by TEXT CHECK (delivered_by IS NULL OR delivered_by IN ('hook', 'monitor', 'read')),
  PRIMARY KEY (session_id, message_id)
) WITHOUT ROWID;
CREATE INDEX idx_deliveries_message ON deliveries (message_id);
CREATE INDEX idx_deliveries_pending ON deliveries (session_id) WHERE delivered_at IS NULL;

-- Decisions, interfaces, who does what: for all sessions of a repository, those to come included.
CREATE TABLE notes (
  id TEXT PRIMARY KEY,
  git_dir TEXT NOT NULL,
  -- By device and inode, which a move keeps; the number of a device may be another after a restart.
  git_dir_id TEXT NOT NULL,
  author_id TEXT,
  author_name TEXT,
  author_branch TEXT,
  body TEXT NOT NULL,
  written_at TEXT NOT NULL
);
CREATE INDEX idx_notes_git_dir ON notes (git_dir);
CREATE INDEX idx_notes_git_dir_id ON notes (git_dir_id);

-- What stood changed in a checkout when it was last looked at after a command of the shell.
CREATE TABLE checkout_looks (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  -- JSON, private to who looks.
  seen TEXT NOT NULL,
  looked_at TEXT NOT NULL,
  PRIMARY KEY (session_id, path)
) WITHOUT ROWID;
