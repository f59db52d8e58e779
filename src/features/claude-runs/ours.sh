#!/bin/sh
# What the scripts of this room share. $run is the run's place.
# shellcheck disable=SC2154 # set by the script that this stands in

nap() {
  sleep 0.1 2>/dev/null || sleep 1
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
# gone. Its end tells one place from another that begins like it.
ours() {
  mark="PARALLEL_CC_SANDBOX_RUN=$run//"
  if [ -r /proc/self/environ ]; then
    # shellcheck disable=SC2013 # names without spaces
    for file in $(grep -lsF -e "$mark" /proc/[0-9]*/environ); do
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

# $1: its exit status, "-" when nobody saw it; $2: what ended it. The first to write it down is believed.
record() {
  [ -e "$run/exit" ] && return 0
  said="$1 $(date +%s) $2"
  { echo "$said" >"$run/exit.$$"; } 2>/dev/null && mv -f "$run/exit.$$" "$run/exit" && return 0
  # A full disk has room for it where it was kept free.
  rm -f "$run/exit.$$"
  [ -e "$run/room" ] && printf '%s\n' "$said" 1<>"$run/room" && mv -f "$run/room" "$run/exit"
}

# Whether nobody has kept watch for half a minute: a clock that stood still for a machine asleep is given a moment.
unwatched() {
  for look in 1 2; do
    beat=$(head -c 20 "$run/beat" 2>/dev/null)
    case $beat in '' | *[!0-9]*) beat=$(date +%s) ;; esac
    [ $(($(date +%s) - beat)) -gt 30 ] || return 1
    [ "$look" = 2 ] || sleep 3
  done
}
