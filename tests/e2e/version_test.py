"""Checkpoints that version 1.0 wrote are read for ever: tests/data/{model,policy}-1.0.h5, the
smallest there can be (every size 1), of cartpole_swingup."""

import json
import pathlib

DATA = pathlib.Path(__file__).parents[1] / "data"
MODEL, POLICY = DATA / "model-1.0.h5", DATA / "policy-1.0.h5"


def test_their_layout_is_still_ours(shell):
    shell.run("dr-info", "--check", MODEL, POLICY)


def test_the_model_imagines_and_can_be_fitted_on(shell, made):
    shell.run("dr-imagine", "--model", MODEL, "--data", made.episodes, "--starts", 1, "--horizon",
              3, "--threads", 1, "--out", "dream.h5")
    line = shell.run("dr-fit-model", "--init", MODEL, "--data", made.episodes, "--updates", 1,
                     "--threads", 1, "--out", "model.h5").lines()[-1]
    assert line["update"] == 2


def test_the_policy_acts(shell):
    result = shell.run("dr-eval", "--task", "cartpole_swingup", "--policy", POLICY, "--episodes", 1,
                       "--render", "fast", "--set", "collect.action_repeat=50", "--threads", 1)
    assert json.loads(result.stdout)["episodes"] == 1
