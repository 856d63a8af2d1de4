"""TensorBoard's own reader (the slow loader, which obeys every SessionLog) finds all that was written."""

import signal

import numpy as np
from conftest import TINY_BEHAVIOR, TINY_MODEL
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def curve(run, tag):
    """(step, value) of a scalar in the order in which TensorBoard draws them."""
    events = EventAccumulator(str(run), size_guidance={"scalars": 0})
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def points(lines, name):
    return [(line["update"], float(np.float32(line[name]))) for line in lines]


def test_programs_that_share_a_folder_keep_all_their_points(shell, made):
    model, policy = ["--data", made.episodes, *TINY_MODEL], ["--data", made.episodes, *TINY_BEHAVIOR]
    often = ["--log-every", 1, "--logdir", "tensorboard"]
    lines = {"model": [], "behavior": []}
    for round in (1, 2):
        before = round - 1
        lines["model"] += shell.run(
            "dr-fit-model", "--updates", 4, "--out", f"model-{round}.h5", *often, *model,
            *(["--init", f"model-{before}.h5"] if before else [])).lines()
        lines["behavior"] += shell.run(
            "dr-fit-behavior", "--updates", 2, "--model", f"model-{round}.h5", "--out",
            f"policy-{round}.h5", *often, *policy,
            *(["--init", f"policy-{before}.h5"] if before else [])).lines()
    board = shell.folder / "tensorboard"
    assert sorted(path.name for path in board.iterdir()) == ["behavior", "model"]
    for run, name, count in (("model", "loss", 8), ("behavior", "actor_loss", 4)):
        assert len(lines[run]) == count
        assert curve(board / run, f"{run}/{name}") == points(lines[run], name)


def test_a_killed_fit_that_is_resumed_draws_each_step_once(shell, made):
    command = ["dr-fit-model", "--data", made.episodes, "--updates", 300, "--save-every", 3,
               "--log-every", 1, "--out", "model.h5", "--logdir", "tensorboard", *TINY_MODEL]
    process = shell.start(*command)
    for _ in range(20):  # it cannot come to its end: the pipe holds less than 300 lines
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (shell.folder / "model.resume.h5").exists()
    shell.run(*command)
    steps = [step for step, _ in curve(shell.folder / "tensorboard" / "model", "model/loss")]
    assert steps == list(range(1, 301))


def test_training_in_one_process_is_one_run(shell):
    shell.run("dr-train", "--task", "cartpole_balance", "--rounds", 1, "--render", "fast",
              "--log-every", 1, "--out", "run", "--logdir", "tensorboard", *TINY_MODEL,
              "behavior.horizon=3", "behavior.units=8", "behavior.imagination_starts=4",
              "collect.action_repeat=25", "train.prefill=1", "train.pretrain=2", "train.updates=3",
              "train.episodes=1", "train.evaluate_episodes=1")
    assert [path.name for path in (shell.folder / "tensorboard").iterdir()] == ["train"]
    for tag, steps in (("model/loss", [1, 2, 3, 4, 5]), ("behavior/actor_loss", [1, 2, 3, 4, 5]),
                       ("episode/return", [0, 5])):
        found = curve(shell.folder / "tensorboard" / "train", tag)
        assert [step for step, _ in found] == steps, tag
