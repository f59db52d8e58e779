#!/bin/sh
# Runs claude to its end, whatever that is, and writes down how it ended. Beside it a watch beats once a second, so that
# others can tell that somebody looks after it, stops it when the file `stop` is there, and takes over when this ends.
# $1: the run's place, $2: claude, $3: the credentials' file or "", $4: names of secrets; then claude's words

run=$1 claude=$2 credentials=$3 secrets=$4
shift 4
if ! mkdir "$run/lock" 2>/dev/null; then
  # A login that was brought for nothing.
  if [ -e "$run/exit" ] && [ -n "$credentials" ]; then rm -f "$credentials"; fi
  exit 0
fi
mask=$(umask)
umask 077
exec 2>"$run/keep.log"
# Not ignored, which claude would inherit: a signal to all of the group leaves who writes down the end.
trap : HUP INT TERM
keeper=$$
date +%s >"$run/beat"
printf '%80s\n' '' >"$run/room"
: >"$run/output.jsonl"
cp "$run/beat" "$run/started"

watch_over() {
  stopping=
  # Not left behind for the rest of its second.
  trap 'kill "$second" 2>/dev/null; : >"$run/unwatched"; exit 0' TERM
  # shellcheck disable=SC2086 # a list of names
  unset $secrets
  while :; do
    # In place: a full disk would leave none.
    date +%s 1<>"$run/beat"
    if ! kill -0 "$keeper" 2>/dev/null; then
      end_all 20
      [ -z "$credentials" ] || rm -f "$credentials"
      record - loss
      exit 0
    fi
    if [ -z "$stopping" ] && [ -e "$run/stop" ]; then
      stopping=1
      grace=$(head -c 6 "$run/stop")
      case $grace in '' | *[!0-9]*) grace=100 ;; esac
      end_all "$grace" &
    fi
    sleep 1 &
    second=$!
    wait "$second"
  done
}
watch_over </dev/null >/dev/null &
watch=$!

# shellcheck disable=SC2016 # for the shell that becomes claude
PARALLEL_CC_SANDBOX_RUN=$run// sh -c 'umask "$1"; echo $$ >"$2"; shift 2; exec "$@"' \
  sh "$mask" "$run/pid" "$claude" "$@" <"$run/prompt" >"$run/output.jsonl" 2>"$run/errors.log"
code=$?

# shellcheck disable=SC2086 # a list of names
unset $secrets
[ -z "$credentials" ] || rm -f "$credentials"
# What it left in the background would go on writing while its work is brought home.
end_all 20
by=itself
[ ! -e "$run/stop" ] || by=stop
# A shell that was forked just now loses a signal that comes before it has set its own traps (dash 0.5.12).
tries=0
kill "$watch"
until [ -e "$run/unwatched" ] || [ "$tries" -ge 10 ]; do
  sleep 0.1
  kill "$watch" 2>/dev/null
  tries=$((tries + 1))
done
kill -KILL "$watch" 2>/dev/null
wait "$watch"
record "$code" "$by"
