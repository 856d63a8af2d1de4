#!/usr/bin/env bash
# The whole loop on a real task from pixels, small enough for minutes on two cores: dr-train learns to
# keep a pole upright that random actions drop within a second, then policy and model are judged and
# shown.
#
#   pipelines/quickstart.sh [OUT]     (the programs are found on PATH; `make quickstart` sets it)
#
# TASK, SEED and ROUNDS (of 100 updates and 5 episodes) may be set. Run again after an interruption,
# it continues where it was.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
OUT=${1:-${OUT:-quickstart}}
TASK=${TASK:-cartpole_balance_sparse}
SEED=${SEED:-0}
ROUNDS=${ROUNDS:-12}
[ "${DREAMER_HOLDS:-}" = "$OUT" ] || OUT=$OUT exec "$here/hold.sh" quickstart "$OUT" "$0"
mkdir -p "$OUT"

say() { printf '\n== %s\n' "$*"; }
field() { grep -o "\"$2\":[-0-9.e+]\+" "$1" | head -n 1 | cut -d: -f2; }  # a number of a JSON line
round() { printf '%.*f' "$1" "$2"; }
unless() { [ -e "$1" ] || { shift; "$@"; }; }  # make-like: work only where its result is missing
# Runs a program whose JSON becomes a file, which is there whole or not at all.
result() { [ -e "$1" ] || { "${@:2}" > "$1.part" && mv "$1.part" "$1"; }; }

# Actions that change at every step (action_hold=1) and short episodes (200 of the 1000 control steps)
# keep the data near the upright pole, where the reward is; an hour-long run needs neither.
acting=(--task "$TASK" --preset quick --set collect.action_hold=1 --render fast)

say "learning $TASK from pixels: $ROUNDS rounds, each a few episodes and 100 updates of model and policy"
unless "$OUT/policy.h5" dr-train "${acting[@]}" --seed "$SEED" --rounds "$ROUNDS" \
    --set collect.time_limit=200 --set train.prefill=30 --set train.pretrain=400 \
    --set train.updates=100 --set train.episodes=5 --set train.evaluate_every=3 \
    --out "$OUT" --logdir "$OUT/tensorboard" > /dev/null

# So early a policy still comes and goes: the one that did best while it learned is shown, judged on
# episodes of other seeds than those by which it was chosen.
best=$(jq -rs 'map(select(has("mean"))) | max_by(.mean).policy' "$OUT/log.jsonl")

say "the best policy, $best, and random actions, in the same ten episodes of the whole length"
for who in policy random; do
    policy=random
    [ $who = random ] || policy=$best
    result "$OUT/$who-returns.json" dr-eval "${acting[@]}" --policy "$policy" --seed $((SEED + 1)) \
        --episodes 10 --envs 2 --video "$OUT/$who.mp4" --force --quiet
    printf '%-7s mean return %s of 1000\n' "$who" "$(round 0 "$(field "$OUT/$who-returns.json" mean)")"
done

say "the world model, on episodes that it has not seen"
dr-collect "${acting[@]}" --policy "$best" --seed $((SEED + 1000)) --episodes 2 --envs 2 \
    --out "$OUT/held-out" --quiet > /dev/null
dr-collect "${acting[@]}" --seed $((SEED + 2000)) --episodes 2 --envs 2 --out "$OUT/held-out" \
    --quiet > /dev/null
result "$OUT/open-loop.json" dr-eval --model "$OUT/model.h5" --data "$OUT/held-out" --quiet
unless "$OUT/open-loop.h5" dr-imagine --model "$OUT/model.h5" --data "$OUT/held-out" --starts 3 \
    --seed "$SEED" --out "$OUT/open-loop.h5" --quiet > /dev/null
unless "$OUT/policy-dream.h5" dr-imagine --model "$best" --policy "$best" --data "$OUT/held-out" \
    --starts 9 --seed "$SEED" --out "$OUT/policy-dream.h5" --quiet > /dev/null
for dream in open-loop policy-dream; do
    dr-render "$OUT/$dream.h5" --overlay --out "$OUT/$dream.mp4" --force --quiet > /dev/null
done
dr-render "$OUT/open-loop.h5" --out "$OUT/open-loop.png" --force --quiet > /dev/null
dr-render "$OUT/log.jsonl" --out "$OUT/curve.png" --force --quiet > /dev/null

number() { round "$2" "$(field "$OUT/open-loop.json" "$1")"; }
cat << END

What was learned
  policy       mean return $(round 0 "$(field "$OUT/policy-returns.json" mean)") of 1000; random actions get $(round 0 "$(field "$OUT/random-returns.json" mean)") in the same episodes. A run of an hour gets further.
  world model  predicts 15 steps ahead at $(number psnr 1) dB PSNR; repeating the last frame gets $(number psnr_repeat_last 1), the mean frame $(number psnr_mean_frame 1).
               reward error $(number reward_mae 3); repeating the last reward gets $(number reward_mae_repeat_last 3), the mean reward $(number reward_mae_mean 3).
What to look at, in $OUT/
  policy.mp4, random.mp4  the same episode: the policy keeps the pole up, random actions drop it
  curve.png               the return while it learned
  open-loop.mp4           truth, prediction and error side by side (open-loop.png: the same as a strip)
  policy-dream.mp4        what the policy imagines, with the rewards and values that it expects
  tensorboard             all metrics: tensorboard --logdir $OUT/tensorboard
  model.h5, $(basename "$best")     the checkpoints: dr-info describes them
END
