#!/bin/bash
# As many rows as are asked for and the episodes have: prints `--context C --horizon H` for dr-eval
# and dr-imagine, so that short episodes cost an image some rows and not the end of a run.
#
#   horizon.sh CONTEXT HORIZON <EPISODES
#
# EPISODES are paths of files, one a line. With HORIZON 0 only the context is printed: a policy's
# dream continuesout logged rows.
set -euo pipefail

context=$1 horizon=$2
rows=$(xargs -d '\n' dr-info --json |
    jq -s '[.[].datasets[] | select(.path == "/action").shape[0]] | max')
given="$context and $horizon"
if [ $((context + horizon)) -gt "$rows" ]; then
    if [ "$horizon" = 0 ]; then
        context=$rows
    else
        [ "$context" -lt "$rows" ] || context=$((rows - 1))
        horizon=$((rows - context))
    fi
    echo >&2 "warning: the longest episode has $rows rows: $context are seen and $horizon" \
        "predicted, instead of $given"
fi
echo "--context $context$([ "$horizon" = 0 ] || echo " --horizon $horizon")"
