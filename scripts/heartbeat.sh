#!/bin/sh
# parallel-cc-heartbeat.sh: the hook command of earlier installations. Says that this session is at work; silent, and
# never a reason for a tool call to fail. The shell that runs a hook may stand between us and claude: parallel-cc
# looks through the ancestors.
pcc_release=3.0.0
cd / || exit 0 # Bun starts nothing in a directory that is gone (1.4.4)
PARALLEL_CC_HOOK_VERSION=$pcc_release parallel-cc heartbeat --pid "${CLAUDE_PID:-$PPID}" >/dev/null 2>&1
exit 0
