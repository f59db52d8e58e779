#!/bin/sh
# Says whether claude was started, by whomever. $1: the run's place, $2: tenths of a second to wait for it, $3: "never"
# where it is not to start any more after that, or ""

run=$1 left=$2
while [ ! -e "$run/started" ] && [ -d "$run" ] && [ "$(readlink "$run/lock")" != never ] && [ "$left" -gt 0 ]; do
  nap
  left=$((left - 1))
done
# Whoever starts it makes this link as well, and one of the two is first.
[ -z "$3" ] || ln -s "$3" "$run/lock" 2>/dev/null
if has_begun; then echo begun; else echo not-begun; fi
