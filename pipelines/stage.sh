#!/bin/bash
# One stage of a pipeline: a program whose success is noted, so that a pipeline that was killed goes
# on behind it.
#
#   stage.sh NOTE [--log LOG] PROGRAM [ARGUMENT…]
#
# Nothing is done if NOTE exists. Otherwise the program runs, and NOTE appears in one piece when it
# has succeeded: {"seconds":12.34,"output":[…]}, its wall time (that of the last attempt, if earlier
# ones were killed) and the lines of JSON it printed. With --log its lines are added to LOG and the
# last one alone is noted.
set -euo pipefail
export LC_ALL=C

note=$1
shift
[ -e "$note" ] && exit 0
log=
if [ "$1" = --log ]; then log=$2; shift 2; fi

# Where this script is ended alone, as by a Make that was, the program gets a SIGTERM: it saves and
# ends, and does not work on unseen.
bound=(setpriv --pdeathsig TERM)
"${bound[@]}" true 2>/dev/null || bound=()

begin=$EPOCHREALTIME
# No pipe behind the program: a signal for both would make a closed pipe look like success.
if [ -n "$log" ]; then
    "${bound[@]}" "$@" >>"$log"
    tail -n 1 "$log" >"$note.part"
else
    "${bound[@]}" "$@" >"$note.part"
fi
seconds=$(awk -v b="$begin" -v e="$EPOCHREALTIME" 'BEGIN { printf "%.2f", e - b }')
printf '{"seconds":%s,"output":[%s]}\n' "$seconds" "$(paste -s -d , "$note.part")" >"$note.new"
rm "$note.part"
sync "$note.new"
mv "$note.new" "$note"
