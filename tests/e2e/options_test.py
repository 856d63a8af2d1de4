"""Options: read as they are written, refused before any work where they mean nothing."""

import json
import os
import re

import pytest
from conftest import PROGRAMS, SHORT_EPISODES, TINY_MODEL, assert_same_datasets

BLIND = ["--render", "none", "--set", "collect.action_repeat=500"]


def test_numbers_are_decimal_whatever_zeros_they_begin_with(shell):
    line = shell.run("dr-collect", "--task", "cartpole_swingup", "--seed", "0000000010",
                     "--episodes", "01", "--out", "c", "--render", "none", "--set",
                     "collect.action_repeat=0100").lines()[0]
    assert (line["seed"], line["length"]) == (10, 11)
    assert shell.files() == ["c/cartpole_swingup-0000000010-000000.h5"]


@pytest.mark.parametrize("program,option,value,says", [
    ("dr-collect", "--seed", "0x10", "an integer from 0 to 2147483647, not 0x10"),
    ("dr-collect", "--episodes", "1e3", "an integer of 1 or more, not 1e3"),
    ("dr-fit-model", "--updates", "-5", "an integer of 1 or more, not -5"),
    ("dr-fit-model", "--threads", "5000", "an integer from 0 to 4096"),
    ("dr-fit-model", "--replay-memory", "-1", "a size such as 500M or 4G, not -1"),
    ("dr-fit-model", "--replay-memory", "4X", "not 4X"),
    ("dr-fit-model", "--train-ratio", "nan", "a number from"),
    ("dr-render", "--fps", "0x10", "a number from 0.1 to 1000, not 0x10"),
])
def test_what_is_no_such_number_is_refused_with_what_is_one(shell, program, option, value, says):
    shell.fails(program, option, value, status=2, says=[option, says])


def test_variables_that_are_no_numbers_are_named(shell, made):
    collect = ["dr-collect", "--task", "cartpole_balance", "--out", "c", *SHORT_EPISODES]
    for value in ("abc", "-1", "999999", "0x0"):
        shell.fails(*collect, status=2, says=f"MUJOCO_EGL_DEVICE_ID={value}",
                    env={"MUJOCO_EGL_DEVICE_ID": value, "MUJOCO_GL": None})
    shell.fails("dr-eval", "--model", made.model, "--data", made.episodes, status=2,
                says="OMP_NUM_THREADS=many", env={"OMP_NUM_THREADS": "many"})
    shell.fails("dr-fit-model", "--print-config", "--preset", "quick", status=2,
                says="DREAMER_SHARE=/no/such", env={"DREAMER_SHARE": "/no/such"})


def threads_of(result):
    return [line for line in result.stderr.splitlines() if "computing on" in line]


def test_threads_are_by_default_those_that_the_process_may_use(shell, made):
    evaluate = ["dr-eval", "--model", made.model, "--data", made.episodes, "--starts", 1,
                "--context", 1, "--horizon", 1, "--verbose"]
    first = min(os.sched_getaffinity(0))
    bound = shell.run(*evaluate, preexec_fn=lambda: os.sched_setaffinity(0, {first}),
                      env={"OMP_NUM_THREADS": None})
    assert "with 1 threads" in threads_of(bound)[0]
    told = shell.run(*evaluate, env={"OMP_NUM_THREADS": "3"})
    assert "with 3 threads" in threads_of(told)[0]
    given = shell.run(*evaluate, "--threads", 2, env={"OMP_NUM_THREADS": "3"})
    assert "with 2 threads" in threads_of(given)[0]


# --- Options without effect ------------------------------------------------------------------------

def test_options_of_the_other_half_of_dr_eval_are_refused(shell, made):
    model = ["dr-eval", "--model", made.model, "--data", made.episodes]
    for option in (["--policy", made.policy], ["--task", "cartpole_balance"], ["--episodes", 2],
                   ["--envs", 1], ["--render", "fast"], ["--video", "v.mp4"], ["--force"],
                   ["--set", "collect.noise=0"]):
        shell.fails(*model, *option, status=2, says=f"{option[0]} has no effect: --model")
    policy = ["dr-eval", "--task", "cartpole_balance", "--policy", "random", *BLIND]
    for option in (["--data", made.episodes], ["--starts", 5], ["--context", 2], ["--horizon", 4]):
        shell.fails(*policy, *option, status=2, says=f"{option[0]} has no effect")
    shell.fails(*policy, "--force", status=2, says="--force has no effect")


def test_options_that_a_replay_takes_from_the_episode_are_refused(shell, made):
    reenact = ["dr-collect", "--reenact", made.episode, "--out", "again"]
    for option in (["--task", "cartpole_balance"], ["--policy", made.policy], ["--deterministic"],
                   ["--episodes", 2], ["--steps", 5], ["--envs", 2], ["--seed", 1], ["--follow"],
                   ["--set", "collect.action_repeat=2"]):
        shell.fails(*reenact, *option, status=2, says=f"{option[0]} has no effect: --reenact")
    assert not shell.files()


def test_other_options_without_effect_are_refused(shell, made):
    shell.fails("dr-collect", "--task", "cartpole_balance", "--out", "c", "--deterministic", status=2,
                says="--deterministic has no effect")
    shell.fails("dr-fit-model", "--data", made.episodes, "--updates", 1, "--out", "m.h5",
                "--image-every", 5, *TINY_MODEL, status=2, says="--image-every.*--logdir")


@pytest.mark.parametrize("program,args", [
    ("dr-imagine", ["--model", "m.h5", "--data", "."]),
    ("dr-fit-model", ["--data", ".", "--updates", 1]),
    ("dr-fit-behavior", ["--model", "m.h5", "--data", ".", "--updates", 1]),
])
def test_hdf5_is_written_under_names_that_say_so(shell, program, args):
    for name in ("d12.png", "q"):
        shell.fails(program, *args, "--out", name, status=2, says=[name, r"ends in \.h5"])


def test_what_is_required_is_read_before_anything_acts(shell, made):
    # Episodes that would take hours: the refusal does not wait for them.
    policy = ["dr-eval", "--task", "cartpole_balance", "--policy", "random", "--episodes", 10**9]
    for condition, says in (("mean>>3", ">> is none of"), ("avg>3", "no number avg.*mean"),
                            ("mean>=much", "much is not a number"), ("mean", "must be like")):
        shell.fails(*policy, "--render", "none", "--require", condition, status=2, says=says,
                    timeout=60)
    shell.fails("dr-eval", "--model", made.model, "--data", made.episodes, "--starts", 10**9,
                "--require", "psrn>3", status=2, says="did you mean psnr", timeout=60)


def test_the_video_of_an_evaluation_is_a_video(shell):
    evaluate = ["dr-eval", "--task", "cartpole_balance", "--policy", "random", "--episodes", 10**9]
    shell.fails(*evaluate, "--video", "x.png", status=2, says=[r"x\.png", r"\.mp4 or \.gif"],
                timeout=60)
    shell.fails(*evaluate, "--video", "x.mp4", "--render", "none", status=2, says="no images",
                timeout=60)


# --- The task --------------------------------------------------------------------------------------

def test_the_task_is_the_policys_unless_another_is_given(shell, made):
    short = ["--policy", made.policy, "--render", "fast", "--episodes", 1]
    line = shell.run("dr-collect", *short, "--threads", 1, "--out", "own").lines()[0]
    assert line["task"] == "cartpole_balance"
    summary = shell.run("dr-eval", *short, "--threads", 1).lines()[0]
    assert summary["task"] == "cartpole_balance"


@pytest.mark.parametrize("command", [
    ["dr-collect", "--out", "c"], ["dr-eval", "--policy", "random"],
    ["dr-collect", "--out", "c", "--follow", "--policy", "p.h5"]])
def test_a_missing_task_is_said_with_where_to_look(shell, command):
    shell.fails(*command, status=2,
                says="^" + command[0] + ": error: --task is needed; dr-collect --list-tasks shows all$")


def test_a_missing_policy_is_said_rather_than_its_task(shell):
    shell.fails("dr-collect", "--policy", "none.h5", "--out", "c", status=1, says=r"none\.h5")


# --- Spellings of older versions -------------------------------------------------------------------

def test_options_and_settings_by_their_older_names_do_the_same(shell, made):
    acting = ["dr-collect", "--policy", made.policy, "--render", "fast", "--seed", 4]
    shell.run(*acting, "--deterministic", "--out", "a", *SHORT_EPISODES[2:])
    shell.run(*acting, "--mode", "--out", "b", *SHORT_EPISODES[2:])
    one, other = (next((shell.folder / name).glob("*.h5")) for name in "ab")
    assert_same_datasets(one, other)
    shell.fails("dr-fit-model", "--data", made.episodes, "--updates", 1, "--max-ratio", 1, "--out",
                "m.h5", status=2, says="--train-ratio needs --follow")
    older = shell.run("dr-info", "--print-config", "--set", "collect.random_hold=7").stdout
    assert json.loads(older)["collect"]["action_hold"] == 7
    assert "random_hold" not in older


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_has_groups_required_marks_and_an_example(shell, program):
    text = shell.run(program, "--help").stdout
    assert "Input and output:" in text and "Messages:" in text
    assert re.search(rf"^Examples:\n  {program} ", text, re.MULTILINE)
    assert program == "dr-info" or "(required" in text or program == "dr-eval"
    assert not re.search(r"--mode\b(?!l)|--max-ratio|--replay\b(?!-)", text) and f"man {program}" in text


def test_the_front_door_lists_and_runs_the_programs(shell):
    text = shell.pipe("dr").stdout
    for program in PROGRAMS:
        assert re.search(rf"^  {program} +\w", text, re.MULTILINE), text
    assert shell.pipe("dr info --version").stdout == shell.pipe("dr --version").stdout
    assert shell.pipe("dr nothing", status=2).stderr.startswith("dr: error: no program dr-nothing")
