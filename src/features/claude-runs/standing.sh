#!/bin/sh
# Says how it stands with claude. $1: the run's place

run=$1
if ! has_begun; then
  echo not-started
elif alone_within 1; then
  settle
  tell_end
else
  since=
  [ ! -f "$run/started" ] || since=$(head -c 20 "$run/started")
  echo "running $since"
fi
