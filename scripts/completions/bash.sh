# shellcheck shell=bash
# Completions of parallel-cc and claude-parallel for bash (3.2 and newer, with or without bash-completion). What may be
# typed is asked of parallel-cc each time, so this does not go stale.

# $1 program. Fills COMPREPLY, and __parallel_cc_more with what is to be offered as well.
__parallel_cc_ask() {
  local candidate
  COMPREPLY=()
  {
    IFS= read -r __parallel_cc_more
    while IFS= read -r candidate; do
      COMPREPLY[${#COMPREPLY[@]}]=$candidate
    done
  } < <(command parallel-cc complete bash "$1" -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" "$COMP_TYPE" \
    </dev/null 2>/dev/null)
}

# What readline completes by itself, and quotes: files, directories or neither. bash 3.2 cannot be told.
__parallel_cc_paths() {
  compopt +o default +o bashdefault
  case $__parallel_cc_more in
  files*) compopt -o default ;;
  directories*) compopt -o dirnames ;;
  esac
} 2>/dev/null

_parallel_cc() {
  local __parallel_cc_more
  __parallel_cc_ask parallel-cc
  __parallel_cc_paths
}

# claude-parallel's own flags, and whatever completes claude.
_claude_parallel() {
  local __parallel_cc_more own spec
  __parallel_cc_ask claude-parallel
  case $__parallel_cc_more in
  claude*) ;;
  *)
    __parallel_cc_paths
    return
    ;;
  esac
  own=(${COMPREPLY[@]+"${COMPREPLY[@]}"})
  COMPREPLY=()
  if ! spec=$(complete -p claude 2>/dev/null) && declare -F _completion_loader >/dev/null; then
    # bash-completion loads them on demand, and says 124 when it has.
    _completion_loader claude
    spec=$(complete -p claude 2>/dev/null)
  fi
  case $spec in
  *' -F '*)
    spec=${spec#*' -F '}
    local COMP_LINE=claude${COMP_LINE#"${COMP_WORDS[0]}"}
    local COMP_POINT=$((COMP_POINT - ${#COMP_WORDS[0]} + 6))
    COMP_WORDS[0]=claude
    "${spec%% *}" claude "$2" "$3"
    ;;
  esac
  COMPREPLY=(${own[@]+"${own[@]}"} ${COMPREPLY[@]+"${COMPREPLY[@]}"})
}

complete -o bashdefault -o default -F _parallel_cc parallel-cc
complete -o bashdefault -o default -F _claude_parallel claude-parallel
