#!/usr/bin/env python3
"""How fast the replay gives windows, from memory and from disk: README.md.

    bench/replay.py --bin build/bin [--gigabytes 1] [--seconds 5] [--folder DIR]

Collects episodes of walker_walk (64x64) and makes some of 224x224 like those of PushT, then samples
batches of 50 windows of 50 rows, of single rows, and, of the large ones, of 64 windows of 4 rows; by
one, two and four threads; with all frames in memory and with a tenth of them. The page cache is
dropped before each run from disk where the machine lets us. Each run is a process of its own, whose
peak memory is told.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np


def collect(run, folder, rows):
    """walker_walk at random, until so many rows are there."""
    episodes = -(-rows // 1001)
    run("dr-collect", "--task", "walker_walk", "--episodes", episodes, "--envs", 2, "--render", "fast",
        "--set", "collect.action_repeat=1", "--out", folder)


def write_pusht(run, folder, rows, length=125):
    """Episodes of 224x224 frames: a T and a disc that move over white, as in PushT."""
    npz = folder / "npz"
    npz.mkdir(parents=True)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:224, :224]
    for number in range(-(-rows // length)):
        place = rng.uniform(40, 180, 2) + np.cumsum(rng.normal(0, 2, (length, 2)), 0)
        agent = rng.uniform(40, 180, 2) + np.cumsum(rng.normal(0, 5, (length, 2)), 0)
        angle = np.cumsum(rng.normal(0, 0.05, length))
        image = np.full((length, 224, 224, 3), 255, np.uint8)
        for t in range(length):
            dy, dx = y - place[t, 0], x - place[t, 1]
            u = dx * np.cos(angle[t]) + dy * np.sin(angle[t])
            v = -dx * np.sin(angle[t]) + dy * np.cos(angle[t])
            bar = (abs(u) < 48) & (abs(v) < 12)
            stem = (abs(u) < 12) & (v >= 12) & (v < 60)
            image[t][bar | stem] = (119, 136, 153)
            disc = np.hypot(y - agent[t, 0], x - agent[t, 1]) < 12
            image[t][disc] = (65, 105, 225)
        action = rng.uniform(-1, 1, (length, 2)).astype(np.float32)
        action[0] = 0
        np.savez(npz / f"{number:06}-{length}.npz", image=image, action=action,
                 reward=np.zeros(length, np.float32), discount=np.ones(length, np.float32),
                 state=rng.normal(size=(length, 7)).astype(np.float32))
    run("dr-import", npz, "--size", 224, "--task", "pusht", "--threads", 2, "--out", folder / "episodes")
    for path in npz.iterdir():
        path.unlink()


def drop_page_cache():
    subprocess.run(["sync"])
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1\n")
        return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--gigabytes", type=float, default=1, help="of decoded frames, each set")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--folder", type=pathlib.Path, help="keeps the episodes for another time")
    options = parser.parse_args()
    programs = options.bin.resolve()

    def run(program, *args):
        return subprocess.run([programs / program, *map(str, args), "--quiet"], check=True,
                              capture_output=True, text=True).stdout

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary)
        size = int(options.gigabytes * 1e9)
        walker, pusht = folder / "walker", folder / "pusht"
        if not walker.exists():
            collect(run, walker, size // (64 * 64 * 3))
        if not pusht.exists():
            write_pusht(run, pusht, size // (224 * 224 * 3))
        print("| frames | windows | from | threads | windows/s | rows/s | MB/s | peak MB |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for name, data, batch, length in (("64x64", walker, 50, 50), ("64x64", walker, 64, 1),
                                          ("224x224", pusht / "episodes", 64, 4),
                                          ("224x224", pusht / "episodes", 64, 1)):
            for source, memory in (("memory", 2 * size), ("disk", size // 10)):
                for threads in (1, 2, 4):
                    cold = source == "disk" and drop_page_cache()
                    one = json.loads(run("bench_replay", "--data", data, "--batch", batch, "--length",
                                         length, "--threads", threads, "--replay-memory", memory,
                                         "--seconds", options.seconds))
                    print(f"| {name} | {batch}x{length} | {source}{' (cold)' * cold} | {threads} | "
                          f"{one['windows_per_second']:.0f} | {one['rows_per_second']:.0f} | "
                          f"{one['megabytes_per_second']:.0f} | {one['peak_megabytes']:.0f} |",
                          flush=True)


if __name__ == "__main__":
    main()
