"""How episode-1.0.h5 and dream-1.0.h5 were made: once, by the first release, and kept for ever.

    make_version_1_0.py BUILD/bin/h5py_copy

They are never made again: tests/unit/data_version_test.cpp reads them, so that every later dreamer
reads what the first one wrote. Contents follow the formulas that the test repeats.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent


def put(file, path, dims, values):
    file.create_dataset(path, data=values).attrs["dims"] = dims


def counted(shape, dtype):
    """0, 1, 2, … over all axes: /8 as floats, modulo 256 as bytes."""
    numbers = np.arange(np.prod(shape)).reshape(shape)
    return (numbers % 256).astype(dtype) if dtype == "u1" else (numbers / 8).astype(dtype)


def episode(f):
    f.attrs.update(format="dreamer.episode", format_version="1.0", task="cartpole_swingup", seed=5,
                   index=2, action_repeat=2, render="fast",
                   action_space=json.dumps({"type": "continuous", "size": 2, "low": -1, "high": 1}))
    put(f, "image", "T,H,W,C", counted((20, 4, 6, 3), "u1"))
    put(f, "action", "T,A", counted((20, 2), "f4") / 8)
    put(f, "reward", "T", counted((20,), "f4"))
    put(f, "discount", "T", np.ones(20, "f4"))
    put(f, "observation/position", "T,position", counted((20, 3), "f4"))
    put(f, "physics/qpos", "T,qpos", counted((20, 2), "f8"))
    put(f, "physics/model/geom_pos", "geom_pos", counted((3,), "f8"))


def dream(f):
    f.attrs.update(format="dreamer.dream", format_version="1.0", task="cartpole_swingup",
                   kind="open_loop", context=2)
    f.create_group("start").attrs["episode"] = json.dumps(["one.h5", "two.h5"])
    put(f, "start/row", "N", np.array([0, 7]))
    put(f, "action", "N,H,A", counted((2, 3, 2), "f4"))
    put(f, "stoch", "N,H,S", counted((2, 3, 4), "f4"))
    put(f, "deter", "N,H,D", counted((2, 3, 5), "f4"))
    for name in ("reward", "value", "discount", "truth/reward"):
        put(f, name, "N,H", counted((2, 3), "f4"))
    for name in ("image", "truth/image"):
        put(f, name, "N,H,Y,X,C", counted((2, 3, 4, 4, 3), "u1"))


for make in (episode, dream):
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(pathlib.Path(folder) / "made.h5", "w") as file:
            make(file)
        subprocess.run([sys.argv[1], f"{folder}/made.h5", HERE / f"{make.__name__}-1.0.h5"],
                       check=True)
