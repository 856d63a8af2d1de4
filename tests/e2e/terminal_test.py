"""What people see on a terminal: tables, and a bar that never shares a line with data."""

import json
import os
import pty
import re
import subprocess

from conftest import SHORT_EPISODES, TINY_MODEL


def on_terminal(shell, program, *args):
    """All that a program writes to a terminal that is its stdout and stderr; and its status."""
    master, slave = pty.openpty()
    process = subprocess.Popen([shell.bin / program, *map(str, args)], cwd=shell.folder,
                               stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                               env=shell.environment({"TERM": "xterm"}))
    os.close(slave)
    written = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(master)
    return written.decode(), process.wait()


def lines_of(written):
    """The lines that remain on the screen."""
    lines, line = [], ""
    for part in re.split(r"(\r\n|\r|\x1b\[K)", written):
        if part == "\r\n":
            lines.append(line)
            line = ""
        elif part in ("\r", "\x1b[K"):  # the programs use them together
            line = ""
        else:
            line += part
    assert line == "", f"the last line is left: {line!r}"
    return lines


def fit(made, *more):
    return ["dr-fit-model", "--data", made.episodes, "--updates", 60, "--log-every", 2, "--out",
            "m.h5", *TINY_MODEL, *more]


def test_metrics_are_a_table_and_the_bar_keeps_to_itself(shell, made):
    written, status = on_terminal(shell, *fit(made))
    assert status == 0, written
    lines = lines_of(written)
    titles = [line for line in lines if "updates/s" in line]
    rows = [line.split() for line in lines if re.match(r" +\d+ ", line)]
    assert len(titles) == 2 and lines[0] == titles[0]  # and once more after twenty rows
    assert [int(row[0]) for row in rows] == list(range(2, 61, 2))
    assert all(len(row) == len(titles[0].split()) for row in rows)
    assert all("[" not in line for line in lines)


def test_json_is_for_terminals_too_if_asked_for(shell, made):
    written, status = on_terminal(shell, *fit(made, "--json", "--quiet"))
    assert status == 0
    lines = [json.loads(line) for line in lines_of(written)]
    assert [line["update"] for line in lines] == list(range(2, 61, 2))


def test_pipes_get_json_with_the_digits_of_a_float(shell, made):
    result = shell.run(*fit(made))
    for line in result.lines():
        for name in ("loss", "image_loss", "reward_loss", "kl", "gradient_norm"):
            digits = re.sub(r"e.*|[-.]", "", json.dumps(line[name])).strip("0")
            assert len(digits) <= 9, f"{name}: {line[name]}"


def test_episodes_and_summaries_are_text_for_people(shell, made):
    written, status = on_terminal(shell, "dr-collect", "--task", "cartpole_balance", "--episodes",
                                  2, "--out", "e", *SHORT_EPISODES)
    lines = lines_of(written)
    assert status == 0 and len(lines) == 3 and lines[0].split()[:2] == ["return", "rows"]
    assert lines[1].endswith(".h5") and "{" not in written
    written, status = on_terminal(shell, "dr-eval", "--model", made.model, "--data", made.episodes,
                                  "--starts", 2, "--context", 3, "--horizon", 4, "--threads", 1)
    assert status == 0 and "{" not in written
    assert re.search(r"\nPSNR, dB +\d+\.\d+ +\d", written) and "reward error" in written
    written, status = on_terminal(shell, "dr-eval", "--task", "cartpole_balance", "--policy",
                                  "random", "--episodes", 2, *SHORT_EPISODES)
    assert status == 0 and re.search(r"mean return +\d", written) and "{" not in written
    written, status = on_terminal(shell, "dr-render", made.dream, "--out", "o.png")
    assert status == 0 and lines_of(written)[-1].endswith("o.png")
