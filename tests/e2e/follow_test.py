"""Actors and learners side by side on one folder: each takes what the others write, any may die."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import h5py
import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL

SCRIPT = pathlib.Path(__file__).parents[2] / "pipelines" / "actor_learner.sh"
PATIENCE = 120  # seconds; what is waited for takes one or two where nothing else runs


def until(condition, what, process=None):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        assert process is None or process.poll() is None, f"never: {what}; it ended"
        time.sleep(0.05)


@contextlib.contextmanager
def running(shell, *command):
    """A program that is killed at the end of the block if it has not ended; `said` is its stderr.
    """
    process = shell.start(*command)
    process.said = []

    def listen():
        for line in process.stderr:
            process.said.append(line)

    threads = [threading.Thread(target=listen), threading.Thread(target=process.stdout.read)]
    for thread in threads:
        thread.start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for thread in threads:
            thread.join()


def says(process, words):
    until(lambda: any(words in line for line in list(process.said)), words)


def put(source, target):
    """Puts a file in place as our programs do."""
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(".part")
    shutil.copy(source, part)
    part.rename(target)


def provenance(path):
    with h5py.File(path) as file:
        text = file["provenance"].attrs
        return text["id"], {parent["role"]: parent["id"]
                                     for parent in json.loads(text["parents"])}


def progress(path):
    """Updates and environment steps of a checkpoint; nothing where there is none."""
    if not path.exists():
        return 0, 0
    with h5py.File(path) as file:
        counts = file["progress"].attrs
        return int(counts["updates"]), int(counts["environment_steps"])


def another(shell, made, program, out):
    """A checkpoint of the same sizes as those in `made`, with an identity of its own."""
    if program == "dr-fit-model":
        shell.run(program, "--data", made.episodes, "--updates", 1, "--out", out, *TINY_MODEL)
    else:
        shell.run(program, "--model", made.model, "--data", made.episodes, "--updates", 1, "--out",
                  out, *TINY_BEHAVIOR)
    return shell.folder / out


# --- dr-collect ------------------------------------------------------------------------------------

def collect(*more):
    return ["dr-collect", "--follow", "--task", "cartpole_balance", "--policy", "policy.h5",
            "--seed", 3, "--out", "episodes", *SHORT_EPISODES, *more]


def test_a_collector_waits_takes_newer_policies_and_goes_on_after_a_kill(shell, made):
    newer = another(shell, made, "dr-fit-behavior", "newer.h5")
    first, second = provenance(made.policy)[0], provenance(newer)[0]
    folder = shell.folder / "episodes"
    known = {}

    def acted():  # the policies of all episodes; a file never changes
        for path in folder.glob("*.h5"):
            if path not in known:
                known[path] = provenance(path)[1]["policy"]
        return list(known.values())

    with running(shell, *collect("--envs", 2)) as process:
        says(process, "waiting for policy.h5")
        assert not list(folder.glob("*.h5"))
        put(made.policy, shell.folder / "policy.h5")
        until(lambda: acted().count(first) >= 2, "episodes of the first policy")
        (shell.folder / "policy.h5").write_text("no policy")
        says(process, "the policy before it continues to act")
        put(newer, shell.folder / "policy.h5")
        until(lambda: acted().count(second) >= 2, "episodes of the second policy")
        process.kill()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.h5")}
    assert set(acted()) == {first, second}

    put(made.policy, shell.folder / "policy.h5")
    done = shell.run(*collect("--envs", 2, "--episodes", len(before) + 4))
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    new = [shell.folder / line["episode"] for line in done.lines()]
    assert new and not before.keys() & set(new)
    names = sorted(path.name for path in folder.glob("*.h5"))
    for seed in {name.rsplit("-", 1)[0] for name in names}:  # numbers without a gap
        of_seed = [name for name in names if name.startswith(seed)]
        assert [int(name[-9:-3]) for name in of_seed] == list(range(len(of_seed)))
    assert {provenance(path)[1]["policy"] for path in new} == {first}
    assert not [path for path in folder.iterdir() if path.suffix != ".h5"], "litter of the kill"
    shell.fails(*collect("--envs", 2, "--set", "collect.action_repeat=20"), status=1,
                says=["action repeat", "another folder"])  # no mix of kinds to learn from


def test_a_collector_that_waits_ends_by_the_signal(shell):
    with running(shell, *collect()) as process:
        says(process, "waiting")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == -signal.SIGTERM


def test_the_action_repeat_does_not_depend_on_whether_the_policy_is_there(shell, made):
    collect = ["dr-collect", "--task", "cartpole_balance", "--out", "own", "--print-config"]

    def repeat(*more):
        return json.loads(shell.run(*collect, *more).stdout)["collect"]["action_repeat"]

    assert repeat("--policy", made.policy) == 25
    assert repeat("--policy", made.policy, "--follow") == 2
    assert repeat("--policy", "not-yet.h5", "--follow") == 2


# --- The learners ----------------------------------------------------------------------------------

def fit(program, *more, save_every=2):
    rest = TINY_MODEL if program == "dr-fit-model" else ["--model", "model.h5", *TINY_BEHAVIOR]
    return [program, "--follow", "--data", "data", "--save-every", save_every, "--out", "out.h5",
            *more, *rest]


@pytest.mark.parametrize("program", ["dr-fit-model", "dr-fit-behavior"])
def test_a_learner_waits_takes_what_comes_and_goes_on_after_a_kill(shell, made, program):
    out, data = shell.folder / "out.h5", shell.folder / "data"
    one, two = sorted(made.episodes.glob("*.h5"))
    steps = 40 * 25  # of an episode
    with running(shell, *fit(program)) as process:
        if program == "dr-fit-behavior":
            says(process, "waiting for model.h5")
            put(made.model, shell.folder / "model.h5")
        says(process, "waiting for 1 episode in data")
        data.mkdir()
        (data / "foreign.h5").write_text("nothing of ours")
        put(one, data / "b.h5")
        until(lambda: progress(out)[0] >= 4, "a checkpoint is replaced")
        damaged = bytearray(two.read_bytes())
        damaged[len(damaged) // 2:] = bytes(len(damaged) // 2)
        (data / "a.h5").write_bytes(damaged)
        put(two, data / "c.h5")
        until(lambda: progress(out)[1] == 2 * steps, "the second episode is learned from", process)
        process.kill()
    left_out = [line for line in process.said if "left out" in line]
    assert sum("foreign.h5" in line for line in left_out) == 1, process.said
    assert sum("a.h5" in line for line in left_out) == 1, process.said
    updates = progress(out)[0]
    shell.run("dr-info", "--check", "out.h5")

    with running(shell, *fit(program)) as process:
        says(process, f"continuing from out.h5 after {updates} updates")
        until(lambda: progress(out)[0] > updates, "further updates", process)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == -signal.SIGINT
    updates = progress(out)[0]
    shell.run(*fit(program, "--updates", updates + 3))
    assert progress(out)[0] == updates + 3
    # Adam too has gone on.
    with h5py.File(out) as file:
        names = ["model"] if program == "dr-fit-model" else ["value"]
        assert all(file["optimizer"][name].attrs["step"] == updates + 3 for name in names)
    assert shell.files("*.h5") == sorted(["out.h5"] + ["model.h5"] * (program != "dr-fit-model"))


def test_a_policy_is_learned_in_the_newest_model(shell, made):
    newer = another(shell, made, "dr-fit-model", "newer.h5")
    put(made.model, shell.folder / "model.h5")
    shutil.copytree(made.episodes, shell.folder / "data")
    out = shell.folder / "out.h5"
    parent = lambda: out.exists() and provenance(out)[1]["model"]
    with running(shell, *fit("dr-fit-behavior")) as process:
        until(lambda: parent() == provenance(made.model)[0], "learned in the first model", process)
        put(newer, shell.folder / "model.h5")
        until(lambda: parent() == provenance(newer)[0], "learned in the second model", process)
    with h5py.File(newer) as model, h5py.File(out) as policy:
        names = []
        model["model"].visititems(lambda n, node: names.append("model/" + n)
                                  if isinstance(node, h5py.Dataset) else None)
        assert names and all((model[n][()] == policy[n][()]).all() for n in names)


def test_the_ratio_keeps_a_learner_from_running_ahead(shell, made):
    one, two = sorted(made.episodes.glob("*.h5"))
    out = shell.folder / "out.h5"
    put(one, shell.folder / "data" / "one.h5")
    with running(shell, *fit("dr-fit-model", "--train-ratio", 0.125, save_every=1000)) as process:
        until(lambda: progress(out)[0] == 5, "5 updates for 40 agent steps are published", process)
        put(two, shell.folder / "data" / "two.h5")
        until(lambda: progress(out)[0] == 10, "10 updates for 80", process)
        time.sleep(0.3)
        assert progress(out)[0] == 10


def test_episodes_that_vanish_are_left_out(shell, made):
    shutil.copytree(made.episodes, shell.folder / "data")
    one, two = sorted((shell.folder / "data").glob("*.h5"))
    # No memory for frames: they are read again for each batch, and files stay open.
    with running(shell, *fit("dr-fit-model", "--replay-memory", "1")) as process:
        until(lambda: progress(shell.folder / "out.h5")[0] >= 2, "it learns", process)
        with open(one, "r+b") as file:
            file.truncate(100)
        says(process, "left out from now on")
        updates = progress(shell.folder / "out.h5")[0]
        until(lambda: progress(shell.folder / "out.h5")[0] > updates + 4, "it goes on", process)


def test_follow_refuses_what_makes_no_sense(shell, made):
    shell.fails("dr-collect", "--follow", "--task", "cartpole_balance", "--out", "e", status=2,
                says=["--policy"])
    shell.fails(*collect("--force"), status=2, says=["--force"])
    shell.fails(*fit("dr-fit-model", "--force"), status=2, says=["--force"])
    shell.fails("dr-fit-model", "--follow", "--data", "-", "--out", "m.h5", status=2,
                says=["folders"])
    shell.fails("dr-fit-model", "--data", made.episodes, "--out", "m.h5", status=2,
                says=["--updates is required"])
    shell.fails("dr-fit-model", "--data", made.episodes, "--updates", 1, "--train-ratio", 1, "--out",
                "m.h5", status=2, says=["--follow"])


# --- All together ----------------------------------------------------------------------------------

def programs_on(folder):
    """The process numbers of those that follow files in a folder, by program."""
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # some end meanwhile
            words = (process / "cmdline").read_text().split("\0")
            if "--follow" in words and any(word.startswith(str(folder)) for word in words):
                found[pathlib.Path(words[0]).name] = int(process.name)
    return found


def test_the_pipeline_survives_the_death_of_each_of_its_programs(shell):
    folder = shell.folder / "run"
    settings = lambda options: " ".join(options[options.index("--set"):])
    env = {"TASK": "cartpole_balance", "PREFILL": "2", "THREADS": "1", "SAVE_EVERY": "5",
           "EPISODES": "1000", "COLLECT": settings(SHORT_EPISODES), "FIT_MODEL": settings(TINY_MODEL),
           "FIT_BEHAVIOR": settings(TINY_BEHAVIOR)}
    process = subprocess.Popen([SCRIPT, folder], env=shell.environment(env), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    episodes = lambda: len(list((folder / "episodes").glob("*.h5")))
    updates = lambda: [progress(folder / name)[0] for name in ("model.h5", "policy.h5")]
    try:
        until(lambda: episodes() > 3, "the new policy acts", process)
        before = programs_on(folder)
        assert set(before) == {"dr-collect", "dr-fit-model", "dr-fit-behavior"}
        for number in before.values():
            os.kill(number, signal.SIGKILL)
        until(lambda: len(programs_on(folder)) == 3, "all are back", process)
        then = episodes(), updates()
        until(lambda: episodes() > then[0] + 1 and all(
            now > past for now, past in zip(updates(), then[1])), "all go on", process)
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        for number in programs_on(folder).values():
            os.kill(number, signal.SIGKILL)
    assert process.returncode == 130
    for program in before:
        assert f"{program} ended with status 137; started again" in said, said
    assert not programs_on(folder)
    files = [str(path) for path in folder.rglob("*.h5")]
    shell.run("dr-info", "--check", *files)
