#!/bin/sh
# Writes what it reads into a file that only its user can read; whole, or not at all. $1: the file, $2: how many bytes

umask 077
mkdir -p "${1%/*}" || exit 1
fresh=$(mktemp "$1.XXXXXX") || exit 1
cat >"$fresh" || exit 1
if [ "$(($(wc -c <"$fresh")))" -ne "$2" ]; then
  rm -f "$fresh"
  exit 3
fi
mv -f "$fresh" "$1"
