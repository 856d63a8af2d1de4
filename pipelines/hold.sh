#!/bin/bash
# Runs a command that works in a folder, unless another one does already: two makes by mistake, or a
# job that was queued again, would learn everything twice into the same files.
#
#   hold.sh NAME FOLDER COMMAND [ARGUMENT…]
#
# NAME is what speaks. The lock lies on FOLDER/.lock and is held by COMMAND and all that it starts,
# so a folder is in use until the last program in it has ended. COMMAND finds FOLDER in DREAMER_HOLDS.
set -euo pipefail

name=$1 folder=$2
shift 2
mkdir -p "$folder"
exec 9>>"$folder/.lock"
# Some seconds for programs that are just ending, as after a kill.
status=0
flock -E 75 -w 3 9 || status=$?
if [ $status = 75 ]; then
    exec 9>&- # whoever has it open now holds it
    users=$(find /proc/[0-9]*/fd -lname "$(realpath "$folder")/.lock" 2>/dev/null |
        cut -d / -f 3 | sort -nu | paste -s -d ' ' || true)
    echo >&2 "$name: $folder is in use by pid ${users:-$(cat "$folder/.lock")}; wait for it or stop it"
    exit 1
elif [ $status != 0 ]; then
    echo >&2 "$name: warning: $folder/.lock cannot be locked; see to it that nothing else works there"
fi
echo "$$ on $(uname -n)" >"$folder/.lock"
export DREAMER_HOLDS=$folder
exec "$@"
