"""Numbers that are none: refused where they are read, and where a loss becomes one."""

import shutil

import h5py
from conftest import TINY_MODEL


def with_rewards(made, shell, change):
    path = shell.folder / "odd.h5"
    shutil.copy(made.episode, path)
    with h5py.File(path, "r+") as file:
        rewards = file["reward"][:]
        change(rewards)
        file["reward"][...] = rewards
    return path


def test_data_that_is_not_finite_is_refused_with_file_and_row(made, shell):
    def change(rewards):
        rewards[7] = float("nan")

    path = with_rewards(made, shell, change)
    shell.fails("dr-fit-model", "--data", path, "--updates", 1, "--out", "model.h5", *TINY_MODEL,
                status=1, says=["odd.h5", "/reward", "row 7"])
    assert not (shell.folder / "model.h5").exists()


def test_a_loss_that_is_not_finite_stops_and_leaves_batch_and_parameters(made, shell):
    def change(rewards):
        rewards[:] = 3e38  # finite, but its square is not

    path = with_rewards(made, shell, change)
    shell.fails("dr-fit-model", "--data", path, "--updates", 3, "--out", "model.h5", *TINY_MODEL,
                status=1, says=["update 0", "model.nonfinite.h5", "model.resume.h5"])
    assert not (shell.folder / "model.h5").exists()
    shell.run("dr-info", "--check", "model.nonfinite.h5", "model.resume.h5")
    with h5py.File(shell.folder / "model.nonfinite.h5") as file:
        assert (file["batch/reward"][:] == file["batch/reward"][0, 0]).any()
        assert file["batch/image"].shape[-3:] == (64, 64, 3)


def test_a_checkpoint_that_holds_such_values_is_refused_and_left_as_it_is(made, shell):
    path = shell.folder / "broken.h5"
    shutil.copy(made.model, path)
    with h5py.File(path, "r+") as file:
        values = file["model/rssm/gru/weight_hh"][:]
        values[3, 1] = float("inf")
        file["model/rssm/gru/weight_hh"][...] = values
    before = path.read_bytes()
    shell.fails("dr-fit-model", "--init", path, "--data", made.episodes, "--updates", 1, "--out",
                "x.h5", "--threads", 1, status=1,
                says=["broken.h5", "/model/rssm/gru/weight_hh", "not finite"])
    assert path.read_bytes() == before
