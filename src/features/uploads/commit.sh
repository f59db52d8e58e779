#!/bin/sh
# The first commit of what has arrived: every file, byte for byte, and again so whatever is added later.
# commit <sha1|sha256> <parent or ""> <line of alternates…>: prints the commit's id. Commits where history was cut come on
# standard input, who has made it and when in git's own variables.
set -eu
format=$1
parent=$2
shift 2
rm -rf .git
git -c init.defaultBranch=work init --quiet --template= --object-format="$format" .
git symbolic-ref HEAD refs/heads/work
mkdir -p .git/info .git/objects/info
for line; do
  printf '%s' "$line"
done >.git/objects/info/alternates
cat >.git/shallow
[ -s .git/shallow ] || rm .git/shallow
# Above every .gitattributes of the project: no line end, no keyword, no encoding and no filter changes a byte.
printf '* -text -eol -ident -filter !working-tree-encoding\n' >.git/info/attributes
git config core.autocrlf false
git config core.safecrlf false
git config core.fileMode true
git config core.symlinks true
git config core.ignoreCase false
git config core.precomposeUnicode false
git config core.protectHFS false
git config core.protectNTFS false
git config gc.auto 0
written() {
  git -c core.looseCompression=1 add --all --force . && tree=$(git write-tree) &&
    commit=$(printf '%s' "$MESSAGE" | git commit-tree "$tree" ${parent:+-p "$parent"} -F -)
}
# git writes what it adds even where it can borrow it, since it cannot touch what it borrows (2.39). So what stands as in
# the parent is found first, and only read.
commit=
if [ -n "$parent" ] && git read-tree "$parent" 2>/dev/null && ! git ls-files --stage | grep -q '^160000 '; then
  git update-index -q --really-refresh >/dev/null 2>&1 || :
  written || commit=
fi
if [ "$commit" != "$EXPECTED" ]; then
  git read-tree --empty
  written
fi
printf '%s\n' "$commit"
# Last: where the branch is, all is.
if [ "$commit" = "$EXPECTED" ]; then
  git update-ref refs/heads/work "$commit"
fi
