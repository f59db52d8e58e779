#!/bin/sh
# Prints what claude prints, from a byte on, until it has ended. $1: the run's place, $2: the first byte
# Exit status: 0 it has ended, 4 there is nothing to follow

run=$1
# A link or a pipe in its place could be endless.
{ [ -e "$run/output.jsonl" ] && exec 3<"$run/output.jsonl"; } 2>/dev/null || exit 4
[ -f /dev/fd/3 ] || exit 4
# The place in the file is shared with whoever inherits it, so that nothing is read twice.
[ "$2" -eq 0 ] || dd bs=1 skip="$2" count=0 <&3 2>/dev/null || exit 5
pause=0.2
sleep 0.01 2>/dev/null || pause=1

# Until it is told to end: TERM comes when `cat` is through.
tell() {
  trap 'kill "$napping" 2>/dev/null; exit 0' TERM
  while [ -h "$run/lock" ] && kill -0 "$$" 2>/dev/null; do
    cat <&3 || break
    sleep "$pause" >/dev/null 2>&1 &
    napping=$!
    wait "$napping"
  done
  # The sandbox is being removed, nobody reads any more, or who tells has been killed.
  kill "$line"
  exit 4
}

until_alone >/dev/null 2>&1 &
line=$!
tell &
teller=$!
wait "$line"
kill "$teller" 2>/dev/null
wait "$teller"
case $? in
0 | 143) ;;
*) exit 4 ;;
esac
# Nobody wrote down how: the sandbox may be going.
[ -e "$run/exit" ] || nap
[ -h "$run/lock" ] || exit 4
cat <&3
