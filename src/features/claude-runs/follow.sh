#!/bin/sh
# Prints what claude prints, from a byte on, until it has ended. $1: the run's place, $2: the first byte
# Exit status: 0 it has ended, 3 nobody watches over it any more, 4 there is nothing to follow

run=$1
# A link or a pipe in its place could be endless.
{ [ -e "$run/output.jsonl" ] && exec 3<"$run/output.jsonl"; } 2>/dev/null || exit 4
[ -f /dev/fd/3 ] || exit 4
# The place in the file is shared with whoever inherits it, so that nothing is read twice.
[ "$2" -eq 0 ] || dd bs=1 skip="$2" count=0 <&3 2>/dev/null || exit 5
turns=0
while :; do
  # The sandbox is being removed.
  [ -d "$run/lock" ] || exit 4
  ended=
  [ ! -e "$run/exit" ] || ended=1
  cat <&3 || exit 5
  [ -z "$ended" ] || exit 0
  turns=$((turns + 1))
  if [ $((turns % 50)) -eq 0 ] && unwatched; then
    cat <&3
    exit 3
  fi
  sleep 0.2 2>/dev/null || sleep 1
done
