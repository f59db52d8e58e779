#!/bin/sh
# Says how it stands with claude. $1: the run's place, $2: tenths of a second to wait for its start; with any, whether it
# has ended since is not looked for

run=$1 left=$2
while [ ! -e "$run/started" ] && [ -d "$run" ] && [ "$left" -gt 0 ]; do
  nap
  left=$((left - 1))
done
if ! has_begun; then
  echo not-started
elif [ "$2" -eq 0 ] && alone_within 1; then
  settle
  tell_end
else
  [ ! -f "$run/started" ] || since=$(head -c 20 "$run/started")
  echo "running ${since-}"
fi
