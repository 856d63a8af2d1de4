"""Runs the programs as a user would: command line in; status, stdout, stderr and files out.

Every test gets an empty folder as its working directory. What takes longer to make (episodes, a
model, a policy) is made once a session, at the smallest size that exercises everything.
"""

import dataclasses
import json
import os
import pathlib
import re
import resource
import subprocess
import sys

import h5py
import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # what other tests use, too

PROGRAMS = ["dr-collect", "dr-fit-model", "dr-imagine", "dr-fit-behavior", "dr-eval", "dr-render",
            "dr-info", "dr-train", "dr-import", "dr-export"]

# An update of this model takes milliseconds.
TINY_MODEL = ["--preset", "quick", "--threads", "1", "--set", "model.depth=2", "model.stoch=4",
              "model.deter=8", "model.hidden=8", "model.units=8", "fit_model.batch=2",
              "fit_model.length=5"]
TINY_BEHAVIOR = ["--preset", "quick", "--threads", "1", "--set", "behavior.batch=2",
                 "behavior.length=5", "behavior.horizon=3", "behavior.units=8",
                 "behavior.imagination_starts=4"]
# Episodes of 40 agent steps.
SHORT_EPISODES = ["--render", "fast", "--threads", "1", "--set", "collect.action_repeat=25"]


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="storage_test.py: all combinations")
    parser.addoption("--bin", required=True, help="folder of the programs")
    parser.addoption("--times", type=int, default=3, help="how often kill_test.py kills each")


@dataclasses.dataclass
class Result:
    command: list
    status: int
    stdout: str
    stderr: str

    def lines(self):
        """stdout, a JSON object a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def __str__(self):
        command = " ".join(map(str, self.command))
        return f"$ {command}\n{self.stdout}{self.stderr}[status {self.status}]"


class Shell:
    """Runs programs in one folder."""

    def __init__(self, bin_folder, folder):
        self.bin, self.folder = pathlib.Path(bin_folder).resolve(), pathlib.Path(folder)

    def environment(self, changes=None):
        # The make that runs the tests is not the parent of one that a test runs.
        no_make = {name: None for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")}
        # Work that cannot be saved in its place goes there.
        env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", **no_make,
               "TMPDIR": str(self.folder.parent),
               **(changes or {})}
        return {name: value for name, value in env.items() if value is not None}

    @property
    def sanitized(self):
        """Whether the programs were built with AddressSanitizer."""
        return b"__asan_init" in (self.bin / PROGRAMS[0]).read_bytes()

    def in_memory(self, limit):
        """What to give `run` so that a program has so many bytes of memory."""
        if self.sanitized:  # which maps addresses without end: its own limit, on each allocation
            options = f"{os.environ.get('ASAN_OPTIONS', '')}:max_allocation_size_mb={limit >> 20}"
            return {"env": {"ASAN_OPTIONS": options}}
        # Address space stands for memory: it is what the system bounds.
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))}

    def start(self, program, *args, env=None, **kwargs):
        """A program that runs on while the test goes on."""
        return subprocess.Popen([self.bin / program, *map(str, args)], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment(env), **kwargs)

    def run(self, program, *args, status=0, stdin="", env=None, timeout=300, **kwargs):
        """A program to its end, which must be with this status (None: any)."""
        command = [program, *map(str, args)]
        done = subprocess.run([self.bin / program, *command[1:]], cwd=self.folder, text=True,
                              input=stdin, capture_output=True, timeout=timeout,
                              env=self.environment(env), **kwargs)
        result = Result(command, done.returncode, done.stdout, done.stderr)
        assert status is None or result.status == status, str(result)
        return result

    def fails(self, program, *args, status, says, **kwargs):
        """A program that must refuse in one line of stderr that has all the words in `says`."""
        result = self.run(program, *args, status=status, **kwargs)
        errors = [line for line in result.stderr.splitlines() if "error:" in line]
        assert len(errors) == 1 and errors[0].startswith(f"{program}: error: "), str(result)
        rest = [line for line in result.stderr.splitlines() if line not in errors]
        assert all(line.startswith(f"{program}: ") for line in rest), str(result)
        for words in [says] if isinstance(says, str) else says:
            assert re.search(words, errors[0]), f"not said: {words}\n{result}"
        return result

    def pipe(self, script, status=0, timeout=300):
        """A line of bash with the programs on the PATH."""
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {script}"], cwd=self.folder,
                              text=True, capture_output=True, timeout=timeout,
                              env=self.environment())
        result = Result([script], done.returncode, done.stdout, done.stderr)
        assert status is None or result.status == status, str(result)
        return result

    def files(self, pattern="**/*"):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.glob(pattern)
                      if p.is_file())


@pytest.fixture
def shell(request, tmp_path):
    return Shell(request.config.getoption("--bin"), tmp_path)


@dataclasses.dataclass
class Made:
    """One small file of each kind, for tests that only read them."""
    shell: Shell
    episodes: pathlib.Path  # a folder of two
    other_task: pathlib.Path  # one episode of another task, with other action sizes
    model: pathlib.Path
    policy: pathlib.Path
    dream: pathlib.Path
    policy_dream: pathlib.Path

    @property
    def episode(self):
        return sorted(self.episodes.glob("*.h5"))[0]


@pytest.fixture(scope="session")
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    shell = Shell(request.config.getoption("--bin"), folder)
    shell.run("dr-collect", "--task", "cartpole_balance", "--episodes", 2, "--out", "episodes",
              *SHORT_EPISODES)
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 1, "--out", "other",
              *SHORT_EPISODES)
    shell.run("dr-fit-model", "--data", "episodes", "--updates", 2, "--out", "model.h5",
              *TINY_MODEL)
    shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "episodes", "--updates", 2,
              "--out", "policy.h5", *TINY_BEHAVIOR)
    imagine = ["--model", "model.h5", "--data", "episodes", "--starts", 2, "--context", 3,
               "--horizon", 4, "--threads", 1]
    shell.run("dr-imagine", *imagine, "--out", "dream.h5")
    shell.run("dr-imagine", *imagine, "--policy", "policy.h5", "--out", "policy-dream.h5")
    return Made(shell, folder / "episodes", folder / "other", folder / "model.h5",
                folder / "policy.h5", folder / "dream.h5", folder / "policy-dream.h5")


def as_version_1_0(path):
    """Takes from a checkpoint what version 1.1 added."""
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "1.0"
        for group, name in (("model", "signature"), ("model", "config"), ("actor", "config")):
            if group in file:
                del file[group].attrs[name]
    return path


def datasets(path):
    """Every dataset of a file but those of /provenance, as bytes with shape and type."""
    found = {}

    def visit(name, node):
        if isinstance(node, h5py.Dataset) and not name.startswith("provenance"):
            found[name] = (node.shape, str(node.dtype), np.asarray(node[()]).tobytes())

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    assert found, f"{path} has no datasets"
    return found


def assert_same_datasets(one, other):
    a, b = datasets(one), datasets(other)
    assert a.keys() == b.keys()
    different = [name for name in a if a[name] != b[name]]
    assert not different, f"{one} and {other} differ in {different}"
