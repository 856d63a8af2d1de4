"""Data without rewards: a model that predicts none, and everything that reads either says so."""

import json

import h5py
import numpy as np
import pytest
from conftest import TINY_BEHAVIOR, TINY_MODEL
from schemas_test import obeys

WITHOUT = [*TINY_MODEL, "model.reward_head=false"]
WINDOWS = ["--starts", 2, "--context", 3, "--horizon", 4, "--threads", 1]


def write_ogbench(path):
    """Three episodes of 12 steps in OGBench's layout: no rewards."""
    rng = np.random.default_rng(0)
    terminals = np.zeros(36, np.float32)
    terminals[11::12] = 1
    np.savez(path, observations=rng.normal(size=(36, 5)).astype(np.float32),
             actions=rng.uniform(-1, 1, (36, 2)).astype(np.float32), terminals=terminals)


@pytest.fixture
def logged(shell):
    """Those episodes, imported."""
    write_ogbench(shell.folder / "antmaze-navigate.npz")
    done = shell.run("dr-import", "antmaze-navigate.npz", "--out", "episodes")
    assert "there are no rewards" in done.stderr
    for line in done.lines():
        obeys("episode-line", line)
        assert "return" not in line
    return shell


def test_files_and_folders_say_that_there_are_no_rewards(logged):
    episode = sorted((logged.folder / "episodes").iterdir())[0]
    with h5py.File(episode) as file:
        assert file.attrs["rewards"] == "none" and (file["reward"][:] == 0).all()
    logged.run("dr-info", "--check", "episodes")
    assert "no rewards" in logged.run("dr-info", episode).stdout
    folder = logged.run("dr-info", "--json", "episodes").lines()[0]
    obeys("info", folder)
    assert folder["return"] is None


def test_a_model_without_a_reward_head_is_fitted_judged_and_shown(logged):
    logged.fails("dr-fit-model", "--data", "episodes", "--updates", 1, "--out", "no.h5", *TINY_MODEL,
                 status=1, says=["holds no rewards", "model.reward_head=false"])
    for line in logged.run("dr-fit-model", "--data", "episodes", "--updates", 2, "--out", "model.h5",
                           "--log-every", 1, *WITHOUT).lines():
        obeys("metrics", line)
        assert "reward_loss" not in line
    with h5py.File(logged.folder / "model.h5") as file:
        assert "reward" not in file["model"]
    evaluation = logged.run("dr-eval", "--model", "model.h5", "--data", "episodes", *WINDOWS).lines()[0]
    obeys("summary", evaluation)
    assert "reward_mae" not in evaluation and evaluation["explained"] <= 1
    line = logged.run("dr-imagine", "--model", "model.h5", "--data", "episodes", "--out", "dream.h5",
                      *WINDOWS).lines()[0]
    obeys("dream-line", line)
    assert "reward_mae" not in line
    with h5py.File(logged.folder / "dream.h5") as file:
        assert "reward" not in file and "reward" not in file["truth"]
    logged.run("dr-info", "--check", "model.h5", "dream.h5")
    logged.run("dr-render", "dream.h5", "--overlay", "--out", "dream.png")


def test_no_behavior_is_learned_without_rewards(logged):
    logged.run("dr-fit-model", "--data", "episodes", "--updates", 1, "--out", "model.h5", *WITHOUT)
    logged.fails("dr-fit-behavior", "--model", "model.h5", "--data", "episodes", "--updates", 1,
                 "--out", "policy.h5", *TINY_BEHAVIOR, status=2,
                 says=["model.h5", "learned from imagined rewards"])
    logged.fails("dr-train", "--task", "cartpole_balance", "--out", "run", "--rounds", 1, "--set",
                 "model.reward_head=false", status=2, says="learned from imagined rewards")
    assert not (logged.folder / "run").exists()


def test_a_model_with_a_reward_head_is_judged_on_data_without(logged):
    with h5py.File(sorted((logged.folder / "episodes").iterdir())[0], "r+") as file:
        del file.attrs["rewards"]
    rewarded = sorted((logged.folder / "episodes").iterdir())[0]
    logged.run("dr-fit-model", "--data", rewarded, "--updates", 1, "--out", "model.h5", *TINY_MODEL)
    evaluation = logged.run("dr-eval", "--model", "model.h5", "--data", "episodes", *WINDOWS).lines()[0]
    assert "reward_mae" not in evaluation
    logged.run("dr-imagine", "--model", "model.h5", "--data", "episodes", "--out", "dream.h5", *WINDOWS)
    with h5py.File(logged.folder / "dream.h5") as file:
        assert "reward" in file and "reward" not in file["truth"]
