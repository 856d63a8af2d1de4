"""Many programs on one folder for a while: collectors beside learners, some in containers of their
own (PID namespaces, where these are permitted), a program started twice by mistake, episodes that
appear slowly; and all the time one of them is killed and started again. In the end nothing may be
torn, lost or counted twice.

    stress.py --bin build/bin --minutes 3 [--collectors 8] [--seed 0]

`make check` runs a short form (stress_test.py).
"""

import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time

import h5py
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, Shell

TASK = "cartpole_balance"
STEPS = 40 * 25  # control steps of an episode
SLOW_SEED = 900  # of the episodes that appear slowly
PATIENCE = 300  # seconds for what takes a few where nothing else runs


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.1)


def container():
    """What begins a command in a PID namespace of its own; empty where that is not permitted."""
    for words in (["unshare", "-p", "-f", "--mount-proc", "--kill-child"],
                  ["unshare", "-r", "-p", "-f", "--mount-proc", "--kill-child"]):
        try:
            if subprocess.run([*words, "true"], capture_output=True).returncode == 0:
                return words
        except FileNotFoundError:
            break
    return []


class Program:
    """A command that is started again whenever it was killed. Its output is kept."""

    def __init__(self, shell, name, *words, before=(), may_fail=""):
        self.name, self.contained, self.may_fail = name, bool(before), may_fail
        self.shell, self.words = shell, [*before, *map(str, words)]
        self.out, self.err = (shell.folder / f"{name}.{end}" for end in ("jsonl", "stderr"))
        self.kills = 0
        self.process = None
        self.start()

    def start(self):
        with open(self.out, "a") as out, open(self.err, "a") as err:
            self.process = subprocess.Popen(self.words, cwd=self.shell.folder, stdout=out,
                                            stderr=err, env=self.shell.environment())

    def said(self):
        return self.err.read_text()

    def lines(self):
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.kills += 1
        self.start()

    def tend(self):
        """Starts it again where it has failed as it may; all else that ends it is wrong."""
        if self.process.poll() is None:
            return
        last = self.said().splitlines()[-1:]
        assert self.may_fail and self.may_fail in "".join(last), (
            f"{self.name} ended with {self.process.returncode}: {last}")
        self.start()

    def stop(self):
        if self.contained:  # unshare passes nothing on
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            for number in children.read_text().split():
                os.kill(int(number), signal.SIGTERM)
        else:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


class Stress:
    def __init__(self, shell, collectors, seed):
        self.shell, self.episodes = shell, shell.folder / "episodes"
        self.draw = random.Random(seed)
        collect = [shell.bin / "dr-collect", "--task", TASK, *SHORT_EPISODES]
        for out, first, count in (("episodes", 0, 2), ("slow", SLOW_SEED, 40)):
            shell.run("dr-collect", *collect[1:], "--episodes", count, "--seed", first, "--out", out)
        self.slow = sorted((shell.folder / "slow").iterdir())

        follow = ["--follow", "--data", "episodes", "--save-every", 5, "--train-ratio", 0.25]
        self.learners = [
            Program(shell, "model", shell.bin / "dr-fit-model", *follow, "--out", "model.h5",
                    *TINY_MODEL),
            Program(shell, "behavior", shell.bin / "dr-fit-behavior", *follow, "--model",
                    "model.h5", "--out", "policy.h5", *TINY_BEHAVIOR)]
        inside = container()
        self.contained = bool(inside)
        act = [*collect, "--follow", "--policy", "policy.h5", "--out", "episodes", "--seed"]
        # Every other one in a container; the last one twice, as a job that was queued again.
        seeds = [*range(1, collectors), collectors - 1]
        self.collectors = [
            Program(shell, f"collector-{number}", *act, number_seed,
                    before=inside if number % 2 else [],
                    may_fail="exists already" if number_seed == collectors - 1 else "")
            for number, number_seed in enumerate(seeds)]

    def programs(self):
        return self.collectors + self.learners

    def close(self):
        for program in self.programs():
            program.process.kill()
            program.process.wait()

    def copy_slowly(self):
        """Copies an episode into the folder in place, piece by piece."""
        source = self.slow.pop()
        whole = source.read_bytes()
        with open(self.episodes / source.name, "wb", buffering=0) as file:
            for i in range(8):
                file.write(whole[i * len(whole) // 8:(i + 1) * len(whole) // 8])
                time.sleep(0.25)

    def collected(self):
        """How many episodes of each seed there are."""
        return collections.Counter(int(path.name.rsplit("-", 2)[1])
                                   for path in self.episodes.glob("*.h5"))

    def run(self, seconds, kills, slow):
        """At least that long, with that many kills and slow episodes, and until all have acted."""
        slowly = [threading.Thread(target=lambda: [self.copy_slowly() for _ in range(slow)])]
        slowly[0].start()
        end, killed = time.monotonic() + seconds, 0
        limit = end + PATIENCE
        seeds = len(self.collectors) - 1
        while time.monotonic() < end or killed < kills or sum(
                1 for seed in self.collected() if 0 < seed < SLOW_SEED) < seeds:
            assert time.monotonic() < limit, f"{self.collected()}, {killed} kills"
            time.sleep(self.draw.uniform(0.2, 2))
            for program in self.programs():
                program.tend()
            if killed < kills or time.monotonic() < end:
                self.draw.choice(self.programs()).kill()
                killed += 1
        slowly[0].join()
        return killed

    def settle(self):
        """No more is collected; the learners take in what there is, exactly once."""
        for program in self.collectors:
            program.stop()
        self.copy_slowly()  # to learners that are not started again afterwards
        steps = STEPS * sum(self.collected().values())
        for name in ("model.h5", "policy.h5"):
            def counted():
                for program in self.learners:
                    program.tend()
                try:
                    with h5py.File(self.shell.folder / name) as file:
                        return int(file["progress"].attrs["environment_steps"])
                except FileNotFoundError:
                    return 0
            until(lambda: counted() >= steps, f"{name} has seen {steps} control steps")
            assert counted() == steps, f"{name}: {counted()} control steps, there are {steps}"
        for program in self.learners:
            program.stop()

    def judge(self):
        paths = sorted(self.episodes.glob("*.h5"))
        self.shell.run("dr-info", "--check", *paths, "model.h5", "policy.h5")
        found = collections.defaultdict(list)
        for path in paths:
            with h5py.File(path) as file:
                seed, index = int(file.attrs["seed"]), int(file.attrs["index"])
            assert path.name == f"{TASK}-{seed:010}-{index:06}.h5"
            found[seed].append(index)
        for seed, indices in found.items():
            assert seed == SLOW_SEED or indices == list(range(len(indices))), (seed, indices)

        told = [(line["seed"], line["index"]) for program in self.collectors
                for line in program.lines()]
        assert len(told) == len(set(told)), "an episode was told twice"
        lost = [one for one in told if one[1] not in found[one[0]]]
        assert not lost, f"told and not there: {lost}"
        for program in self.programs():
            wrong = [line for line in program.said().splitlines()
                     if ("warning" in line or "error" in line) and f"-{SLOW_SEED:010}-" not in line
                     and not (program.may_fail and program.may_fail in line)]
            assert not wrong, (program.name, wrong)
        for program in self.learners:
            assert program.lines()[-1]["update"] > 0
        left = [path.name for folder in (self.shell.folder, self.episodes)
                for path in folder.iterdir() if path.name.endswith(".tmp") and path.name[0] != "."]
        assert not left, left
        # What is left serves the next run.
        program, *options = self.collectors[0].words
        self.shell.run(pathlib.Path(program).name, *options, "--episodes", len(found[1]) + 1)
        self.shell.run("dr-fit-model", "--data", "episodes", "--updates", 1, "--out", "next.h5",
                       *TINY_MODEL)
        return len(paths)


def stress(shell, seconds, collectors, kills, slow, seed=0):
    begun = Stress(shell, collectors, seed)
    try:
        killed = begun.run(seconds, kills, slow)
        begun.settle()
        episodes = begun.judge()
    finally:
        begun.close()
    return (f"{episodes} episodes by {len(begun.collectors)} collectors"
            f"{' (half of them in PID namespaces)' if begun.contained else ''}, "
            f"{begun.learners[0].lines()[-1]['update']} updates of the model and "
            f"{begun.learners[1].lines()[-1]['update']} of the behavior, {killed} kills: nothing "
            "torn, lost or counted twice")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the programs")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--collectors", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0, help="of what is killed when")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(stress(Shell(arguments.bin, folder), 60 * arguments.minutes, arguments.collectors,
                     kills=10, slow=12, seed=arguments.seed))


if __name__ == "__main__":
    main()
