#!/bin/sh
# Says which claude there is, a fact a line. $1: the run's place, $2: seconds that claude has to say its version

run=$1 seconds=$2
mkdir -p "$run" || exit 1
if [ -h "$run/lock" ] || [ -e "$run/started" ]; then
  # Somebody may have waited for it in vain.
  if [ "$(readlink "$run/lock")" = never ] && [ ! -e "$run/started" ]; then echo never; else echo started; fi
fi
found=$(command -v claude) || found=$run/tools/node_modules/.bin/claude
case $found in
/*) [ -x "$found" ] || found= ;;
*) found= ;;
esac
if [ -z "$found" ]; then
  if command -v npm >/dev/null; then echo npm; fi
  exit 0
fi
echo "claude $found"

mine=$(mktemp -d "$run/find.XXXXXX") && mkfifo "$mine/line" || exit 1
"$found" --version >"$mine/line" 2>&1 </dev/null &
asked=$!
# Waited for in its place: what it has started may hold the line open.
head -c 300 <"$mine/line" >"$mine/said" &
reader=$!
{
  timer=
  trap '[ -z "$timer" ] || kill "$timer"; exit' TERM
  sleep "$seconds" &
  timer=$!
  wait "$timer"
  : >"$mine/silent"
  kill -KILL "$asked" "$reader"
} >/dev/null 2>&1 &
watch=$!
wait "$reader" 2>/dev/null
kill "$watch" 2>/dev/null
[ ! -e "$mine/silent" ] || echo silent
echo "version $(tr '\n' ' ' <"$mine/said")"
rm -rf "$mine"
