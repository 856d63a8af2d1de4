#!/usr/bin/env bash
# The whole loop on a real task from pixels, small enough for minutes on two cores:
# random episodes -> world model -> dreams -> behavior -> episodes of the policy -> evaluation.
#
#   pipelines/quickstart.sh [OUT]     (the programs are found on PATH; `make quickstart` sets it)
#
# TASK, SEED, ROUNDS, FIRST (updates of the first round) and UPDATES (of each later one) may be set.
# Run again after an interruption, it goes on where it was.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
OUT=${1:-${OUT:-quickstart}}
TASK=${TASK:-cartpole_swingup}
SEED=${SEED:-0}
ROUNDS=${ROUNDS:-3}
FIRST=${FIRST:-600}
UPDATES=${UPDATES:-150}
EPISODES=$OUT/episodes HELD_OUT=$OUT/held-out
[ "${DREAMER_HOLDS:-}" = "$OUT" ] || OUT=$OUT exec "$here/hold.sh" quickstart "$OUT" "$0"

say() { printf '\n== %s\n' "$*"; }
field() { grep -o "\"$2\":[-0-9.e+]\+" "$1" | head -n 1 | cut -d: -f2; }  # a number of a JSON line
round() { printf '%.*f' "$1" "$2"; }
unless() { [ -e "$1" ] || { shift; "$@"; }; }  # make-like: work only where its result is missing

say "random episodes of $TASK, from pixels"
dr-collect --task "$TASK" --preset quick --seed "$SEED" --episodes 5 --envs 2 --render fast \
    --out "$EPISODES" --quiet
dr-collect --task "$TASK" --preset quick --seed $((SEED + 1000)) --episodes 2 --envs 2 \
    --render fast --out "$HELD_OUT" --quiet

previous=
for round in $(seq 1 "$ROUNDS"); do
    name=$(printf '%s/round-%02d' "$OUT" "$round")
    updates=$UPDATES
    [ "$round" = 1 ] && updates=$FIRST
    init_model=() init_policy=()
    if [ -n "$previous" ]; then
        init_model=(--init "$previous-model.h5") init_policy=(--init "$previous-policy.h5")
    fi

    say "round $round of $ROUNDS: $updates updates of the world model"
    unless "$name-model.h5" dr-fit-model --preset quick --seed "$SEED" --data "$EPISODES" \
        "${init_model[@]}" --updates "$updates" --out "$name-model.h5" --logdir "$OUT/tensorboard" \
        --log-every 25 >> "$OUT/model.jsonl"
    dr-eval --model "$name-model.h5" --data "$HELD_OUT" --quiet > "$name-open-loop.json"
    printf 'open loop, 15 steps ahead on unseen episodes: PSNR %s dB (last frame repeated: %s, mean frame: %s)\n' \
        "$(round 1 "$(field "$name-open-loop.json" psnr)")" \
        "$(round 1 "$(field "$name-open-loop.json" psnr_repeat_last)")" \
        "$(round 1 "$(field "$name-open-loop.json" psnr_mean_frame)")"

    say "round $round of $ROUNDS: $UPDATES updates of the behavior, in imagination"
    unless "$name-policy.h5" dr-fit-behavior --preset quick --seed "$SEED" --data "$EPISODES" \
        --model "$name-model.h5" "${init_policy[@]}" --updates "$UPDATES" \
        --out "$name-policy.h5" --logdir "$OUT/tensorboard" --log-every 25 >> "$OUT/behavior.jsonl"

    say "round $round of $ROUNDS: the policy acts"
    dr-collect --task "$TASK" --preset quick --policy "$name-policy.h5" --seed $((SEED + round)) \
        --episodes 2 --envs 2 --render fast --out "$EPISODES" --quiet > "$name-collected.jsonl"
    unless "$name-returns.json" dr-eval --task "$TASK" --policy "$name-policy.h5" --seed "$SEED" \
        --episodes 4 --envs 2 --render fast --quiet > "$name-returns.json.part"
    [ -e "$name-returns.json" ] || mv "$name-returns.json.part" "$name-returns.json"
    rm -f "$name-returns.json.part"
    printf 'evaluation: mean return %s over 4 episodes\n' \
        "$(round 0 "$(field "$name-returns.json" mean)")"
    previous=$name
done

say "pictures"
dr-eval --task "$TASK" --policy random --preset quick --seed "$SEED" --episodes 4 --envs 2 \
    --render fast --quiet > "$OUT/random-returns.json"
dr-imagine --model "$previous-model.h5" --data "$HELD_OUT" --starts 3 --seed "$SEED" \
    --out "$OUT/open-loop.h5" --force --quiet > /dev/null
dr-imagine --model "$previous-model.h5" --policy "$previous-policy.h5" --data "$HELD_OUT" \
    --starts 9 --seed "$SEED" --out "$OUT/policy-dream.h5" --force --quiet > /dev/null
dr-render "$OUT/open-loop.h5" --overlay --out "$OUT/open-loop.mp4" --force --quiet > /dev/null
dr-render "$OUT/open-loop.h5" --out "$OUT/open-loop.png" --force --quiet > /dev/null
dr-render "$OUT/policy-dream.h5" --overlay --out "$OUT/policy-dream.mp4" --force --quiet > /dev/null
dr-eval --task "$TASK" --policy "$previous-policy.h5" --seed "$SEED" --episodes 1 --render exact \
    --video "$OUT/episode.mp4" --force --quiet > /dev/null

cat << END

What was learned
  world model  predicts 15 steps ahead at $(round 1 "$(field "$previous-open-loop.json" psnr)") dB; repeating the last frame gets $(round 1 "$(field "$previous-open-loop.json" psnr_repeat_last)"), the mean frame $(round 1 "$(field "$previous-open-loop.json" psnr_mean_frame)").
               reward error $(round 3 "$(field "$previous-open-loop.json" reward_mae)"); repeating the last reward gets $(round 3 "$(field "$previous-open-loop.json" reward_mae_repeat_last)").
  behavior     mean return $(round 0 "$(field "$previous-returns.json" mean)"); random actions get $(round 0 "$(field "$OUT/random-returns.json" mean)"). A real run takes an hour, not minutes.
Where it is
  $OUT/open-loop.mp4     truth, prediction and error side by side (open-loop.png: the same as a strip)
  $OUT/policy-dream.mp4  what the policy imagines, with the rewards and values it expects
  $OUT/episode.mp4       an episode of the policy in the real task
  $OUT/tensorboard       curves: tensorboard --logdir $OUT/tensorboard
  $previous-model.h5, $previous-policy.h5  the checkpoints; dr-info tells what is in them
END
