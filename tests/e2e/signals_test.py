"""Whatever ends a fit or a run, its work is in a file that the last line names, or that line says why
it is not.

A fit here writes more to its standard output than a pipe holds, so that it cannot end before the
test has read on: no moment is a matter of luck.
"""

import fcntl
import os
import re
import shutil
import signal
import struct
import termios

import pytest
from conftest import TINY_MODEL, assert_same_datasets
from resume_test import FITS, fit_model
from train_test import train

UPDATES = 400  # lines that fill a pipe
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
          signal.SIGXCPU]


def long_fit(fit, made, *more, out="out.h5"):
    return fit(made, out, UPDATES, "--log-every", 1, *more)


def start(shell, command, **kwargs):
    """A program that has printed a line and will not end before more is read."""
    process = shell.start(*command, **kwargs)
    first = process.stdout.readline()
    assert first, process.stderr.read()
    return process


def ended(process):
    """Its status and the last line of stderr."""
    _, stderr = process.communicate(timeout=120)
    return process.returncode, stderr.splitlines()[-1] if stderr else ""


def finish(shell, command, made, fit=fit_model, out="out.h5"):
    """The command goes on to the bytes of an undisturbed fit."""
    assert "continuing from" in shell.run(*command).stderr
    shell.run(*fit(made, "whole.h5", UPDATES))
    assert_same_datasets(shell.folder / out, shell.folder / "whole.h5")


def saved(line):
    """How many updates of how many are in which file, as the last line tells."""
    found = re.search(r"(\d+) of (\d+) updates are in (\S+?)[,:;]? ", line + " ")
    assert found, line
    return int(found[1]), int(found[2]), found[3]


# --- Signals ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", ENDING)
def test_every_signal_that_ends_a_fit_keeps_its_work(shell, made, number):
    process = start(shell, long_fit(fit_model, made))
    process.send_signal(number)
    status, last = ended(process)
    assert status == -number
    done, of, path = saved(last)
    assert 1 <= done < of == UPDATES and path == "out.resume.h5"
    assert shell.files() == ["out.resume.h5"]
    shell.run("dr-info", "--check", "out.resume.h5")


@FITS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_two_signals_close_together_are_one(shell, made, fit, number):
    command = long_fit(fit, made)
    process = start(shell, command, start_new_session=True)
    os.kill(process.pid, number)  # as timeout(1) does: the child, then the group
    os.killpg(process.pid, number)
    os.kill(process.pid, number)
    status, last = ended(process)
    assert status == -number and saved(last)[2] == "out.resume.h5"
    finish(shell, command, made, fit)


def test_a_fit_that_cannot_save_at_a_signal_says_so_and_fails(shell, made):
    (shell.folder / "gone").mkdir()
    process = start(shell, long_fit(fit_model, made, out="gone/out.h5"),
                    env={"TMPDIR": str(shell.folder / "none")})
    shutil.rmtree(shell.folder / "gone")
    process.send_signal(signal.SIGTERM)
    status, last = ended(process)
    assert status == 1
    assert re.search(r"error: .*\d+ of 400 updates could not be saved: .*gone", last), last


def test_where_the_output_cannot_be_written_the_work_goes_to_the_temporary_folder(shell, made):
    for folder in ("gone", "tmp"):
        (shell.folder / folder).mkdir()
    command = long_fit(fit_model, made, out="gone/out.h5")
    process = start(shell, command, env={"TMPDIR": str(shell.folder / "tmp")})
    shutil.rmtree(shell.folder / "gone")
    process.send_signal(signal.SIGTERM)
    status, last = ended(process)
    assert status == 1
    path = saved(last)[2]
    assert path.startswith(str(shell.folder / "tmp")) and "move that to gone/out.resume.h5" in last
    (shell.folder / "gone").mkdir()
    shutil.move(path, shell.folder / "gone" / "out.resume.h5")
    finish(shell, command, made, out="gone/out.h5")


def test_one_signal_ends_a_program_that_has_nothing_to_save(shell):
    process = shell.start("dr-info", "--check", "/dev/stdin", stdin=-1)
    reading = shell.start("dr-fit-model", "--data", "-", "--updates", 1, "--out", "m.h5", stdin=-1)
    for one in (process, reading):
        one.send_signal(signal.SIGTERM)
        assert one.wait(60) in (-signal.SIGTERM, 1)


# --- Readers, disks, data --------------------------------------------------------------------------

@FITS
def test_a_reader_that_goes_away_ends_a_fit_that_has_saved(shell, made, fit):
    command = long_fit(fit, made)
    process = start(shell, command)
    process.stdout.close()
    assert process.wait(120) == 1
    last = process.stderr.read().splitlines()[-1]
    assert "standard output was closed" in last and saved(last)[2] == "out.resume.h5"
    finish(shell, command, made, fit)


def test_a_reader_that_does_not_read_keeps_no_signal_from_being_heard(shell, made):
    process = start(shell, long_fit(fit_model, made))
    held = b"0000"
    while struct.unpack("i", held)[0] < 50_000:  # nearly full
        held = fcntl.ioctl(process.stdout, termios.FIONREAD, b"0000")
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == -signal.SIGTERM
    assert saved(process.stderr.read().splitlines()[-1])[2] == "out.resume.h5"


def test_a_full_standard_output_ends_a_fit_that_has_saved(shell, made):
    words = " ".join(map(str, fit_model(made, "out.h5", 40, "--log-every", 10)))
    last = shell.pipe(f"{words} >/dev/full", status=1).stderr.splitlines()[-1]
    assert "No space left" in last and saved(last) == (10, 40, "out.resume.h5")
    last = shell.pipe(f"{words.replace('--log-every 10', '--log-every 40')} >/dev/full", status=1)
    assert "No space left" in last.stderr and "out.h5 is in place" in last.stderr
    assert shell.files() == ["out.h5"]


def test_a_name_that_is_taken_meanwhile_costs_nothing(shell, made):
    command = long_fit(fit_model, made)
    process = start(shell, command)
    (shell.folder / "out.h5").write_text("another's")
    status, last = ended(process)
    assert status == 1 and "out.h5 exists already" in last
    assert saved(last) == (UPDATES, UPDATES, "out.resume.h5")
    assert (shell.folder / "out.h5").read_text() == "another's"
    finish(shell, [*command, "--force"], made)


def test_data_that_are_damaged_meanwhile_cost_nothing(shell, made):
    shutil.copytree(made.episodes, shell.folder / "data")
    # No memory for frames: they are read again for each batch.
    command = ["dr-fit-model", "--data", "data", "--updates", UPDATES, "--log-every", 1, "--out",
               "out.h5", "--replay-memory", "1", *TINY_MODEL]
    process = start(shell, command)
    for path in (shell.folder / "data").glob("*.h5"):
        with open(path, "r+b") as file:
            file.truncate(100)
    status, last = ended(process)
    assert status == 1 and "data/cartpole_balance" in last
    assert saved(last)[2] == "out.resume.h5"


def test_what_would_fail_at_the_end_is_tried_at_the_start(shell, made):
    def fails(out, says):
        result = shell.fails(*fit_model(made, out, UPDATES), status=1, says=says)
        assert result.stdout == ""

    (shell.folder / "link.h5").symlink_to("none/there.h5")
    (shell.folder / "folder.resume.h5").mkdir()
    fails("link.h5", "link.h5")
    fails("folder.h5", "folder.resume.h5")
    fails("none/out.h5", "none")
    fails("x" * 250 + ".h5", "too long")
    (shell.folder / "step.h5").write_text("there already")
    shell.fails(*fit_model(made, "out.h5", 1, "--dump-step", "step.h5"), status=1, says="step.h5")


# --- One run on an output --------------------------------------------------------------------------

def test_a_second_run_on_an_output_is_refused_at_once(shell, made):
    process = start(shell, long_fit(fit_model, made))
    for second in (fit_model(made, "out.h5", 1), fit_model(made, f"{shell.folder}/out.h5", 1),
                   fit_model(made, "out.h5", 1, "--follow", "--seed", 5)):
        shell.fails(*second, status=1, says=["out.h5", f"process {process.pid} on ", "--out"])
    shell.run(*fit_model(made, "other.h5", 1))
    process.kill()
    process.communicate()
    shell.run(*fit_model(made, "out.h5", 1))  # the lock has died with it
    assert shell.files() == ["other.h5", "out.h5"]


def test_a_second_run_in_a_folder_is_refused_at_once(shell):
    process = start(shell, train(rounds=60))
    shell.fails(*train("--force"), status=1, says=["run/train.h5", f"process {process.pid} on "])
    process.kill()
    process.communicate()


# --- Saving by time, going on ----------------------------------------------------------------------

def test_work_is_saved_by_time_whatever_ends_it(shell, made):
    command = long_fit(fit_model, made, "--save-minutes", 1e-6)
    process = start(shell, command)
    while not (shell.folder / "out.resume.h5").exists():
        assert process.stdout.readline()
    process.kill()
    process.communicate()
    finish(shell, command, made)


def test_a_stopped_fit_can_be_given_more_updates_but_no_fewer_than_it_made(shell, made):
    process = start(shell, long_fit(fit_model, made))
    for _ in range(4):
        process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    ended(process)
    shell.fails(*fit_model(made, "out.h5", 2), status=1, says=["out.resume.h5", "--updates is 2"])
    shell.run(*fit_model(made, "out.h5", UPDATES + 20))
    shell.run(*fit_model(made, "whole.h5", UPDATES + 20))
    assert_same_datasets(shell.folder / "out.h5", shell.folder / "whole.h5")


def test_a_fit_says_what_has_changed_since_it_was_stopped_and_how_to_go_on(shell, made):
    shutil.copytree(made.episodes, shell.folder / "data")
    command = ["dr-fit-model", "--data", "data", "--updates", UPDATES, "--log-every", 1, "--out",
               "out.h5", *TINY_MODEL]
    process = start(shell, command)
    process.send_signal(signal.SIGTERM)
    ended(process)
    says = ["out.resume.h5", "--init out.resume.h5 --out"]
    shell.fails(*command, "model.units=9", status=1, says=[*says, r"model.units \(8 there, 9 here"])
    shell.fails(*command, "--seed", 5, status=1, says=[*says, r"--seed \(0 there, 5 here"])
    shell.fails(*command, "--init", made.model, status=1, says=[*says, "another command: --init;"])
    shutil.copy(made.episode, shell.folder / "data" / "new.h5")
    shell.fails(*command, status=1, says=[*says, "the episodes of --data"])
    shell.fails(*command, "--init", "out.resume.h5", status=2, says=["out.resume.h5", "--out"])
    shell.run("dr-fit-model", "--init", "out.resume.h5", "--data", "data", "--updates", 1, "--out",
              "other.h5", *TINY_MODEL)


# --- dr-train --------------------------------------------------------------------------------------

def test_a_reader_that_goes_away_ends_a_run_that_has_saved(shell):
    process = shell.start(*train(rounds=200))
    for _ in range(4):
        process.stdout.readline()
    process.stdout.close()
    assert process.wait(120) == 1
    last = process.stderr.read().splitlines()[-1]
    assert "standard output was closed" in last and saved(last)[2] == "run/train.resume.h5"
    shell.run("dr-info", "--check", "run/train.resume.h5")
    # What the lost reader did not get is in the log; the run goes on behind it.
    lines = (shell.folder / "run/log.jsonl").read_text().splitlines()
    more = shell.start(*train(rounds=200))
    assert more.stdout.readline() not in [line + "\n" for line in lines]
    more.kill()
    more.communicate()


def test_a_run_that_cannot_save_says_so(shell):
    process = start(shell, train(rounds=200), env={"TMPDIR": str(shell.folder / "none")})
    for _ in range(4):
        process.stdout.readline()
    shutil.rmtree(shell.folder / "run")
    process.send_signal(signal.SIGTERM)
    status, last = ended(process)
    assert status == 1 and re.search("error: .*updates could not be saved: .*run", last), last


# --- Memory ----------------------------------------------------------------------------------------

def test_what_cannot_fit_into_memory_is_said_before_it_is_tried(shell, made):
    if shell.sanitized:
        pytest.skip("AddressSanitizer maps more addresses than any limit leaves")
    words = " ".join(map(str, fit_model(made, "out.h5", 1)))
    result = shell.pipe(f"ulimit -v 12000000; {words} fit_model.batch=65536", status=1)
    (error,) = [line for line in result.stderr.splitlines() if "error:" in line]
    assert "GiB" in error and "lower fit_model.batch (65536)" in error
    assert shell.files() == []
