#!/usr/bin/env python3
"""Whether LeRobot reads what dr-export wrote for it: an own LeRobotDataset of the export, row by row
against the episodes. On demand, as the package brings all of PyTorch and more:

    python3 -m venv lerobot && lerobot/bin/pip install lerobot h5py
    lerobot/bin/python tests/oracles/lerobot_oracle.py --bin build/bin

27 November 2026, LeRobot 0.4.4: 82 rows with pixels and vectors and 153 of vectors equal.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is asked of the network

import h5py
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset


def check(dataset, episodes):
    """All rows of all episodes; the number of rows."""
    index = 0
    for number, path in enumerate(episodes):
        with h5py.File(path) as file:
            space = json.loads(file.attrs["signature"])["action_space"]
            low, high = np.array(space.get("low") or -1.0), np.array(space.get("high") or 1.0)
            rows = len(file["action"])
            for t in range(rows):
                item = dataset[index]
                assert int(item["episode_index"]) == number and int(item["frame_index"]) == t
                # Row t holds the action that was done then; the last one repeats it.
                raw = low + (file["action"][min(t + 1, rows - 1)] + 1.0) / 2 * (high - low)
                np.testing.assert_allclose(item["action"].numpy().ravel(), raw, rtol=1e-6, atol=1e-6)
                if t + 1 < rows:
                    assert float(item["next.reward"]) == file["reward"][t + 1]
                    assert float(item["next.discount"]) == file["discount"][t + 1]
                assert bool(item["next.done"]) == (t >= rows - 2)
                if "image" in file:
                    image = np.moveaxis(item["observation.images.image"].numpy(), 0, -1)
                    np.testing.assert_array_equal(np.round(image * 255), file["image"][t])
                for name in file.get("observation", {}):
                    np.testing.assert_array_equal(item[f"observation.{name}"].numpy().ravel(),
                                                  file[f"observation/{name}"][t].ravel())
                index += 1
    assert index == len(dataset)
    return index


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    options = parser.parse_args()
    programs = options.bin.resolve()

    def run(program, *args):
        subprocess.run([programs / program, *map(str, args), "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("dr-collect", "--task", "reacher_easy", "--episodes", 2, "--out", folder / "pixels",
            "--render", "fast", "--observations", "all", "--set", "collect.action_repeat=25")
        run("dr-collect", "--task", "cartpole_swingup", "--episodes", 3, "--out", folder / "vectors",
            "--render", "none", "--set", "collect.action_repeat=20")
        for kind in ("pixels", "vectors"):
            root = folder / f"{kind}-lerobot"
            run("dr-export", folder / kind, "--format", "lerobot", "--out", root)
            dataset = LeRobotDataset(f"local/{kind}", root=root)
            assert dataset.meta.total_episodes == len(list((folder / kind).iterdir()))
            assert dataset.meta.tasks.index[0] in ("reacher_easy", "cartpole_swingup")
            rows = check(dataset, sorted((folder / kind).iterdir()))
            print(f"{kind}: {rows} rows equal, as LeRobotDataset reads them")


if __name__ == "__main__":
    main()
