"""The same command gives the same bytes; a stop and going on give them too."""

import signal
import time

import h5py
import numpy as np
import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, assert_same_datasets, datasets


def fit_model(made, out, updates, *more):
    return ["dr-fit-model", "--data", made.episodes, "--updates", updates, "--out", out, *more,
            *TINY_MODEL]


def fit_behavior(made, out, updates, *more):
    return ["dr-fit-behavior", "--model", made.model, "--data", made.episodes, "--updates", updates,
            "--out", out, *more, *TINY_BEHAVIOR]


def fit_with_running_state(made, out, updates, *more):
    """A behavior that keeps more than parameters and moments from update to update."""
    return fit_behavior(made, out, updates, *more, "--set", "behavior.value_target_rate=0.1",
                        "--set", "behavior.return_scale=percentiles")


FITS = pytest.mark.parametrize("fit", [fit_model, fit_behavior, fit_with_running_state])


def stop_after_first_line(shell, command, number):
    """Starts a program and sends it a signal once it has printed a line."""
    process = shell.start(*command)
    first = process.stdout.readline()
    assert first, process.stderr.read()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr


# --- Determinism -----------------------------------------------------------------------------------

def same_twice(shell, *command, out):
    """Runs a program twice, with OUT in the command standing for the output."""
    paths = []
    for name in ("one", "two"):
        shell.run(*[f"{name}{out}" if word == "OUT" else word for word in command])
        paths.append(shell.folder / f"{name}{out}")
    return paths


@FITS
def test_a_fit_is_deterministic(shell, made, fit):
    assert_same_datasets(*same_twice(shell, *fit(made, "OUT", 3), out=".h5"))


def test_another_seed_gives_another_model(shell, made):
    shell.run(*fit_model(made, "a.h5", 1, "--seed", 1))
    shell.run(*fit_model(made, "b.h5", 1, "--seed", 2))
    assert datasets(shell.folder / "a.h5") != datasets(shell.folder / "b.h5")


def test_dreams_are_deterministic(shell, made):
    imagine = ["dr-imagine", "--model", made.model, "--data", made.episodes, "--out", "OUT",
               "--starts", 3, "--context", 2, "--horizon", 5, "--threads", 1]
    assert_same_datasets(*same_twice(shell, *imagine, out=".h5"))
    assert_same_datasets(*same_twice(shell, *imagine, "--policy", made.policy, out="-own.h5"))


def test_videos_are_deterministic(shell, made):
    for ending in (".mp4", ".gif", ".png"):
        one, two = same_twice(shell, "dr-render", made.dream, "--out", "OUT", out=ending)
        assert one.read_bytes() == two.read_bytes()


def test_evaluations_are_deterministic_and_independent_of_envs(shell, made):
    evaluate = ["dr-eval", "--task", "cartpole_balance", "--policy", made.policy, "--episodes", 3,
                *SHORT_EPISODES]
    first = shell.run(*evaluate).stdout
    assert shell.run(*evaluate).stdout == first
    assert shell.run(*evaluate, "--envs", 2).stdout == first


def test_predictions_are_deterministic(shell, made):
    evaluate = ["dr-eval", "--model", made.model, "--data", made.episodes, "--starts", 3,
                "--horizon", 4, "--threads", 1]
    assert shell.run(*evaluate).stdout == shell.run(*evaluate).stdout


@pytest.mark.parametrize("policy", ["random", "checkpoint"])
def test_episodes_are_deterministic(shell, made, policy):
    collect = ["dr-collect", "--task", "cartpole_balance", "--episodes", 3, "--envs", 2, "--policy",
               "random" if policy == "random" else made.policy, *SHORT_EPISODES]
    shell.run(*collect, "--out", "one")
    shell.run(*collect, "--out", "two")
    names = [name.removeprefix("one/") for name in shell.files("one/*")]
    assert len(names) == 3
    for name in names:
        assert_same_datasets(shell.folder / "one" / name, shell.folder / "two" / name)


# --- Stopping and going on -------------------------------------------------------------------------

@FITS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_fit_goes_on_to_the_same_bytes(shell, made, fit, number):
    updates = 40
    shell.run(*fit(made, "whole.h5", updates))
    command = fit(made, "out.h5", updates, "--log-every", 1)
    status, stderr = stop_after_first_line(shell, command, number)
    assert status == -number
    assert "out.resume.h5" in stderr
    assert shell.files() == ["out.resume.h5", "whole.h5"]
    assert shell.run("dr-info", "--check", "out.resume.h5").stdout == "out.resume.h5: ok\n"
    result = shell.run(*command)
    assert "continuing from out.resume.h5" in result.stderr
    assert result.lines()[0]["update"] > 1 and result.lines()[-1]["update"] == updates
    assert shell.files() == ["out.h5", "whole.h5"]
    assert_same_datasets(shell.folder / "out.h5", shell.folder / "whole.h5")


@FITS
def test_init_goes_on_to_the_same_bytes(shell, made, fit):
    shell.run(*fit(made, "whole.h5", 5))
    shell.run(*fit(made, "two.h5", 2))
    shell.run(*fit(made, "five.h5", 3, "--init", "two.h5"))
    assert_same_datasets(shell.folder / "five.h5", shell.folder / "whole.h5")


def test_a_slow_copy_of_the_value_begins_as_the_value_of_a_policy_without_one(shell, made):
    shell.run(*fit_behavior(made, "plain.h5", 2))
    shell.run(*fit_with_running_state(made, "slow.h5", 1, "--init", "plain.h5"))
    with h5py.File(shell.folder / "plain.h5") as plain, h5py.File(shell.folder / "slow.h5") as slow:
        before, after = plain["value/out/weight"][:], slow["value/out/weight"][:]
        target = slow["value_target/out/weight"][:]
    assert (after != before).any()
    assert np.allclose(target, 0.9 * before + 0.1 * after, atol=1e-7)
    shell.run("dr-info", "--check", "slow.h5")


def test_save_every_leaves_what_a_killed_fit_goes_on_from(shell, made):
    updates = 30
    command = fit_model(made, "out.h5", updates, "--log-every", 1, "--save-every", 1)
    process = shell.start(*command)
    while not (shell.folder / "out.resume.h5").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not (shell.folder / "out.h5").exists()
    result = shell.run(*command)
    assert "continuing" in result.stderr
    shell.run(*fit_model(made, "whole.h5", updates))
    assert_same_datasets(shell.folder / "out.h5", shell.folder / "whole.h5")


def test_the_resume_file_of_another_command_is_refused(shell, made):
    command = fit_model(made, "out.h5", 400, "--log-every", 1)
    stop_after_first_line(shell, command, signal.SIGTERM)
    other = fit_model(made, "out.h5", 400, "--seed", 5)
    shell.fails(*other, status=1, says=["out.resume.h5", "seed"])


def test_a_stopped_collector_completes_the_same_episodes(shell):
    collect = ["dr-collect", "--task", "cartpole_balance", "--episodes", 6, "--envs", 2,
               *SHORT_EPISODES]
    shell.run(*collect, "--out", "whole")
    status, _ = stop_after_first_line(shell, [*collect, "--out", "e"], signal.SIGTERM)
    assert status == -signal.SIGTERM
    kept = shell.files("e/*")
    assert 1 <= len(kept)
    for name in kept:
        shell.run("dr-info", "--check", name)
    times = {name: (shell.folder / name).stat().st_mtime_ns for name in kept}
    result = shell.run(*collect, "--out", "e")
    assert len(result.lines()) == 6
    for name in kept:  # not made anew
        assert (shell.folder / name).stat().st_mtime_ns == times[name]
    assert [n.split("/")[1] for n in shell.files("e/*")] == [
        n.split("/")[1] for n in shell.files("whole/*")]
    for name in shell.files("e/*"):
        assert_same_datasets(shell.folder / name, shell.folder / name.replace("e/", "whole/", 1))


def test_a_reader_that_goes_away_ends_a_collector_quietly(shell):
    words = " ".join(map(str, ["dr-collect", "--task", "cartpole_balance", "--episodes", 30, "--out",
                               "e", *SHORT_EPISODES]))
    result = shell.pipe(f"({words}; echo $? >status) | head -n 1", status=None)
    assert result.stderr == "" and len(result.lines()) == 1
    assert (shell.folder / "status").read_text() == "0\n"
    episodes = shell.files("e/*")
    assert 1 <= len(episodes) < 30 and all(name.endswith(".h5") for name in episodes)
    shell.run("dr-info", "--check", *episodes)
