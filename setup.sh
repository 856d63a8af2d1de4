#!/bin/bash
# Installs what building needs and this machine lacks; says nothing when nothing is missing.
#
#   ./setup.sh [--check] [--without-tests] [--dev]
#
#   --check          only say what is missing: status 0 if nothing is, 3 otherwise
#   --without-tests  leave out what only the tests need
#   --dev            clang-format and clang-tidy too
#
# Debian packages are installed as root or by sudo without a password; otherwise the one command
# that an administrator must run is printed. Python wheels (LibTorch, MuJoCo, dm_control) go to
# .deps/venv, or to the folder in $DREAMER_PYTHON. A LibTorch or MuJoCo that lies in one of the
# folders of $CMAKE_PREFIX_PATH is used instead of its wheel.
set -euo pipefail
cd "$(dirname "$0")"

check=no tests=yes dev=no
for option in "$@"; do
  case $option in
    --check) check=yes ;;
    --without-tests) tests=no ;;
    --dev) dev=yes ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "setup.sh: error: unknown option $option (see ./setup.sh --help)" >&2; exit 2 ;;
  esac
done

say() { echo "setup.sh: $*" >&2; }
fail() { say "error: $*"; exit 1; }

# --- Debian packages -----------------------------------------------------------------------------
packages=(
  cmake ninja-build ccache pkg-config g++ make
  libhdf5-dev libcli11-dev nlohmann-json3-dev libfmt-dev libdeflate-dev libpng-dev libzip-dev libonnx-dev libprotobuf-dev
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev
  libegl-dev libegl-mesa0 libosmesa6-dev libgl1-mesa-dri # headless OpenGL, opened at run time
  scdoc python3-venv
  jq # the pipelines read JSON by it
)
[ $tests = no ] || packages+=(libgtest-dev libgmock-dev ffmpeg man-db bash-completion)
[ $dev = no ] || packages+=(clang-format)

installed() { [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]; }

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    # A compiler, a make or a cmake of the user's own serves as well as Debian's.
    case $package in
      g++) command -v "${CXX:-c++}" >/dev/null && continue ;;
      make | cmake | ccache | scdoc | jq) command -v "$package" >/dev/null && continue ;;
      ninja-build) command -v ninja >/dev/null && continue ;;
      pkg-config) command -v pkg-config >/dev/null && continue ;;
    esac
    installed "$package" || missing+=("$package")
  done
else
  say "warning: no dpkg here: packages equal to these of Debian must be there: ${packages[*]}"
fi

# --- Python wheels -------------------------------------------------------------------------------
venv=${DREAMER_PYTHON:-.deps/venv}

# Whether a folder of CMAKE_PREFIX_PATH (separated by : or ;) has one of these files.
given() {
  local folder file
  while read -r folder; do
    for file in "$@"; do [ -n "$folder" ] && [ -e "$folder/$file" ] && return 0; done
  done < <(tr ':;' '\n\n' <<<"${CMAKE_PREFIX_PATH:-}")
  return 1
}

requirements() {
  local line
  while read -r line; do
    case $line in
      torch=*) given {share/cmake/,lib/cmake/,}Torch/TorchConfig.cmake TorchConfig.cmake && continue ;;
      mujoco=*) given include/mujoco/mujoco.h && continue ;;
    esac
    echo "$line"
  done < <(grep -v '^#' cmake/requirements.txt)
  [ $tests = no ] || grep -v '^#' tests/requirements.txt
  [ $dev = no ] || grep -v '^#' cmake/dev-requirements.txt
}

wanted=$(requirements)
stamp=$venv/dreamer-requirements.txt # what was installed last; a part of it needs nothing new
wheels_missing() {
  [ -x "$venv/bin/python" ] && [ -f "$stamp" ] || return 0
  grep -qvxFf "$stamp" <<<"$wanted"
}

# --- Say it, or do it ----------------------------------------------------------------------------
if [ $check = yes ]; then
  status=0
  if [ ${#missing[@]} -gt 0 ]; then echo "missing Debian packages: ${missing[*]}"; status=3; fi
  if wheels_missing; then echo "missing in $venv: $(tr '\n' ' ' <<<"$wanted")"; status=3; fi
  exit $status
fi

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then
    root=()
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root=(sudo -n)
  else
    say "error: Debian packages are missing; an administrator must run this, then try again:"
    echo "apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  say "installing ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  install() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
  }
  # The package lists are fetched only if those at hand do not do.
  if ! install; then
    "${root[@]}" apt-get update >"$log" 2>&1 && install || {
      tail -n 20 "$log" >&2
      fail "apt-get could not install the packages (its last words are above)"
    }
  fi
fi

if wheels_missing; then
  say "installing into $venv: $(tr '\n' ' ' <<<"$wanted")"
  [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" || fail "python3 could not make $venv"
  mapfile -t list <<<"$wanted"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${list[@]}" ||
    fail "pip could not install the wheels into $venv (its last words are above)"
  for version in "$venv"/lib/python3*/site-packages/torch/version.py; do
    if [ -f "$version" ] && grep -q "^cuda.*= *'" "$version" && ! command -v nvcc >/dev/null; then
      fail "the torch wheel is a CUDA build, which cannot be linked without the CUDA toolkit:" \
        "give pip an index with the CPU build (PIP_INDEX_URL), remove $venv and try again," \
        "or name a LibTorch in CMAKE_PREFIX_PATH"
    fi
  done
  echo "$wanted" >"$stamp"
fi
