#!/bin/sh
# Builds parallel-cc from this checkout and installs it into ~/.local/bin (PARALLEL_CC_INSTALL_DIR moves it). Needs
# git, and Bun, npm or curl. Run it again to update: running sessions keep the program they started with.
set -eu
unset CDPATH
started_in=$PWD
cd -- "$(dirname -- "$0")/.."
# shellcheck source=scripts/dev/fetch-bun.sh
. scripts/dev/fetch-bun.sh

# $1 file, $2 name. A rename, so that a running program is never written over.
put() {
  cp "$1" "$target/.$2.$$"
  chmod 755 "$target/.$2.$$"
  mv -f "$target/.$2.$$" "$target/$2"
}

require_git
[ -n "${PARALLEL_CC_INSTALL_DIR:-}${HOME:-}" ] || fail "HOME is not set." "Set HOME, or PARALLEL_CC_INSTALL_DIR."
target=${PARALLEL_CC_INSTALL_DIR:-$HOME/.local/bin}
case $target in
  /*) ;;
  *) target=$started_in/$target ;;
esac
if ! mkdir -p "$target" || [ ! -w "$target" ]; then
  fail "$target cannot be written to." \
    "Set PARALLEL_CC_INSTALL_DIR to a folder you may write to, then run this again."
fi
given_path=$PATH

provide_bun
say "Fetching what the build needs ..."
bun install --frozen-lockfile >&2 || fail "The packages of bun.lock could not be fetched; Bun's words are above." \
  "Check the network, then run this again."
say "Building ..."
bun build.ts >&2 || fail "The build failed; its words are above."

trap 'rm -f "$target"/.*."$$"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
put scripts/claude-parallel.sh claude-parallel
put scripts/heartbeat.sh parallel-cc-heartbeat.sh
put dist/parallel-cc parallel-cc
say "Installed parallel-cc, claude-parallel and parallel-cc-heartbeat.sh in $target."

# The doctor sees the PATH that the advice below leads to.
case :$given_path: in
  *":$target:"*) advice= ;;
  *) advice="export PATH=\"$target:\$PATH\"" ;;
esac
status=0
PATH="$target:$given_path" "$target/parallel-cc" doctor || status=$?
[ "$status" -eq 0 ] || fail "parallel-cc is installed, but its doctor found something; see above."

if [ -n "$advice" ]; then
  say
  say "$target is not on your PATH. Add this line to your shell's profile, and type it now:"
  say "  $advice"
fi
say
PATH="$target:$given_path" "$target/parallel-cc" demo || {
  say "The demo did not get to its end. parallel-cc is installed all the same. Type this in two terminals, in one of"
  say "your git repositories:"
  say "  claude-parallel"
}

# What Claude Code and the shell are told is asked for, never done unasked.
say
if [ -t 0 ] && [ -t 1 ]; then
  say "parallel-cc can be entered in Claude Code and your shell; scripts/uninstall.sh takes it out again."
  PATH=$given_path "$target/parallel-cc" install --interactive ||
    say "Run it again at any time: parallel-cc install"
else
  say "To enter it in Claude Code (hooks, MCP server) and your shell (alias, completions):"
  say "  $target/parallel-cc install --all"
fi
