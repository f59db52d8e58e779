#!/bin/bash
# Inside a sandbox: becomes the program that its input names, in the environment that it names, and says so first.
# Fields end in NUL: a word of the caller's, directory, kind, number of arguments, these, number of variables, these.
# Whatever stands behind them is the program's input.
# shellcheck disable=SC2154 # set by pcc_field
LC_ALL=C
umask 022
pcc_field() { IFS= read -r -d '' "$1" || exit 97; }
pcc_field pcc_word
pcc_field pcc_directory
pcc_field pcc_kind
pcc_argv=()
pcc_env=()
pcc_field pcc_count
while [ "$pcc_count" -gt 0 ]; do pcc_field pcc_one; pcc_argv+=("$pcc_one"); pcc_count=$((pcc_count - 1)); done
pcc_field pcc_count
while [ "$pcc_count" -gt 0 ]; do pcc_field pcc_one; pcc_env+=("$pcc_one"); pcc_count=$((pcc_count - 1)); done
unset LC_ALL OLDPWD
[ "${#pcc_env[@]}" -eq 0 ] || export "${pcc_env[@]}"
cd -- "$pcc_directory" 2>/dev/null || { printf '%s no-directory\n' "$pcc_word"; exit 1; }
type -P -- "${pcc_argv[0]}" >/dev/null || { printf '%s no-program\n' "$pcc_word"; exit 1; }
printf '%s started\n' "$pcc_word"
case $pcc_kind in
  fed) exec -- "${pcc_argv[@]}" ;;
  unfed) exec -- "${pcc_argv[@]}" </dev/null ;;
  apart) exec -- "${pcc_argv[@]}" </dev/null >/dev/null 2>&1 ;;
esac
