#!/bin/sh
# Runs claude to its end, whatever that is, and writes down how it ended. Beside it are a watch, which stops it when the
# file `stop` is there, and a guard, which ends it when there is no watch any more: none of them is gone unseen.
# $1: the run's place, $2: claude, $3: the credentials' file or "", $4: names of secrets; then claude's words

run=$1 claude=$2 credentials=$3 secrets=$4
shift 4
mask=$(umask)
umask 077
mine=$(mktemp -d "$run/keep.XXXXXX") || exit 1
# Held by who looks after claude: `line` by all of them, and 6 by the watch alone, whose guard reads from 5.
mkfifo "$mine/line" "$mine/watch" || exit 1
# shellcheck disable=SC2094 # both ends of a pipe
exec 9<>"$mine/line" 6<>"$mine/watch" 5<"$mine/watch"
rm -f "$mine/watch"
# Of several at once one has it: a link is made once.
if ! ln -s "${mine##*/}/line" "$run/lock" 2>/dev/null; then
  rm -rf "$mine"
  # A login that was brought for nothing.
  if [ -e "$run/exit" ] && [ -n "$credentials" ]; then rm -f "$credentials"; fi
  exit 0
fi
exec 2>"$run/keep.log"
# Not ignored, which claude would inherit: a signal to all of the group leaves who writes down the end.
trap : HUP INT TERM
keeper=$$
printf '%80s\n' '' >"$run/room"
: >"$run/output.jsonl"

# Whether the line that others find is another one by now, or none.
is_cut() {
  # shellcheck disable=SC3013 # dash, busybox and bash know it
  [ -n "$sees_line" ] && ! [ "$run/lock" -ef /dev/fd/9 ]
}
# A system that tells nothing of what stands in /dev/fd cannot see it.
sees_line=1
! is_cut || sees_line=

# What these hold is let go with exec: a redirection of a function is kept aside to be undone (dash 0.5.12).
watch_over() {
  exec </dev/null >/dev/null 5<&-
  stopping=
  # shellcheck disable=SC2086 # a list of names
  unset $secrets
  # An end that stands there by now is none that was seen.
  while kill -0 "$keeper" 2>/dev/null && ! is_cut && [ ! -e "$run/exit" ] && [ ! -h "$run/exit" ]; do
    if [ -z "$stopping" ] && [ -e "$run/stop" ]; then
      stopping=1
      grace=
      [ ! -f "$run/stop" ] || grace=$(head -c 4 "$run/stop")
      case $grace in '' | *[!0-9]*) grace=30 ;; esac
      stop_within "$grace" &
    fi
    sleep 1 6>&- 9>&-
  done
}

stop_within() {
  exec 6>&- 9>&-
  end_all "$1"
}

guard() {
  exec </dev/null >/dev/null 6>&-
  read -r _ <&5
  end_all 20
  kill -0 "$keeper" 2>/dev/null && return
  [ -z "$credentials" ] || rm -f "$credentials"
  record - loss
}

watch_over &
watch=$!
guard &
guard=$!
exec 5<&- 6>&-
date +%s >"$mine/started" && mv -f "$mine/started" "$run/started"

# shellcheck disable=SC2016 # for the shell that becomes claude
PARALLEL_CC_SANDBOX_RUN=$run// sh -c 'umask "$1"; shift; exec "$@"' \
  sh "$mask" "$claude" "$@" <"$run/prompt" >"$run/output.jsonl" 2>"$run/errors.log" 9>&-
code=$?

# shellcheck disable=SC2086 # a list of names
unset $secrets
[ -z "$credentials" ] || rm -f "$credentials"
# What it left in the background would go on writing while its work is brought home.
end_all 20
by=itself
[ ! -e "$run/stop" ] || by=stop
kill -KILL "$guard"
# By a signal that nobody else sends it: another status says that it was gone before.
kill -ALRM "$watch"
wait "$watch"
if [ "$?" -ne 142 ] || is_cut; then
  code=- by=loss
fi
record "$code" "$by"
