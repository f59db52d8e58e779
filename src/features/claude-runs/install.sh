#!/bin/sh
# Fetches claude with npm into the run's place. $1: the run's place, $2: the package

npm install --prefix "$1/tools" --no-save --no-audit --no-fund --loglevel error "$2" >"$1/install.log" 2>&1 </dev/null
code=$?
tail -c 2000 "$1/install.log" >&2
exit "$code"
