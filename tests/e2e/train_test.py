"""dr-train: algorithm 1 in one process, that stops, goes on, and hands over to the other programs."""

import json
import shutil
import signal

import h5py
import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, Shell, assert_same_datasets
from schemas_test import obeys

# Episodes of 20 agent steps; lines: 2 random episodes, 2 updates, then rounds of 3 updates and an
# episode, with an evaluation after each.
SETTINGS = [*TINY_MODEL, "behavior.horizon=3", "behavior.units=8", "behavior.imagination_starts=4",
            "train.prefill=2", "train.pretrain=2", "train.updates=3", "train.episodes=1",
            "train.evaluate_every=1", "train.evaluate_episodes=2"]
SHORT = ["--render", "fast", "--log-every", 1]


def train(*more, out="run", rounds=2, repeat=50):
    return ["dr-train", "--task", "cartpole_balance", "--out", out, "--rounds", rounds, *SHORT,
            *SETTINGS, f"collect.action_repeat={repeat}", *more]


@pytest.fixture(scope="module")
def whole(request, tmp_path_factory):
    """A shell with an undisturbed run, and its lines."""
    shell = Shell(request.config.getoption("--bin"), tmp_path_factory.mktemp("whole"))
    shell.lines = shell.run(*train()).lines()
    return shell


def timeless(lines):
    return [{key: value for key, value in line.items()
             if key not in ("seconds", "updates_per_second", "data_wait_fraction")} for line in lines]


def log_of(shell):
    return [json.loads(line) for line in (shell.folder / "run/log.jsonl").read_text().splitlines()]


def assert_same_runs(shell, whole):
    names = [name for name in shell.files("run/**/*") if name.endswith(".h5")]
    assert names == [name for name in whole.files("run/**/*") if name.endswith(".h5")]
    for name in names:
        assert_same_datasets(shell.folder / name, whole.folder / name)
    assert timeless(log_of(shell)) == timeless(whole.lines)


def test_a_run_leaves_episodes_checkpoints_and_its_log(whole):
    assert log_of(whole) == whole.lines
    episodes = [line for line in whole.lines if "episode" in line]
    assert [(line["round"], line["frames"]) for line in episodes] == [
        (0, 1000), (0, 2000), (1, 3000), (2, 4000)]
    assert sorted(line["episode"] for line in episodes) == whole.files("run/episodes/*")
    updates = [line for line in whole.lines if "model" in line]
    assert [(line["update"], line["round"], line["frames"]) for line in updates] == [
        (1, 0, 2000), (2, 0, 2000), (3, 1, 2000), (4, 1, 2000), (5, 1, 2000), (6, 2, 3000),
        (7, 2, 3000), (8, 2, 3000)]
    scores = [line for line in whole.lines if "returns" in line]
    assert [(line["round"], line["update"], line["frames"], line["policy"]) for line in scores] == [
        (1, 5, 3000, "run/round-0001-policy.h5"), (2, 8, 4000, "run/policy.h5")]
    assert len(episodes) + len(updates) + len(scores) == len(whole.lines)
    files = whole.files("run/*")
    assert files == ["run/log.jsonl", "run/model.h5", "run/policy.h5", "run/round-0001-policy.h5",
                     "run/run.json"]
    whole.run("dr-info", "--check", *[name for name in whole.files("run/**/*") if ".h5" in name])


def test_its_settings_are_recorded(whole):
    run = json.loads((whole.folder / "run/run.json").read_text())
    obeys("run", run)
    assert run["program"] == "dr-train" and run["settings"]["train"]["updates"] == 3


def test_its_lines_obey_the_schemas(whole):
    for line in whole.lines:
        obeys("episode-line" if "episode" in line else "metrics" if "model" in line else "summary",
              line)


def test_random_episodes_are_those_of_the_collector(whole, shell):
    shell.run("dr-collect", "--task", "cartpole_balance", "--episodes", 2, "--out", "e",
              *SHORT_EPISODES, "--preset", "quick", "--set", "collect.action_repeat=50")
    for name in shell.files("e/*"):
        assert_same_datasets(shell.folder / name, whole.folder / "run/episodes" / name[2:])


def test_a_policy_acts_frozen_as_it_was_when_its_round_began(whole, shell):
    # Round 2 acts by the policy that was evaluated after round 1.
    name = whole.files("run/episodes/*-0000000002-*")[0]
    shell.run("dr-collect", "--task", "cartpole_balance", "--policy",
              whole.folder / "run/round-0001-policy.h5", "--seed", 2, "--out", "e",
              *SHORT_EPISODES, "--set", "collect.action_repeat=50")
    assert_same_datasets(shell.folder / "e" / name.split("/")[-1], whole.folder / name)


def test_evaluations_are_those_of_the_evaluating_program(whole):
    scores = [line for line in whole.lines if "returns" in line]
    for line in scores:
        judged = whole.run("dr-eval", "--task", "cartpole_balance", "--policy", line["policy"],
                           "--episodes", 2, *SHORT_EPISODES, "--set", "collect.action_repeat=50")
        assert judged.lines()[0]["returns"] == line["returns"]


@pytest.mark.parametrize("number,after", [
    (signal.SIGTERM, 3),   # in the pretraining
    (signal.SIGINT, 10),   # in round 2, which then goes on with its own policy acting
    (signal.SIGKILL, 10),  # goes on from the end of round 1
])
def test_a_stopped_run_goes_on_to_the_same_bytes(shell, whole, number, after):
    process = shell.start(*train())
    for _ in range(after):
        process.stdout.readline()
    process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode == -number
    assert not (shell.folder / "run/policy.h5").exists()
    shell.run("dr-info", "--check", "run/train.resume.h5")
    assert "continuing from run/train.resume.h5" in shell.run(*train()).stderr
    assert_same_runs(shell, whole)


def test_environments_side_by_side_change_nothing_in_time(shell):
    for name in ("one", "two"):
        shell.run(*train("train.episodes=2", "--envs", 2, rounds=1))
        (shell.folder / "run").rename(shell.folder / name)
    assert shell.files("one/**/*") == [name.replace("two", "one", 1)
                                       for name in shell.files("two/**/*")]
    assert_same_datasets(shell.folder / "one/policy.h5", shell.folder / "two/policy.h5")


def test_the_other_programs_take_over(whole, shell):
    run = whole.folder / "run"
    shell.run("dr-fit-model", "--init", run / "model.h5", "--data", run / "episodes", "--updates", 1,
              "--out", "m.h5", *TINY_MODEL)
    shell.run("dr-fit-behavior", "--model", run / "model.h5", "--init", run / "policy.h5", "--data",
              run / "episodes", "--updates", 1, "--out", "p.h5", *TINY_BEHAVIOR)
    result = shell.run("dr-imagine", "--model", run / "model.h5", "--policy", run / "policy.h5",
                       "--data", run / "episodes", "--out", "d.h5", "--threads", 1, "--horizon", 3)
    assert "was not learned in" not in result.stderr
    shell.run("dr-info", "--check", "m.h5", "p.h5", "d.h5")
    with h5py.File(shell.folder / "m.h5") as model, h5py.File(shell.folder / "p.h5") as policy:
        assert model["progress"].attrs["updates"] == 9 == policy["progress"].attrs["updates"]


def test_a_run_takes_over_from_the_other_programs(made, shell):
    result = shell.run(*train("--data", made.episodes, "--init-model", made.model, "--init-policy",
                              made.policy, rounds=1, repeat=25))
    lines = result.lines()
    assert "episode" not in lines[0] and lines[0]["update"] == 3  # after the 2 of made.model
    assert [line["frames"] for line in lines if "episode" in line] == [3000]
    with h5py.File(shell.folder / "run/policy.h5") as policy:
        roles = [parent["role"] for parent in json.loads(policy["provenance"].attrs["parents"])]
        assert policy["progress"].attrs["updates"] == 7
    assert roles == ["model", "init", "init", "data"]


def test_finished_runs_are_not_replaced_unless_told_so(whole, shell):
    shutil.copytree(whole.folder / "run", shell.folder / "run")
    shell.fails(*train(), status=1, says=["run/model.h5", "--force"])
    shell.run(*train("--force"))
    assert_same_runs(shell, whole)


def stop_early(shell):
    """A run that has made its random episodes and begun to learn."""
    process = shell.start(*train())
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def test_the_run_of_another_command_is_refused(shell):
    stop_early(shell)
    shell.fails(*train("--seed", 5), status=1, says=["train.resume.h5", "seed"])


def test_a_run_goes_on_with_other_settings_where_that_is_asked_for(shell):
    stop_early(shell)
    shell.fails(*train("behavior.gamma=0.9"), status=1, says=["behavior.gamma", "--change"])
    shell.fails(*train("model.stoch=5", "--change"), status=2, says="model.stoch")
    shell.fails(*train("--change", "--seed", 5), status=1, says=["seed", "settings alone"])
    lines = shell.run(*train("behavior.gamma=0.9", "train.updates=4", "--change")).lines()
    assert [line["update"] for line in lines if "model" in line][-1] == 10  # 2, and twice 4
    run = json.loads((shell.folder / "run/run.json").read_text())
    obeys("run", run)
    assert run["settings"]["behavior"]["gamma"] == 0.9
    [earlier] = run["earlier"]
    assert earlier["settings"]["behavior"]["gamma"] == 0.99 and "until" in earlier


def test_a_loss_that_is_not_finite_stops_and_leaves_batch_and_parameters(made, shell):
    path = shutil.copy(made.episode, shell.folder / "odd.h5")
    with h5py.File(path, "r+") as file:
        file["reward"][...] = 3e38  # finite, but its square is not
    shell.fails(*train("--data", path, repeat=25), status=1,
                says=["update 0", "train.nonfinite.h5", "train.resume.h5"])
    shell.run("dr-info", "--check", "run/train.nonfinite.h5", "run/train.resume.h5")
    assert not (shell.folder / "run/policy.h5").exists()


def test_a_round_has_the_seed_that_the_pipeline_gives_it(shell):
    shell.run(*train("train.episodes=1", "--seed", 3, rounds=1))
    assert shell.files("run/episodes/*") == [
        f"run/episodes/cartpole_balance-{name}.h5"
        for name in ("0000030000-000000", "0000030000-000001", "0000030001-000000")]


def test_a_batch_of_the_behavior_that_was_set_in_vain_is_a_warning(shell):
    def warnings(*options):
        # It fails behind the settings, before it works: there is no such file.
        said = shell.run(*train(*options, "--data", "none.h5"), status=1).stderr
        return [line for line in said.splitlines() if "warning: " in line]

    assert warnings() == []  # the preset's differ from TINY_MODEL's
    assert warnings("behavior.batch=2", "behavior.length=5") == []
    batch, length = warnings("behavior.batch=3", "behavior.length=6")
    assert "behavior.batch=3" in batch and "fit_model.batch=2" in batch
    assert "behavior.length=6" in length and "fit_model.length=5" in length
    (shell.folder / "mine.json").write_text('{"behavior": {"batch": 7}}')
    assert "behavior.batch=7" in warnings("--config", "mine.json")[0]


@pytest.mark.parametrize("options,status,says", [
    (["--seed", 200000], 2, "--seed 200000.*199999"),
    (["--rounds", 9999], 2, "--rounds 9999.*9998"),
    (["--init-policy", "POLICY"], 2, "--init-model"),
    (["--render", "some"], 2, "some"),
    (["--task", "cartpole_balanec"], 2, "cartpole_balance"),
])
def test_wrong_options_are_usage_errors(made, shell, options, status, says):
    words = train()
    if options[0] in words:
        del words[words.index(options[0]):words.index(options[0]) + 2]
    options = [made.policy if word == "POLICY" else word for word in options]
    shell.fails(*words, *options, status=status, says=says)


def test_data_of_another_task_is_refused(made, shell):
    shell.fails(*train("--data", made.other_task, repeat=25), status=1,
                says=["reacher_easy", "cartpole_balance", "--data"])
    shell.fails(*train("--data", made.episodes), status=1, says=["action repeat", "25"])
