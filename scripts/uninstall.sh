#!/bin/sh
# Takes parallel-cc out again: its entries in Claude Code and in your shell, then its programs in ~/.local/bin
# (PARALLEL_CC_INSTALL_DIR). The data directory stays, unless --purge is passed. What fails stops it before the programs
# go, so that it can be run again.
set -eu
started_in=$PWD

say() { printf '%s\n' "$*" >&2; }

case $#${1-} in
0 | 1--purge) ;;
*)
  say "usage: uninstall.sh [--purge]"
  exit 2
  ;;
esac
if [ -z "${PARALLEL_CC_INSTALL_DIR:-}${HOME:-}" ]; then
  say "error: HOME is not set."
  exit 1
fi
target=${PARALLEL_CC_INSTALL_DIR:-$HOME/.local/bin}
case $target in
/*) ;;
*) target=$started_in/$target ;;
esac

program=$target/parallel-cc
[ -x "$program" ] || program=$(command -v parallel-cc) || program=
if [ -n "$program" ]; then
  "$program" install --uninstall "$@" || {
    status=$?
    say "The programs in $target were left, so that this can be run again."
    exit "$status"
  }
else
  say "There is no parallel-cc that could take its entries out of Claude Code and your shell."
fi

removed=
for name in parallel-cc claude-parallel parallel-cc-heartbeat.sh; do
  if [ -e "$target/$name" ] || [ -L "$target/$name" ]; then
    rm -f "$target/$name"
    removed="$removed $name"
  fi
  # What an installation that was killed has left beside it: .<name>.<pid>, .<name>.<pid>.new
  for left in "$target/.$name".*; do
    pid=${left#"$target/.$name."}
    case ${pid%.new} in
    '' | *[!0-9]*) ;;
    *) rm -f "$left" ;;
    esac
  done
done
if [ -n "$removed" ]; then say "Removed from $target:$removed"; else say "There are no programs of parallel-cc in $target."; fi
