#!/bin/sh
# Has claude ended with all it started, waits for it, and says how it ended. $1: the run's place, $2: tenths of a second
# of grace. Exit status: 0 it has ended, or never started; 3 it has not

run=$1 grace=$2
umask 077
if ! has_begun; then
  echo not-started
  exit 0
fi
# On a full disk there may be room for a name.
if ! { echo "$grace" >"$run/stop.$$" && mv -f "$run/stop.$$" "$run/stop"; } 2>/dev/null; then
  : >"$run/stop"
fi
# The watch looks once a second, and what is killed takes a moment.
if ! alone_within $((grace / 10 + 4)); then
  # One that has got rid of its watch can be reached from here where its processes can be seen.
  end_all 0
  alone_within 1 || exit 3
fi
settle
tell_end
