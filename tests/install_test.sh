#!/bin/bash
# What `make install` puts in place works from there, for users and for other projects.
#
#   install_test.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=$folder/prefix

cmake --install "$build" --prefix "$prefix" >"$folder/install.log" || { cat "$folder/install.log"; exit 1; }

for file in bin/dr-collect share/man/man1/dr-collect.1 share/man/man5/dreamer-files.5 \
  share/man/man7/dreamer.7 share/dreamer/presets/quick.json share/dreamer/mjcf/cartpole.xml \
  share/dreamer/mjcf/LICENSE share/dreamer/schemas/config.schema.json \
  share/dreamer/schemas/episode.layout.json share/dreamer/published.json \
  share/dreamer/pipelines/dreamer.mk share/dreamer/pipelines/stage.sh share/bash-completion/completions/dr-collect \
  share/doc/dreamer/LICENSE include/dreamer/core/error.h; do
  [ -s "$prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done
if grep -q "$build" "$prefix"/lib/cmake/dreamer/*.cmake; then
  echo "the CMake package points into the build folder" >&2
  exit 1
fi

# Libraries, models and OpenGL are found from an environment that says nothing of them.
run() { (cd "$folder" && env -i PATH=/usr/bin:/bin ${ASAN_OPTIONS+ASAN_OPTIONS="$ASAN_OPTIONS"} \
  ${LSAN_OPTIONS+LSAN_OPTIONS="$LSAN_OPTIONS"} "$prefix/bin/$1" "${@:2}"); }
run dr-info --version --json | grep -q libtorch
run dr-collect --task cartpole_balance --episodes 1 --render fast --out e \
  --set collect.action_repeat=100 | grep -q episode
run dr-info --check e/cartpole_balance-0000000000-000000.h5
[ "$(run dr-collect --list-tasks --json | wc -l)" = 20 ] || { echo "not all models are found" >&2; exit 1; }
run dr-collect --task quadruped_walk --episodes 1 --render none --observations all --out e \
  --set collect.action_repeat=500 | grep -q episode
run dr-render e/quadruped_walk-0000000000-000000.h5 --size 32 --camera 1 --out e/film.mp4 | grep -q mp4
# The installed pipelines, with all that they include and run, as far as they plan.
for file in $(grep -ohE 'here\)+[a-z_-]+\.(mk|sh|jq)' "$source"/pipelines/*.mk | sed 's/.*)//' | sort -u); do
  [ -s "$prefix/share/dreamer/pipelines/$file" ] || { echo "not installed: pipelines/$file" >&2; exit 1; }
done
(cd "$folder" && env -i PATH="$prefix/bin:/usr/bin:/bin" make -n -f "$prefix/share/dreamer/pipelines/dreamer.mk" \
  TASK=cartpole_swingup ROUNDS=1) >"$folder/plan"
grep -q 'dr-fit-model.*--updates 100 .*round-001-model.h5' "$folder/plan"

cmake -G Ninja -S "$source/tests/consumer" -B "$folder/consumer" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_FLAGS="${CONSUMER_FLAGS:-}" >"$folder/consumer.log" 2>&1 &&
  cmake --build "$folder/consumer" >>"$folder/consumer.log" 2>&1 || { cat "$folder/consumer.log"; exit 1; }
"$folder/consumer/consumer" | tee "$folder/said"
grep -qx "depth 8" "$folder/said"
grep -qx cartpole_swingup "$folder/said"
