#!/bin/bash
# One image of all tasks, each as its agent sees it but larger, into $OUT (default
# pipelines/tasks.png). The programs are taken from the PATH; `make contact-sheet` puts them there.
#
#   ROW    which agent step is shown
#   SIZE   rows and columns of a frame
#   SEED   the episodes'
set -euo pipefail
OUT=${OUT:-pipelines/tasks.png} ROW=${ROW:-12} SIZE=${SIZE:-160} SEED=${SEED:-3}

episodes=$(mktemp -d)
trap 'rm -rf "$episodes"' EXIT
dr-collect --list-tasks --json | sed 's/^{"task":"\([a-z_]*\)".*/\1/' | while read -r task; do
  dr-collect --task "$task" --seed "$SEED" --out "$episodes" --render none --observations all --quiet
done >/dev/null
dr-render "$episodes" --out "$OUT" --row "$ROW" --size "$SIZE" --scale 1 --columns 5 --force
