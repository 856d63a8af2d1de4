"""SIGKILL at random moments: what lies under a final name is whole, and the same command finishes.

As a test it kills each program a few times; by hand, `--times 20` more often:

    python -m pytest tests/e2e/kill_test.py --bin build/bin --times 20
"""

import random
import time

import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, assert_same_datasets

COMMANDS = {
    "dr-collect": lambda made: ["--task", "cartpole_balance", "--episodes", 8, "--envs", 2, "--out",
                                "out", *SHORT_EPISODES],
    "dr-fit-model": lambda made: ["--data", made.episodes, "--updates", 60, "--save-every", 3,
                                  "--log-every", 1, "--out", "out.h5", *TINY_MODEL],
    "dr-fit-behavior": lambda made: ["--model", made.model, "--data", made.episodes, "--updates", 60,
                                     "--save-every", 3, "--log-every", 1, "--out", "out.h5",
                                     *TINY_BEHAVIOR],
    "dr-train": lambda made: ["--task", "cartpole_balance", "--rounds", 3, "--render", "fast",
                              "--log-every", 1, "--out", "out", *TINY_MODEL, "behavior.horizon=3",
                              "behavior.units=8", "behavior.imagination_starts=4",
                              "train.prefill=2", "train.pretrain=2", "train.updates=3",
                              "train.evaluate_every=2", "train.evaluate_episodes=2",
                              "collect.action_repeat=50"],
}


def move(folder, source, target):
    (folder / source).rename(folder / target)


@pytest.mark.parametrize("program", COMMANDS)
def test_kill_and_run_again(request, shell, made, program):
    options = COMMANDS[program](made)
    lines = len(shell.run(program, *options).lines())
    output = options[options.index("--out") + 1]
    move(shell.folder, output, output.replace("out", "whole"))
    whole = [name for name in shell.files("whole*") + shell.files("whole*/**/*")
             if name.endswith(".h5")]

    moments = random.Random(program)
    killed = 0
    for attempt in range(request.config.getoption("--times")):
        # After a random number of lines of output and a little more; the machine's speed does the
        # rest of the drawing.
        process = shell.start(program, *options)
        for _ in range(moments.randrange(lines)):
            process.stdout.readline()
        time.sleep(moments.uniform(0, 0.05))
        killed += process.poll() is None
        process.kill()
        process.communicate()

        left = [name for name in shell.files() if not name.startswith("whole")]
        final = [name for name in left if name.endswith(".h5")]
        if final:
            shell.run("dr-info", "--check", *final)
        finished = {"out.h5", "out/policy.h5"} & set(left)
        shell.run(program, *options, *(["--force"] if finished else []))

        made_now = [name for name in shell.files() if not name.startswith("whole")]
        litter = [name for name in made_now if not name.endswith(".h5") or ".resume." in name]
        assert [name for name in made_now if name not in litter] == [
            name.replace("whole", "out", 1) for name in whole], f"attempt {attempt}"
        for name in whole:
            assert_same_datasets(shell.folder / name, shell.folder / name.replace("whole", "out", 1))
        for name in made_now:
            (shell.folder / name).unlink()
    assert killed > 0, "every kill came too late to tell anything"
