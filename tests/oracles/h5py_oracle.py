"""h5py against our files: what it writes we read, what we write it reads, checksums and all.

An episode and a dream are made with h5py alone, in several storage layouts; our reader and writer
copy them; h5py compares the copy with the original. Run by ctest; needs h5py and numpy.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np

GENERATOR = np.random.default_rng(0)
STORAGES = {
    "contiguous": {},
    "deflate, then checksum": {"chunks": True, "compression": "gzip", "fletcher32": True},
    "shuffled": {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True},
    "growing": {"chunks": True, "maxshape": "as many rows as you like"},
}


def put(file, path, dims, values, storage):
    storage = dict(storage)
    if "maxshape" in storage:
        storage["maxshape"] = (None,) + values.shape[1:]
    if values.size == 0 or values.ndim == 0:
        storage = {}
    file.create_dataset(path, data=values, **storage).attrs["dims"] = dims


def head(file, kind):
    file.attrs["format"] = kind
    file.attrs["format_version"] = "1.3"  # a newer minor version, with an addition
    file.attrs["addition"] = np.float32(1)
    file.attrs["task"] = "walker_walk"


def make_episode(path, storage, rows=53, **options):
    with h5py.File(path, "w", **options) as f:
        head(f, "dreamer.episode")
        f.attrs["seed"] = 11
        f.attrs["index"] = np.int32(3)
        f.attrs["action_repeat"] = np.uint8(2)
        f.attrs["action_space"] = json.dumps({"type": "continuous", "size": 6, "low": -1, "high": 1})
        f.attrs["render"] = "exact"
        image = GENERATOR.integers(0, 256, (rows, 16, 16, 3), dtype=np.uint8)
        image[rows // 2:] = 7  # compressible
        put(f, "image", "T,H,W,C", image, storage)
        put(f, "action", "T,A", GENERATOR.uniform(-1, 1, (rows, 6)).astype("f4"), storage)
        put(f, "reward", "T", GENERATOR.uniform(0, 2, rows).astype("f4"), storage)
        put(f, "discount", "T", np.ones(rows, "f4"), storage)
        put(f, "observation/height", "T,height", GENERATOR.normal(size=(rows, 1)).astype("f4"), storage)
        put(f, "physics/qpos", "T,qpos", GENERATOR.normal(size=(rows, 9)), storage)
        put(f, "physics/model/geom_pos", "geom_pos", GENERATOR.normal(size=3), storage)


def make_dream(path, storage, starts=3, rows=7):
    with h5py.File(path, "w") as f:
        head(f, "dreamer.dream")
        f.attrs["kind"] = "open_loop"
        f.attrs["context"] = 5
        f.create_group("start").attrs["episode"] = json.dumps(["a.h5", "ü.h5", "c.h5"])
        put(f, "start/row", "N", np.arange(starts), storage)
        shapes = {"action": ("N,H,A", 6), "stoch": ("N,H,S", 30), "deter": ("N,H,D", 200)}
        for name, (dims, size) in shapes.items():
            put(f, name, dims, GENERATOR.normal(size=(starts, rows, size)).astype("f4"), storage)
        for name in ("reward", "value", "discount", "truth/reward"):
            put(f, name, "N,H", GENERATOR.normal(size=(starts, rows)).astype("f4"), storage)
        for name in ("image", "truth/image"):
            image = GENERATOR.integers(0, 256, (starts, rows, 8, 8, 3), dtype=np.uint8)
            put(f, name, "N,H,Y,X,C", image, storage)


def datasets(file):
    found = {}
    file.visititems(lambda name, o: found.update({name: o}) if isinstance(o, h5py.Dataset) else None)
    return found


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def compare(original, copy):
    with h5py.File(original) as a, h5py.File(copy) as b:
        ours, theirs = datasets(b), datasets(a)
        assert ours.keys() == theirs.keys(), (ours.keys(), theirs.keys())
        for name, dataset in ours.items():
            assert dataset.dtype == theirs[name].dtype, name
            assert np.array_equal(dataset[()], theirs[name][()]), name
            assert text(dataset.attrs["dims"]) == text(theirs[name].attrs["dims"]), name
            assert dataset.fletcher32, f"{name} has no checksum"
        assert ours["image"].compression == "gzip"
        assert text(b.attrs["format_version"]) == "1.1"
        for name in ("format", "task", "seed", "index", "action_repeat", "kind", "context"):
            assert (name in a.attrs) == (name in b.attrs), name
            if name in a.attrs:
                assert text(a.attrs[name]) == text(b.attrs[name]), name
        if "return" in b.attrs:
            assert np.isclose(b.attrs["return"], theirs["reward"][()].sum(dtype="f8"))
            assert b.attrs["length"] == len(theirs["reward"])
        assert json.loads(b["provenance"].attrs["config"]) == {"oracle": "h5py"}


def flip_in_image(path, damaged):
    """A copy of a file with one bit of its first image chunk flipped."""
    with h5py.File(path) as f:
        at = f["image"].id.get_chunk_info(0).byte_offset + 20
    content = bytearray(path.read_bytes())
    content[at] ^= 16
    damaged.write_bytes(content)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--copy", required=True, help="the h5py_copy program")
    program = parser.parse_args().copy

    def copy(*paths):
        return subprocess.run([program, *map(str, paths)], capture_output=True, text=True)

    with tempfile.TemporaryDirectory() as folder:
        made, copied = (pathlib.Path(folder) / name for name in ("made.h5", "copied.h5"))
        for name, storage in STORAGES.items():
            for make in (make_episode, make_dream):
                make(made, storage)
                done = copy(made, copied)
                assert done.returncode == 0, (name, done.stderr)
                compare(made, copied)
        make_episode(made, STORAGES["shuffled"], libver=("v110", "v110"))
        assert copy(made, copied).returncode == 0
        compare(made, copied)

        # One flipped bit is noticed by either reader, in a file of either writer.
        for whole in (made, copied):
            damaged = pathlib.Path(folder) / "damaged.h5"
            flip_in_image(whole, damaged)
            done = copy(damaged, pathlib.Path(folder) / "never.h5")
            assert done.returncode == 1 and "/image" in done.stderr, done
            try:
                with h5py.File(damaged) as f:
                    f["image"][()]
                raise AssertionError("h5py read a damaged chunk")
            except OSError:
                pass
    print("h5py and our files agree")


if __name__ == "__main__":
    main()
