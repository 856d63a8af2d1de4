"""Makes one small good file of each kind, by the programs themselves."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import h5py

CONFIG = {
    "model": {"depth": 2, "stoch": 4, "deter": 8, "hidden": 8, "units": 8, "vector_units": 8},
    "fit_model": {"batch": 2, "length": 5},
    "behavior": {"batch": 2, "length": 5, "horizon": 3, "units": 8, "imagination_starts": 4},
    "collect": {"action_repeat": 25, "time_limit": 300},
    "train": {"prefill": 1, "pretrain": 0, "updates": 2, "episodes": 1, "evaluate_every": 9,
              "evaluate_episodes": 1},
}
SETTINGS = ["--preset", "quick", "--config", "good/config.json", "--threads", "1"]
TASK = ["--task", "cartpole_balance", "--render", "fast"]
STARTS = ["--starts", "2", "--context", "3", "--horizon", "4", "--threads", "1"]
FIT = ["dr-fit-model", "--data", "good/episodes", "--updates", "30", *SETTINGS]
FIT_BEHAVIOR = ["dr-fit-behavior", "--model", "good/model.h5", "--data", "good/episodes",
                "--updates", "30", *SETTINGS]
TRAIN = ["dr-train", *TASK, "--rounds", "4", *SETTINGS]

EPISODE = "good/episodes/cartpole_balance-0000000000-000000.h5"
VECTORS = "good/vectors/cartpole_balance-0000000000-000000.h5"
KINDS = {  # the good file of each kind
    "episode": EPISODE,
    "vectors": VECTORS,  # an episode without images
    "vector_model": "good/vector-model.h5",
    "vector_dream": "good/vector-dream.h5",
    "model": "good/model.h5",
    "policy": "good/policy.h5",
    "dream": "good/dream.h5",
    "policy_dream": "good/policy-dream.h5",
    "step": "good/step.h5",
    "fit_resume": "good/fit.resume.h5",
    "behavior_resume": "good/behavior.resume.h5",
    "train_resume": "good/train/train.resume.h5",
    "config": "good/config.json",
    "curve": "good/curve.jsonl",
    "metrics": "good/metrics.jsonl",
    "run_settings": "good/run/run.json",
    "evaluation": "good/evaluation.json",
    "list": "good/list.jsonl",
    # Logged data of others, which dr-import reads.
    "logged_d4rl": "good/logged/hopper.hdf5",
    "logged_minari": "good/logged/main_data.hdf5",
    "logged_npz": "good/logged/episode.npz",
    "logged_table": "good/lerobot/data/chunk-000/file-000.parquet",
    "logged_video": "good/lerobot-video/videos/observation.images.top/chunk-000/file-000.mp4",
    "logged_metadata": "good/lerobot/meta/info.json",
    "logged_record": "good/rlds/pendulum_rlds-train.tfrecord-00000-of-00001",
    "logged_features": "good/rlds/features.json",
}
# Those of which the whole folder is needed, which this one is.
FOLDERS = {"train_resume": "good/train", "run_settings": "good/run", "logged_table": "good/lerobot",
           "logged_video": "good/lerobot-video", "logged_metadata": "good/lerobot",
           "logged_record": "good/rlds", "logged_features": "good/rlds"}


def make(programs, folder):
    """Makes folder/good, unless it was made after these programs were."""
    good = folder / "good"
    built = max(path.stat().st_mtime for place in (programs, programs.parent / "lib")
                for path in place.iterdir())
    stamp = good / "config.json"
    if stamp.exists() and stamp.stat().st_mtime > built and json.loads(stamp.read_text()) == CONFIG:
        return
    shutil.rmtree(good, ignore_errors=True)
    good.mkdir(parents=True)
    stamp.write_text(json.dumps(CONFIG, indent=1))
    try:
        _fill(programs, folder, good)
    except BaseException:
        stamp.unlink()
        raise
    os.utime(stamp)


def _fill(programs, folder, good):
    def run(program, *args, into=None):
        done = subprocess.run([programs / program, *args], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{program} {' '.join(args)}\n{done.stderr}"
        if into:
            (good / into).write_text(done.stdout)

    run("dr-collect", *TASK, "--episodes", "2", "--out", "good/episodes", *SETTINGS,
        into="list.jsonl")
    run("dr-fit-model", "--data", "good/episodes", "--updates", "3", "--log-every", "1", "--out",
        "good/model.h5", "--dump-step", "good/step.h5", *SETTINGS, into="metrics.jsonl")
    run("dr-fit-behavior", "--model", "good/model.h5", "--data", "good/episodes", "--updates", "2",
        "--out", "good/policy.h5", *SETTINGS)
    run("dr-collect", "--task", "cartpole_balance", "--render", "none", "--episodes", "2", "--out",
        "good/vectors", *SETTINGS)
    run("dr-fit-model", "--data", "good/vectors", "--updates", "2", "--out", "good/vector-model.h5",
        *SETTINGS)
    run("dr-imagine", "--model", "good/vector-model.h5", "--data", "good/vectors", *STARTS, "--out",
        "good/vector-dream.h5")
    model = ["--model", "good/model.h5", "--data", "good/episodes", *STARTS]
    run("dr-imagine", *model, "--out", "good/dream.h5")
    run("dr-imagine", *model, "--policy", "good/policy.h5", "--out", "good/policy-dream.h5")
    run("dr-eval", *model, into="evaluation.json")
    logged = pathlib.Path(__file__).parents[1] / "data/logged"
    (good / "logged").mkdir()
    shutil.copy(logged / "d4rl/hopper_random.hdf5", good / "logged/hopper.hdf5")
    shutil.copy(logged / "minari/pendulum/dict-jpeg-v0/data/main_data.hdf5", good / "logged")
    with h5py.File(good / "logged/hopper.hdf5", "r+") as file:  # attributes, to be changed
        file.attrs.update(format="d4rl", format_version="0", config="{}", seed=3)
        file["actions"].attrs["dims"] = "T,A"
    shutil.copy(sorted((logged / "dreamer/v1-cartpole_swingup").iterdir())[0],
                good / "logged/episode.npz")
    shutil.copytree(logged / "lerobot/v3-image", good / "lerobot")
    shutil.copytree(logged / "lerobot/v3-video-av1", good / "lerobot-video")
    shutil.copytree(logged / "rlds/pendulum_rlds/1.0.0", good / "rlds")
    results = pathlib.Path(__file__).parents[2] / "pipelines/results"
    shutil.copy(results / "cartpole_swingup-seed0.jsonl", good / "curve.jsonl")
    (good / "run").mkdir()
    shutil.copy(good / "curve.jsonl", good / "run")
    (good / "run/run.json").write_text(json.dumps({
        "program": "dr-train", "version": "1.0.0", "task": "cartpole_swingup", "seed": 0,
        "render": "fast", "settings": {"model": {"kl_scale": 1.0, "gru": "torch"},
                                       "train": {"updates": 200}}}))
    for command, out in ((FIT, "fit.h5"), (FIT_BEHAVIOR, "behavior.h5"), (TRAIN, "train")):
        _stop(programs, folder, [*command, "--out", f"good/{out}", "--save-every", "1"],
              good / ("train/train.resume.h5" if out == "train" else out.replace(".", ".resume.")))


def _stop(programs, folder, command, resume):
    """Runs a command until it has left its resume file, and stops it before its end."""
    for _ in range(20):
        process = subprocess.Popen([programs / command[0], *command[1:], "--force"], cwd=folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not resume.exists():
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        says = process.communicate()[1]
        assert process.returncode in (0, -signal.SIGTERM), f"{' '.join(command)}\n{says}"
        if resume.exists():
            return
    raise AssertionError(f"{' '.join(command)} always ended before it was stopped")
