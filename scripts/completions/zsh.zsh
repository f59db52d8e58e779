#compdef parallel-cc claude-parallel
# Completions of parallel-cc and claude-parallel for zsh, by eval below compinit, or as the file _parallel-cc on fpath. What
# may be typed is asked of parallel-cc each time, so this does not go stale.

_parallel-cc() {
  local program=parallel-cc more
  local -a answer candidates
  [[ $service == claude-parallel ]] && program=$service
  answer=("${(@f)$(command parallel-cc complete zsh $program -- \
    "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" </dev/null 2>/dev/null)}")
  more=${answer[1]%% *}
  candidates=("${(@)answer[2,-1]}")
  # The value of a flag in the same word.
  [[ $more != claude && $PREFIX == --*=* ]] && compset -P 1 '*='
  case $more in
  files) _files ;;
  directories) _path_files -/ ;;
  claude)
    (( $#candidates )) && _describe -V -t options 'claude-parallel' candidates
    words[1]=claude
    _normal
    ;;
  words)
    if (( $#candidates )); then
      _describe -V -t values "${answer[1]#* }" candidates
    elif [[ -n ${answer[1]#* } ]]; then
      _message -r "${answer[1]#* }"
    fi
    ;;
  esac
}

if [[ ${funcstack[1]} == _parallel-cc ]]; then
  _parallel-cc "$@"
elif (( $+functions[compdef] )); then
  compdef _parallel-cc parallel-cc claude-parallel
else
  print -u2 'parallel-cc: completions need "autoload -Uz compinit && compinit" before them.'
fi
