#!/usr/bin/env python3
"""How fast dr-import is, beside each format's own way of reading the same files in Python.

    bench/import.py --bin build/bin [--episodes 20] [--repeats 3] [--only npz minari]

Episodes of walker_walk (64x64 images and vectors, 1000 steps) are collected and written in each format:
by dr-export, by h5py, or by ffmpeg. The readers only bring all arrays into memory, decoded; dr-import
also writes the episodes, compressed, and flushes them. They take turns; the figures
are medians. Needs numpy, h5py, minari, pyarrow, pillow and, for video, av; what is not there is left
out.
"""

import argparse
import io
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import h5py
import numpy as np


# --- Writing: run calls a program --------------------------------------------------------------

def episodes_of(folder):
    for path in sorted(folder.glob("*.h5")):
        with h5py.File(path) as file:
            yield {"image": file["image"][:], "action": file["action"][:], "reward": file["reward"][:],
                   "height": file["observation/height"][:],
                   "velocity": file["observation/velocity"][:]}


def write_npz(run, source, out):
    run("dr-export", source, "--format", "dreamer", "--out", out)


def write_minari(run, source, out):
    run("dr-export", source, "--out", out)


def write_lerobot_images(run, source, out):
    run("dr-export", source, "--format", "lerobot", "--out", out)


def write_robomimic(_, source, out):
    out.mkdir()
    with h5py.File(out / "demo.hdf5", "w") as file:
        data = file.create_group("data")
        data.attrs["env_args"] = json.dumps({"env_name": "Walker", "type": 1, "env_kwargs": {}})
        for number, e in enumerate(episodes_of(source)):
            demo, steps = data.create_group(f"demo_{number}"), len(e["action"]) - 1
            demo.attrs["num_samples"] = steps
            for name, values in (("agentview_image", e["image"]), ("velocity", e["velocity"])):
                demo.create_dataset(f"obs/{name}", data=values[:-1])
                demo.create_dataset(f"next_obs/{name}", data=values[1:])
            demo["actions"] = e["action"][1:].astype(np.float64)
            demo["rewards"] = e["reward"][1:].astype(np.float64)
            demo["dones"] = np.zeros(steps, np.int64)


def write_d4rl(_, source, out):
    out.mkdir()
    all_of = {"observations": [], "actions": [], "rewards": [], "timeouts": []}
    for e in episodes_of(source):
        all_of["observations"].append(e["velocity"][:-1])
        all_of["actions"].append(e["action"][1:])
        all_of["rewards"].append(e["reward"][1:])
        ends = np.zeros(len(e["reward"]) - 1, bool)
        ends[-1] = True
        all_of["timeouts"].append(ends)
    with h5py.File(out / "walker.hdf5", "w") as file:
        for name, values in all_of.items():
            file.create_dataset(name, data=np.concatenate(values), compression="gzip")
        file.create_dataset("terminals", data=np.zeros(len(file["rewards"]), bool),
                            compression="gzip")


def write_lerobot_video(_, source, out):
    """LeRobot v2.1: rows in Parquet, a clip an episode, H.264 with LeRobot's distance of keyframes."""
    import pyarrow
    import pyarrow.parquet as parquet
    for name in ("meta", "data/chunk-000", "videos/chunk-000/observation.images.top"):
        (out / name).mkdir(parents=True)
    lengths = []
    for number, e in enumerate(episodes_of(source)):
        steps = len(e["action"]) - 1
        lengths.append(steps)
        parquet.write_table(pyarrow.table({
            "observation.state": list(e["velocity"][:-1]), "action": list(e["action"][1:]),
            "next.reward": e["reward"][1:], "frame_index": np.arange(steps)}),
            out / f"data/chunk-000/episode_{number:06}.parquet")
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x64",
             "-r", "50", "-i", "-", "-c:v", "libx264", "-g", "2", "-crf", "23", "-pix_fmt",
             "yuv420p", out / f"videos/chunk-000/observation.images.top/episode_{number:06}.mp4"],
            input=e["image"][:-1].tobytes(), check=True)
    size, actions = e["velocity"].shape[1], e["action"].shape[1]
    features = {"observation.images.top": {"dtype": "video", "shape": [64, 64, 3], "names": None},
                "observation.state": {"dtype": "float32", "shape": [size], "names": None},
                "action": {"dtype": "float32", "shape": [actions], "names": None},
                "next.reward": {"dtype": "float32", "shape": [1], "names": None}}
    (out / "meta/info.json").write_text(json.dumps(
        {"codebase_version": "v2.1", "fps": 50, "chunks_size": 1000, "features": features,
         "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
         "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"}))
    (out / "meta/episodes.jsonl").write_text("".join(
        json.dumps({"episode_index": i, "tasks": ["walk"], "length": n}) + "\n"
        for i, n in enumerate(lengths)))


# --- Reading in Python ----------------------------------------------------------------------------

def read_npz(folder):
    """danijar/dreamer, tools.py, load_episodes"""
    for path in sorted(folder.glob("*.npz")):
        with path.open("rb") as file:
            episode = np.load(file)
            episode = {key: episode[key] for key in episode.keys()}


def read_minari(folder):
    import minari
    os.environ["MINARI_DATASETS_PATH"] = str(folder.parent)
    for episode in minari.load_dataset(folder.name).iterate_episodes():
        assert len(episode.rewards)


def read_hdf5(folder):
    """As robomimic's and D4RL's own loaders do: all datasets into memory."""
    for path in folder.glob("*.hdf5"):
        with h5py.File(path) as file:
            datasets = []
            file.visititems(lambda name, node: datasets.append(node))
            arrays = [node[()] for node in datasets if isinstance(node, h5py.Dataset)]
            assert arrays


def read_lerobot_images(folder):
    """As LeRobotDataset does without video: Parquet, and PNG by Pillow."""
    import pyarrow.parquet as parquet
    from PIL import Image
    for path in sorted(folder.glob("data/*/*.parquet")):
        for name, column in parquet.read_table(path).to_pydict().items():
            if name.startswith("observation.images"):
                [np.asarray(Image.open(io.BytesIO(x["bytes"]))) for x in column]
            else:
                np.array(column)


def read_lerobot_video(folder):
    """As LeRobotDataset does by PyAV, but each clip in one go."""
    import av
    import pyarrow.parquet as parquet
    for path in sorted(folder.glob("data/*/*.parquet")):
        parquet.read_table(path).to_pydict()
    for path in sorted(folder.glob("videos/*/*/*.mp4")):
        with av.open(str(path)) as container:
            [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


FORMATS = {  # name: (writer, reader)
    "npz": (write_npz, read_npz),
    "minari-v0": (write_minari, read_minari),
    "robomimic": (write_robomimic, read_hdf5),
    "d4rl": (write_d4rl, read_hdf5),
    "lerobot-png": (write_lerobot_images, read_lerobot_images),
    "lerobot-h264": (write_lerobot_video, read_lerobot_video),
}


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
    parser.add_argument("--only", nargs="*", choices=FORMATS, default=list(FORMATS))
    options = parser.parse_args()
    programs = options.bin.resolve()

    def run(program, *args):
        subprocess.run([programs / program, *map(str, args), "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("dr-collect", "--task", "walker_walk", "--episodes", options.episodes, "--envs", 2,
            "--render", "fast", "--observations", "all", "--set", "collect.action_repeat=1", "--out",
            folder / "episodes")
        rows = 1001 * options.episodes
        print("| format | MB | its reader, rows/s | dr-import: threads | rows/s | MB/s | ratio |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for form in options.only:
            write, read = FORMATS[form]
            source = folder / form
            try:
                write(run, folder / "episodes", source)
                read(source)
            except ImportError as missing:
                print(f"| {form} | {missing} |")
                continue
            size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file()) / 1e6
            taken = {0: [], 1: [], 2: []}  # by threads; 0: the reader
            for _ in range(options.repeats):
                taken[0].append(seconds(lambda: read(source)))
                for threads in (1, 2):
                    shutil.rmtree(folder / "out", ignore_errors=True)
                    taken[threads].append(seconds(
                        lambda: run("dr-import", *(sorted(source.glob("*.hdf5")) or [source]), "--out",
                                    folder / "out", "--threads", threads)))
            theirs = statistics.median(taken[0])
            for threads in (1, 2):
                ours = statistics.median(taken[threads])
                print(f"| {form} | {size:.0f} | {rows / theirs:.0f} | {threads} | {rows / ours:.0f} | "
                      f"{size / ours:.0f} | {theirs / ours:.2f} |", flush=True)


if __name__ == "__main__":
    main()
