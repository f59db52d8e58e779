#!/usr/bin/env bash
# Stands in for gtr (git-worktree-runner) in tests: as much of its command line, effects and exit codes as parallel-cc
# goes by, of the version that is written here. scripts/dev/check-gtr.ts compares it with a real one.
GTR_VERSION="@VERSION@"

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "[x] $*"
  exit 1
}

# Whether this is that version or a later one.
since() {
  local IFS=. at
  local -a mine=($GTR_VERSION) least=($1)
  for at in 0 1 2; do
    [ "${mine[at]}" -gt "${least[at]:-0}" ] && return 0
    [ "${mine[at]}" -lt "${least[at]:-0}" ] && return 1
  done
  return 0
}

ask_git() { git config "$@" 2>/dev/null; }
ask_file() { since 2.1 && [ -f "$root/.gtrconfig" ] && ask_git -f "$root/.gtrconfig" "$@"; }

# One value: gtr's key, the same key in .gtrconfig, a variable.
one() {
  local value=
  since 2.1 && value=$(ask_git --local --get "$1")
  [ -n "$value" ] || { since 2.2 && value=$(ask_file --get "$2"); }
  [ -n "$value" ] || value=$(ask_git --get "$1")
  [ -n "$value" ] || value=$(printenv "$3")
  printf '%s' "$value"
}

# All values, each once.
many() {
  {
    ask_git --local --get-all "$1"
    ask_file --get-all "$2"
    ask_git --global --get-all "$1"
    ask_git --system --get-all "$1"
  } | once
}

once() { awk 'NF && !seen[$0]++'; }

commands_in_file() { ask_file --get-regexp '^hooks\.|^defaults\.editor$|^defaults\.ai$'; }

digest() { { shasum -a 256 2>/dev/null || sha256sum; } | cut -d' ' -f1; }

marker() {
  local folder="${XDG_CONFIG_HOME:-$HOME/.config}/gtr/trusted" content
  content=$(printf '%s\n' "$(commands_in_file)" | digest)
  printf '%s/%s' "$folder" "$(printf '%s\n%s\n' "$root" "$content" | digest)"
}

is_trusted() { [ "$(cat "$(marker)" 2>/dev/null)" = "$root/.gtrconfig" ]; }

hooks_of() {
  if ! since 2.7.1; then
    many "gtr.hook.$1" "hooks.$1"
    return
  fi
  {
    ask_git --get-all "gtr.hook.$1"
    is_trusted && ask_file --get-all "hooks.$1"
  } | once
}

hook_status() {
  local runs=0 waits=0
  [ -z "$(ask_git --get-all gtr.hook.postCreate)" ] || runs=1
  if [ -n "$(ask_file --get-all hooks.postCreate)" ]; then
    if is_trusted; then runs=1; else waits=1; fi
  fi
  case $runs$waits in
  11) printf partial ;;
  10) printf ran ;;
  01) printf skipped-untrusted ;;
  00) printf none ;;
  esac
}

# All are run, also after one that failed.
run_hooks() {
  local failed=0 hook
  while IFS= read -r hook; do
    [ -n "$hook" ] || continue
    say "[OK] Hook: $hook"
    (
      cd "$folder" && export REPO_ROOT="$root" WORKTREE_PATH="$folder" BRANCH="$branch" && eval "$hook"
    ) </dev/null && continue
    say "[x] Hook failed"
    failed=1
  done <<END
$(hooks_of "$1")
END
  return "$failed"
}

is_unsafe() { case $1 in /* | */../* | ../* | */.. | ..) return 0 ;; esac && return 1; }

is_excluded() {
  local pattern
  while IFS= read -r pattern; do
    [ -n "$pattern" ] || continue
    # shellcheck disable=SC2254
    case $1 in $pattern) return 0 ;; esac
  done <<END
$2
END
  return 1
}

copy_files() {
  local includes excludes pattern file
  includes=$(many gtr.copy.include copy.include)
  excludes=$(many gtr.copy.exclude copy.exclude)
  if since 2.1 && [ -f "$root/.worktreeinclude" ]; then
    includes="$includes"$'\n'"$(grep -v '^#' "$root/.worktreeinclude")"
  fi
  # Bash 3.2 knows no globstar: there `**` is one folder to this stand-in.
  shopt -s globstar 2>/dev/null
  shopt -s nullglob dotglob
  while IFS= read -r pattern; do
    if [ -z "$pattern" ] || is_unsafe "$pattern"; then continue; fi
    for file in $pattern; do
      if [ ! -f "$file" ] || is_excluded "$file" "$excludes"; then continue; fi
      mkdir -p "$(dirname "$folder/$file")"
      cp "$file" "$folder/$file" 2>/dev/null || say "[!] Failed to copy $file"
    done
  done <<END
$includes
END
}

# One that is not at the top is looked for everywhere.
directories() {
  local name
  while IFS= read -r name; do
    if [ -z "$name" ] || is_unsafe "$name"; then continue; fi
    if [ -d "$name" ]; then echo "$name"; else find . -type d -name "$name" | sed 's|^\./||'; fi
  done <<END
$(many gtr.copy.includeDirs copy.includeDirs)
END
}

copy_directories() {
  since 2.0 || return 0
  local directory pattern excludes
  excludes=$(many gtr.copy.excludeDirs copy.excludeDirs)
  while IFS= read -r directory; do
    if [ -z "$directory" ] || is_excluded "$directory" "$excludes"; then continue; fi
    mkdir -p "$(dirname "$folder/$directory")"
    cp -RP "$directory" "$(dirname "$folder/$directory")/"
    while IFS= read -r pattern; do
      case $pattern in "$directory"/*) rm -rf "$folder/$directory/"${pattern#"$directory"/} ;; esac
    done <<END
$excludes
END
  done <<END
$(directories)
END
}

folder_name() { printf '%s' "$1" | sed -e 's/[\/\\ :*?"<>|#]/-/g' -e 's/^-*//' -e 's/-*$//'; }

create() {
  local branch= from= track=auto copies=1 hooks=1 porcelain=0 named= status=disabled
  while [ $# -gt 0 ]; do
    case $1 in
    --from) from=$2 && shift ;;
    --track) track=$2 && shift ;;
    --no-fetch | --yes) ;;
    --no-copy) copies=0 ;;
    --no-hooks) since 2.2 || fail "Unknown flag: $1"; hooks=0 ;;
    --folder) since 2.2 || fail "Unknown flag: $1"; named=$2 && shift ;;
    --porcelain) since 2.10 || fail "Unknown flag: $1"; porcelain=1 ;;
    -*) fail "Unknown flag: $1" ;;
    *) branch=${branch:-$1} ;;
    esac
    shift
  done
  [ "$track" = none ] || fail "this stand-in knows --track none alone"
  [ -n "$branch" ] || fail "Branch name required in non-interactive mode"
  exec 3>&1
  [ "$porcelain" = 0 ] || exec 1>&2

  local base prefix folder
  base=$(one gtr.worktrees.dir worktrees.dir GTR_WORKTREES_DIR)
  prefix=$(one gtr.worktrees.prefix worktrees.prefix GTR_WORKTREES_PREFIX)
  if since 2.3; then
    # shellcheck disable=SC2088
    case $base in '~' | '~/'*) base=$HOME${base#'~'} ;; esac
  fi
  case ${base:=${root%/*}/${root##*/}-worktrees} in /*) ;; *) base=$root/$base ;; esac
  mkdir -p "$base"
  base=$(cd -P "$base" && pwd -P)
  folder=$base/$prefix$(folder_name "${named:-$branch}")
  [ ! -d "$folder" ] || fail "Worktree already exists at $folder"
  say "==> Creating worktree: ${folder##*/}"
  printf 'Location: %s\nBranch: %s\n' "$folder" "$branch"
  git worktree add "$folder" -b "$branch" "$from" >&2 || fail "Failed to create worktree with new branch"
  cd "$root" || exit 1
  if [ "$copies" = 1 ]; then
    copy_files
    copy_directories
  fi
  if [ "$hooks" = 1 ]; then
    status=$(hook_status)
    run_hooks postCreate || exit 1
  fi
  say "[OK] Worktree created: $folder"
  [ "$porcelain" = 0 ] || printf 'path\t%s\nbranch\t%s\nhook_status\t%s\n' "$folder" "$branch" "$status" >&3
}

trust() {
  since 2.7.1 || fail "Unknown command: trust"
  local reply
  commands_in_file >&2
  read -r reply
  [ "$reply" = y ] || return 0
  mkdir -p "$(dirname "$(marker)")"
  printf '%s\n' "$root/.gtrconfig" >"$(marker)"
}

word=${1:-help}
shift
case $word in
version | --version | -v)
  if since 2.0; then echo "git gtr version $GTR_VERSION"; else echo "gtr version $GTR_VERSION"; fi
  exit 0
  ;;
esac
root=$(git rev-parse --show-toplevel 2>/dev/null) || fail "Not in a git repository"
case $word in
new) create "$@" ;;
trust) trust ;;
*) fail "Unknown command: $word" ;;
esac
