#!/bin/sh
# What stands in the workspace and what was committed there, as one bundle on the commit that was sent. Nothing of the
# repository inside is moved, locked or followed for its settings: a git directory of our own borrows its objects.
# home <run> <workspace> <sent> <whole|line|flat|listed> <compression>: prints lines of words, an empty line, the bundle.
# whole: with the commits. line: without other branches than what HEAD stands at. flat: only what the files hold, as one commit. listed: so too, where what was sent is lost
# inside; its `git ls-tree -r -z` comes on standard input, else the commits that have come home before.
# NAME, EMAIL, MESSAGE: of the commit of what is uncommitted. LAST: "<commit> <tree> <parent>" of the last such one.
set -u
run=$1
workspace=$2
sent=$3
level=$4
compression=$5
tab=$(printf '\t')

# shellcheck disable=SC2046 # Names of variables.
unset GIT_CONFIG GIT_TRACE GIT_DEFAULT_REF_FORMAT GIT_REPLACE_REF_BASE XDG_CONFIG_HOME $(git rev-parse --local-env-vars)
export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_NO_REPLACE_OBJECTS=1
export GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0

fail() {
  printf '%s\n' "$1" >&2
  exit "$2"
}

mkdir -p "$run" || fail "the run's directory cannot be written" 3
# What nobody works with any more.
find "$run" -maxdepth 1 -name 'home.*' -mmin +120 -exec rm -rf {} + 2>/dev/null
mine=$(mktemp -d "$run/home.XXXXXX") || fail "the run's directory cannot be written" 3
own=$mine/git
HOME=$mine
export HOME
# The last one's is used again. Whoever else gathers right now makes one of his own.
mv "$run/home" "$own" 2>/dev/null
finish() {
  rm -rf "${run:?}/home"
  mv "$own" "$run/home" 2>/dev/null
  rm -rf "$mine"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
cat >"$mine/input" || fail "the disk is full" 3

cd "$workspace" 2>/dev/null || fail "the workspace is not there" 4

# Where the repository inside keeps its commits; both empty when it is none any more.
theirs=
common=
if [ -d .git ]; then
  theirs=$workspace/.git
elif [ -f .git ]; then
  theirs=$(sed -n '1s/^gitdir: //p' .git)
  case $theirs in /* | '') ;; *) theirs=$workspace/$theirs ;; esac
fi
if [ -n "$theirs" ]; then
  common=$theirs
  if [ -f "$theirs/commondir" ]; then
    common=$(cd "$theirs" && cd "$(cat commondir)" && pwd) || common=
  fi
  if [ ! -f "$theirs/HEAD" ] || [ ! -d "$common/objects" ]; then
    theirs=
    common=
  fi
fi

# A git that is killed has said less than there is, which is no answer.
heard() {
  if [ "$1" -gt 128 ]; then : >"$mine/killed"; fi
  return "$1"
}

# said_by <command> …: what it says, in a file. In a pipe nobody would know that it was killed over it.
said_by() {
  "$@" >"$mine/answer" 2>/dev/null
}

# Our git directory, with every conversion of files turned off.
ours() {
  git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.untrackedCache=false -c core.splitIndex=false \
    -c core.autocrlf=false -c core.safecrlf=false -c core.fileMode=true -c core.symlinks=true -c core.ignoreCase=false \
    -c core.precomposeUnicode=false -c core.protectHFS=true -c core.protectNTFS=true -c core.bigFileThreshold=4m \
    -c core.sparseCheckout=true -c core.compression="$compression" -c core.fsync=none -c gc.auto=0 -c pack.threads=1 \
    -c advice.addEmbeddedRepo=false -c i18n.commitEncoding=UTF-8 --git-dir="$own" "$@"
  heard $?
}
here() {
  ours --work-tree="$workspace" "$@"
}
theirs() {
  git -c core.hooksPath=/dev/null -c core.fsmonitor=false --git-dir="$theirs" "$@"
  heard $?
}

prepare() {
  if [ ! -f "$own/objects/info/ready" ]; then
    rm -rf "$own"
    format=sha1
    [ "${#sent}" -eq 64 ] && format=sha256
    git init --quiet --bare --template= --object-format="$format" "$own" >/dev/null || return 1
    mkdir -p "$own/info" "$own/objects/info" && : >"$own/objects/info/ready" || return 1
  fi
  rm -rf "$own"/*.lock "$own/refs/home" "$own/packed-refs" "$own/objects/info/alternates" "$own/info/exclude"
  printf '* -text -eol -ident -filter !working-tree-encoding\n' >"$own/info/attributes" || return 1
  [ -n "$theirs" ] || return 0
  printf '%s\n' "$common/objects" >"$own/objects/info/alternates" || return 1
  # Where history was cut it ends for us as well.
  cp "$common/shallow" "$own/shallow" 2>/dev/null || rm -f "$own/shallow"
  cp "$common/info/exclude" "$own/info/exclude" 2>/dev/null
  # With settings that git cannot read, its names are read without them.
  if ! theirs rev-parse --git-dir >/dev/null 2>&1; then
    rm -rf "$own/shadow"
    mkdir -p "$own/shadow/objects/info"
    printf '%s\n' "$common/objects" >"$own/shadow/objects/info/alternates"
    grep -E '^(ref: refs/.*|[0-9a-f]{40,64})$' "$theirs/HEAD" >"$own/shadow/HEAD" ||
      echo 'ref: refs/heads/.none' >"$own/shadow/HEAD"
    cp -R "$common/refs" "$own/shadow/refs"
    mkdir -p "$own/shadow/refs"
    cp "$common/packed-refs" "$own/shadow/packed-refs" 2>/dev/null
    cp -R "$theirs/logs" "$own/shadow/logs" 2>/dev/null
    cp -p "$theirs/index" "$own/shadow/index" 2>/dev/null
    [ "${#sent}" -eq 64 ] && printf '[core]\nrepositoryFormatVersion = 1\n[extensions]\nobjectFormat = sha256\n' >"$own/shadow/config"
    theirs=$own/shadow
  fi
}

# A commit as we can read it, or nothing.
commit_of() {
  theirs rev-parse --quiet --verify "$1^{commit}" 2>/dev/null
}

parent_of_work() {
  head=
  if [ -n "$theirs" ]; then
    head=$(commit_of HEAD)
    heard $?
    # The branch that HEAD names is not there: what HEAD was before.
    if [ -z "$head" ] && [ -f "$theirs/logs/HEAD" ]; then
      for before in $(tail -n 20 "$theirs/logs/HEAD" | sed 's/^\([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2/'); do
        before=$(commit_of "$before")
        heard $?
        [ -z "$before" ] || head=$before
      done
    fi
  fi
  [ -n "$head" ] || head=$sent
}

# One record a line; a line break in a name stands as \001.
in_lines() {
  tr '\n\000' '\001\n'
}
in_records() {
  tr '\001\n' '\n\000'
}

# Whatever was sent or committed is looked for on the disk, also where git was told to forget or to ignore it.
add_known() {
  said_by here diff-index --cached --diff-filter=D -z "$1" --
  in_lines <"$mine/answer" | sed "N;s/^:\\([0-7]*\\) [0-7]* \\([0-9a-f]*\\) .*\\n/\\1 \\2 0$tab/" |
    in_records >"$mine/known"
  here update-index -z --index-info <"$mine/known"
}

# Where git knows of narrowed checkouts it must be told to look beyond them.
sparse=
git add -h >"$mine/answer" 2>&1
grep -q sparse "$mine/answer" && sparse=--sparse

# Repositories in it, as which git has one id.
drop_links() {
  said_by ours --work-tree="$top" ls-files -s -z
  in_lines <"$mine/answer" | sed -n "s/^160000 [0-9a-f]* [0-9]$tab//p" >"$own/links.$depth"
  while IFS= read -r link; do
    ours --work-tree="$top" update-index --force-remove -- "$(printf '%s' "$link" | tr '\001' '\n')"
  done <"$own/links.$depth"
  return 0
}

# fill <directory> <depth>: everything below it comes into the index, of repositories in it the files.
fill() {
  top=$1
  depth=$2
  if [ "$depth" -gt 8 ]; then return 0; fi
  drop_links
  said_by ours --work-tree="$top" ls-files -o --exclude-standard -z
  in_lines <"$mine/answer" | sed -n 's:/$::p' >"$own/nested.$depth"
  while IFS= read -r found; do
    inner=$(printf '%s' "$found" | tr '\001' '\n')
    printf 'nested %s\n' "${top#"$workspace"}/$found" >>"$own/words"
    tree=$(
      GIT_INDEX_FILE=$own/nested-index.$depth
      export GIT_INDEX_FILE
      rm -f "$GIT_INDEX_FILE"
      cd "$top/$inner" && fill "$top/$inner" $((depth + 1)) && ours write-tree
    )
    heard $?
    [ -n "$tree" ] && ours --work-tree="$top" read-tree --prefix="$inner/" "$tree"
  done <"$own/nested.$depth"
  # Some file may change or go while it is read.
  for _ in 1 2 3; do
    # What is new goes into one pack, not into a file each.
    # shellcheck disable=SC2086 # One word or none.
    ours -c core.bigFileThreshold=1 --work-tree="$top" add -A $sparse --ignore-errors . 2>"$own/said"
    added=$?
    [ "$added" -ne 0 ] || break
    # Anything else is no matter of single files.
    [ "$added" -eq 1 ] || return 1
  done
  sed -n 's/^error: //p;s/^warning: \(could not open\)/\1/p' "$own/said" | head -n 20 | sed 's/^/unread /' >>"$own/words"
  # What had nothing in it to take.
  drop_links
}

# What git ignores and nobody sent stays here; it is said at least.
name_ignored() {
  said_by here ls-files -o -i --exclude-standard --directory -z
  in_lines <"$mine/answer" | head -n 21 >"$own/ignored"
  while IFS= read -r found; do
    inner=$(printf '%s' "$found" | tr '\001' '\n')
    [ -z "$(find "$workspace/$inner" ! -type d 2>/dev/null | head -n 1)" ] || printf 'ignored %s\n' "$found" >>"$own/words"
  done <"$own/ignored"
}

# The tree of what stands on the disk.
tree_of_work() {
  GIT_INDEX_FILE=$own/index
  export GIT_INDEX_FILE
  rm -f "$own/index" "$own/words"
  : >"$own/words"
  if [ "$level" = listed ]; then
    here update-index -z --index-info <"$mine/input" || return 1
  else
    # With its time: by that git knows of files that changed in the very moment in which it was written.
    if [ "$level" != flat ] && [ -n "$theirs" ] && cp -p "$theirs/index" "$own/index" 2>/dev/null; then
      here ls-files -s >/dev/null 2>&1 || rm -f "$own/index"
    fi
    [ -f "$own/index" ] || here read-tree "$head" || return 1
    add_known "$head"
    [ "$known" = "$head" ] || add_known "$known"
    [ "$head" = "$sent" ] || add_known "$sent"
    # What git was told to take for unchanged is looked at all the same. It costs a look at all files.
    said_by here ls-files -v -z
    if in_lines <"$mine/answer" | grep -q '^[a-zS] '; then
      here update-index -q --really-refresh >/dev/null 2>&1
    fi
  fi
  fill "$workspace" 0 || return 1
  # The memory of plans comes also where git ignores it.
  # shellcheck disable=SC2086 # One word or none.
  if [ -d .apm ] && [ ! -L .apm ]; then here add -A -f $sparse --ignore-errors .apm >/dev/null 2>&1; fi
  name_ignored
  tree=$(here write-tree) || return 1
  unset GIT_INDEX_FILE
}

# commit_of_work [-p parent]…
commit_of_work() {
  printf '%s' "$MESSAGE" | GIT_AUTHOR_NAME=$NAME GIT_AUTHOR_EMAIL=$EMAIL GIT_COMMITTER_NAME=$NAME \
    GIT_COMMITTER_EMAIL=$EMAIL ours commit-tree "$tree" "$@" -F -
}

tip_of_work() {
  # shellcheck disable=SC2086 # Three words.
  set -- ${LAST:-}
  if [ "$level" = listed ]; then
    head=$sent
    if [ $# -eq 2 ] && [ "$2" = "$tree" ]; then tip=$1; else tip=$(commit_of_work) || return 1; fi
  elif [ "$(ours rev-parse "$head^{tree}")" = "$tree" ]; then
    tip=$head
  elif [ $# -eq 3 ] && [ "$2 $3" = "$tree $head" ]; then
    tip=$1
  else
    tip=$(commit_of_work -p "$head") || return 1
  fi
}

# beside <admin>: of a checkout elsewhere, the commit of what nobody committed in it, if there is such.
beside() {
  place=$(sed -n '1{s:/\.git$::p;q;}' "$1/gitdir")
  case $place in /*) ;; *) place=$1/$place ;; esac
  [ -f "$place/.git" ] || return 0
  back=$(sed -n '1{s/^gitdir: //p;q;}' "$place/.git")
  # It may be another's by now, and this workspace is looked at already.
  back=$(cd "$place" 2>/dev/null && cd "$back" 2>/dev/null && pwd -P)
  if [ "$back" != "$(cd "$1" && pwd -P)" ] || [ "$(cd "$place" && pwd -P)" = "$(pwd -P)" ]; then return 0; fi
  at=$(sed -n '1{s/^ref: //;p;q;}' "$1/HEAD")
  case $at in refs/* | [0-9a-f]*) at=$(commit_of "$at") ;; *) at= ;; esac
  heard $?
  [ -n "$at" ] || at=$sent
  said_by ours rev-list --no-walk --format='%ct %T' "$at" || return 1
  # shellcheck disable=SC2046 # Two words.
  set -- "$1" $(sed -n 2p "$mine/answer")
  GIT_INDEX_FILE=$own/index.beside
  export GIT_INDEX_FILE
  rm -f "$GIT_INDEX_FILE"
  if cp -p "$1/index" "$GIT_INDEX_FILE" 2>/dev/null; then
    ours --work-tree="$place" ls-files -s >/dev/null 2>&1 || rm -f "$GIT_INDEX_FILE"
  fi
  [ -f "$GIT_INDEX_FILE" ] || ours read-tree "$at" || return 1
  cd "$place" && fill "$place" 0 || return 1
  tree=$(ours write-tree) || return 1
  [ "$tree" != "$3" ] || return 0
  # The same again, as long as the same stands there.
  GIT_AUTHOR_DATE="$2 +0000" GIT_COMMITTER_DATE="$2 +0000" commit_of_work -p "$at"
}

name_worktrees() {
  number=0
  for admin in "$common"/worktrees/*; do
    if [ ! -f "$admin/gitdir" ] || [ ! -f "$admin/HEAD" ]; then continue; fi
    number=$((number + 1))
    if [ "$number" -gt 20 ]; then
      echo 'unread worktrees beyond the first 20' >>"$own/words"
      break
    fi
    label=$(printf '%s' "${admin##*/}" | tr '\n' '\001')
    commit=$(beside "$admin")
    heard $? || printf 'unread worktree %s\n' "$label" >>"$own/words"
    [ -z "$commit" ] || printf 'worktree %s %s\n' "$commit" "$label" >>"$own/branches"
  done
}

# What is written in annotated tags, each as a commit on what it is of.
name_messages() {
  sed -n 's/^tag \([0-9a-f]*\) commit \([0-9a-f]*\) /\1 \2 /p' "$own/tags" | head -n 100 >"$own/annotated"
  while read -r tag commit ref; do
    said_by theirs for-each-ref --format='%(taggerdate:raw)' "$ref"
    when=$(head -n 1 "$mine/answer")
    said_by theirs cat-file tag "$tag"
    saying=$(sed '1,/^$/d' "$mine/answer" | GIT_AUTHOR_NAME=$NAME GIT_AUTHOR_EMAIL=$EMAIL GIT_COMMITTER_NAME=$NAME \
      GIT_COMMITTER_EMAIL=$EMAIL GIT_AUTHOR_DATE="@${when:-0 +0000}" GIT_COMMITTER_DATE="@${when:-0 +0000}" \
      ours commit-tree "$commit^{tree}" -p "$commit" -F - 2>/dev/null)
    if heard $?; then
      printf 'message %s %s\n' "$saying" "$ref" >>"$own/branches"
    else
      printf 'unread message of %s\n' "$ref" >>"$own/words"
    fi
  done <"$own/annotated"
}

# Where HEAD has been, here and in checkouts elsewhere, and no name has been since.
name_abandoned() {
  for admin in "$theirs" "$common" "$common"/worktrees/*; do
    [ ! -f "$admin/HEAD" ] || head -n 1 "$admin/HEAD"
    [ ! -f "$admin/logs/HEAD" ] || tail -n 1000 "$admin/logs/HEAD" | cut -d ' ' -f 1,2 | tr ' ' '\n'
  done | grep -xE '[0-9a-f]{40,64}' | sort -u >"$own/logged"
  if [ -n "$careful" ]; then
    # Only those of which all is there.
    mv "$own/logged" "$own/unsure"
    head -n 1000 "$own/unsure" | while IFS= read -r one; do
      printf '%s\n^%s\n' "$one" "$sent" >"$own/asked"
      if ours rev-list --ignore-missing --objects --quiet --stdin <"$own/asked" 2>/dev/null; then
        printf '%s\n' "$one" >>"$own/logged"
      else
        printf 'unread commit %s, which no branch has\n' "$one" >>"$own/words"
      fi
    done
    heard $?
    [ -f "$own/logged" ] || : >"$own/logged"
  fi
  [ -s "$own/logged" ] || return 0
  { cat "$own/logged" && printf '^%s\n' "$sent" && sed 's/^/^/' "$own/tips"; } >"$own/asked" || return 1
  said_by ours rev-list --ignore-missing --topo-order --format='%T %P' --stdin <"$own/asked" || return 2
  cp "$mine/answer" "$own/left"
  [ -s "$own/left" ] || return 0
  # What only got other words, or was put together with others, left nothing behind that does not come home.
  said_by ours rev-list --no-walk --format=%T "$sent" || return 1
  cp "$mine/answer" "$own/trees"
  printf '^%s\n' "$sent" | cat "$own/tips" - >"$own/asked"
  said_by ours rev-list --ignore-missing --format=%T --stdin <"$own/asked" || return 2
  cat "$mine/answer" >>"$own/trees"
  awk 'FNR == NR { home[$1]; next }
    $1 == "commit" { id = $2; next }
    !(id in covered) && $1 in home { next }
    { if (!(id in covered)) print "abandoned", id; home[$1]; for (i = 2; i <= NF; i++) covered[$i] }' \
    "$own/trees" "$own/left" >"$own/abandoned" || return 1
  [ "$(wc -l <"$own/abandoned")" -le 100 ] || echo 'unread more commits that no branch has' >>"$own/words"
  head -n 100 "$own/abandoned" | tee -a "$own/words" | sed 's/^abandoned //' >>"$own/tips"
}

# Numbered names, as which the bundle has them, and what they are.
name_tips() {
  : >"$own/tips"
  : >"$own/logged"
  said_by theirs symbolic-ref -q HEAD
  printf 'head %s %s\n' "$head" "$(cat "$mine/answer")" >>"$own/words"
  printf 'tip %s\n' "$tip" >>"$own/words"
  printf '%s\n%s\n' "$head" "$tip" >>"$own/tips"
  [ -n "$theirs" ] || return 0
  for one in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG; do
    if [ -e "$theirs/$one" ]; then printf 'operation %s\n' "$one" >>"$own/words"; fi
  done
  [ "$level" = whole ] || return 0
  said_by theirs for-each-ref --format='%(objecttype) %(objectname) %(refname)' refs/heads
  head -n 1000 "$mine/answer" | sed -n 's/^commit /branch /p' >"$own/branches"
  # Annotated tags as what they are of.
  said_by theirs for-each-ref --format='%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname)' refs/tags
  head -n 1000 "$mine/answer" >"$own/tags"
  sed -n 's/^commit \([0-9a-f]*\)   /tag \1 /p;s/^tag [0-9a-f]* commit \([0-9a-f]*\) /tag \1 /p' "$own/tags" >>"$own/branches"
  name_messages
  sed '/^commit /d;/^tag [0-9a-f]* commit /d;s/.* /ref /' "$own/tags" | head -n 20 >>"$own/words"
  said_by theirs for-each-ref --format='%(refname)'
  sed '/^refs\/heads\//d;/^refs\/tags\//d;/^refs\/remotes\//d;/^refs\/stash$/d;s/^/ref /' "$mine/answer" |
    head -n 20 >>"$own/words"
  said_by theirs rev-list --walk-reflogs refs/stash
  head -n 100 "$mine/answer" | sed 's/^/stash /' >>"$own/branches"
  name_worktrees
  cat "$own/branches" >>"$own/words"
  sed 's/^[a-z]* \([0-9a-f]*\).*/\1/' "$own/branches" >>"$own/tips"
  name_abandoned
}

# What there is to send, for rev-list: everything that is readable and not at home already.
revisions() {
  sort -u "$own/tips" >"$own/sorted"
  number=0
  while IFS= read -r one; do
    ours cat-file -e "$one^{commit}" 2>/dev/null || continue
    ours update-ref "refs/home/$number" "$one" || return 1
    printf 'refs/home/%s\n' "$number"
    number=$((number + 1))
  done <"$own/sorted"
  [ "$level" = listed ] && return 0
  printf '^%s\n' "$sent"
  ours cat-file --batch-check='%(objectname) %(objecttype)' <"$mine/input" | sed -n 's/^\([0-9a-f]*\) commit$/^\1/p'
}

attempt() {
  rm -f "$mine/killed"
  prepare || return 1
  parent_of_work
  if [ "$level" != listed ] && ! ours cat-file -e "$sent^{tree}" 2>/dev/null; then
    fail "what was sent is not there any more" 5
  fi
  known=$head
  # A flat one stands on what was sent alone.
  [ "$level" = flat ] && head=$sent
  tree_of_work || return 1
  tip_of_work || return 1
  name_tips || return $?
  revisions >"$own/revisions" || return 1
  [ ! -e "$mine/killed" ] || return 1
  : >"$own/objects.list"
  [ -s "$own/revisions" ] || return 0
  ours rev-list --objects --stdin <"$own/revisions" >"$own/objects.list" 2>"$own/said" || return 2
}

careful=
attempt
outcome=$?
# Perhaps only what nothing but a log names is broken.
if [ "$outcome" -eq 2 ] && [ -s "$own/logged" ]; then
  careful=1
  attempt
  outcome=$?
fi
case $outcome in
  0) ;;
  1)
    rm -rf "$own"
    attempt || fail "what stands in the workspace cannot be read: $(tail -n 3 "$own/said" 2>/dev/null)" 6
    ;;
  *) fail "the history inside cannot be read: $(tail -n 3 "$own/said" 2>/dev/null)" 6 ;;
esac

printf 'parallel-cc-home 1\n'
cat "$own/words"
if [ -s "$own/objects.list" ]; then
  printf 'bundle\n\n'
  ours -c pack.window=0 bundle create -q - --stdin <"$own/revisions" || fail "git bundle failed" 7
else
  printf 'nothing\n\n'
fi
