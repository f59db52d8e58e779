#!/bin/sh
# Every check of this repository: types, lint, docs, build and all suites that this machine can run. Fetches what it
# needs (git, and Bun, npm or curl must be there). `scripts/test.sh unit git` runs just those suites.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."
# shellcheck source=scripts/dev/fetch-bun.sh
. scripts/dev/fetch-bun.sh

require_git
provide_bun
bun install --frozen-lockfile >&2 || fail "The packages of bun.lock could not be fetched; Bun's words are above." \
  "Check the network, then run this again."
exec bun scripts/dev/test.ts "$@"
