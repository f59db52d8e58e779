-- Ports that sessions hold. They are the machine's, so there is one table for all repositories of the user.

CREATE TABLE port_leases (
  port INTEGER PRIMARY KEY CHECK (port BETWEEN 1 AND 65535),
  -- A lease ends with its session, whoever ends that and how.
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  -- 1 is PARALLEL_CC_PORT, 2 is PARALLEL_CC_PORT_2.
  position INTEGER NOT NULL CHECK (position >= 1),
  UNIQUE (session_id, position)
);
