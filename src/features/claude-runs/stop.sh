#!/bin/sh
# Has claude ended with all it started, and waits for it. $1: the run's place, $2: tenths of a second of grace
# Exit status: 0 it has ended, or never started; 3 it has not

run=$1 grace=$2
umask 077
[ -d "$run/lock" ] || exit 0
[ ! -e "$run/exit" ] || exit 0
echo "$grace" >"$run/stop.$$" && mv -f "$run/stop.$$" "$run/stop" || exit 1
turns=$((grace + 100))
while [ "$turns" -gt 0 ]; do
  [ ! -e "$run/exit" ] || exit 0
  nap
  turns=$((turns - 1))
done
unwatched || exit 3
end_all "$grace"
record - loss
