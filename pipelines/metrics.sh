#!/bin/bash
# Plots of what the runs of dreamer.mk, pretrain.mk or dr-train said while they learned, for
# reading with reading-metrics.md; into the folder of the first. The programs are found on PATH.
#
#   metrics.sh RUN…
set -euo pipefail

# draw NAME LOG QUANTITY…: from those of the runs that have the log
draw() {
    local name=$1 log=$2 logs=() against=() run
    shift 2
    for run in "${runs[@]}"; do [ ! -s "$run/$log" ] || logs+=("$run/$log"); done
    [ ${#logs[@]} -gt 0 ] || return 0
    [ "$log" = open-loop.json ] || against=(--against update)
    dr-render "${logs[@]}" --plot "$@" "${against[@]}" --out "${runs[0]}/$name.png" --force --quiet
}

[ $# -gt 0 ] || { echo >&2 "metrics.sh: give the folder of a run, with model.jsonl or log.jsonl"; exit 2; }
runs=("$@")
if [ -s "$1/model.jsonl" ]; then  # programs one by one: a log each
    model=model.jsonl behavior=behavior.jsonl m='' b=''
elif [ -s "$1/log.jsonl" ]; then  # dr-train: one log
    model=log.jsonl behavior=log.jsonl m=model. b=behavior.
else
    echo >&2 "metrics.sh: $1: neither model.jsonl nor log.jsonl in it; give the folder of a run"
    exit 1
fi
draw model-metrics $model ${m}image_loss ${m}reward_loss ${m}gradient_norm ${m}kl \
    ${m}free_nats_fraction ${m}posterior_entropy,${m}prior_entropy
draw behavior-metrics $behavior ${b}action_saturation ${b}actor_gradient_norm ${b}action_std \
    ${b}imagined_reward ${b}value,${b}return ${b}entropy
draw horizon-metrics open-loop.json psnr,psnr_repeat_last,psnr_mean_frame \
    reward_mae,reward_mae_repeat_last,reward_mae_mean
