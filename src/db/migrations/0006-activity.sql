-- What a session's claude does, as its hooks tell: `activity` has been a column since the start, and was never written.
-- 'working', 'waiting' (for its user), 'idle', 'ended'; NULL where no hook has told anything yet.

ALTER TABLE sessions ADD COLUMN waiting_for TEXT;
-- The client's own name of the conversation: it changes within one session (/clear, --resume).
ALTER TABLE sessions ADD COLUMN conversation_id TEXT;
