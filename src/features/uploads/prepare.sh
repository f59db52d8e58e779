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
  if [ -e "$left" ] || [ -L "$left" ]; then
    chmod -R u+rwX "$left" 2>/dev/null || :
    rm -rf "$left"
  fi
done
echo empty
