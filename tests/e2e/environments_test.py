"""Environments in programs of their own: gym: and exec:, and what can go wrong with them."""

import os
import pathlib
import re
import signal
import sys
import time

import h5py
import numpy as np
import PIL.Image
import pytest
from conftest import TINY_BEHAVIOR, TINY_MODEL, assert_same_datasets
from schemas_test import obeys

# The python3 on PATH is the one of the tests, which has Gymnasium.
PYTHON = {"PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}

# A program that speaks the protocol, with a part to be replaced.
PROGRAM = """
import json, os, struct, sys, time
requests, replies = os.fdopen(3, "rb"), os.fdopen(4, "wb")
def send(data):
    replies.write(data); replies.flush()
def record(reward=0.0, ends=0, x=0.0):
    return b"R" + struct.pack("<dBf", reward, ends, x)
print("this line is no reply", flush=True)
send(json.dumps({"protocol": 1, "action_space": {"type": "Box", "dtype": "float32", "shape": [1],
    "low": -3.0, "high": 5.0}, "observation_space": {"subspaces": {"x":
    {"type": "Box", "dtype": "float32", "shape": [1]}}}}).encode() + b"\\n")
steps = 0
while kind := requests.read(1):
    if kind == b"B":
        seed, index = struct.unpack("<qq", requests.read(16)); steps = 0
        send(record(x=seed + index / 10))
        continue
    action, = struct.unpack("<f", requests.read(4)); steps += 1
    REPLY
"""


@pytest.fixture
def program(shell):
    """Writes a program whose reply to a step is this, and gives its task."""
    def write(reply, name="program.py"):
        (shell.folder / name).write_text(PROGRAM.replace("REPLY", reply))
        return f"exec:{sys.executable} {name}"
    return write


def refuses(shell, *command, says, status=1, **more):
    """A command whose last line on stderr is its one error; before it is what the child printed."""
    result = shell.run(*command, status=status, **more)
    errors = [line for line in result.stderr.splitlines() if line.startswith("dr-collect: error: ")]
    assert errors == result.stderr.splitlines()[-1:], str(result)
    for words in [says] if isinstance(says, str) else says:
        assert re.search(words, errors[0]), f"not said: {words}\n{result}"


ENDS_AFTER_FIVE = "send(record(reward=action, ends=int(steps == 5), x=action))"


def collect(task, *more, out="out"):
    return ["dr-collect", "--task", task, "--observations", "all", "--out", out, *more]


def children():
    """The processes that run the program."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if b"program.py" in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:  # no process, or gone
            continue
    return found


def test_actions_arrive_in_the_environments_units_and_ends_are_kept(shell, program):
    lines = shell.run(*collect(program(ENDS_AFTER_FIVE), "--episodes", 2)).lines()
    assert [line["length"] for line in lines] == [6, 6]
    with h5py.File(shell.folder / lines[1]["episode"]) as file:
        action, x = file["action"][1:, 0], file["observation/x"][:, 0]
        np.testing.assert_allclose(x[1:], -3 + (action + 1) / 2 * 8, rtol=1e-6)
        assert x[0] == np.float32(0 + 1 / 10)
        np.testing.assert_array_equal(file["reward"][1:], x[1:])
        assert file["discount"][:].tolist() == [1, 1, 1, 1, 1, 0]
    assert shell.run("dr-info", "--check", "out").stderr == ""


def test_a_time_limit_is_no_end_and_steps_are_repeated(shell, program):
    task = program("send(record(reward=1.0, ends=2 * int(steps == 7)))")
    line = shell.run(*collect(task, "--episodes", 1, "--set", "collect.action_repeat=2")).lines()[0]
    with h5py.File(shell.folder / line["episode"]) as file:
        assert file["reward"][:].tolist() == [0, 2, 2, 2, 1]
        assert file["discount"][:].tolist() == [1] * 5
        assert file.attrs["action_repeat"] == 2
    task = program("send(record(reward=1.0))")
    line = shell.run(*collect(task, "--episodes", 1, "--set", "collect.time_limit=9",
                              out="limited")).lines()[0]
    assert line["length"] == 10


def test_the_same_seed_gives_the_same_episodes_whatever_the_number_of_programs(shell, program):
    task = program(ENDS_AFTER_FIVE)
    shell.run(*collect(task, "--episodes", 4, "--envs", 2, out="a"))
    shell.run(*collect(task, "--episodes", 2, "--envs", 2, out="b"))
    shell.run(*collect(task, "--episodes", 4, "--envs", 2, out="b"))  # completes the set
    assert [n[2:] for n in shell.files("a/*")] == [n[2:] for n in shell.files("b/*")]
    for name in shell.files("a/*"):
        assert_same_datasets(shell.folder / name, shell.folder / "b" / name[2:])


@pytest.mark.parametrize("reply, says", [
    ("raise ValueError('the gripper is lost')", "ended with status 1"),
    ("os.kill(os.getpid(), 9)", "killed by signal 9"),
    ("time.sleep(60)", r"did not answer within 3 seconds"),
    ("send(record(reward=float('nan')))", "the reward is nan"),
    ("send(record(x=float('inf')))", "observation x is not finite"),
    ("send(b'hello')", "neither a record nor an error"),
    ("send(b'E' + struct.pack('<I', 9) + b'too tired')", "too tired"),
])
def test_a_child_that_fails_is_named_in_one_line_and_leaves_nothing_behind(shell, program, reply,
                                                                           says):
    task = program(f"if steps == 5: send(record(ends=1)); continue\n    if seed != 0 or index > 0: {reply}\n"
                   "    send(record(reward=action, x=action))")
    refuses(shell, *collect(task, "--episodes", 9, "--set", "collect.answer_seconds=3"),
            says=["seed 0, episode 1", says])
    assert len(shell.files("out/*")) == 1, "the finished episode stays"
    assert not children()


@pytest.mark.parametrize("line, says", [
    ("print('hello')\nsend(b'no json\\n')", "no JSON object"),
    ("send(b'{\"protocol\": 7}\\n')", "speaks protocol 7"),
    ("send(b'{\"error\": \"no display\"}\\n')", "no display"),
    ("sys.exit(4)", "ended with status 4"),
])
def test_a_child_that_cannot_begin_says_why(shell, line, says):
    head = PROGRAM.split("print(")[0]
    (shell.folder / "program.py").write_text(head + line)
    refuses(shell, *collect(f"exec:{sys.executable} program.py", "--episodes", 1),
            says=["exec:", says])


def test_no_program_is_no_task(shell):
    refuses(shell, *collect("exec:./nothing-here", "--episodes", 1), says="status 127")
    refuses(shell, *collect("exec:", "--episodes", 1), status=2, says="no name behind it")


def test_a_signal_ends_the_children_too(shell, program):
    process = shell.start(*collect(program("time.sleep(0.1); send(record())"), "--episodes", 9,
                                   "--envs", 4))
    deadline = time.monotonic() + 20
    while len(children()) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    assert not children()


def test_opening_a_file_starts_no_program(shell, program):
    task = program("os.system('touch started'); " + ENDS_AFTER_FIVE)
    episode = shell.run(*collect(task, "--episodes", 1)).lines()[0]["episode"]
    os.remove(shell.folder / "started")
    refuses(shell, "dr-collect", "--reenact", episode, "--out", "again", says="not made")
    shell.run("dr-info", "out")
    shell.run("dr-render", episode, "--out", "x.png", "--size", 64, status=None)
    assert not (shell.folder / "started").exists()


def test_the_example_in_another_language_is_learned_from(shell):
    point = shell.bin / "point"
    lines = shell.run(*collect(f"exec:{point}", "--episodes", 2, "--set",
                               "collect.time_limit=30")).lines()
    assert all(2 <= line["length"] <= 31 for line in lines)
    shell.run("dr-fit-model", "--data", "out", "--updates", 1, "--out", "model.h5", *TINY_MODEL)


@pytest.mark.parametrize("task, options, observations, actions", [
    ("gym:Pendulum-v1?g=9.8", [], ["image"], (1,)),
    ("gym:HalfCheetah-v5?forward_reward_weight=2", ["--render", "none"], ["observation"], (6,)),
    ("gym:mine:Mine-v0", [], ["arm.joints", "front", "grey"], (3, 2)),
    ("atari:pong?max_num_frames_per_episode=240", [], ["image"], (18,)),
])
def test_any_environment_runs_through_the_whole_chain(shell, task, options, observations, actions):
    (shell.folder / "mine.py").write_text(MINE.replace("ACTIONS", "spaces.MultiDiscrete([3, 2])"))
    env = {**PYTHON, "PYTHONPATH": str(shell.folder)}
    short = ["--set", "collect.time_limit=60"]
    tiny = [*TINY_MODEL, "model.observations=" + ",".join(observations)]
    acting = ["--episodes", 1, "--threads", 1, *options]
    lines = shell.run(*collect(task, "--episodes", 2, *options, *short), env=env).lines()
    assert [line["task"] for line in lines] == [task] * 2
    with h5py.File(shell.folder / lines[0]["episode"]) as file:
        assert file["action"].shape[1] == sum(actions)
    shell.run("dr-fit-model", "--data", "out", "--updates", 2, "--out", "model.h5", *tiny)
    shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "out", "--updates", 1, "--out",
              "policy.h5", *TINY_BEHAVIOR)
    acted = shell.run("dr-collect", "--policy", "policy.h5", *acting, *short, "--out", "acted",
                      env=env).lines()[0]
    assert acted["task"] == task
    shell.run("dr-eval", "--policy", "policy.h5", *acting, env=env)
    shell.run("dr-imagine", "--model", "model.h5", "--policy", "policy.h5", "--data", "out",
              "--context", 1, "--horizon", 3, "--starts", 2, "--threads", 1, "--out", "dream.h5")
    assert shell.run("dr-info", "--check", "out", "model.h5", "policy.h5", "dream.h5").stderr == ""
    shell.run("dr-render", "dream.h5", "--out", "dream.png")
    settings = [*tiny, "behavior.horizon=3", "behavior.units=8",
                "behavior.imagination_starts=4", "train.prefill=1", "train.pretrain=1",
                "train.updates=1", "train.episodes=1", "train.evaluate_every=1",
                "train.evaluate_episodes=1", "collect.time_limit=60"]
    lines = shell.run("dr-train", "--task", task, *options, "--rounds", 1, "--out", "run",
                      *settings, env=env).lines()
    assert any("returns" in line for line in lines)


def test_atari_follows_the_papers_preprocessing(shell):
    task = "atari:pong?max_num_frames_per_episode=400"
    lines = shell.run(*collect(task, "--episodes", 2), env=PYTHON).lines()
    # Four frames are a step, but those without an action at the beginning are none.
    assert all(400 / 4 - 30 / 4 - 1 <= line["length"] - 1 <= 400 / 4 for line in lines)
    with h5py.File(shell.folder / lines[0]["episode"]) as file:
        assert file.attrs["action_repeat"] == 4
        assert file["image"].shape[1:] == (64, 64, 3)
        assert file["action"].shape[1] == 18 and set(file["action"][1:].sum(1)) == {1.0}
        assert file["discount"][:].min() == 1, "a time limit is no end"
    short = shell.run(*collect("atari:pong", "--episodes", 1, "--set", "collect.time_limit=41",
                               out="short"), env=PYTHON).lines()
    assert short[0]["length"] == 12, "frames are counted, not steps"
    again = shell.run(*collect(task, "--episodes", 2, out="again"), env=PYTHON).lines()
    for one, other in zip(lines, again):
        assert_same_datasets(shell.folder / one["episode"], shell.folder / other["episode"])


def test_a_lost_life_ends_an_episode_to_learn_from_and_none_that_is_judged(shell):
    task = "atari:breakout"
    line = shell.run(*collect(task, "--episodes", 1), env=PYTHON).lines()[0]
    judged = shell.run("dr-eval", "--task", task, "--policy", "random", "--episodes", 1, "--video",
                       "game.gif", env=PYTHON)
    with h5py.File(shell.folder / line["episode"]) as file:
        assert file["discount"][-1] == 0
    frames = PIL.Image.open(shell.folder / "game.gif").n_frames
    assert frames > 2 * line["length"], f"five lives, one life: {frames}, {line['length']}\n{judged}"


def test_groups_of_discrete_actions_are_chosen_side_by_side(shell):
    (shell.folder / "mine.py").write_text(
        MINE.replace("ACTIONS", "spaces.MultiDiscrete([3, 2], start=[5, -1])")
            .replace('print("noise on standard output")', 'print("took", *action)'))
    env = {**PYTHON, "PYTHONPATH": str(shell.folder)}
    done = shell.run(*collect("gym:mine:Mine-v0", "--episodes", 3), env=env)
    took = [tuple(map(int, line.split()[1:])) for line in done.stderr.splitlines()
            if line.startswith("took")]
    stored = []
    for line in done.lines():
        with h5py.File(shell.folder / line["episode"]) as file:
            action = file["action"][1:]
            stored += list(zip(5 + action[:, :3].argmax(1), action[:, 3:].argmax(1) - 1))
            assert set(action[:, :3].sum(1)) == set(action[:, 3:].sum(1)) == {1.0}
    assert took == stored and len(set(took)) > 2
    shell.run("dr-fit-model", "--data", "out", "--updates", 1, "--out", "model.h5", *TINY_MODEL)
    (shell.folder / "other.py").write_text(MINE.replace("ACTIONS", "spaces.Discrete(5)"))
    shell.run(*collect("gym:other:Mine-v0", "--episodes", 1, out="other"), env=env)
    refused = shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "other", "--updates", 1,
                        "--out", "policy.h5", *TINY_BEHAVIOR, status=1)
    assert "an action is one of 5" in refused.stderr
    assert "the model takes one of 3, one of 2" in refused.stderr


def test_a_policy_acts_as_long_as_its_environment_lets_it(shell, program):
    task = program("send(record(reward=1.0, ends=int(steps == 1010)))")
    short = ["--set", "collect.time_limit=30", "collect.action_repeat=2"]
    shell.run(*collect(task, "--episodes", 2, *short))
    shell.run("dr-fit-model", "--data", "out", "--updates", 1, "--out", "model.h5", *TINY_MODEL)
    shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "out", "--updates", 1, "--out",
              "policy.h5", *TINY_BEHAVIOR)
    acted = shell.run("dr-collect", "--policy", "policy.h5", "--episodes", 1, "--render", "none",
                      "--threads", 1, "--out", "acted").lines()[0]
    assert (acted["length"], acted["return"]) == (506, 1010), "the repeat is the policy's"
    returns = shell.run("dr-eval", "--policy", "policy.h5", "--episodes", 1, "--render", "none",
                        "--threads", 1).lines()[-1]
    assert returns["mean"] == 1010, returns


def test_discrete_actions_run_through_the_whole_chain(shell):
    task = "gym:CartPole-v1"
    lines = shell.run(*collect(task, "--episodes", 6, "--render", "none"), env=PYTHON).lines()
    with h5py.File(shell.folder / lines[0]["episode"]) as file:
        assert file["discount"][-1] == 0, "the pole fell: an end"
        assert set(map(tuple, file["action"][1:])) <= {(1, 0), (0, 1)}
    assert shell.run("dr-info", "--check", "out").stderr == ""
    tiny = [*TINY_MODEL, "model.discount_head=true"]
    shell.run("dr-fit-model", "--data", "out", "--updates", 2, "--out", "model.h5", *tiny)
    line = shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "out", "--updates", 1,
                     "--log-every", 1, "--out", "policy.h5", *TINY_BEHAVIOR).lines()[0]
    obeys("metrics", line)
    assert 0.5 <= line["action_probability"] <= 1
    for how in ([], ["--deterministic"], ["--set", "collect.epsilon=1"]):
        acted = shell.run("dr-collect", "--policy", "policy.h5", "--episodes", 2, "--render", "none",
                          "--threads", 1, "--out", f"acted{len(how)}", "--force", *how, env=PYTHON)
        with h5py.File(shell.folder / acted.lines()[0]["episode"]) as file:
            assert set(map(tuple, file["action"][1:])) <= {(1, 0), (0, 1)}
    shell.run("dr-imagine", "--model", "model.h5", "--policy", "policy.h5", "--data", "out",
              "--context", 2, "--horizon", 3, "--starts", 2, "--threads", 1, "--out", "dream.h5")
    with h5py.File(shell.folder / "dream.h5") as file:
        assert set(map(tuple, file["action"][:, 2:].reshape(-1, 2))) <= {(1, 0), (0, 1)}
    assert shell.run("dr-info", "--check", "dream.h5").stdout == "dream.h5: ok\n"
    lines = shell.run("dr-train", "--task", task, "--render", "none", "--rounds", 1, "--out", "run",
                      *tiny, "behavior.horizon=3", "behavior.units=8",
                      "behavior.imagination_starts=4", "train.prefill=3", "train.pretrain=1",
                      "train.updates=1", "train.episodes=2", "train.evaluate_every=1",
                      "train.evaluate_episodes=1", env=PYTHON).lines()
    assert any("returns" in line for line in lines)


MINE = """
import gymnasium, numpy as np
from gymnasium import spaces
class Mine(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = spaces.Dict({
        "arm": spaces.Dict({"joints": spaces.Box(-1, 1, (2, 2))}),
        "front": spaces.Box(0, 255, (20, 24, 3), np.uint8),
        "grey": spaces.Box(0, 255, (16, 16), np.uint8),
        "mode": spaces.Discrete(3)})
    action_space = ACTIONS
    def __init__(self, render_mode=None, broken=False):
        self.render_mode, self.broken = render_mode, broken
    def seen(self):
        return {"arm": {"joints": np.full((2, 2), self.t / 10, np.float32)},
                "front": np.full((20, 24, 3), self.t, np.uint8),
                "grey": np.full((16, 16), 2 * self.t, np.uint8), "mode": self.t % 3}
    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return self.seen(), {}
    def step(self, action):
        print("noise on standard output")
        self.t += 1
        if self.broken and self.t == 3: raise RuntimeError("the arm is stuck")
        return self.seen(), 1.0, self.t == 4, False, {}
gymnasium.register("Mine-v0", entry_point=Mine)
"""


@pytest.mark.parametrize("actions, size", [
    ("spaces.Box(np.array([-2, 0], np.float32), np.array([2, 1], np.float32))", 2),
    ("spaces.Discrete(5, start=2)", 5),
    ("spaces.MultiBinary(3)", 6)])
def test_a_class_of_ones_own_with_cameras_dictionaries_and_discrete_values(shell, actions, size):
    (shell.folder / "mine.py").write_text(MINE.replace("ACTIONS", actions))
    env = {**PYTHON, "PYTHONPATH": str(shell.folder)}
    done = shell.run(*collect("gym:mine:Mine-v0", "--episodes", 1), env=env)
    with h5py.File(shell.folder / done.lines()[0]["episode"]) as file:
        assert file["observation/front"].shape == (5, 20, 24, 3)
        assert file["observation/grey"].shape == (5, 16, 16, 1)
        assert file["observation/grey"][3, 0, 0, 0] == 6
        np.testing.assert_allclose(file["observation/arm.joints"][4], np.full((2, 2), 0.4))
        assert file["observation/mode"][:].argmax(1).tolist() == [0, 1, 2, 0, 1]
        assert file["action"].shape == (5, size)
        if size > 2:
            assert set(file["action"][1:].sum(1)) == {size // 2 if size == 6 else 1}
            assert set(file["action"][:].flat) == {0, 1}
    assert "noise" in done.stderr and "noise" not in done.stdout
    assert shell.run("dr-info", "--check", "out").stderr == ""
    failed = shell.run(*collect("gym:mine:Mine-v0?broken=true", "--episodes", 1, out="x"), env=env,
                       status=1)
    assert "RuntimeError: the arm is stuck" in failed.stderr.splitlines()[-1]


def test_an_environment_without_images_is_drawn_by_its_own_render(shell):
    (shell.folder / "drawn.py").write_text("""
import gymnasium, numpy as np
from gymnasium import spaces
class Drawn(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space, action_space = spaces.Box(-1, 1, (1,)), spaces.Box(-1, 1, (1,))
    def __init__(self, render_mode=None): self.render_mode = render_mode
    def reset(self, seed=None, options=None): self.t = 0; return np.zeros(1, np.float32), {}
    def step(self, action):
        self.t += 1
        return np.zeros(1, np.float32), 0.0, False, self.t == 3, {}
    def render(self):
        image = np.zeros((400, 600, 3), np.uint8); image[:, :300] = 10 * (self.t + 1); return image
gymnasium.register("Drawn-v0", entry_point=Drawn)
""")
    env = {**PYTHON, "PYTHONPATH": str(shell.folder)}
    line = shell.run(*collect("gym:drawn:Drawn-v0", "--episodes", 1), env=env).lines()[0]
    with h5py.File(shell.folder / line["episode"]) as file:
        image = file["image"][:]
        assert image.shape == (4, 64, 64, 3)
        assert (image[2, :, :32] == 30).all() and (image[2, :, 32:] == 0).all()


def test_what_is_missing_is_said(shell, tmp_path):
    folder = tmp_path / "python"
    folder.mkdir()
    (folder / "gymnasium.py").write_text("raise ImportError('none here')")
    env = {**PYTHON, "PYTHONPATH": str(folder)}
    refuses(shell, *collect("gym:Pendulum-v1", "--episodes", 1), env=env,
            says=["no Gymnasium", "pip install gymnasium"])
