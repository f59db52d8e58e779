#!/bin/sh
# What the scripts of this room share. $run is the run's place: `lock` in it is there from the moment that a claude is
# looked after (or is "never" to be), and leads to a pipe that those who look after it hold open. That pipe has an end when they are gone,
# however they went, also for who is in another namespace.
# shellcheck disable=SC2154 # set by the script that this stands in

nap() {
  sleep 0.1 2>/dev/null || sleep 1
}

has_begun() {
  [ -e "$run/started" ] || { [ -h "$run/lock" ] && [ "$(readlink "$run/lock")" != never ]; }
}

# The number of a process where we are: what is mounted at /proc may count from a namespace around ours, in which it is
# another one. $1: its directory there
number_here() {
  # shellcheck disable=SC2046 # a list of numbers
  set -- "${1#/proc/}" $(grep -s '^NSpid:' /proc/self/status) -- $(grep -s '^NSpid:' "$1/status")
  number=$1
  shift
  depth=0
  while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
    depth=$((depth + 1))
    shift
  done
  if [ "$depth" -le 1 ]; then
    echo "$number"
  elif [ "$#" -gt "$depth" ]; then
    shift "$depth"
    echo "$1"
  fi
}

# The processes of claude and of all it started: they have our mark in their environment, also when their parents are
# gone. Its end tells one place from another that begins like it. Without -z busybox reads no further than a NUL.
ours() {
  mark="PARALLEL_CC_SANDBOX_RUN=$run//"
  if [ -r /proc/self/environ ]; then
    # shellcheck disable=SC2013 # names without spaces
    for file in $(grep -lszF -e "$mark" /proc/[0-9]*/environ); do
      number_here "${file%/environ}"
    done
  else
    # shellcheck disable=SC2009 # pgrep does not look into environments
    ps -A -E -ww -o pid= -o command= | grep -F -e "$mark" | grep -v 'grep -F -e' | sed 's/^ *//; s/ .*//'
  fi
}

# $1: tenths of a second that they have after TERM.
end_all() {
  pids=$(ours)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086 # a list of numbers
  kill -TERM $pids 2>/dev/null
  left=$1
  while [ "$left" -gt 0 ] && [ -n "$(ours)" ]; do
    nap
    left=$((left - 1))
  done
  left=20
  while [ "$left" -gt 0 ]; do
    pids=$(ours)
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL $pids 2>/dev/null
    nap
    left=$((left - 1))
  done
}

# $1: its exit status, "-" when nobody saw it; $2: what ended it. What claude may have put there is not believed.
record() {
  said="$1 $(date +%s) $2"
  rm -rf "$run/exit"
  { echo "$said" >"$run/exit.$$"; } 2>/dev/null && mv -f "$run/exit.$$" "$run/exit" && return 0
  # A full disk has room for it where it was kept free.
  rm -f "$run/exit.$$"
  [ -f "$run/room" ] && printf '%s\n' "$said" 1<>"$run/room" && mv -f "$run/room" "$run/exit"
}

# Becomes who waits until nobody looks after claude any more: for a shell of its own.
until_alone() {
  # Those who have lost the line have a moment to see that, and to end claude.
  [ -p "$run/lock" ] || exec sleep 2
  # Opened for reading alone it would wait for somebody to hold it.
  # shellcheck disable=SC2094 # both ends of a pipe
  exec 8<>"$run/lock" 7<"$run/lock" 8>&-
  exec cat <&7 >/dev/null 2>&1
}

# $1: the seconds that this may take at most. Fails when somebody still looks after claude.
alone_within() {
  sleep "$1" >/dev/null 2>&1 &
  timer=$!
  {
    (until_alone)
    kill "$timer"
  } >/dev/null 2>&1 &
  ! wait "$timer"
}

# When nobody looks after claude any more. One that got rid of them goes on without.
settle() {
  if [ -n "$(ours)" ]; then
    end_all 0
    record - loss
  elif [ ! -f "$run/exit" ]; then
    record - loss
  fi
}

# How it ended, in a line, and then its last words.
tell_end() {
  ended=
  [ ! -f "$run/exit" ] || ended=$(head -c 60 "$run/exit" | tr '\n' ' ')
  echo "ended $ended"
  # What claude may have put in its place has no end.
  [ ! -f "$run/errors.log" ] || tail -c 2000 "$run/errors.log"
}
