#!/bin/bash
# The stamp of a round of dreamer.mk, made of the notes of its stages (stage.sh), which it replaces.
#
#   stamp.sh STAMP PREVIOUS REPEAT TASK SEED ROUND ROUNDS
#
# Frames (of the environment: agent steps times REPEAT) and seconds are counted on from the stamp
# PREVIOUS, if there is one; the returns of the round's evaluation stand in front, if it had one.
set -euo pipefail

stamp=$1 previous=$2 repeat=$3 task=$4 seed=$5 round=$6 rounds=$7
stages=(prefill model behavior episodes evaluation)
notes=()
for stage in "${stages[@]}"; do
    if [ -e "${stamp%.json}.$stage" ]; then
        notes+=(--slurpfile "$stage" "${stamp%.json}.$stage")
    fi
done
[ -e "$previous" ] || previous=/dev/null

jq -nc "${notes[@]}" --slurpfile previous "$previous" --argjson repeat "$repeat" \
    --arg task "$task" --argjson seed "$seed" --argjson round "$((10#$round))" '
  (reduce $ARGS.positional[] as $stage ({}; $ARGS.named[$stage] as $note
    | if $note then .[$stage] = $note[0] else . end)) as $stages
  | ([$stages | (.prefill, .episodes) | .output[]?.length - 1] | add // 0) as $steps  # less the resets
  | {task: $task, seed: $seed, round: $round,
     frames: ($steps * $repeat + ($previous[0].frames // 0)),
     seconds: ([$previous[0].seconds, $stages[].seconds] | add * 100 | round / 100)}
  + ($stages.evaluation.output[0] | if . then {mean, ci95} else {} end)
  + {stages: $stages}' --args "${stages[@]}" >"$stamp.new"
sync "$stamp.new"
mv "$stamp.new" "$stamp"
rm -f "${stages[@]/#/${stamp%.json}.}"

# A line for people: how far the run is.
jq -r --argjson rounds "$rounds" '
  def brief: . * 1000 | round / 1000;
  "round \(.round) of \($rounds): \(.frames) frames"
  + (.stages.model.output[0].kl // null | if . then ", kl \(brief)" else "" end)
  + (if .mean then ", return \(.mean | brief) [\(.ci95[0] | brief), \(.ci95[1] | brief)]" else "" end)
  + ", \(.seconds / 60 | round) min, \(.seconds / 60 / (.round + 1) * ($rounds - .round) | round) min left"
  ' "$stamp" >&2
