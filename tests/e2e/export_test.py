"""Episodes in the formats of others: read back by their own readers, and imported again."""

import io
import json
import os

import h5py
import numpy as np
import pytest
from PIL import Image
from altered_episodes import make_discrete
from conftest import SHORT_EPISODES, Shell, assert_same_datasets
from import_test import LOGGED, episodes

minari = pytest.importorskip("minari")


@pytest.fixture(scope="module")
def shell(request, tmp_path_factory):
    """Episodes of pixels and vectors; of discrete actions; and imported ones of other bounds, one of
    which has come to a real end."""
    shell = Shell(request.config.getoption("--bin"), tmp_path_factory.mktemp("export"))
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 2, "--out", "own",
              "--observations", "all", *SHORT_EPISODES)
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 1, "--out", "discrete",
              "--render", "none", "--set", "collect.action_repeat=25")
    make_discrete(episodes(shell.folder / "discrete")[0], [3])
    shell.run("dr-import", LOGGED / "minari/pendulum/dict-jpeg-v0", "--out", "pendulum")
    shell.run("dr-import", LOGGED / "minari/mujoco/hopper-random-v0", "--out", "hopper")
    return shell


def load(shell, name):
    os.environ["MINARI_DATASETS_PATH"] = str(shell.folder / "datasets")
    return minari.load_dataset(name)


@pytest.mark.parametrize("name", ["own", "pendulum", "hopper", "discrete"])
def test_minari_reads_what_the_episodes_hold(shell, name):
    line = shell.run("dr-export", name, "--out", f"datasets/{name}-v0").lines()[0]
    dataset = load(shell, f"{name}-v0")
    files = episodes(shell.folder / name)
    assert dataset.total_episodes == len(files) == line["episodes"]
    assert dataset.total_steps == line["steps"]
    for theirs, path in zip(dataset.iterate_episodes(), files):
        with h5py.File(path) as ours:
            space = json.loads(ours.attrs["signature"])["action_space"]
            if space["type"] == "Box":
                low, high = ([-1, 1] if space["low"] is None else (space["low"], space["high"]))
                low, high = np.array(low), np.array(high)
                raw = low + (ours["action"][1:] + 1.0) / 2 * (high - low)
                np.testing.assert_allclose(theirs.actions, raw, rtol=1e-6, atol=1e-6)
            else:
                np.testing.assert_array_equal(theirs.actions, ours["action"][1:].argmax(1))
            np.testing.assert_array_equal(theirs.rewards, ours["reward"][1:])
            assert theirs.terminations[-1] == (ours["discount"][-1] == 0)
            assert theirs.truncations[-1] != theirs.terminations[-1]
            if "image" in ours:
                np.testing.assert_array_equal(theirs.observations["image"], ours["image"][:])
            for key in ours.get("observation", {}):
                np.testing.assert_array_equal(theirs.observations[key], ours["observation"][key][:])
            assert dataset.action_space.contains(theirs.actions[0].astype(dataset.action_space.dtype))


@pytest.mark.parametrize("name", ["own", "pendulum", "hopper", "discrete"])
@pytest.mark.parametrize("form", ["minari", "dreamer", "lerobot"])
def test_the_import_of_an_export_is_the_same_episode(shell, name, form):
    out = f"again-{form}/{name}-v0"
    shell.run("dr-export", name, "--format", form, "--out", out)
    shell.run("dr-import", out, "--out", f"{out}-imported", "--task", name)
    pairs = list(zip(episodes(shell.folder / name), episodes(shell.folder / f"{out}-imported")))
    assert len(pairs) == len(episodes(shell.folder / name))
    for a, b in pairs:
        with h5py.File(a) as one, h5py.File(b) as two:
            for key in ("reward", "discount", "image"):
                if key in one:
                    np.testing.assert_array_equal(one[key][:], two[key][:])
            np.testing.assert_allclose(one["action"][:], two["action"][:], atol=2e-7)
            for key in one.get("observation", {}):
                np.testing.assert_array_equal(one[f"observation/{key}"][:],
                                              two[f"observation/{key}"][:])


def test_dreamers_own_rule_loads_the_files(shell):
    """danijar/dreamer, tools.py: rows by the name's last part, arrays by numpy.load."""
    shell.run("dr-export", "own", "--format", "dreamer", "--out", "npz")
    for path, source in zip(sorted((shell.folder / "npz").glob("*.npz")),
                            episodes(shell.folder / "own")):
        episode = np.load(path)
        rows = int(path.stem.split("-")[-1])
        assert all(len(value) == rows for value in episode.values())
        assert episode["image"].dtype == np.uint8 and episode["is_first"][0]
        with h5py.File(source) as file:
            np.testing.assert_array_equal(episode["action"], file["action"][:])
            np.testing.assert_array_equal(episode["image"], file["image"][:])


def test_the_same_episodes_give_the_same_bytes(shell):
    for out in ("one", "two"):
        shell.run("dr-export", "own", "--format", "dreamer", "--out", out)
        shell.run("dr-export", "own", "--out", f"{out}/own-v0")
    for pattern in ("*.npz", "own-v0/data/metadata.json"):
        for a, b in zip(sorted((shell.folder / "one").glob(pattern)),
                        sorted((shell.folder / "two").glob(pattern))):
            assert a.read_bytes() == b.read_bytes()
    assert_same_datasets(shell.folder / "one/own-v0/data/main_data.hdf5",
                         shell.folder / "two/own-v0/data/main_data.hdf5")


def test_what_cannot_be_exported_is_refused(shell):
    shell.fails("dr-export", "own", "--out", "datasets/own", status=2, says=["NAME-vN"])
    shell.fails("dr-export", "own", "discrete", "--out", "datasets/mixed-v0", status=1,
                says=["discrete", "differ"])
    assert not (shell.folder / "datasets/mixed-v0/data/main_data.hdf5").exists()
    shell.run("dr-export", "own", "--out", "datasets/twice-v0")
    shell.fails("dr-export", "own", "--out", "datasets/twice-v0", status=1, says=["--force"])


def test_lerobots_table_holds_what_the_episodes_hold(shell):
    """Read by pyarrow; by LeRobot itself: tests/oracles/lerobot_oracle.py."""
    tables = pytest.importorskip("pyarrow.parquet")
    shell.run("dr-export", "own", "--format", "lerobot", "--fps", 12.5, "--out", "lerobot")
    info = json.loads((shell.folder / "lerobot/meta/info.json").read_text())
    table = tables.read_table(shell.folder / "lerobot/data/chunk-000/file-000.parquet").to_pydict()
    assert info["fps"] == 12.5 and info["total_frames"] == len(table["index"])
    listed = tables.read_table(shell.folder / "lerobot/meta/episodes/chunk-000/file-000.parquet").to_pylist()
    for path, row in zip(episodes(shell.folder / "own"), listed):
        begin, end = row["dataset_from_index"], row["dataset_to_index"]
        with h5py.File(path) as file:
            assert end - begin == row["length"] == len(file["action"])
            # Row t holds the action that was done then, which led to row t + 1; the last repeats it.
            np.testing.assert_array_equal(table["action"][begin:end - 1], file["action"][1:])
            np.testing.assert_array_equal(table["action"][end - 1], file["action"][-1])
            np.testing.assert_array_equal(table["next.reward"][begin:end - 1], file["reward"][1:])
            np.testing.assert_array_equal(table["observation.to_target"][begin:end],
                                          file["observation/to_target"][:])
            image = Image.open(io.BytesIO(table["observation.images.image"][begin + 3]["bytes"]))
            np.testing.assert_array_equal(np.asarray(image), file["image"][3])
        np.testing.assert_allclose(table["timestamp"][begin:end], np.arange(end - begin) / 12.5,
                                   rtol=1e-6)
        assert table["next.done"][begin:end] == [t >= end - begin - 2 for t in range(end - begin)]
    stats = json.loads((shell.folder / "lerobot/meta/stats.json").read_text())
    np.testing.assert_allclose(stats["action"]["mean"], np.mean(table["action"], 0), rtol=1e-5)
    np.testing.assert_allclose(stats["action"]["std"], np.std(table["action"], 0), rtol=1e-4)
    assert np.array(stats["observation.images.image"]["mean"]).shape == (3, 1, 1)


def test_a_source_that_says_no_number_of_frames_a_second_is_taken_as_none(shell):
    shell.run("dr-collect", "--task", "cartpole_balance", "--out", "fast", "--render", "none", "--set",
              "collect.action_repeat=100")
    with h5py.File(episodes(shell.folder / "fast")[0], "r+") as file:
        file.attrs["source"] = json.dumps({"fps": "fast"})
    shell.run("dr-export", "fast", "--format", "lerobot", "--out", "fast-lerobot")
    assert json.loads((shell.folder / "fast-lerobot/meta/info.json").read_text())["fps"] == 30
