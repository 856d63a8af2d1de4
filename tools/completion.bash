# Bash completion for the dr-* programs. Each program itself says which options it has and what kind
# of value they take, so that nothing here can go stale.

_dreamer() {
  local program=${COMP_WORDS[0]} word=$2 previous=$3
  local words kind
  words=$("$program" --help-complete 2>/dev/null) || return 0
  kind=$(awk -F '\t' -v option="$previous" '$1 == option { print $2; exit }' <<<"$words")
  case $kind in
    FILE | PATH)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    DIR)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      ;;
    *'|'*) # choices
      mapfile -t COMPREPLY < <(compgen -W "${kind//|/ }" -- "$word")
      ;;
    ?*) # a value that only the user knows
      COMPREPLY=()
      ;;
    *)
      if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(cut -f 1 <<<"$words")" -- "$word")
      else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      fi
      ;;
  esac
}

complete -F _dreamer dr-collect dr-fit-model dr-imagine dr-fit-behavior dr-eval dr-render dr-info dr-train dr-import dr-export
