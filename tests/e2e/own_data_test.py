"""Data of one's own: what the manual says of it is enough."""

import pathlib
import re
import subprocess
import sys

import h5py
import numpy as np
from conftest import TINY_MODEL

PAGE = pathlib.Path(__file__).parents[2] / "man" / "dreamer-files.5.scd"


def snippet():
    """The program of the section EPISODE."""
    section = re.search(r"^# EPISODE$(.*?)^# ", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    return re.search(r"^```\n(import h5py.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]


def test_the_program_in_the_manual_writes_an_episode_to_learn_from(shell):
    subprocess.run([sys.executable, "-c", snippet()], cwd=shell.folder, check=True)
    name = "mytask-0000000000-000000.h5"
    assert shell.files() == [name]
    assert shell.run("dr-info", "--check", name).stdout == f"{name}: ok\n"
    done = shell.run("dr-fit-model", "--data", name, "--updates", 1, "--out", "model.h5",
                     *TINY_MODEL)
    assert len(done.lines()) == 1 and done.stderr == ""
    shell.run("dr-imagine", "--model", "model.h5", "--data", name, "--starts", 1, "--context", 2,
              "--horizon", 3, "--threads", 1, "--out", "dream.h5")


def test_a_foreign_file_is_told_what_an_episode_needs(shell):
    with h5py.File(shell.folder / "foreign.h5", "w") as file:
        file["observations"] = np.zeros((3, 4))
    shell.fails("dr-fit-model", "--data", "foreign.h5", "--updates", 1, "--out", "model.h5",
                *TINY_MODEL, status=1,
                says=["/image, /action, /reward, /discount", "EPISODE in man dreamer-files"])
