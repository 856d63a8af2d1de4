#!/bin/bash
# The stamp of a round of dreamer.mk, made of the notes of its stages (stage.sh), which it replaces.
#
#   stamp.sh STAMP PREVIOUS REPEAT TASK SEED ROUND
#
# Frames (of the environment: agent steps times REPEAT) and seconds are counted on from the stamp
# PREVIOUS, if there is one; the returns of the round's evaluation stand in front, if it had one.
set -euo pipefail
export LC_ALL=C

stamp=$1 previous=$2 repeat=$3 task=$4 seed=$5 round=$6
notes=${stamp%.json}
number() { sed -n "s/^[^{]*{[^{]*\"$2\":\([-0-9.e+]*\).*/\1/p" "$1"; }

frames=0 seconds=0 scores='' stages=''
if [ -e "$previous" ]; then
    frames=$(number "$previous" frames) seconds=$(number "$previous" seconds)
fi
for stage in prefill model behavior episodes evaluation; do
    note=$notes.$stage
    [ -e "$note" ] || continue
    stages+="${stages:+,}\"$stage\":$(cat "$note")"
    seconds=$(awk -v a="$seconds" -v b="$(number "$note" seconds)" 'BEGIN { printf "%.2f", a + b }')
    case $stage in
        prefill | episodes)  # the first row of an episode is its reset
            for length in $(grep -o '"length":[0-9]*' "$note" | cut -d : -f 2); do
                frames=$((frames + (length - 1) * repeat))
            done ;;
        evaluation)
            scores=$(grep -o '"mean":[-0-9.e+]*' "$note"),$(grep -o '"ci95":\[[^]]*\]' "$note"), ;;
    esac
done

printf '{"task":"%s","seed":%s,"round":%s,"frames":%s,"seconds":%s,%s"stages":{%s}}\n' \
    "$task" "$seed" "$((10#$round))" "$frames" "$seconds" "$scores" "$stages" >"$stamp.new"
sync "$stamp.new"
mv "$stamp.new" "$stamp"
rm -f "$notes".{prefill,model,behavior,episodes,evaluation}
