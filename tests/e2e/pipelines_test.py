"""The pipelines of Make: they end with what they promise, go on after any kill, and then rest."""

import json
import os
import fcntl
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import h5py
import jsonschema
import pytest
from conftest import Shell, assert_same_datasets
from no_rewards_test import write_ogbench

ROOT = pathlib.Path(__file__).parents[2]
TINY = ["PRESET=quick", "THREADS=1", "UPDATES=3", "EPISODES=1"]
MODEL = ("model.depth=2 model.stoch=4 model.deter=8 model.hidden=8 model.units=8 "
         "fit_model.batch=2 fit_model.length=5")
BEHAVIOR = ("behavior.batch=2 behavior.length=5 behavior.horizon=3 behavior.units=8 "
            "behavior.imagination_starts=4")
# Two rounds of an episode of 40 steps each, fewer than an image shows unless told otherwise;
# evaluations in the beginning and at the end.
LOOP = ["dreamer.mk", "TASK=cartpole_balance", "RENDER=fast", "PREFILL=1", "PRETRAIN=2", "ROUNDS=2",
        "EVALUATE_EPISODES=1", f"SETTINGS={MODEL} {BEHAVIOR} collect.action_repeat=25", *TINY]


def make_command(pipeline, *settings):
    return ["make", "--no-print-directory", "-f", ROOT / "pipelines" / pipeline, *settings]


def make(shell, pipeline, *settings, status=0):
    done = subprocess.run(make_command(pipeline, *settings), cwd=shell.folder, text=True,
                          capture_output=True, timeout=300, env=shell.environment())
    assert done.returncode == status, f"{done.stdout}{done.stderr}[status {done.returncode}]"
    return done


def kill_after(shell, lines, pipeline, *settings):
    """SIGKILL to Make and all it started, after so many lines of what it does. Whether it came
    before the end."""
    process = subprocess.Popen(make_command(pipeline, *settings), cwd=shell.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=shell.environment(), start_new_session=True)
    for _ in range(lines):
        process.stdout.readline()
    in_time = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return in_time


def until(condition, what, process=None):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        assert process is None or process.poll() is None, f"never: {what}; it ended"
        time.sleep(0.05)


def is_free(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def nothing_to_do(shell, *settings):
    said = make(shell, *settings, "-n").stdout
    return said == ""  # silent, as with make -s


def stamps(folder):
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("round-*.json"))}


def without_clocks(value):
    """A stamp less what differs from run to run: times, and the paths that hold the folder."""
    if isinstance(value, dict):
        return {name: without_clocks(v) for name, v in value.items()
                if name not in ("seconds", "overhead_seconds", "updates_per_second",
                                "data_wait_fraction", "policy", "episode", "model") or isinstance(v, dict)}
    return [without_clocks(v) for v in value] if isinstance(value, list) else value


def assert_same_run(one, other):
    assert without_clocks(list(stamps(one).values())) == without_clocks(
        list(stamps(other).values()))
    names = sorted(str(path.relative_to(one)) for path in one.glob("**/*.h5"))
    assert names == sorted(str(path.relative_to(other)) for path in other.glob("**/*.h5"))
    for name in names:
        assert_same_datasets(one / name, other / name)


def obeys(name, line):
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(line)


@pytest.fixture(scope="module")
def loop(request, tmp_path_factory):
    """An undisturbed run."""
    shell = Shell(request.config.getoption("--bin"), tmp_path_factory.mktemp("loop"))
    done = make(shell, *LOOP, "OUT=run")
    shell.said, shell.rounds = done.stdout, done.stderr
    return shell


def test_the_loop_leaves_what_it_promises(loop):
    run = loop.folder / "run"
    assert sorted(path.name for path in run.iterdir()) == [
        ".lock", "behavior.jsonl", "curve.jsonl", "curve.png", "episode.mp4", "episodes", "held-out",
        "held-out.json", "model.jsonl", "open-loop.h5", "open-loop.json", "open-loop.mp4",
        "policy-dream.h5", "policy-dream.mp4", "round-000.json", "round-001.json",
        "round-002-model.h5", "round-002-policy.h5", "round-002.json", "run.json", "summary.txt"]
    said = loop.said.splitlines()
    assert [line.split(",")[0] for line in loop.rounds.splitlines() if line.startswith("round ")] == [
        "round 0 of 2: 1000 frames", "round 1 of 2: 2000 frames", "round 2 of 2: 3000 frames"]
    assert said == [f"run: {line}" for line in (run / "summary.txt").read_text().splitlines()]
    assert said[0].startswith("run: return ") and "at 3000 frames" in said[0]
    assert "ahead" in said[1] and "images" in said[2] and "reward error" in said[3]
    rounds = stamps(run)
    for stamp in rounds.values():
        obeys("round", stamp)
        assert stamp["seconds"] > 0
    assert [stamp["frames"] for stamp in rounds.values()] == [1000, 2000, 3000]
    assert [list(stamp["stages"]) for stamp in rounds.values()] == [
        ["prefill", "model", "behavior", "evaluation"], ["model", "behavior", "episodes"],
        ["model", "behavior", "episodes", "evaluation"]]
    curve = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    for point in curve:
        obeys("curve-line", point)
    assert [(point["round"], point["frames"]) for point in curve] == [(0, 1000), (2, 3000)]
    assert curve[1]["mean"] == rounds["round-002.json"]["stages"]["evaluation"]["output"][0]["mean"]
    obeys("run", json.loads((run / "run.json").read_text()))
    last = [json.loads(line) for line in (run / "model.jsonl").read_text().splitlines()][-1]
    assert last["update"] == 2 + 3 + 3  # the updates are counted over the rounds
    assert len(list((run / "episodes").glob("*.h5"))) == 3


def test_a_finished_loop_rests(loop):
    assert nothing_to_do(loop, *LOOP, "OUT=run")
    # Checkpoints are no targets: nothing is made anew because they are gone.
    for path in (loop.folder / "run").glob("round-*.h5"):
        path.rename(path.with_suffix(".away"))
    assert nothing_to_do(loop, *LOOP, "OUT=run")
    for path in (loop.folder / "run").glob("round-*.away"):
        path.rename(path.with_suffix(".h5"))


def test_images_show_as_many_rows_as_episodes_have(loop):
    for name, rows in (("open-loop", 41), ("policy-dream", 50)):
        with h5py.File(loop.folder / "run" / f"{name}.h5") as dream:
            assert dream["image"].shape[1] == rows and dream.attrs["context"] == 5

    def rows(*words, warns):
        done = subprocess.run([ROOT / "pipelines/horizon.sh", *map(str, words)], text=True,
                              input=f"{episode}\n", capture_output=True, check=True,
                              cwd=loop.folder, env=loop.environment())
        assert ("the longest episode has 41 rows" in done.stderr) == warns, done.stderr
        return done.stdout.strip()

    episode = next((loop.folder / "run/held-out").glob("*.h5"))
    assert rows(5, 36, warns=False) == "--context 5 --horizon 36"
    assert rows(5, 37, warns=True) == "--context 5 --horizon 36"
    assert rows(60, 15, warns=True) == "--context 40 --horizon 1"
    assert rows(60, 0, warns=True) == "--context 41"


def test_other_settings_are_not_mixed_into_a_run(loop):
    shutil.copytree(loop.folder / "run", loop.folder / "changed")
    other = [word.replace("model.depth=2", "model.depth=2 model.kl_scale=5") for word in LOOP]
    other += ["OUT=changed", "UPDATES=7"]
    for more in ([], ["ROUNDS=3"], ["-n"]):
        said = make(loop, *other, *more, status=2).stderr
        assert ("changed was begun with model.kl_scale=1, UPDATES=3; now model.kl_scale=5, UPDATES=7."
                " Give another OUT=, or CHANGE=yes to go on with these" in said)
    assert "was begun with SEED=0; now SEED=1" in make(loop, *LOOP, "OUT=changed", "SEED=1",
                                                       status=2).stderr
    make(loop, *other, "CHANGE=yes", "changed/run.json")
    run = json.loads((loop.folder / "changed/run.json").read_text())
    obeys("run", run)
    settings = [s["settings"] for s in (run, *run["earlier"])]
    assert [s["train"]["updates"] for s in settings] == [7, 3]
    assert [s["model"]["kl_scale"] for s in settings] == [5, 1]
    # The images are made again, with what CONTEXT, FAR and others are now; nothing is learned.
    plan = make(loop, *other, "-n").stdout
    assert "dr-imagine" in plan and "dr-fit" not in plan
    shutil.rmtree(loop.folder / "changed")


def test_settings_are_part_of_a_folders_name(loop):
    plan = make(loop, "dreamer.mk", "TASK=cartpole_balance", "PRESET=quick", "-n",
                "SETTINGS=model.kl_scale=5 behavior.horizon=9").stdout
    assert "--out runs/cartpole_balance-quick-model.kl_scale=5-behavior.horizon=9-0/episodes" in plan


def test_a_folder_in_use_is_left_alone(loop):
    before = (loop.folder / "run/model.jsonl").read_text()
    with open(loop.folder / "run/.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert nothing_to_do(loop, *LOOP, "OUT=run")  # looking is no use
        second = [subprocess.Popen(words, cwd=loop.folder, env=loop.environment(), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                  for words in (make_command(*LOOP, "OUT=run", "ROUNDS=9"),
                                make_command("pretrain.mk", "DATA=run/episodes", "OUT=run"),
                                [ROOT / "pipelines/actor_learner.sh", "run"],
                                [ROOT / "pipelines/quickstart.sh", "run"])]
        for process in second:
            _, said = process.communicate(timeout=120)
            assert process.returncode != 0 and f"run is in use by pid {os.getpid()}" in said, said
    assert (loop.folder / "run/model.jsonl").read_text() == before


def test_a_make_that_is_ended_takes_its_programs_along(loop):
    run = loop.folder / "ended"
    process = subprocess.Popen(make_command(*LOOP, "OUT=ended", "PRETRAIN=1000000"), cwd=loop.folder,
                               env=loop.environment(), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    until(lambda: (run / "model.jsonl").exists() and (run / "model.jsonl").stat().st_size > 0,
          "the model is learned", process)
    process.terminate()  # Make alone, as a scheduler may
    assert process.wait(60) != 0
    until(lambda: (run / "round-000-model.resume.h5").exists(), "the fit has saved")
    with open(run / ".lock", "a") as lock:
        until(lambda: is_free(lock), "no program is left in the folder")
    shutil.rmtree(run)


def test_folders_with_spaces_hold_the_pipelines(loop):
    shutil.copytree(ROOT / "pipelines", loop.folder / "of mine/pipelines")
    done = subprocess.run(["make", "-f", "of mine/pipelines/dreamer.mk", *LOOP[1:], "OUT=spaced",
                           "PREFILL=1", "PRETRAIN=0", "spaced/round-000.json"], cwd=loop.folder,
                          text=True, capture_output=True, env=loop.environment())
    assert done.returncode == 0, done.stderr
    assert "no name with a space" in make(loop, *LOOP, "OUT=a b", status=2).stderr


def test_metrics_of_a_run_become_plots(loop):
    subprocess.run([ROOT / "pipelines" / "metrics.sh", "run"], cwd=loop.folder, check=True,
                   stdout=subprocess.DEVNULL, env=loop.environment())
    plots = list((loop.folder / "run").glob("*-metrics.png"))
    assert sorted(path.name for path in plots) == [
        "behavior-metrics.png", "horizon-metrics.png", "model-metrics.png"]
    for path in plots:
        path.unlink()


def test_a_killed_loop_ends_the_same(loop):
    plan = make(loop, *LOOP, "OUT=killed", "-n").stdout.splitlines()
    moments = random.Random(1)
    # Once while it prepares, once in the middle; each time the same command.
    kills = [kill_after(loop, moments.randrange(3, 6), *LOOP, "OUT=killed", "V=1"),
             kill_after(loop, moments.randrange(4, len(plan) // 3), *LOOP, "OUT=killed", "V=1")]
    assert any(kills)
    make(loop, *LOOP, "OUT=killed")
    assert_same_run(loop.folder / "run", loop.folder / "killed")
    assert nothing_to_do(loop, *LOOP, "OUT=killed")


def test_more_rounds_go_on_and_keep_as_many_checkpoints_as_asked(loop):
    run = loop.folder / "run"
    before = stamps(run)
    make(loop, *LOOP, "OUT=run", "ROUNDS=4", "KEEP=2", "EVALUATE_EVERY=4", "run/round-004.json")
    after = stamps(run)
    assert len(after) == 5 and {name: after[name] for name in before} == before
    assert sorted(path.name for path in run.glob("round-*.h5")) == [
        "round-003-model.h5", "round-003-policy.h5", "round-004-model.h5", "round-004-policy.h5"]
    assert "mean" not in after["round-003.json"] and "mean" in after["round-004.json"]


def test_a_loop_says_what_it_lacks(shell):
    assert "TASK= is needed" in make(shell, "dreamer.mk", status=2).stderr
    said = make(shell, "dreamer.mk", "TASK=cartpole_balance", "SETTINGS=model.dpeth=2",
                status=2).stderr
    assert "did you mean model.depth" in said
    assert shell.files() == []


# --- Many runs -------------------------------------------------------------------------------------

SWEEP = ["sweep.mk", "TASKS=cartpole_balance", "SEEDS=0 1", "VARY=model.kl_scale=1 model.kl_scale=5",
         "PRESET=quick", "ROUNDS=2", "RENDER=fast", "JOBS=2", "OUT=sweep",
         f"SETTINGS={MODEL} {BEHAVIOR} collect.action_repeat=25 train.prefill=1 train.pretrain=2 "
         "train.updates=3 train.episodes=1 train.evaluate_every=1 train.evaluate_episodes=1"]
NAMES = [f"cartpole_balance-model.kl_scale={scale}-{seed}" for scale in (1, 5) for seed in (0, 1)]


@pytest.fixture(scope="module")
def sweep(request, tmp_path_factory):
    """An undisturbed one, and what it said."""
    shell = Shell(request.config.getoption("--bin"), tmp_path_factory.mktemp("sweep"))
    shell.said = make(shell, *SWEEP).stdout
    return shell


def test_a_sweep_has_a_run_for_each_variant_and_seed(sweep):
    folder = sweep.folder / "sweep"
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == NAMES
    for name in NAMES:
        run = json.loads((folder / name / "run.json").read_text())
        obeys("run", run)
        variant, seed = name.removeprefix("cartpole_balance-").rsplit("-", 1)
        assert run["seed"] == int(seed)
        assert f"model.kl_scale={run['settings']['model']['kl_scale']:g}" == variant
        assert {"curve.png", "open-loop.mp4", "policy-dream.mp4", "episode.mp4"} <= {
            path.name for path in (folder / name).iterdir()}
        for line in (folder / name / "curve.jsonl").read_text().splitlines():
            obeys("curve-line", json.loads(line))
    assert (folder / "curves.png").stat().st_size > 0
    rows = (folder / "runs.txt").read_text().splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["2", "2"]
    assert [row.split()[-1] for row in rows[1:]] == ["kl_scale=1", "kl_scale=5"]
    lines = sweep.run("dr-info", "--json", "--runs", "--group-by", "model.kl_scale", "task", "--",
                      *[folder / name for name in NAMES]).lines()
    for line in lines:
        obeys("runs-line", line)
    assert [line["group"] for line in lines] == [
        "kl_scale=1, cartpole_balance", "kl_scale=5, cartpole_balance"]
    assert sweep.said.endswith("\n".join(rows) + "\n")


def test_a_killed_sweep_goes_on_to_the_same_runs(sweep, shell):
    kill_after(shell, 3, *SWEEP)
    make(shell, *SWEEP)
    for name in NAMES:
        one, other = (sh.folder / "sweep" / name for sh in (shell, sweep))
        for file in ("model.h5", "policy.h5"):
            assert_same_datasets(one / file, other / file)
        assert ([without_clocks(json.loads(line)) for line in (one / "curve.jsonl").open()]
                == [without_clocks(json.loads(line)) for line in (other / "curve.jsonl").open()])


def test_a_sweep_that_has_ended_learns_nothing_again(sweep):
    before = (sweep.folder / "sweep" / NAMES[0] / "policy.h5").stat()
    make(sweep, *SWEEP)
    assert (sweep.folder / "sweep" / NAMES[0] / "policy.h5").stat() == before


def test_a_sweep_with_other_settings_is_refused_run_by_run(sweep):
    other = [setting + " behavior.gamma=0.9" if setting.startswith("SETTINGS") else setting
             for setting in SWEEP]
    said = make(sweep, *other, status=2).stderr
    for name in NAMES:
        assert f"{name} failed" in said
    assert "behavior.gamma=0.99; now behavior.gamma=0.9" in said


def test_a_run_by_one_program_takes_other_settings_where_that_is_asked_for(shell):
    command = ["train.mk", "TASK=cartpole_balance", "PRESET=quick", "RENDER=fast", "ROUNDS=3",
               "OUT=run", "THREADS=1"]
    settings = next(setting for setting in SWEEP if setting.startswith("SETTINGS"))
    process = subprocess.Popen(make_command(*command, settings), cwd=shell.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=shell.environment(), start_new_session=True)
    until((shell.folder / "run/train.resume.h5").exists, "a save", process)
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate()
    changed = settings + " behavior.gamma=0.9"
    assert "behavior.gamma" in make(shell, *command, changed, status=2).stderr
    make(shell, *command, changed, "CHANGE=yes")
    run = json.loads((shell.folder / "run/run.json").read_text())
    obeys("run", run)
    assert run["settings"]["behavior"]["gamma"] == 0.9
    assert run["earlier"][0]["settings"]["behavior"]["gamma"] == 0.99
    assert "has ended" in make(shell, *command, settings, "CHANGE=yes", status=2).stderr
    assert "ROUNDS=3" in make(shell, *command, changed, "ROUNDS=4", status=2).stderr


def test_two_sweeps_in_one_folder_are_told_apart(sweep):
    with open(sweep.folder / "sweep/.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "in use" in make(sweep, *SWEEP, status=2).stderr


# --- A world model alone ---------------------------------------------------------------------------

class Blind(Shell):
    """Where no OpenGL can be loaded."""

    def environment(self, changes=None):
        return super().environment({"MUJOCO_GL": "none", **(changes or {})})


@pytest.fixture(scope="module")
def logged(request, tmp_path_factory):
    shell = Shell(request.config.getoption("--bin"), tmp_path_factory.mktemp("logged"))
    shell.run("dr-collect", "--task", "cartpole_balance", "--episodes", 5, "--render", "fast",
              "--threads", 1, "--set", "collect.action_repeat=20", "--out", "episodes")
    return Blind(shell.bin, shell.folder)


PRETRAIN = ["pretrain.mk", "DATA=episodes", "STARTS=4", "FAR=20", "ROUNDS=4", "PATIENCE=2",
            "HELD_OUT=0.4", f"SETTINGS={MODEL}", *TINY]


def test_a_world_model_is_pretrained_without_an_environment(logged):
    make(logged, *PRETRAIN, "OUT=run")
    run = logged.folder / "run"
    names = {path.name for path in run.iterdir()}
    assert {"model.h5", "fit.json", "scores.png", "evaluation.json", "horizon.png", "open-loop.mp4",
            "open-loop.png", "training.txt", "held-out.txt", "results.md"} <= names
    training, held_out = [(run / f"{name}.txt").read_text().split()
                          for name in ("training", "held-out")]
    assert len(training) == 3 and len(held_out) == 2
    assert sorted(training + held_out) == sorted(
        str(path.relative_to(logged.folder)) for path in (logged.folder / "episodes").iterdir())

    obeys("run", json.loads((run / "run.json").read_text()))
    fit, rounds = json.loads((run / "fit.json").read_text()), list(stamps(run).values())
    scores = [stamp["explained"] for stamp in rounds]
    assert fit["rounds"] == len(rounds) and fit["explained"] == max(scores)
    assert fit["best"] == 1 + scores.index(max(scores))
    assert len(rounds) == min(4, fit["best"] + 2)  # patience
    assert_same_datasets(run / "model.h5", run / f"round-{fit['best']:03}-model.h5")
    assert len(list(run.glob("round-*-model.h5"))) == len({fit["best"], len(rounds)})
    assert len(json.loads((run / "evaluation.json").read_text())["by_horizon"]["psnr"]) == 20
    assert nothing_to_do(logged, *PRETRAIN, "OUT=run")

    page = (run / "results.md").read_text()
    assert "3 were learned from" in page.replace("episodes were learned", "were learned")
    assert "| image | PSNR, dB |" in page and "| reward | mean absolute error |" in page
    assert "no better than the baselines.** The likely reason: " in page  # after a few updates
    for name in re.findall(r"\]\((\S+)\)", page):
        assert (run / name).exists()


def test_a_world_model_of_vectors_without_rewards_is_pretrained(logged):
    write_ogbench(logged.folder / "navigate.npz")
    settings = [*PRETRAIN, "DATA=navigate.npz", "OUT=vectors", "ROUNDS=2", "HORIZON=4", "FAR=4", "CONTEXT=3",
                f"SETTINGS={MODEL} model.reward_head=false"]
    said = make(logged, *settings).stderr
    assert "no better than the baselines" in said or "better than repeating" in said
    page = (logged.folder / "vectors/results.md").read_text()
    assert "no rewards were logged" in page and "| observation | error, standard" in page
    assert "reward |" not in page
    assert "SCORE=explained" in make(logged, *settings, "SCORE=psnr", "OUT=psnr", status=2).stderr


def offline(*settings):
    return ["offline.mk", "DATA=episodes", "MODEL_ROUNDS=1", "MODEL_UPDATES=3", "UPDATES=2", "ROUNDS=2",
            "EVALUATE_EPISODES=1", "PRESET=quick", "THREADS=1", "STARTS=4", "FAR=20",
            f"SETTINGS={MODEL} {BEHAVIOR}", *settings]


def test_a_behavior_is_learned_offline_and_evaluated(logged):
    shell = Shell(logged.bin, logged.folder)  # with OpenGL for the evaluation
    settings = offline("TASK=cartpole_balance", "RENDER=fast", "ENSEMBLE=2", "PENALTY=3", "OUT=offline")
    make(shell, *settings)
    run = logged.folder / "offline"
    obeys("run", json.loads((run / "run.json").read_text()))
    rounds = list(stamps(run).values())
    assert [stamp["update"] for stamp in rounds] == [2, 4]
    returns = [h5py.File(line)["reward"][:].sum() for line in
               [logged.folder / name for name in (run / "model/training.txt").read_text().split()]]
    for stamp in rounds:
        assert stamp["data_mean"] == pytest.approx(sum(returns) / len(returns), rel=1e-5)
        assert 0 <= stamp["mean"] <= 1000
    with h5py.File(run / "policy.h5") as file:
        assert "member2" in file["model/ensemble"]
        assert json.loads(file["actor"].attrs["config"])["disagreement_scale"] == 3
    lines = [json.loads(line) for line in (run / "behavior.jsonl").read_text().splitlines()]
    assert all(line["disagreement"] >= 0 for line in lines if "disagreement" in line)
    assert (run / "curve.png").exists() and nothing_to_do(shell, *settings)
    assert kill_after(shell, 2, *offline("OUT=offline-killed", "ENSEMBLE=0", "PENALTY=0", "V=1"))
    make(shell, *offline("OUT=offline-killed", "ENSEMBLE=0", "PENALTY=0"))
    make(shell, *offline("OUT=offline-straight", "ENSEMBLE=0", "PENALTY=0"))
    assert_same_datasets(logged.folder / "offline-killed/policy.h5", logged.folder / "offline-straight/policy.h5")


def test_more_patience_goes_on_from_a_finished_pretraining(logged):
    shutil.copytree(logged.folder / "run", logged.folder / "more")
    rounds = json.loads((logged.folder / "run/fit.json").read_text())["rounds"]
    longer = [*PRETRAIN, "OUT=more", f"ROUNDS={rounds + 1}", "PATIENCE=9"]
    assert "fit.json" in make(logged, *longer, "-n").stdout
    make(logged, *longer, "more/fit.json")
    assert json.loads((logged.folder / "more/fit.json").read_text())["rounds"] == rounds + 1
    assert "CHANGE=yes" in make(logged, *longer, "SCORE=reward_mae", status=2).stderr


def test_a_killed_pretraining_ends_the_same(logged):
    # A line of output comes after each round.
    assert kill_after(logged, 1, *PRETRAIN, "OUT=killed", "-s")
    make(logged, *PRETRAIN, "OUT=killed")
    assert_same_run(logged.folder / "run", logged.folder / "killed")


def test_a_world_model_is_pretrained_from_a_dataset_of_others(logged):
    data = ROOT / "tests/data/logged/minari/pendulum/dict-jpeg-v0"
    make(logged, *PRETRAIN, f"DATA={data}", "OUT=minari", "ROUNDS=1", "IMPORT=--observations none")
    run = logged.folder / "minari"
    assert len(list((run / "episodes").glob("*.h5"))) == 3 and (run / "model.h5").exists()
    obeys("run", json.loads((run / "run.json").read_text()))
    assert len((run / "held-out.txt").read_text().split()) == 1
    assert nothing_to_do(logged, *PRETRAIN, f"DATA={data}", "OUT=minari", "ROUNDS=1",
                         "IMPORT=--observations none")


def test_pretraining_meets_no_opengl(logged):
    logged.fails("dr-collect", "--task", "cartpole_balance", "--out", "seen", status=2,
                 says="MUJOCO_GL")


def test_pretraining_refuses_what_it_has_no_use_for(logged):
    said = make(logged, *PRETRAIN, "SETTINGS=behavior.horizon=3", "OUT=none", status=2).stderr
    assert "behavior.horizon=3" in said and not (logged.folder / "none").exists()


def test_pretraining_needs_an_episode_to_hold_out(logged):
    (logged.folder / "few").mkdir()
    assert "two are needed" in make(logged, *PRETRAIN, "DATA=few", "OUT=none", status=2).stderr
