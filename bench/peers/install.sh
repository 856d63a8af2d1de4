#!/bin/bash
# Installs what we are measured against into a virtual environment of its own, outside of the tree.
#
#   bench/peers/install.sh [FOLDER]     default: $XDG_CACHE_HOME/dreamer-peers or /tmp/dreamer-peers
#
# sheeprl 0.8.4 wants torch>=2.6, so LibTorch's own version can be pinned for both sides; all of its
# other requirements are left to pip. The network is needed here only: the update itself uses none.
set -euo pipefail
venv=${1:-${XDG_CACHE_HOME:-/tmp}/dreamer-peers}
[ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 "sheeprl[atari]==0.8.4"
echo "$venv/bin/python"
