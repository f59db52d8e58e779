#!/bin/sh
# Says how it stands with claude. $1: the run's place, $2: tenths of a second to wait for its start

run=$1 left=$2
while [ ! -e "$run/started" ] && [ -d "$run" ] && [ "$left" -gt 0 ]; do
  nap
  left=$((left - 1))
done
if [ ! -d "$run/lock" ]; then
  echo not-started
  exit 0
fi
# Twice: it may end while one looks whether it is watched.
for look in 1 2; do
  if [ -e "$run/exit" ]; then
    echo "ended $(head -c 60 "$run/exit")"
    exit 0
  fi
  if [ "$look" = 1 ] && ! unwatched; then
    echo "running $(head -c 20 "$run/started" 2>/dev/null)"
    exit 0
  fi
done
echo "ended - $(head -c 20 "$run/beat") loss"
