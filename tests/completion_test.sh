#!/bin/bash
# Completion offers what the programs really have.
#
#   completion_test.sh SCRIPT BIN_FOLDER
set -euo pipefail
script=$(realpath "$1") bin=$(realpath "$2")
PATH=$bin:$PATH
# shellcheck source=/dev/null
source "$script"
compopt() { :; } # there is no line editor here whose options it could set

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir episodes
touch model.h5

# complete_line WORD…: what is offered for the last word
complete_line() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  local count=$#
  _dreamer "$1" "${!count}" "${COMP_WORDS[count - 2]}"
}

expect() { # expect WHAT 'words, separated by blanks'
  local got="${COMPREPLY[*]-}"
  if [ "$got" != "$2" ]; then
    echo "$1: offered '$got', not '$2'" >&2
    exit 1
  fi
}

complete_line dr-fit-model --upd
expect "an option" --updates
complete_line dr-fit-model --init m
expect "a file" model.h5
complete_line dr-fit-model --logdir ""
expect "a folder" episodes
complete_line dr-fit-model --updates ""
expect "a number" ""
complete_line dr-fit-model --data epi
expect "a path" episodes
complete_line dr-fit-model --force --out ""
expect "a file that may be new" "episodes model.h5"

for program in "$bin"/dr-*; do
  name=$(basename "$program")
  [ "$(complete -p "$name" 2>/dev/null)" ] || { echo "$name has no completion" >&2; exit 1; }
  complete_line "$name" --hel
  expect "$name" --help
done
