#!/bin/bash
# Pictures of what the runs of dreamer.mk or pretrain.mk said while they learned, for reading with
# reading-metrics.md; into the folder of the first. The programs are found on PATH.
#
#   metrics.sh RUN…
set -euo pipefail

# draw PICTURE LOG QUANTITY…: from those of the runs that have the log
draw() {
    local picture=$1 log=$2 logs=() run
    shift 2
    for run in "${runs[@]}"; do [ ! -s "$run/$log" ] || logs+=("$run/$log"); done
    [ ${#logs[@]} -gt 0 ] || return 0
    dr-render "${logs[@]}" --plot "$@" --out "${runs[0]}/$picture.png" --force --quiet
}

[ $# -gt 0 ] || { echo >&2 "metrics.sh: give the folder of a run, with model.jsonl"; exit 2; }
runs=("$@")
[ -s "$1/model.jsonl" ] || { echo >&2 "metrics.sh: $1/model.jsonl: no such log"; exit 1; }
draw model-metrics model.jsonl image_loss reward_loss gradient_norm kl share_under_free_nats \
    posterior_entropy,prior_entropy
draw behavior-metrics behavior.jsonl share_at_bounds actor_gradient_norm action_spread \
    imagined_reward value,return entropy
draw horizon-metrics open-loop.json psnr,psnr_repeat_last,psnr_mean_frame \
    reward_mae,reward_mae_repeat_last,reward_mae_mean
