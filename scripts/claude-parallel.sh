#!/bin/sh
# claude-parallel: runs claude in a checkout of its own.
#
# It registers a session, says where the work happens, runs claude as a foreground child (the terminal, Ctrl-C, Ctrl-Z
# and fg behave as without it), hands claude's exit status on and releases the session. The session lives by two
# processes, this one and claude's, so that it outlives a wrapper that was killed.
#
# Variables begin with pcc_: any other name might be one that the user exports to claude.
set -u
# The release this script is of. parallel-cc is told, and says so when it is of another.
pcc_release=3.0.0

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

# The claude on PATH, unregistered, in our place.
plain() {
  export PARALLEL_CC_WRAPPER=$$
  exec claude "$@"
}

# claude 2.1.328, its hidden commands and those of earlier releases.
is_command() {
  case $1 in
  agents | attach | auth | auto-mode | bridge | config | daemon | doctor | gateway | import | install | kill | logs | \
    mcp | migrate-installer | plugin | plugins | project | purge | rc | remote | remote-control | respawn | rm | \
    self-hosted-runner | setup-token | stop | sync | ultrareview | update | upgrade) ;;
  *) return 1 ;;
  esac
}

# Whether the words after this option of claude's may be its own, and no prompt, command or flag: "none", "one", "many".
words_of() {
  case $1 in
  --add-dir | --allowedTools | --allowed-tools | --betas | --disallowedTools | --disallowed-tools | --file | \
    --mcp-config | --tools) pcc_words=many ;;
  --agent | --agents | --append-system-prompt | --append-system-prompt-file | --autocompact | --channels | --debug | \
    --debug-file | --effort | --environment | --fallback-model | --from-pr | --input-format | --json-schema | \
    --max-budget-usd | --max-turns | --model | --output-format | --permission-mode | --permission-prompt-tool | \
    --permission-prompts | --plugin-dir | --plugin-url | --prompt-suggestions | --remote-control | \
    --remote-control-session-name-prefix | --resume | --session-id | --setting-sources | --settings | \
    --system-prompt | --system-prompt-file | --system-prompt-snapshot | --teleport) pcc_words=one ;;
  *) pcc_words=none ;;
  esac
}

# What an option of claude's means to us. Short ones come together, as in -pc, up to one that takes a word.
read_option() {
  words_of "$1"
  case $1 in
  --help) pcc_help=1 ;;
  --continue) pcc_continues=1 ;;
  # A worktree, a background or a cloud of its own, or no session at all.
  --worktree | --worktree=* | --bg | --background | --cloud | --cloud=* | --desktop | --version | --update | \
    --upgrade) pcc_plain=1 ;;
  --*) ;;
  *)
    pcc_letters=${1#-}
    while [ -n "$pcc_letters" ]; do
      case $pcc_letters in
      c*) pcc_continues=1 ;;
      h*) pcc_help=1 ;;
      p*) ;;
      v*) pcc_plain=1 ;;
      w*) pcc_plain=1 && return ;;
      d | n | r) pcc_words=one && return ;;
      *) return ;;
      esac
      pcc_letters=${pcc_letters#?}
    done
    ;;
  esac
}

# By the folders alone, where git looks: the physical ones, no variable, a bare repository too. git is not asked: one
# that is missing or cannot read a repository fails as it does outside, and register is to say what is wrong.
in_repository() (
  cd -P . || exit
  until [ -e .git ] || { [ -e HEAD ] && [ -d objects ] && [ -d refs ]; }; do
    case $PWD in / | //) exit 1 ;; esac
    cd -P .. || exit
  done
) 2>/dev/null

# Sets pcc_found, which a cd does not make stale where PATH has relative entries.
find_program() {
  pcc_found=$(command -v "$1") || return
  case $pcc_found in
  /*) ;;
  */*) pcc_found=$PWD/$pcc_found ;;
  esac
}

# As if the signal had never been caught.
die_of() {
  trap - "$1"
  kill -s "$1" "$$"
}

if [ "${PARALLEL_CC_WRAPPER-}" = "$$" ]; then
  say 'The claude on PATH is claude-parallel itself: put Claude Code before it on PATH.'
  exit 126
fi

# Nouns of parallel-cc that claude does not have. Never one that removes something: with the usual alias,
# `claude cleanup` is a prompt.
case ${1-} in
status | claims | conflicts | suggestions | merge | messages | sandbox | templates | budget | watch)
  exec parallel-cc "$@"
  ;;
esac

# Our own flags are taken out; everything else goes to claude as it is, in its order.
unset pcc_name pcc_base
pcc_no_worktree='' pcc_uncoordinated='' pcc_continues='' pcc_help='' pcc_plain='' pcc_prompt='' pcc_words=none
pcc_next=''
for pcc_argument in "$@"; do
  shift
  case $pcc_next in
  name) pcc_name=$pcc_argument && pcc_next='' && continue ;;
  base) pcc_base=$pcc_argument && pcc_next='' && continue ;;
  '')
    case $pcc_argument in
    --name | --base) pcc_next=${pcc_argument#--} && continue ;;
    --name=*) pcc_name=${pcc_argument#*=} && continue ;;
    --base=*) pcc_base=${pcc_argument#*=} && continue ;;
    --no-worktree) pcc_no_worktree=1 && continue ;;
    --uncoordinated) pcc_uncoordinated=1 && continue ;;
    # What follows -- or a command is claude's alone.
    --) pcc_next=claude ;;
    -?*) read_option "$pcc_argument" ;;
    *)
      if [ "$pcc_words" = one ]; then
        pcc_words=none
      elif [ "$pcc_words" = none ] && [ -z "$pcc_prompt" ] && is_command "$pcc_argument"; then
        pcc_plain=1 pcc_next=claude
      elif [ "$pcc_words" = none ]; then
        pcc_prompt=1
      fi
      ;;
    esac
    ;;
  esac
  set -- "$@" "$pcc_argument"
done
case $pcc_next in name | base)
  say "--$pcc_next needs a value."
  exit 2
  ;;
esac

[ -n "$pcc_help" ] && usage
find_program claude || {
  say 'claude was not found on PATH. Install Claude Code, then run this again.'
  exit 127
}
pcc_claude=$pcc_found
# Started by an agent, whose shell has the user's alias: it helps with the work that lies there, so it stays. One of our
# flags says that it is to be a session like any other, and so does a terminal: an agent's shell has none, while a tmux
# that was started from one hands the variable on to all its windows.
if [ -n "${CLAUDECODE-}" ] && [ ! -t 0 ] && [ ! -t 1 ] && [ -z "${pcc_name+set}${pcc_base+set}$pcc_no_worktree$pcc_uncoordinated" ]; then
  pcc_plain=1
fi
if [ -n "$pcc_help$pcc_plain" ] || ! in_repository; then plain "$@"; fi
find_program parallel-cc || {
  say 'parallel-cc was not found on PATH, so this session cannot be coordinated with others.'
  [ -n "$pcc_uncoordinated" ] && plain "$@"
  say 'Put it on PATH, or pass --uncoordinated.'
  exit 127
}
pcc_program=$pcc_found

# Caught, not ignored: claude must get these signals with their defaults, and this shell must live to release.
pcc_signal=''
trap 'pcc_signal=HUP' HUP
trap 'pcc_signal=INT' INT
trap 'pcc_signal=QUIT' QUIT
trap 'pcc_signal=TERM' TERM

pcc_lines=$(PARALLEL_CC_WRAPPER_VERSION=$pcc_release "$pcc_program" register --pid "$$" --shell \
  ${pcc_name+"--name=$pcc_name"} ${pcc_base+"--base=$pcc_base"} ${pcc_no_worktree:+--no-worktree} \
  ${pcc_continues:+--continue} </dev/null) || {
  pcc_failed=$?
  [ -n "$pcc_signal" ] && die_of "$pcc_signal"
  if [ -n "$pcc_uncoordinated" ]; then
    say 'Not registered: other sessions do not know of this one.'
    plain "$@"
  fi
  case $pcc_failed in 2 | 129 | 130 | 131 | 143) exit "$pcc_failed" ;; esac
  # What was asked for cannot be had: that is the answer.
  if [ -n "${pcc_base-}$pcc_continues" ]; then exit "$pcc_failed"; fi
  # Where it cannot be told which repository this is, a session anywhere may be in it.
  pcc_others=$("$pcc_program" status --repo . --json </dev/null 2>/dev/null) ||
    pcc_others=$("$pcc_program" status --json </dev/null 2>/dev/null)
  case $pcc_others in
  *'"isAlive":true'* | *'"error"'* | '')
    say 'Not started: another session may be at work here. Mend the error above, or pass --uncoordinated.'
    exit "$pcc_failed"
    ;;
  esac
  say 'Not registered, and no other live session of yours is known: starting claude uncoordinated.'
  plain "$@"
}
pcc_moved=1
eval "$pcc_lines" || pcc_moved=''
if [ -z "$pcc_moved" ] || [ -n "$pcc_signal" ]; then
  trap '' HUP INT QUIT TERM
  "$pcc_program" release --pid "$$" </dev/null >/dev/null
  [ -n "$pcc_signal" ] && die_of "$pcc_signal"
  exit 1
fi

# $$ of the child is the pid that exec hands to claude: the session lives by it too, should this shell be killed.
# Somebody who registers right then may have found the session dead: claude must not start in a place given away.
# It is a variable because bash quotes the command that a signal ended.
#
# A claude that stops itself alone (2.0.77 does on Ctrl-Z) would leave the user's shell waiting for us, and no shell
# tells of a child that stopped. So somebody looks once a second, on a terminal only, and stops us as well; fg then
# continues both. He is no child of claude's, holds no stream open, stands in no worktree, and goes when claude does.
# shellcheck disable=SC2016
pcc_child='
pcc_look() {
  pcc_stat=
  if [ -r "/proc/$1/stat" ]; then
    read -r pcc_stat <"/proc/$1/stat"
    pcc_stat=${pcc_stat##*") "}
  else
    pcc_stat=$(ps -o ppid= -o stat= -p "$1" | while read -r pcc_parent pcc_state; do echo "$pcc_state $pcc_parent"; done)
  fi
}
pcc_watch() {
  while sleep 1 && pcc_look "$1"; do
    pcc_parent=${pcc_stat#* }
    [ "${pcc_parent%% *}" = "$2" ] || return
    case $pcc_stat in T*) ;; *) continue ;; esac
    pcc_look "$2"
    case $pcc_stat in T*) ;; *) kill -s TSTP "$2" ;; esac
  done
}
pcc_beat=$("$1" heartbeat --session-id "$PARALLEL_CC_SESSION_ID" --claude-pid "$$" --json </dev/null 2>/dev/null)
pcc_failed=$?
case $pcc_failed in 129 | 130 | 131 | 143) exit "$pcc_failed" ;; esac
case $pcc_beat in
*\"updated\":true*) ;;
*\"updated\":false*)
  echo "claude-parallel: The session ended before claude began. Start again." >&2
  exit 1
  ;;
*) echo "claude-parallel: Should this wrapper be killed, others may take claude for ended too." >&2 ;;
esac
shift
if [ -t 0 ]; then (cd / && pcc_watch "$$" "$PPID" </dev/null >/dev/null 2>&1 &); fi
export PARALLEL_CC_WRAPPER=$$
exec "$0" "$@"
'
sh -c "$pcc_child" "$pcc_claude" "$pcc_program" "$@"
pcc_status=$?

# No signal ends the release: of a window that closes each process in it may hear more than once.
trap '' HUP INT QUIT TERM
# Only what became of a worktree is worth a word. The directory of the session may be gone by now.
pcc_released=$(cd / && "$pcc_program" release --session-id "$PARALLEL_CC_SESSION_ID" </dev/null) ||
  say 'The session was not released: the next command that registers records its end.'
case $pcc_released in *'
'*) printf '%s\n' "$pcc_released" >&2 ;; esac
exit "$pcc_status"
