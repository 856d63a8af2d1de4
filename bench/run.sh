#!/bin/bash
# Times one update at the sizes of the presets `paper` and `quick`: a table each on stdout, and the
# same as JSON in FOLDER/update-PRESET.json.
#
#   bench/run.sh BIN_FOLDER FOLDER [--updates N] [--threads N]
#
# Anything else: BIN_FOLDER/bench_update --preset NAME --set model.depth=16 …
set -euo pipefail
bin=$1 out=$2
shift 2
mkdir -p "$out"
for preset in quick paper; do
  echo "== $preset"
  "$bin/bench_update" --preset "$preset" --record "$out/update-$preset.json" "$@"
done
