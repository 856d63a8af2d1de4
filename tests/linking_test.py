"""The learning library needs what finds a GPU, and has LibTorch's own OpenMP beside it.

    linking_test.py LIBRARY TORCH_LIB_FOLDER
"""

import pathlib
import re
import subprocess
import sys

OPENMP = re.compile(r"lib(gomp|iomp5|omp)\b.*")


def needed(library):
    lines = subprocess.run(["readelf", "--dynamic", "--wide", library], check=True, text=True,
                           capture_output=True).stdout
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", lines))


def main():
    library, torch = sys.argv[1], pathlib.Path(sys.argv[2])
    ours, theirs = needed(library), needed(torch / "libtorch_cpu.so")
    failures = []
    # LibTorch sees a GPU only where these are loaded, and nothing of ours calls them.
    for name in ("libtorch.so", "libtorch_cuda.so"):
        if (torch / name).exists() and name not in ours:
            failures.append(f"{library} does not need {name}: the linker dropped it")
    runtimes = [{name for name in libraries if OPENMP.match(name)} for libraries in (ours, theirs)]
    if runtimes[1] and runtimes[0] != runtimes[1]:
        failures.append(f"{library} needs {runtimes[0]}, LibTorch {runtimes[1]}: two OpenMP runtimes")
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
