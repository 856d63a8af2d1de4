"""Logged data of others: what each format's own writer wrote becomes our episodes."""

import json
import pathlib
import shutil
import signal
import subprocess

import h5py
import numpy as np
import pytest
from conftest import TINY_MODEL, assert_same_datasets
from schemas_test import obeys

LOGGED = pathlib.Path(__file__).parents[1] / "data" / "logged"
EXPECTED = json.loads((LOGGED / "expected.json").read_text())
RANGES = {"rlds/pendulum_rlds/1.0.0": ["--action-range=-2:2"]}  # which the format does not hold
JPEG = 0.3  # the mean of an image, as two decoders give it
HOPPER = LOGGED / "d4rl/hopper_random.hdf5"
CARTPOLE = LOGGED / "dreamer/v1-cartpole_swingup"


def episodes(folder):
    return sorted(folder.glob("*.h5"))


def name_here(name):
    return name.removeprefix("observation.")


@pytest.mark.parametrize("name", EXPECTED)
def test_every_episode_becomes_what_its_writer_knew(shell, name):
    done = shell.run("dr-import", LOGGED / name, "--out", "episodes", *RANGES.get(name, []))
    for line in done.lines():
        obeys("episode-line", line)
    files = episodes(shell.folder / "episodes")
    assert len(files) == len(EXPECTED[name])
    assert shell.run("dr-info", "--check", "episodes").stderr == ""
    for path, expected in zip(files, EXPECTED[name]):
        with h5py.File(path) as file:
            compare(file, expected)


def compare(file, expected):
    action = json.loads(file.attrs["signature"])["action_space"]
    assert file["action"].shape == (expected["rows"], expected["action_size"])
    np.testing.assert_allclose(action["low"], expected["raw_low"], rtol=1e-6)
    np.testing.assert_allclose(action["high"], expected["raw_high"], rtol=1e-6)
    assert (file["action"][0] == 0).all() and file["reward"][0] == 0
    some = len(expected["action_1"])
    np.testing.assert_allclose(file["action"][1][:some], expected["action_1"], atol=2e-6)
    np.testing.assert_allclose(file["action"][-1][:some], expected["action_last"], atol=2e-6)
    np.testing.assert_allclose(file["reward"][1], expected["reward_1"], rtol=1e-5)
    np.testing.assert_allclose(file["reward"][-1], expected["reward_last"], rtol=1e-5)
    np.testing.assert_allclose(file["reward"][:].sum(dtype=float), expected["return"], rtol=1e-5)
    assert file["discount"][-1] == expected["discount_last"]
    for name, image in expected["images"].items():
        alone = len(expected["images"]) == 1 or name == "image"
        frames = file["image" if alone else f"observation/{name_here(name)}"]
        assert frames.shape[1:] == (64, 64, 3)
        # Resizing by the mean over the area leaves the mean as it is.
        assert abs(frames[0].mean() - image["mean_first"]) < JPEG
        assert abs(frames[-1].mean() - image["mean_last"]) < JPEG
    for name, vector in expected["observations"].items():
        values = file[f"observation/{name_here(name)}"]
        some = len(vector["first"])
        np.testing.assert_allclose(values[0].ravel()[:some], vector["first"], atol=2e-6)
        np.testing.assert_allclose(values[-1].ravel()[:some], vector["last"], atol=2e-6)


@pytest.mark.parametrize("source, task, repeat, seed", [
    ("v1-cartpole_swingup", "cartpole_swingup", 4, 3), ("v2-walker_walk", "walker_walk", 2, 5)])
def test_dreamers_episodes_acted_again_show_what_was_logged(shell, source, task, repeat, seed):
    """Our own simulation of their actions: one row off, images differ by 0.16 and more."""
    shell.run("dr-import", LOGGED / "dreamer" / source, "--task", task, "--action-repeat", repeat,
              "--seed", seed, "--out", "episodes")
    for path in episodes(shell.folder / "episodes"):
        shell.run("dr-collect", "--reenact", path, "--out", "again")
        with h5py.File(path) as logged, h5py.File(shell.folder / "again" / path.name) as again:
            difference = logged["image"][:].astype(float) - again["image"][:]
            assert np.abs(difference).mean() < 0.05
            np.testing.assert_allclose(logged["reward"][:], again["reward"][:], atol=1e-4)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_source_gives_the_same_episodes_in_order(shell, threads):
    source = LOGGED / "minari/pendulum/dict-jpeg-v0"
    one = shell.run("dr-import", source, "--out", "one").lines()
    two = shell.run("dr-import", source, "--out", "two", "--threads", threads).lines()
    assert [line["index"] for line in two] == [line["index"] for line in one] == [0, 1, 2]
    for a, b in zip(episodes(shell.folder / "one"), episodes(shell.folder / "two")):
        assert_same_datasets(a, b)


def test_jpeg_in_hdf5_and_in_parquet_are_the_same_images(shell):
    for name in ("dict-jpeg-v0", "dict-parquet-v0"):
        shell.run("dr-import", LOGGED / "minari/pendulum" / name, "--out", name)
    for a, b in zip(episodes(shell.folder / "dict-jpeg-v0"),
                    episodes(shell.folder / "dict-parquet-v0")):
        assert_same_datasets(a, b)


def test_a_killed_import_is_completed_by_the_same_command(shell):
    whole = shell.run("dr-import", HOPPER, "--out", "whole").lines()
    process = subprocess.Popen([shell.bin / "dr-import", HOPPER, "--out", "parts"],
                               cwd=shell.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate()
    before = {path: path.read_bytes() for path in episodes(shell.folder / "parts")}
    done = shell.run("dr-import", HOPPER, "--out", "parts")
    assert [line["index"] for line in done.lines()] == [line["index"] for line in whole]
    assert f"{len(before)} episodes were there already" in done.stderr
    for path, content in before.items():
        assert path.read_bytes() == content
    for a, b in zip(episodes(shell.folder / "whole"), episodes(shell.folder / "parts")):
        assert_same_datasets(a, b)
    shell.fails("dr-import", HOPPER, "--out", "parts", "--action-range", "data", status=1,
                says=["was made otherwise", "--force"])


def test_list_says_what_would_be_done(shell):
    line = shell.run("dr-import", LOGGED / "lerobot/v3-image", "--list").lines()[0]
    assert line["format"] == "LeRobot v3.0" and line["episodes"] == 2
    assert line["cameras"] == {"images.top": "96x96x3"} and line["becomes"]["images.top"] == "image"
    assert line["vectors"] == {"state": "3"} and line["fps"] == 10 and line["ends"] == "none"
    assert not list(shell.folder.iterdir())


def test_what_is_lost_is_counted_and_can_be_kept(shell):
    source = LOGGED / "lerobot/v3-image"
    done = shell.run("dr-import", source, "--out", "dropped")
    assert "2 of 2 episodes lose their last action" in done.stderr
    assert "2 episodes lose a reward other than 0" in done.stderr
    shell.run("dr-import", source, "--out", "kept", "--last-step", "repeat")
    for a, b in zip(episodes(shell.folder / "dropped"), episodes(shell.folder / "kept")):
        with h5py.File(a) as short, h5py.File(b) as long:
            assert len(long["reward"]) == len(short["reward"]) + 1
            np.testing.assert_array_equal(long["image"][-1], long["image"][-2])
            np.testing.assert_array_equal(long["image"][:-1], short["image"][:])


def test_a_model_is_learned_from_an_import_without_opengl(shell):
    shell.run("dr-import", LOGGED / "rlds/pendulum_rlds/1.0.0", "--out", "episodes", "--image",
              "wrist_image", "--size", "32x48", "--grey", "--observations", "none")
    with h5py.File(episodes(shell.folder / "episodes")[0]) as file:
        assert file["image"].shape[1:] == (32, 48, 1)
        assert file.attrs["instruction"] == "swing it up"
        assert json.loads(file.attrs["source"])["format"] == "RLDS"
    shell.run("dr-fit-model", "--data", "episodes", "--updates", 2, "--out", "model.h5", *TINY_MODEL,
              env={"MUJOCO_GL": "none"})
    shell.run("dr-imagine", "--model", "model.h5", "--data", "episodes", "--starts", 1, "--context",
              2, "--horizon", 3, "--threads", 1, "--out", "dream.h5")


def test_a_mapping_file_describes_another_layout(shell):
    with h5py.File(shell.folder / "traj.h5", "w") as file:
        for i in (0, 1, 10):
            group = file.create_group(f"traj_{i}")
            group["obs/agent/qpos"] = np.full((6, 2), i, "f8")
            group["obs/camera/rgb"] = np.full((6, 16, 16, 3), 10 * i, "u1")
            group["actions"] = np.linspace(-3, 3, 10).reshape(5, 2)
            group["rewards"] = np.arange(5.0)
            group["terminated"] = np.array([0, 0, 0, 0, 1], bool)
    (shell.folder / "map.json").write_text(json.dumps(
        {"episode": "traj_*", "image": "obs/camera/rgb", "observations": {"qpos": "obs/agent/qpos"},
         "action": "actions", "reward": "rewards", "ends": "terminated"}))
    shell.run("dr-import", "traj.h5", "--map", "map.json", "--size", 16, "--out", "episodes")
    files = episodes(shell.folder / "episodes")
    assert len(files) == 3
    with h5py.File(files[2]) as file:
        assert file["observation/qpos"][0, 0] == 10 and file["image"][0, 0, 0, 0] == 100
        assert file["discount"][-1] == 0 and file["reward"][-1] == 4
        np.testing.assert_allclose(file["action"][1], [-1, -1], atol=1e-6)
        np.testing.assert_allclose(file["action"][-1], [1, 1], atol=1e-6)
    (shell.folder / "map.json").write_text('{"imagee": "x", "action": "actions"}')
    shell.fails("dr-import", "traj.h5", "--map", "map.json", "--out", "x", status=2,
                says=["map.json", "did you mean image"])


def test_choices_become_one_hot(shell):
    rows = 9
    arrays = dict(image=np.zeros((rows, 64, 64, 3), "u1"), reward=np.zeros(rows, "f4"),
                  discount=np.ones(rows, "f4"))
    action = np.eye(3, dtype="f4")[np.arange(rows) % 3]
    action[0] = 0
    (shell.folder / "discrete").mkdir()
    np.savez_compressed(shell.folder / "discrete/20200101T000000-0-9.npz", action=action, **arrays)
    shell.run("dr-import", "discrete", "--out", "episodes")
    with h5py.File(episodes(shell.folder / "episodes")[0]) as file:
        assert json.loads(file.attrs["signature"])["action_space"] == {"type": "Discrete", "n": 3}
        np.testing.assert_array_equal(file["action"][:], action)


def test_half_floats_and_columns_first_are_read(shell):
    rows = 7
    values = np.arange(rows * 3, dtype="f2").reshape(rows, 3)
    (shell.folder / "npz").mkdir()
    np.savez(shell.folder / "npz/a-0-7.npz", state=np.asfortranarray(values),
             action=np.zeros((rows, 1), "f2"), reward=np.arange(rows, dtype=">f8"),
             discount=np.ones(rows))
    shell.run("dr-import", "npz", "--out", "episodes")
    with h5py.File(episodes(shell.folder / "episodes")[0]) as file:
        np.testing.assert_array_equal(file["observation/state"][:], values)
        np.testing.assert_array_equal(file["reward"][1:], np.arange(1, rows))


# --- Sources that are damaged, or say what is not so -----------------------------------------------


def hopper_with(shell, change):
    path = shell.folder / "hopper.hdf5"
    shutil.copy(HOPPER, path)
    path.chmod(0o644)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def set_value(name, row, value):
    def change(file):
        file[name][row] = value
    return change


def replace(name, values):
    def change(file):
        del file[name]
        file[name] = values
    return change


@pytest.mark.parametrize("change, says", [
    (set_value("actions", (40, 1), 1.7), ["rows 26 to 45", "1.7", "--clip", "--action-range"]),
    (set_value("actions", (40, 1), np.nan), ["action", "nan"]),
    (set_value("rewards", 40, np.inf), ["reward", "inf"]),
    (set_value("observations", (40, 1), np.nan), ["observation", "nan"]),
    (replace("rewards", np.zeros(307)), ["/rewards has 307 rows, 310 are needed"]),
])
def test_what_is_wrong_is_named_and_can_be_left_out(shell, change, says):
    source = hopper_with(shell, change)
    shell.fails("dr-import", source, "--out", "episodes", status=1, says=says)
    if "307" in says[0]:
        return
    done = shell.run("dr-import", source, "--out", "episodes", "--skip-bad")
    assert len(done.lines()) == 17 and "left out" in done.stderr


def test_groups_nested_without_end_are_refused(shell):
    path = shell.folder / "nested.hdf5"
    with h5py.File(path, "w") as file:
        episode = file.create_group("episode_0")
        episode["actions"], episode["rewards"] = np.zeros((5, 1)), np.zeros(5)
        episode["terminations"] = episode["truncations"] = np.zeros(5, bool)
        episode.create_group("observations/" + "g/" * 2000)
    shell.fails("dr-import", path, "--out", "episodes", status=1,
                says=["/episode_0/observations", "more than 64 levels"])


def test_clipped_actions_are_counted(shell):
    source = hopper_with(shell, set_value("actions", (40, 1), 1.7))
    done = shell.run("dr-import", source, "--out", "episodes", "--clip")
    assert "1 values of actions were clipped" in done.stderr


@pytest.mark.parametrize("cut", [0.1, 0.6, 0.99])
def test_truncated_files_are_refused(shell, cut):
    for source in (HOPPER, next(iter(sorted(CARTPOLE.iterdir())))):
        content = source.read_bytes()
        path = shell.folder / source.name
        path.write_bytes(content[:int(cut * len(content))])
        shell.fails("dr-import", path, "--out", "x", status=1, says=[source.name])


def test_a_flipped_bit_in_a_record_is_found(shell):
    folder = shell.folder / "rlds"
    shutil.copytree(LOGGED / "rlds/pendulum_rlds/1.0.0", folder)
    path = next(folder.glob("*train*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    shell.fails("dr-import", folder, "--out", "x", status=1, says=["checksum differs"])


def test_a_recording_that_was_not_finalized_says_so(shell):
    folder = shell.folder / "lerobot"
    shutil.copytree(LOGGED / "lerobot/v3-image", folder)
    path = next((folder / "data").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-100])
    shell.fails("dr-import", folder, "--out", "x", status=1, says=["not finalized"])


def test_pickled_objects_and_rows_without_a_reset_are_refused(shell):
    rows = 5
    good = dict(reward=np.zeros(rows, "f4"), discount=np.ones(rows, "f4"))
    np.savez(shell.folder / "a.npz", image=np.array([None] * rows), action=np.zeros((rows, 1)), **good)
    shell.fails("dr-import", "a.npz", "--out", "x", status=1, says=["image", "nothing to learn from"])
    np.savez(shell.folder / "b.npz", state=np.zeros((rows, 2)), action=np.ones((rows, 1)), **good)
    shell.fails("dr-import", "b.npz", "--out", "x", status=1, says=["row 0 has an action"])


def test_what_no_format_knows_is_refused_with_the_remedy(shell):
    (shell.folder / "x.bag").write_text("#ROSBAG V2.0\n")
    shell.fails("dr-import", "x.bag", "--out", "x", status=1, says=["LeRobot"])
    (shell.folder / "notes.txt").write_text("hello")
    shell.fails("dr-import", "notes.txt", "--out", "x", status=1, says=["--map"])
    shell.fails("dr-import", "nowhere", "--out", "x", status=1, says=["no such file"])
    shell.fails("dr-import", HOPPER, "--format", "d4r", "--out", "x", status=2, says=["did you mean d4rl"])
