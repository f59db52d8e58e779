#!/bin/sh
# Whether the first commit is there already; else the workspace is emptied of what an earlier try may have left in it.
# prepare <commit>: prints "sent" or "empty".
set -eu
if [ -e .git ] && git rev-parse --verify --quiet refs/heads/work >/dev/null 2>&1; then
  if git merge-base --is-ancestor "$1" refs/heads/work 2>/dev/null; then
    echo sent
    exit 0
  fi
fi
for left in ./* ./.[!.]* ./..?*; do
  if [ -L "$left" ]; then
    rm -f "$left"
  elif [ -e "$left" ]; then
    # Of a directory that may not be written nothing goes. Within, links are not followed.
    [ ! -d "$left" ] || find "$left" -type d ! -perm -700 -exec chmod u+rwx {} \; 2>/dev/null || :
    rm -rf "$left"
  fi
done
echo empty
