"""What dr-imagine is asked for: where dreams start, along which actions, how many futures."""

import json

import h5py
import numpy as np
import pytest
from schemas_test import obeys

ROWS = ["--context", 3, "--horizon", 4, "--threads", 1]


def imagine(shell, made, name, *options, data=True):
    line = shell.run("dr-imagine", "--model", made.model, "--out", name, *ROWS,
                     *(["--data", made.episodes] if data else []), *options).lines()[0]
    obeys("dream-line", line)
    shell.run("dr-info", "--check", name)
    with h5py.File(shell.folder / name) as file:
        return ({key: file[key][:] for key in ("action", "stoch", "deter", "reward", "start/row")}
                | {"kind": file.attrs["kind"], "line": line, "truth": "truth" in file})


def test_dreams_start_where_they_are_asked_to(shell, made):
    one = imagine(shell, made, "one.h5", "--at", f"{made.episode}:7", "--at", f"{made.episode}:0",
                  data=False)
    with h5py.File(made.episode) as file:
        np.testing.assert_array_equal(one["action"][0], file["action"][7:14])
        np.testing.assert_array_equal(one["action"][1], file["action"][0:7])
    assert list(one["start/row"]) == [7, 0] and one["truth"]
    with h5py.File(shell.folder / "one.h5") as dream, h5py.File(made.model) as model:
        assert dream.attrs["model"] == model["provenance"].attrs["id"]
        assert dream.attrs["model_updates"] == 2
    every = imagine(shell, made, "every.h5", "--every", 15)
    assert list(every["start/row"]) == [0, 15, 30] * 2  # windows of 7 rows in 41
    for options, status, says in (
            (["--at", f"{made.episode}:36"], 1, ["41 rows", "7 from row 36"]),
            (["--at", "nowhere"], 2, "FILE:ROW"), ([], 2, "--data is needed")):
        shell.fails("dr-imagine", "--model", made.model, "--out", "no.h5", *ROWS, *options,
                    status=status, says=says)


def test_samples_are_futures_of_one_start(shell, made):
    fan = imagine(shell, made, "fan.h5", "--at", f"{made.episode}:5", "--samples", 4, data=False)
    assert list(fan["start/row"]) == [5] * 4
    assert (fan["action"] == fan["action"][0]).all()
    assert len({state.tobytes() for state in fan["stoch"]}) == 4


def test_temperature_zero_is_one_future_and_higher_ones_spread(shell, made):
    at = ["--at", f"{made.episode}:5", "--samples", 6]
    spread = []
    for temperature in (0, 0.5, 1, 3):
        dream = imagine(shell, made, f"{temperature}.h5", *at, "--temperature", temperature, data=False)
        spread.append(dream["stoch"][:, 3:].std(0).mean())
    assert spread[0] < 1e-6 and spread == sorted(spread)
    plain = imagine(shell, made, "plain.h5", *at, data=False)
    np.testing.assert_array_equal(plain["stoch"], imagine(
        shell, made, "same.h5", *at, "--temperature", 1, data=False)["stoch"])


def test_what_if_other_actions_were_taken(shell, made):
    logged = imagine(shell, made, "logged.h5")
    other = sorted(made.episodes.glob("*.h5"))[1]
    with h5py.File(other) as file:
        theirs = file["action"][1:5]
    for choice, expected in (("zero", lambda row: np.zeros((4, 1))),
                             ("hold", lambda row: np.repeat(logged["action"][row, 2:3], 4, 0)),
                             (other, lambda row: theirs)):
        dream = imagine(shell, made, "what-if.h5", "--actions", choice, "--force")
        assert dream["kind"] == "what_if" and not dream["truth"] and "psnr" not in dream["line"]
        for row in range(len(dream["action"])):
            np.testing.assert_array_equal(dream["action"][row, 3:], expected(row))
    random = imagine(shell, made, "random.h5", "--actions", "random")
    assert (np.abs(random["action"][:, 3:]) <= 1).all() and random["action"][:, 3:].std() > 0.3
    shell.run("dr-render", "what-if.h5", "--out", "what-if.png")
    shell.fails("dr-imagine", "--model", made.model, "--at", f"{other}:0", "--out", "no.h5",
                "--context", 3, "--horizon", 41, "--actions", other, status=1,
                says=["has 40 actions", "--horizon 40"])
    shell.fails("dr-imagine", "--model", made.model, "--data", made.episodes, "--out", "no.h5", *ROWS,
                "--policy", made.policy, "--actions", "zero", status=2, says="its own actions")


def test_the_simulator_beside_a_dream_is_what_really_happens(shell, made):
    """Along an episode's own actions it gives what was logged."""
    shell.run("dr-imagine", "--model", made.model, "--at", f"{made.episode}:0", "--context", 1,
              "--horizon", 20, "--actions", made.episode, "--simulate", "--out", "again.h5")
    with h5py.File(shell.folder / "again.h5") as dream, h5py.File(made.episode) as logged:
        np.testing.assert_array_equal(dream["truth/image"][0], logged["image"][:21])
        np.testing.assert_array_equal(dream["truth/reward"][0], logged["reward"][:21])
        assert dream.attrs["kind"] == "what_if"
    shell.run("dr-render", "again.h5", "--out", "again.png")


def test_a_policys_dream_is_held_against_what_comes_true(shell, made):
    command = ["dr-imagine", "--model", made.model, "--policy", made.policy, "--data", made.episodes,
               "--starts", 3, "--context", 3, "--horizon", 6, "--simulate", "--out", "dream.h5"]
    line = shell.run(*command).lines()[0]
    obeys("dream-line", line)
    with h5py.File(shell.folder / "dream.h5") as dream:
        assert dream["truth/image"].shape == (3, 9, 64, 64, 3)
        for n, (row, path) in enumerate(zip(dream["start/row"], json.loads(
                dream["start"].attrs["episode"]))):
            with h5py.File(path) as logged:
                np.testing.assert_array_equal(dream["truth/image"][n, :3], logged["image"][row:row + 3])
        assert line["simulated_return"] == pytest.approx(
            dream["truth/reward"][:, 3:].sum(1).mean(), rel=1e-5)
        assert line["imagined_return"] == pytest.approx(dream["reward"][:, 3:].sum(1).mean(), rel=1e-5)
    shell.run("dr-info", "--check", "dream.h5")
    shell.run("dr-render", "dream.h5", "--overlay", "--out", "dream.mp4")
    shell.fails("dr-imagine", "--model", made.model, "--data", made.episodes, "--out", "no.h5",
                "--simulate", status=2, says="--policy and --actions")
