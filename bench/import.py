#!/usr/bin/env python3
"""How fast dr-import is, beside each format's own Python reader on the same files.

    bench/import.py --bin build/bin [--episodes 20] [--repeats 3]

Episodes of cartpole_swingup (64x64 images, 1000 steps) are collected and exported. The readers only
bring all arrays into memory; dr-import also writes the episodes, compressed. They take turns; the
figures are medians. Needs numpy and minari.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import minari
import numpy as np


def read_npz(folder):
    """danijar/dreamer, tools.py, load_episodes"""
    for path in sorted(folder.glob("*.npz")):
        with path.open("rb") as file:
            episode = np.load(file)
            episode = {key: episode[key] for key in episode.keys()}


def read_minari(folder):
    os.environ["MINARI_DATASETS_PATH"] = str(folder.parent)
    for episode in minari.load_dataset(folder.name).iterate_episodes():
        assert len(episode.rewards)


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    programs = options.bin.resolve()

    def run(program, *args):
        subprocess.run([programs / program, *map(str, args), "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("dr-collect", "--task", "cartpole_swingup", "--episodes", options.episodes, "--envs", 2,
            "--render", "fast", "--set", "collect.action_repeat=1", "--out", folder / "episodes")
        rows = 1001 * options.episodes
        for form, out, reader in (("dreamer", "npz", read_npz), ("minari", "bench-v0", read_minari)):
            source = folder / out
            run("dr-export", folder / "episodes", "--format", form, "--out", source)
            size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file()) / 1e6
            taken = {"reader": [], "1 thread": [], "2 threads": []}
            for _ in range(options.repeats):
                taken["reader"].append(seconds(lambda: reader(source)))
                for threads in (1, 2):
                    shutil.rmtree(folder / "out", ignore_errors=True)
                    taken[f"{threads} thread{'s' * (threads > 1)}"].append(seconds(
                        lambda: run("dr-import", source, "--out", folder / "out", "--threads",
                                    threads)))
            theirs = statistics.median(taken["reader"])
            print(f"{form}: {rows} rows, {size:.0f} MB; its reader {rows / theirs:.0f} rows/s", end="")
            for key in ("1 thread", "2 threads"):
                ours = statistics.median(taken[key])
                print(f"; dr-import with {key} {rows / ours:.0f} rows/s, {size / ours:.0f} MB/s, "
                      f"{theirs / ours:.2f} times", end="")
            print()


if __name__ == "__main__":
    main()
