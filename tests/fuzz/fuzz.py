#!/usr/bin/env python3
"""Feeds changed files to every program that reads them.

Each run takes one good file, changes it (its bytes, its structure, the JSON in it), and gives it to
`dr-info --check`, where it is an HDF5 file, and to one program more. What must come of it is a
correct read, or one clear line with the documented status, within 2 GiB and 20 seconds; the file and
all beside it stay as they are, and no file that it only points to is opened.

    fuzz.py --bin build/bin --runs 200            runs 0 to 199
    fuzz.py --bin build/bin --seed 17             run 17 alone, and what it did
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

import numpy as np

import corpus
import judge
import mutate_bytes
import mutate_hdf5
import mutate_json
import programs

# Episodes, models and policies come from strangers; the others mostly from oneself.
WEIGHTS = {"episode": 10, "model": 6, "policy": 6, "dream": 4, "policy_dream": 2, "step": 1,
           "vectors": 5, "vector_model": 4, "vector_dream": 2,
           "fit_resume": 2, "behavior_resume": 2, "train_resume": 2, "config": 2, "curve": 2,
           "metrics": 2, "run_settings": 2, "evaluation": 1, "list": 2, "logged_d4rl": 3, "logged_minari": 3,
           "logged_npz": 3, "logged_table": 2, "logged_video": 1, "logged_metadata": 1,
           "logged_record": 2, "logged_features": 1}
JSON_KINDS = {"config", "curve", "metrics", "run_settings", "evaluation", "list",
              "logged_metadata", "logged_features"}
OTHERS = {"logged_npz", "logged_table", "logged_video", "logged_record"}  # neither HDF5 nor JSON


class Run:
    """One run: everything in it follows from its number."""

    def __init__(self, options, number):
        self.options, self.number = options, number
        self.rng = random.Random(number)
        self.kind = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        self.name = programs.name_of(self.kind)
        self.faults, self.outcomes = [], []

    def make(self, folder):
        """Puts the changed file, and what it may point to, into an empty folder."""
        os.symlink(self.options.work / "good", folder / "good")
        good = self.options.work / corpus.KINDS[self.kind]
        place = folder / self.name
        if self.kind in corpus.FOLDERS:
            shutil.copytree(self.options.work / corpus.FOLDERS[self.kind],
                            folder / programs.folder_of(self.kind))
        os.mkfifo(folder / mutate_hdf5.FIFO)
        (folder / mutate_hdf5.CANARY_RAW).write_bytes(b"canary\0\0" * 65536)
        with mutate_hdf5.open_file(folder / mutate_hdf5.CANARY, "w") as file:
            file["data"] = np.zeros(16, "f4")
        data = good.read_bytes()
        kin = (self.options.work / self.rng.choice(list(corpus.KINDS.values()))).read_bytes()
        self.expected = None
        if self.kind in JSON_KINDS:
            data, self.words = mutate_json.mutate(data, self.rng, kin)
            place.write_bytes(data)
            return
        place.write_bytes(data)
        if self.kind in OTHERS:
            data, self.words = mutate_bytes.mutate(data, self.rng, kin)
            place.write_bytes(data)
            return
        if self.rng.random() < 0.6:
            self.expected, self.words = mutate_hdf5.mutate(str(place), self.rng)
        else:
            words = ""
            if self.rng.random() < 0.25:
                words = mutate_hdf5.rewrite(str(place), self.rng) + "; "
            data, self.words = mutate_bytes.mutate(place.read_bytes(), self.rng, kin)
            self.words = words + self.words
            place.write_bytes(data)

    def commands(self):
        choices = programs.commands(self.kind)
        picked = self.rng.choices([c for _, c in choices], [w for w, _ in choices])
        if self.kind not in JSON_KINDS and not self.kind.startswith("logged"):
            picked.insert(0, ["dr-info", "--check", self.name])
        return picked[:1] if picked[0] == picked[-1] else picked

    def run(self):
        with tempfile.TemporaryDirectory(dir=self.options.work) as name:
            folder = pathlib.Path(name)
            self.make(folder)
            self.file = (folder / self.name).read_bytes()
            before = judge.contents(folder)
            for command in self.commands():
                self.one(command, folder, before)
        return self

    def one(self, command, folder, before):
        watch = judge.Watch([folder / name for name in (
            mutate_hdf5.FIFO, mutate_hdf5.CANARY, mutate_hdf5.CANARY_RAW)])
        outcome = judge.run(self.options.bin, command, folder, self.options.sanitized)
        if watch.opened():
            outcome.faults.append("opened a file that the changed one points to")
        watch.close()
        judge.judge(outcome, [self.name, *self.also_named()])
        checks = command[:2] == ["dr-info", "--check"]
        if (self.expected == mutate_hdf5.READS and outcome.status != 0
                and not self.kind.startswith("logged")):
            outcome.faults.append("the same in another form is not read")
        if self.expected == mutate_hdf5.REFUSED and checks and outcome.status == 0:
            outcome.faults.append("--check accepts what no program may read")
        self.compare(judge.contents(folder), before, outcome)
        self.outcomes.append(outcome)
        self.faults += [f"{command[0]}: {fault}" for fault in outcome.faults]

    def also_named(self):
        """What an error names instead of the file where that says more."""
        if self.kind == "list":
            return ["-: ", "episodes in -", ": no such file", "is a directory", "cannot be read"]
        if self.kind.startswith("logged"):
            return ["data", "out/", "v3-", "hopper", "mutated", "pendulum"]
        if self.kind in ("episode", "vectors"):
            return ["--data"]
        return ["--init"] if self.kind in ("model", "vector_model") else []

    def compare(self, after, before, outcome):
        """What may change in the folder: outputs, where the program ended well; what a collection
        or a run did as far as it came; what a fit says that it left."""
        ended_well = outcome.status == 0
        saved = ended_well or " updates are in " in outcome.stderr
        for name, digest in before.items():
            mine = self.kind.endswith("resume") if name == self.name else name.startswith("out/")
            if after.get(name) != digest and not (mine and saved):
                outcome.faults.append(f"{name} was changed")
        for name in set(after) - set(before):
            unfinished = name in programs.UNFINISHED and name in outcome.stderr
            output = name.startswith(("out.", "out-v0/")) and (ended_well or unfinished)
            if not output and not name.startswith("out/"):
                outcome.faults.append(f"{name} was left behind")

    def report(self):
        lines = [f"run {self.number}, a file of kind {self.kind}: {self.words[:400]}"]
        for outcome in self.outcomes:
            lines += [f"  $ {' '.join(outcome.command)}   [status {outcome.status}, "
                      f"{outcome.seconds:.1f} s, {outcome.megabytes} MB]"]
            lines += ["    " + line[:400] for line in
                      (outcome.stdout[:400] + "\n" + outcome.stderr[:3000]).splitlines()[:25] if line]
            lines += [f"    FAULT {fault}" for fault in outcome.faults]
        return "\n".join(lines)


def keep(run, work):
    """Keeps the file of a run that failed, beside what was said."""
    folder = work / "failures" / str(run.number)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / pathlib.Path(run.name).name).write_bytes(run.file)
    (folder / "report.txt").write_text(run.report() + "\n")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--work", type=pathlib.Path, help="default: fuzz/ beside the programs")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--seed", type=int, help="this run alone")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    options.work = (options.work or options.bin.parent / "fuzz").resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    options.sanitized = judge.is_sanitized(options.bin / "dr-info")
    corpus.make(options.bin, options.work)
    if options.seed is not None:
        numbers = [options.seed]
    else:
        numbers = range(options.first, options.first + options.runs)
        print(f"runs {numbers[0]} to {numbers[-1]}, {options.jobs} at once")

    begin = time.monotonic()
    failed, statuses, slowest, largest = [], collections.Counter(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for run in pool.map(lambda number: Run(options, number).run(), numbers):
            for outcome in run.outcomes:
                statuses[outcome.status] += 1
                slowest = max(slowest, outcome.seconds)
                largest = max(largest, outcome.megabytes)
            if options.seed is not None:
                print(run.report())
                print(f"  the file is kept in {keep(run, options.work)}")
            elif run.faults:
                print(run.report())
                print(f"  the file is kept in {keep(run, options.work)}; this run again:\n"
                      f"  {sys.executable} {pathlib.Path(__file__)} --bin {options.bin} "
                      f"--work {options.work} --seed {run.number}", flush=True)
            if run.faults:
                failed.append(run)
    told = ", ".join(f"{n} with status {status}" for status, n in sorted(statuses.items()))
    print(f"{len(numbers)} runs in {time.monotonic() - begin:.0f} s: {told}; "
          f"at most {slowest:.1f} s and {largest} MB; {len(failed)} failed")
    for fault, n in collections.Counter(re.sub(r"\d+", "N", f) for run in failed
                                        for f in run.faults).most_common():
        print(f"  {n} x {fault}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
