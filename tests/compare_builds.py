"""Whether two builds compute the same: runs the whole loop with each and compares every dataset.

    compare_builds.py OLD/bin NEW/bin [--preset NAME] [--work DIR]

Collects, fits a model (once through and once stopped halfway and run again), fits a behavior, trains
two rounds, imagines, evaluates and renders, with the same seeds on two threads. Compared are the
bytes of all datasets, the attributes that both builds write (not the provenance), the videos and
images, and the numbers on stdout but for times. Ends with status 1 where anything differs.
"""

import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

import h5py
import numpy as np

MODEL = ["model.depth=8", "model.deter=64", "model.hidden=64", "model.units=64",
         "fit_model.batch=6", "fit_model.length=12"]
BEHAVIOR = ["behavior.batch=6", "behavior.length=12", "behavior.units=64"]
ROUNDS = ["train.prefill=2", "train.pretrain=6", "train.updates=6", "train.episodes=1",
          "train.evaluate_every=1", "train.evaluate_episodes=1"]
TIMED = ("updates_per_second", "data_wait_share", "data_wait_fraction", "seconds",
         "overhead_seconds")


class Build:
    def __init__(self, programs, folder, preset):
        self.programs, self.folder, self.preset = programs.resolve(), folder, preset
        self.lines = {}
        folder.mkdir(parents=True)

    def start(self, program, *args):
        return subprocess.Popen([self.programs / program, *map(str, args)], cwd=self.folder,
                                text=True, stdout=subprocess.PIPE)

    def run(self, name, program, *args):
        process = self.start(program, *args)
        self.lines[name] = process.communicate()[0]
        if process.returncode != 0:
            sys.exit(f"{self.programs / program} {' '.join(map(str, args))}: "
                     f"status {process.returncode}")

    def all(self):
        settings = ["--preset", self.preset, "--threads", 2]
        small = self.preset not in ("paper", "paper-gr")
        task = ["--task", "cartpole_swingup", "--seed", 3]
        self.run("collect", "dr-collect", *task, "--out", "episodes", "--episodes", 2,
                 "--observations", "all", "--set", "collect.action_repeat=8")
        self.run("reacher", "dr-collect", "--task", "reacher_easy", "--out", "others",
                 "--envs", 2, "--episodes", 2, "--render", "fast", "--set",
                 "collect.action_repeat=20")
        fit = [*settings, "--data", "episodes", "--log-every", 1, "--seed", 5]
        chosen = ["--set", *MODEL] if small else []
        updates = 24 if small else 8
        self.run("fit", "dr-fit-model", *fit, "--updates", updates, "--out", "model.h5", *chosen)
        halves = ["dr-fit-model", *fit, "--updates", updates, "--out", "resumed.h5", *chosen]
        process = self.start(*halves)
        for _ in range(updates // 2):
            process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.run("resumed", *halves)
        self.run("behavior", "dr-fit-behavior", *fit, "--model", "model.h5", "--updates",
                 updates // 2, "--out", "policy.h5", *(["--set", *BEHAVIOR] if small else []))
        self.run("imagine", "dr-imagine", "--model", "model.h5", "--data", "episodes", "--starts",
                 2, "--horizon", 20, "--threads", 2, "--out", "open.h5")
        self.run("dream", "dr-imagine", "--model", "model.h5", "--policy", "policy.h5", "--data",
                 "episodes", "--starts", 2, "--horizon", 20, "--threads", 2, "--out", "dream.h5")
        self.run("eval", "dr-eval", "--policy", "policy.h5", "--episodes", 1, "--render", "fast")
        self.run("judge", "dr-eval", "--model", "model.h5", "--data", "episodes", "--starts", 3,
                 "--threads", 2)
        self.run("act", "dr-collect", "--policy", "policy.h5", "--out", "acted", "--episodes", 1)
        self.run("train", "dr-train", *task, *settings, "--rounds", 2, "--out", "run",
                 "--log-every", 1, "--set", *(MODEL + BEHAVIOR if small else []), *ROUNDS,
                 "collect.action_repeat=20")
        for ending in ("png", "gif", "mp4"):
            self.run(f"render-{ending}", "dr-render", "open.h5", "--out", f"open.{ending}")
        self.run("strip", "dr-render", "episodes", "--size", 40, "--out", "episodes.png")
        self.run("plot", "dr-render", "run/log.jsonl", "--plot", "model.kl", "--out", "plot.png")


def facts(file):
    """Datasets with their bytes, and attributes, by path."""
    found = {}

    def visit(path, node):
        if path.startswith("provenance"):
            return
        for name, value in node.attrs.items():
            if path or not name.startswith("format"):
                found[f"{path}@{name}"] = str(value)
        if isinstance(node, h5py.Dataset):
            found[path] = (node.dtype, node.shape, np.asarray(node).tobytes())
    visit("", file)
    file.visititems(visit)
    return found


def numbers(text):
    """Lines of JSON without what differs from run to run."""
    def clean(value):
        if isinstance(value, dict):
            return {name: clean(v) for name, v in value.items() if name not in TIMED}
        return value
    return [clean(json.loads(line)) for line in text.splitlines()]


def renamed(line):
    """A line by the values of its numbers: names of metrics may change, the numbers may not."""
    return sorted(str(v) for v in _leaves(line))


def _leaves(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from _leaves(v)
    elif isinstance(value, list):
        for v in value:
            yield from _leaves(v)
    else:
        yield value


def differences(old, new):
    files = {p.relative_to(old.folder) for p in old.folder.rglob("*") if p.is_file()}
    others = {p.relative_to(new.folder) for p in new.folder.rglob("*") if p.is_file()}
    for path in sorted(files ^ others):
        yield f"{path}: only one build made it"
    compared = 0
    for path in sorted(files & others):
        if path.suffix == ".h5":
            with h5py.File(old.folder / path) as a, h5py.File(new.folder / path) as b:
                left, right = facts(a), facts(b)
            for name in sorted(set(left) & set(right)):
                compared += 1
                if left[name] != right[name] and not name.endswith(("@run", "@job")):
                    yield f"{path}: {name} differs"
            for name in sorted(set(left) - set(right)):
                yield f"{path}: {name} is gone"
        elif path.suffix in (".png", ".gif", ".mp4"):
            compared += 1
            if (old.folder / path).read_bytes() != (new.folder / path).read_bytes():
                yield f"{path} differs"
    for name in old.lines:
        compared += 1
        left, right = numbers(old.lines[name]), numbers(new.lines[name])
        if list(map(renamed, left)) != list(map(renamed, right)):
            yield f"stdout of {name} differs"
    print(f"{compared} datasets, attributes, images and outputs compared")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--work", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or pathlib.Path(scratch)
        old = Build(options.old, work / "old", options.preset)
        new = Build(options.new, work / "new", options.preset)
        for build in (old, new):
            build.all()
        found = list(differences(old, new))
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
