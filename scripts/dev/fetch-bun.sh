# shellcheck shell=sh
# Sourced by install.sh and test.sh, in the repository's top folder: puts the Bun that package.json pins first on
# PATH. One that is there already is used; else it is fetched once, through npm, another Bun or curl, into a cache of
# its own. No script of a fetched package is run, and nothing is kept that does not run and tell the right version.

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $1"
  [ $# -lt 2 ] || say "hint: $2"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

require_git() {
  has git || fail "git is not installed." \
    "Install git 2.39 or newer (Debian: apt-get install git; macOS: xcode-select --install), then run this again."
}

pinned_bun() {
  sed -n 's/.*"packageManager": *"bun@\([0-9][0-9.]*\)".*/\1/p' package.json
}

# $1 program, $2 version
is_bun() {
  [ "$("$1" --version 2>/dev/null)" = "$2" ]
}

provide_bun() {
  bun_version=$(pinned_bun)
  [ -n "$bun_version" ] || fail "package.json does not pin a Bun (\"packageManager\": \"bun@<version>\")."
  ! is_bun bun "$bun_version" || return 0

  [ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || fail "HOME is not set." "Set HOME, then run this again."
  bun_folder=${XDG_CACHE_HOME:-$HOME/.cache}/parallel-cc/bun-$bun_version
  if ! is_bun "$bun_folder/bun" "$bun_version"; then
    mkdir -p "$bun_folder" || fail "Bun cannot be kept in $bun_folder." "Set XDG_CACHE_HOME to a folder you may write to."
    bun_scratch=$(mktemp -d "$bun_folder/fetch.XXXXXX") || fail "$bun_folder cannot be written to."
    trap 'rm -rf "$bun_scratch"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    fetch_bun
    rm -rf "$bun_scratch"
    trap - EXIT INT TERM
  fi
  PATH=$bun_folder:$PATH
  # What a Bun of ours downloads stays beside it, not in a ~/.bun that nobody asked for.
  BUN_INSTALL_CACHE_DIR=${BUN_INSTALL_CACHE_DIR:-${bun_folder%/*}/packages}
  BUN_RUNTIME_TRANSPILER_CACHE_PATH=${BUN_RUNTIME_TRANSPILER_CACHE_PATH:-${bun_folder%/*}/transpiled}
  export PATH BUN_INSTALL_CACHE_DIR BUN_RUNTIME_TRANSPILER_CACHE_PATH
}

fetch_bun() {
  bun_tried=
  if has npm; then
    say "Fetching Bun $bun_version with npm ..."
    ! fetch_package npm_install || return 0
    bun_tried="npm"
  fi
  if has bun; then
    say "Fetching Bun $bun_version with the Bun on PATH ..."
    ! fetch_package bun_add || return 0
    bun_tried="${bun_tried:+$bun_tried, }bun"
  fi
  if has curl; then
    say "Fetching Bun $bun_version with curl ..."
    ! fetch_installer || return 0
    bun_tried="${bun_tried:+$bun_tried, }curl"
  fi
  [ -n "$bun_tried" ] || fail "Bun $bun_version is needed, and there is none, nor npm or curl to fetch it with." \
    "Install Bun $bun_version, npm or curl (Debian: apt-get install curl unzip), then run this again."
  fail "Bun $bun_version could not be fetched (tried: $bun_tried; their words are above)." \
    "Check the network, or install Bun $bun_version yourself, then run this again."
}

# The package of this platform is fetched, not `bun`: that one only links it, by an install script that npm blocks.
fetch_package() {
  bun_package=$(platform_package) || exit 1
  "$1" "$bun_package@$bun_version" || return 1
  keep_bun "$bun_scratch/node_modules/$bun_package/bin/$(bun_file)"
}

npm_install() {
  npm install --prefix "$bun_scratch" --ignore-scripts --no-audit --no-fund --no-save --no-package-lock \
    --no-update-notifier --loglevel=error "$1" >&2
}

bun_add() {
  printf '{}\n' >"$bun_scratch/package.json" && (cd "$bun_scratch" && bun add --ignore-scripts --no-save "$1" >&2)
}

platform_package() {
  case $(uname -m) in
    x86_64 | amd64) bun_cpu=x64 ;;
    arm64 | aarch64) bun_cpu=aarch64 ;;
    *) fail "Bun does not run on this machine's processor ($(uname -m))." ;;
  esac
  case $(uname -s) in
    Linux)
      bun_libc=
      ! ldd --version 2>&1 | grep -qi musl || bun_libc=-musl
      echo "@oven/bun-linux-$bun_cpu$bun_libc"
      ;;
    Darwin) echo "@oven/bun-darwin-$bun_cpu" ;;
    MINGW* | MSYS* | CYGWIN*) echo "@oven/bun-windows-$bun_cpu" ;;
    *) fail "parallel-cc does not run on $(uname -s)." "Linux, macOS and Windows are supported." ;;
  esac
}

# In Git Bash on Windows a file without its ending is found when it is run, but not surely when it is moved.
bun_file() {
  case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*) echo bun.exe ;;
    *) echo bun ;;
  esac
}

# SHELL names no known shell, so that the installer edits no profile.
fetch_installer() {
  for bun_need in bash unzip; do
    has "$bun_need" || {
      say "Bun's installer needs $bun_need."
      return 1
    }
  done
  curl -fsSL --retry 2 -o "$bun_scratch/install" https://bun.sh/install || return 1
  BUN_INSTALL=$bun_scratch SHELL=/bin/sh bash "$bun_scratch/install" "bun-v$bun_version" >&2 || return 1
  keep_bun "$bun_scratch/bin/$(bun_file)"
}

# One rename of one file: whoever looks finds a whole Bun or none.
keep_bun() {
  is_bun "$1" "$bun_version" || return 1
  mv -f "$1" "$bun_folder/$(bun_file)"
}
