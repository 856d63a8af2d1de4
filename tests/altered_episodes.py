"""Episodes of our own tasks made into others: of two cameras, with discrete actions, cut short."""

import json

import h5py
import numpy as np


def cut_short(source, target, rows):
    """An episode of `rows` rows that ends for real: windows longer than it are padded and masked."""
    with h5py.File(source) as full, h5py.File(target, "w") as short:
        for key, value in full.attrs.items():
            short.attrs[key] = value
        for name in ("image", "action", "reward", "discount"):
            short[name] = full[name][:rows]
        short["discount"][rows - 1] = 0
        short.attrs["length"] = rows
        short.attrs["return"] = float(short["reward"][:].astype("float64").sum())


def add_camera(path):
    """Gives an episode the images of a further camera, of another size and grey."""
    with h5py.File(path, "r+") as file:
        image = file["image"][:, ::2, :48, :1]
        wrist = file.create_dataset("observation/wrist", data=image, chunks=image.shape)
        wrist.attrs["dims"] = "T,H,W,C"
        signature = json.loads(file.attrs["signature"])
        signature["observation_space"]["subspaces"]["wrist"] = {
            "type": "Box", "dtype": "uint8", "shape": image.shape[1:], "low": 0, "high": 255}
        file.attrs["signature"] = json.dumps(signature)


def make_discrete(path, groups):
    """Gives an episode discrete actions in place of its continuous ones: each of the first values
    becomes one choice of as many as its group has, by where in [-1,1] it lies."""
    with h5py.File(path, "r+") as file:
        action = file["action"][:]
        one_hot = [np.eye(n, dtype=np.float32)[np.digitize(values, np.linspace(-1, 1, n + 1)[1:-1])]
                   for n, values in zip(groups, action.T)]
        one_hot = np.concatenate(one_hot, 1)
        one_hot[0] = 0
        del file["action"]
        file.create_dataset("action", data=one_hot, chunks=one_hot.shape).attrs["dims"] = "T,A"
        signature = json.loads(file.attrs["signature"])
        signature["action_space"] = ({"type": "Discrete", "n": groups[0]} if len(groups) == 1 else
                                     {"type": "MultiDiscrete", "nvec": groups})
        file.attrs["signature"] = json.dumps(signature)
        file.attrs["action_space"] = json.dumps({"type": "discrete", "n": sum(groups)})
