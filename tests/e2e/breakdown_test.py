"""A simulation that breaks down ends its episode, not the run."""

import re
import shutil

import h5py
import pytest
from conftest import TINY_BEHAVIOR, TINY_MODEL, assert_same_datasets, datasets

COLLECT = ["dr-collect", "--task", "pendulum_swingup", "--render", "fast", "--threads", 1]


@pytest.fixture
def stiff(shell, tmp_path):
    """Gives the installation a pendulum whose hinge has a spring too stiff for the time step."""
    def make(stiffness):
        share = tmp_path / f"share-{stiffness}"
        if not share.exists():
            shutil.copytree(shell.bin.parent / "share" / "dreamer", share)
            model = share / "mjcf" / "pendulum.xml"
            text = model.read_text()
            model.write_text(text.replace('damping="0.1"', f'stiffness="{stiffness}"'))
            assert model.read_text() != text
        return {"DREAMER_SHARE": str(share)}
    return make


# Swings grow until, after some twenty control steps, they are beyond what is computed.
GROWS = 3000
# About half of the episodes break in their first control step, the others in the second.
BREAKS = 5e9


def episodes(shell, folder):
    return sorted((shell.folder / folder).glob("*.h5"))


def test_an_episode_ends_before_the_step_that_breaks_and_is_marked(shell, stiff):
    done = shell.run(*COLLECT, "--episodes", 3, "--observations", "all", "--out", "e",
                     env=stiff(GROWS))
    lines = done.lines()
    assert len(lines) == 3 and all(line["truncated"] == "physics" for line in lines)
    assert done.stderr.count("physics broke down") == 3 == done.stderr.count("warning:")
    assert re.search(r"pendulum_swingup, seed 0, episode 0, step \d+: the physics", done.stderr)
    for path, line in zip(episodes(shell, "e"), lines):
        with h5py.File(path) as file:
            rows = file["reward"].shape[0]
            assert 2 < rows == line["length"] < 100
            assert all(file[name].shape[0] == rows for name in ("image", "action", "discount"))
            assert (file["discount"][:] == 1).all()
            assert file["physics/qpos"].shape[0] == rows
    shell.run("dr-info", "--check", *episodes(shell, "e"))
    quiet = shell.run(*COLLECT, "--episodes", 1, "--quiet", "--out", "q", env=stiff(GROWS))
    assert quiet.stderr == ""


def test_the_same_command_keeps_such_episodes(shell, stiff):
    command = [*COLLECT, "--episodes", 2, "--out", "e"]
    first = shell.run(*command, env=stiff(GROWS))
    times = [path.stat().st_mtime_ns for path in episodes(shell, "e")]
    again = shell.run(*command, env=stiff(GROWS))
    assert again.lines() == first.lines() and again.stderr == ""
    assert [path.stat().st_mtime_ns for path in episodes(shell, "e")] == times
    # Those of another time limit are no such episodes, however short they are.
    shell.fails(*command, "--set", "collect.time_limit=500", status=1, says="time limit",
                env=stiff(GROWS))


def test_what_leaves_nothing_to_learn_from_is_passed_over(shell, stiff):
    command = [*COLLECT, "--episodes", 4, "--set", "collect.action_repeat=1", "--out"]
    done = shell.run(*command, "e", env=stiff(BREAKS))
    indices = [line["index"] for line in done.lines()]
    assert len(indices) == 4 and indices == sorted(indices) and indices[-1] > 3, indices
    assert "takes its place" in done.stderr
    assert all(line["length"] == 2 for line in done.lines())
    # Interrupted and gone on with, the set is the same.
    shell.run(*command, "other", env=stiff(BREAKS))
    for path in episodes(shell, "e")[1::2]:
        path.unlink()
    again = shell.run(*command, "e", env=stiff(BREAKS))
    assert again.lines() == done.lines()
    for one, other in zip(episodes(shell, "e"), episodes(shell, "other"), strict=True):
        assert one.name == other.name
        assert_same_datasets(one, other)


def test_a_model_that_always_breaks_is_an_error(shell, stiff):
    shell.fails(*COLLECT, "--episodes", 1, "--out", "e", status=1, says="broke down as they began",
                env=stiff(1e15))
    assert not episodes(shell, "e")


def test_such_an_episode_is_acted_and_rendered_again(shell, stiff):
    shell.run(*COLLECT, "--episodes", 2, "--out", "e", env=stiff(GROWS))
    path = episodes(shell, "e")[1]
    again = shell.run("dr-collect", "--reenact", path, "--render", "fast", "--out", "again",
                      env=stiff(GROWS))
    assert again.stderr == "" and again.lines()[0]["truncated"] == "physics"
    assert datasets(episodes(shell, "again")[0]) == datasets(path)
    done = shell.run("dr-render", path, "--size", 32, "--render", "fast", "--out", "v.mp4",
                     env=stiff(GROWS))
    assert done.stderr == ""


def test_learning_and_judging_go_on(shell, stiff):
    env = stiff(GROWS)
    shell.run("dr-train", "--task", "pendulum_swingup", "--render", "fast", "--out", "run",
              "--rounds", 1, *TINY_MODEL, *TINY_BEHAVIOR[5:], "train.prefill=2",
              "train.pretrain=1", "train.updates=1", "train.episodes=1", "train.evaluate_every=1",
              "train.evaluate_episodes=1", "collect.action_repeat=2", env=env)
    assert len(episodes(shell, "run/episodes")) == 3
    summary = shell.run("dr-eval", "--policy", "run/policy.h5", "--render", "fast", "--episodes", 2,
                        "--threads", 1, env=env)
    assert len(summary.lines()[0]["returns"]) == 2 and "physics broke down" in summary.stderr
    follow = shell.run(*COLLECT, "--follow", "--policy", "run/policy.h5", "--episodes", 2, "--seed",
                       7, "--out", "more", env=env)
    assert [line["index"] for line in follow.lines()] == [0, 1]
    follow = shell.run(*COLLECT, "--follow", "--policy", "run/policy.h5", "--episodes", 3, "--seed",
                       7, "--out", "more", env=env)
    assert [line["index"] for line in follow.lines()] == [2]
