#!/usr/bin/env bash
# Actors and learners side by side on one folder: collectors act by the newest policy, one program
# learns the world model from all episodes, one the behavior in the newest model. Files are all that
# they share, so any of them may die: it is started again and continues from what it had written.
#
#   pipelines/actor_learner.sh [OUT]     (the programs are found on PATH)
#
# Ends at SIGINT or SIGTERM, once EPISODES are collected or both learners have made UPDATES; run
# again it continues. TASK, SEED, PRESET, COLLECTORS, THREADS (all cores; divided among the programs),
# PREFILL (random episodes to begin with), EPISODES (of each collector), UPDATES, SAVE_EVERY (updates
# between checkpoints), RATIO (updates an agent step, at most) and RESTARTS (of a program that keeps
# dying) may be set, and further options given in COLLECT, FIT_MODEL and FIT_BEHAVIOR.
#
# Collectors on further machines that share the folder, as a Slurm job array with seeds of their own:
#
#   sbatch --array=101-164 --cpus-per-task=1 --requeue --wrap 'dr-collect --follow --preset quick \
#       --task cartpole_swingup --policy OUT/policy.h5 --seed $SLURM_ARRAY_TASK_ID --out OUT/episodes'
set -euo pipefail

OUT=${1:-${OUT:-actor-learner}}
TASK=${TASK:-cartpole_swingup}
SEED=${SEED:-0}
PRESET=${PRESET:-quick}
COLLECTORS=${COLLECTORS:-1}
THREADS=${THREADS:-$(nproc)}
PREFILL=${PREFILL:-5}
EPISODES=${EPISODES:-}
UPDATES=${UPDATES:-}
SAVE_EVERY=${SAVE_EVERY:-100}
RATIO=${RATIO:-}
RESTARTS=${RESTARTS:-5}
read -ra collect <<< "${COLLECT:-}"
read -ra fit_model <<< "${FIT_MODEL:-}"
read -ra fit_behavior <<< "${FIT_BEHAVIOR:-}"
here=$(dirname "${BASH_SOURCE[0]}")
[ "${DREAMER_HOLDS:-}" = "$OUT" ] || OUT=$OUT exec "$here/hold.sh" actor_learner "$OUT" "$0"

say() { printf 'actor_learner: %s\n' "$*" >&2; }

# keep LOG COMMAND…: runs it to its end, again whenever it dies; gives up after RESTARTS that each
# lived less than a minute.
keep() {
    local log=$1 failures=0 status began
    shift
    trap 'exit 0' INT TERM
    while began=$SECONDS status=0; "$@" >> "$log" || status=$?; [ "$status" != 0 ]; do
        [ $((SECONDS - began)) -lt 60 ] || failures=0
        failures=$((failures + 1))
        if [ "$failures" -gt "$RESTARTS" ]; then
            say "$1 died $failures times in a row; its messages tell why"
            exit 1
        fi
        say "$1 ended with status $status; started again in $failures s"
        sleep "$failures"
    done
}

alive() { # alive PID…: whether any is
    local pid
    for pid; do kill -0 "$pid" 2> /dev/null && return; done
    return 1
}

collectors=() learners=()
stop() { # each job is a process group: the program in it saves and ends
    local pid
    for pid in "${collectors[@]}" "${learners[@]}"; do kill -TERM -- "-$pid" 2> /dev/null || true; done
    wait
}
trap 'trap - INT TERM; say "stopping"; stop; exit 130' INT TERM
set -m # a process group for each job, so that a terminal's SIGINT reaches this script alone

act=(dr-collect --task "$TASK" --preset "$PRESET" --render fast --out "$OUT/episodes")
"${act[@]}" --seed "$SEED" --episodes "$PREFILL" "${collect[@]}" > /dev/null &
collectors=($!) # not in the foreground, where no signal would reach this script
wait $!
collectors=()

for i in $(seq 1 "$COLLECTORS"); do
    keep "$OUT/episodes.jsonl" "${act[@]}" --follow --policy "$OUT/policy.h5" --seed $((SEED + i)) \
        ${EPISODES:+--episodes "$EPISODES"} "${collect[@]}" &
    collectors+=($!)
done

learn=(--follow --preset "$PRESET" --seed "$SEED" --data "$OUT/episodes" --save-every "$SAVE_EVERY"
    --min-episodes "$PREFILL" --log-every 25
    --threads $((THREADS > COLLECTORS + 2 ? (THREADS - COLLECTORS) / 2 : 1))
    ${RATIO:+--train-ratio "$RATIO"} ${UPDATES:+--updates "$UPDATES"})
keep "$OUT/model.jsonl" dr-fit-model "${learn[@]}" --out "$OUT/model.h5" \
    --logdir "$OUT/tensorboard" "${fit_model[@]}" &
learners+=($!)
keep "$OUT/behavior.jsonl" dr-fit-behavior "${learn[@]}" --model "$OUT/model.h5" \
    --out "$OUT/policy.h5" --logdir "$OUT/tensorboard" "${fit_behavior[@]}" &
learners+=($!)

say "episodes, checkpoints and metrics in $OUT; tensorboard --logdir $OUT/tensorboard"
while alive "${collectors[@]}" && alive "${learners[@]}"; do
    wait -n || { stop; exit 1; } # one that was given up
done
stop
say "done: $(find "$OUT/episodes" -name '*.h5' | wc -l) episodes"
