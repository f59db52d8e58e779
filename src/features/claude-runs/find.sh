#!/bin/sh
# Says which claude there is, a fact a line. $1: the run's place

run=$1
mkdir -p "$run" || exit 1
if [ -h "$run/lock" ] || [ -e "$run/started" ]; then
  # Somebody may have waited for it in vain.
  if [ "$(readlink "$run/lock")" = never ] && [ ! -e "$run/started" ]; then echo never; else echo started; fi
fi
found=$(command -v claude) || found=$run/tools/node_modules/.bin/claude
case $found in
/*) [ -x "$found" ] || found= ;;
*) found= ;;
esac
if [ -z "$found" ]; then
  if command -v npm >/dev/null; then echo npm; fi
  exit 0
fi
echo "claude $found"
said=$("$found" --version 2>&1 </dev/null | head -c 300 | tr '\n' ' ')
echo "version $said"
