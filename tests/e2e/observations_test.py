"""Vectors, several cameras and images of other sizes, through the whole chain."""

import json
import signal

import h5py
import numpy as np
import pytest
from altered_episodes import add_camera
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, Shell, assert_same_datasets
from resume_test import stop_after_first_line
from schemas_test import obeys

NO_OPENGL = {"MUJOCO_GL": "none"}  # opening a library of OpenGL is then an error
BLIND = ["--render", "none", "--set", "collect.action_repeat=25"]
VECTORS = ["model.vector_units=8"]


@pytest.fixture(scope="module")
def chain(request, tmp_path_factory):
    """Episodes without images, with a model and a policy learned from their vectors; and episodes
    with two cameras and vectors, with a model of an image of each and a vector."""
    shell = Shell(request.config.getoption("--bin"), tmp_path_factory.mktemp("observations"))
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 2, "--out", "blind", *BLIND)
    shell.fit = shell.run("dr-fit-model", "--data", "blind", "--updates", 2, "--log-every", 1,
                          "--out", "blind.h5", *TINY_MODEL, *VECTORS)
    shell.run("dr-fit-behavior", "--model", "blind.h5", "--data", "blind", "--updates", 1, "--out",
              "policy.h5", *TINY_BEHAVIOR)
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 2, "--out", "mixed",
              "--observations", "all", *SHORT_EPISODES)
    for path in sorted((shell.folder / "mixed").iterdir()):
        add_camera(path)
    shell.mixed = shell.run("dr-fit-model", "--data", "mixed", "--updates", 2, "--log-every", 1,
                            "--out", "mixed.h5", *TINY_MODEL, *VECTORS,
                            "model.observations=image,wri*,to_target")
    return shell


def test_episodes_without_images_hold_vectors_and_need_no_opengl(chain):
    done = chain.run("dr-collect", "--task", "reacher_easy", "--episodes", 1, "--out", "again",
                     "--seed", 4, *BLIND, env=NO_OPENGL)
    with h5py.File(chain.folder / done.lines()[0]["episode"]) as file:
        assert "image" not in file
        assert sorted(file["observation"]) == ["position", "to_target", "velocity"]
        assert file["observation/position"].shape == (41, 2)
    assert chain.run("dr-info", "--check", "again", "mixed").stderr == ""


def test_a_model_of_vectors_has_a_loss_for_each(chain):
    for line in chain.fit.lines()[:2]:
        assert {"position_loss", "to_target_loss", "velocity_loss"} <= set(line)
        assert "image_loss" not in line
        obeys("metrics", line)
    with h5py.File(chain.folder / "blind.h5") as file:
        positions = np.concatenate([h5py.File(path)["observation/position"][:]
                                    for path in sorted((chain.folder / "blind").iterdir())])
        np.testing.assert_allclose(file["model/mean_position"][:], positions.mean(0), rtol=1e-5)
        np.testing.assert_allclose(file["model/stddev_position"][:], positions.std(0), rtol=1e-4)


def test_a_policy_of_vectors_acts_and_is_evaluated_without_opengl(chain):
    done = chain.run("dr-collect", "--policy", "policy.h5", "--episodes", 1, "--out", "acted",
                     "--render", "none", "--threads", 1, env=NO_OPENGL)
    assert done.lines()[0]["length"] == 41
    done = chain.run("dr-eval", "--policy", "policy.h5", "--episodes", 1, "--render", "none",
                     "--threads", 1, env=NO_OPENGL)
    obeys("summary", done.lines()[0])


def test_a_model_of_vectors_is_evaluated_beside_baselines(chain):
    summary = chain.run("dr-eval", "--model", "blind.h5", "--data", "again", "--starts", 3,
                        "--context", 2, "--horizon", 3, "--threads", 1).lines()[0]
    obeys("summary", summary)
    assert "psnr" not in summary
    for figures in summary["observations"].values():
        assert figures["rmse"] > 0 and len(figures["by_horizon"]["rmse_repeat_last"]) == 3


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_a_dream_of_vectors_holds_the_truth_and_is_drawn(chain, suffix):
    line = chain.run("dr-imagine", "--model", "blind.h5", "--data", "blind", "--starts", 2,
                     "--context", 2, "--horizon", 3, "--threads", 1, "--force", "--out",
                     "dream.h5").lines()[0]
    obeys("dream-line", line)
    assert set(line["observations"]) == {"position", "to_target", "velocity"}
    assert all(figures["rmse"] > 0 for figures in line["observations"].values())
    with h5py.File(chain.folder / "dream.h5") as file:
        assert file["observation/position"].shape == (2, 5, 2)
        row, episode = file["start/row"][0], json.loads(file["start"].attrs["episode"])[0]
        logged = h5py.File(chain.folder / episode)["observation/position"][row : row + 5]
        np.testing.assert_array_equal(file["truth/observation/position"][0], logged)
    assert chain.run("dr-info", "--check", "dream.h5").stdout == "dream.h5: ok\n"
    chain.run("dr-render", "dream.h5", "--out", f"dream.{suffix}", "--overlay")
    assert (chain.folder / f"dream.{suffix}").stat().st_size > 500


def test_two_cameras_and_a_vector_are_learned_together(chain):
    line = chain.mixed.lines()[0]
    assert {"image_loss", "wrist_loss", "to_target_loss"} <= set(line)
    assert "position_loss" not in line
    line = chain.run("dr-imagine", "--model", "mixed.h5", "--data", "mixed", "--starts", 1,
                     "--context", 2, "--horizon", 3, "--threads", 1, "--out",
                     "mixed-dream.h5").lines()[0]
    obeys("dream-line", line)
    assert line["psnr"] > 0 and line["observations"]["wrist"]["psnr"] > 0
    assert line["observations"]["to_target"]["rmse"] > 0
    with h5py.File(chain.folder / "mixed-dream.h5") as file:
        assert file["image"].shape == (1, 5, 64, 64, 3)
        assert file["observation/wrist"].shape == (1, 5, 32, 48, 1)
        assert file["truth/observation/wrist"].dtype == np.uint8
    assert chain.run("dr-info", "--check", "mixed-dream.h5").stdout == "mixed-dream.h5: ok\n"
    chain.run("dr-render", "mixed-dream.h5", "--out", "mixed.png", "--overlay")
    summary = chain.run("dr-eval", "--model", "mixed.h5", "--data", "mixed", "--starts", 2,
                        "--context", 2, "--horizon", 3, "--threads", 1).lines()[0]
    obeys("summary", summary)
    assert summary["psnr"] > 0 and set(summary["observations"]) == {"wrist", "to_target"}


def test_a_fit_of_vectors_stopped_half_way_is_continued_exactly(chain):
    def fit(out):
        return ["dr-fit-model", "--data", "blind", "--updates", 400, "--log-every", 1, "--out", out,
                *TINY_MODEL, *VECTORS]

    chain.run(*fit("whole.h5"))
    status, stderr = stop_after_first_line(chain, fit("parts.h5"), signal.SIGTERM)
    assert status == -signal.SIGTERM, stderr
    assert "parts.resume.h5" in stderr
    chain.run(*fit("parts.h5"))
    assert_same_datasets(chain.folder / "whole.h5", chain.folder / "parts.h5")


def test_dr_train_learns_from_vectors_without_opengl(chain):
    settings = [*TINY_MODEL, *VECTORS, "behavior.horizon=3", "behavior.units=8",
                "behavior.imagination_starts=4", "train.prefill=2", "train.pretrain=2",
                "train.updates=2", "train.episodes=1", "train.evaluate_every=1",
                "train.evaluate_episodes=1", "collect.action_repeat=50"]
    lines = chain.run("dr-train", "--task", "reacher_easy", "--render", "none", "--rounds", 1,
                      "--out", "run", *settings, env=NO_OPENGL).lines()
    assert any("returns" in line for line in lines)


def test_what_does_not_fit_is_named(chain):
    chain.fails("dr-fit-model", "--data", "blind", "--updates", 1, "--out", "x.h5", *TINY_MODEL,
                "model.observations=camera*", status=1,
                says=["blind/", "camera", "position, to_target, velocity"])
    chain.fails("dr-imagine", "--model", "mixed.h5", "--data", "blind", "--out", "x.h5", status=1,
                says=["blind/", "image"])
    chain.fails("dr-fit-model", "--init", "mixed.h5", "--data", "blind", "--updates", 1, "--out",
                "x.h5", "--threads", 1, status=1, says=["blind/", "image"])
