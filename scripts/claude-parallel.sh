#!/bin/sh
# claude-parallel: runs claude in a checkout of its own.
#
# It registers a session, says where the work happens, runs claude as a foreground child (the terminal, Ctrl-C, Ctrl-Z
# and fg behave as without it), hands claude's exit status on and releases the session. The session lives by two
# processes, this one and claude's, so that it outlives a wrapper that was killed.
set -u

usage() {
  cat <<'TEXT'
claude-parallel: claude in a checkout of its own

  claude-parallel [--name <text>] [--base <ref>] [--no-worktree] [--uncoordinated] [claude's arguments]

  --name <text>     A name for the session, shown in status and in its branch
  --base <ref>      Where a new worktree starts (default: the current commit)
  --no-worktree     Stay in this checkout, even when another session works in it
  --uncoordinated   Start claude even when the session cannot be registered

The first session of a repository works in the main checkout, each further one in a worktree of its own.
--continue takes up the last session in that session's own worktree. More: parallel-cc help wrapper

TEXT
}

say() { printf 'claude-parallel: %s\n' "$*" >&2; }

plain() { exec claude "$@"; }

command -v claude >/dev/null 2>&1 || {
  say 'claude was not found on PATH. Install Claude Code, then run this again.'
  exit 127
}

# What is not a session of ours: claude's own commands, and nouns of parallel-cc that claude does not have. Never one
# that removes something: with the usual alias, `claude cleanup` is a prompt.
case "${1-}" in
--help | -h)
  usage
  plain "$@"
  ;;
--version | -v) plain "$@" ;;
agents | attach | auth | auto-mode | config | doctor | gateway | import | install | logs | mcp | migrate-installer | \
  plugin | plugins | project | purge | remote-control | respawn | rm | setup-token | stop | ultrareview | update | upgrade)
  plain "$@"
  ;;
status | claims | conflicts | suggestions | merge | messages | sandbox | templates | budget | radar | watch)
  exec parallel-cc "$@"
  ;;
esac

# claude's -w makes a worktree of its own.
for argument in "$@"; do
  case $argument in
  -w | --worktree | --worktree=*) plain "$@" ;;
  --) break ;;
  esac
done

# Our own flags are taken out; everything else goes to claude as it is, in its order.
name='' base='' no_worktree='' uncoordinated='' continues='' count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  case $argument in
  --name | --base)
    [ "$count" -gt 0 ] || {
      say "$argument needs a value."
      exit 2
    }
    if [ "$argument" = --name ]; then name=$1; else base=$1; fi
    shift
    count=$((count - 1))
    ;;
  --name=*) name=${argument#*=} ;;
  --base=*) base=${argument#*=} ;;
  --no-worktree) no_worktree=1 ;;
  --uncoordinated) uncoordinated=1 ;;
  --)
    set -- "$@" "$argument"
    while [ "$count" -gt 0 ]; do
      argument=$1
      shift
      set -- "$@" "$argument"
      count=$((count - 1))
    done
    ;;
  *)
    case $argument in -c | --continue | -pc | -cp) continues=1 ;; esac
    set -- "$@" "$argument"
    ;;
  esac
done

git rev-parse --git-dir >/dev/null 2>&1 || plain "$@"
command -v parallel-cc >/dev/null 2>&1 || {
  say 'parallel-cc was not found on PATH, so this session cannot be coordinated with others.'
  [ -n "$uncoordinated" ] && plain "$@"
  say 'Put it on PATH, or pass --uncoordinated.'
  exit 1
}

# Caught, not ignored: claude must get these signals with their defaults, and this shell must live to release.
trap : INT QUIT TERM HUP

lines=$(parallel-cc register --pid "$$" --shell ${name:+"--name=$name"} ${base:+"--base=$base"} \
  ${no_worktree:+--no-worktree} ${continues:+--continue}) || {
  failed=$?
  if [ -n "$uncoordinated" ]; then
    say 'Not registered: other sessions do not know of this one.'
    plain "$@"
  fi
  # What was asked for cannot be had, or a signal stopped it: that is the answer.
  if [ "$failed" -ne 1 ] || [ -n "$base$continues" ]; then exit "$failed"; fi
  case $(parallel-cc status --repo . --json 2>/dev/null) in
  *'"isAlive":true'* | *'"error"'* | '')
    say 'Not started: another session may be at work here. Mend the error above, or pass --uncoordinated.'
    exit "$failed"
    ;;
  esac
  say 'Not registered, and nobody else is at work here: starting claude uncoordinated.'
  plain "$@"
}
eval "$lines" || {
  parallel-cc release --pid "$$" >/dev/null
  exit 1
}

# $$ of the child is the pid that exec hands to claude: the session lives by it too, should this shell be killed.
# shellcheck disable=SC2016
sh -c '
  parallel-cc heartbeat --session-id "$PARALLEL_CC_SESSION_ID" --claude-pid "$$" >/dev/null 2>&1
  exec claude "$@"
' claude "$@"
status=$?

# Only a worktree that stays is worth a word.
released=$(parallel-cc release --session-id "$PARALLEL_CC_SESSION_ID") || say 'The session could not be released.'
case $released in *'
'*) printf '%s\n' "$released" >&2 ;; esac
exit "$status"
