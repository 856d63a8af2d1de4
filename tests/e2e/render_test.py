"""dr-render: options without effect, large grids, odd names."""

import shutil

import pytest

LIMIT = 2 << 30  # bytes of memory


@pytest.fixture
def log(shell):
    path = shell.folder / "log.jsonl"
    path.write_text('{"update": 1, "kl": 1}\n{"update": 2, "kl": 1.0000000000000002}\n')
    return path


@pytest.mark.parametrize("options", [
    ["--scale", 2], ["--columns", 2], ["--overlay"], ["--row", 1], ["--size", 64],
    ["--camera", 0], ["--render", "fast"], ["--fps", 5]])
def test_options_of_frames_are_refused_for_curves(shell, log, options):
    shell.fails("dr-render", log, *options, "--out", "o.png", status=2, says=options[0])
    assert shell.files() == ["log.jsonl"]


@pytest.mark.parametrize("options,out", [
    (["--plot", "kl"], "o.png"), (["--against", "update"], "o.png"), (["--plot", "kl"], "o.mp4"),
    (["--row", 1], "o.gif"), (["--fps", 5], "o.png"), (["--fps", 60], "o.gif")])
def test_options_that_do_nothing_for_frames_are_refused(shell, made, options, out):
    for file in (made.episode, made.dream):
        shell.fails("dr-render", file, *options, "--out", out, status=2, says=str(options[-1])
                    if options == ["--fps", 60] else options[0])
    assert shell.files() == []


@pytest.mark.parametrize("options", [["--row", 1], ["--size", 64], ["--camera", 0],
                                     ["--render", "fast"]])
def test_options_of_episodes_are_refused_for_dreams(shell, made, options):
    for files in ([made.dream], [made.episode, made.dream]):
        shell.fails("dr-render", *files, *options, "--out", "o.png", status=2,
                    says=[options[0], "dream.h5 is a dream"])


@pytest.mark.parametrize("out", ["o.png", "o.mp4"])
def test_what_is_too_large_is_refused_before_memory_is_taken(shell, made, out):
    for scale in (300, 2 ** 32, 2 ** 52):
        for file in (made.episode, made.dream):
            shell.fails("dr-render", file, "--scale", scale, "--out", out, status=2,
                        says=f"--scale {scale}", **shell.in_memory(LIMIT))
    # no more columns than there is to show
    shell.run("dr-render", made.dream, "--columns", 2 ** 32, "--out", out, **shell.in_memory(LIMIT))


def test_a_folder_of_a_thousand_episodes_fits_little_memory(shell, made):
    folder = shell.folder / "many"
    folder.mkdir()
    shutil.copy(made.episode, folder / "0.h5")
    for i in range(1, 1000):
        (folder / f"{i}.h5").hardlink_to(folder / "0.h5")
    line, = shell.run("dr-render", folder, "--row", 3, "--out", "o.png", **shell.in_memory(LIMIT)).lines()
    assert line["width"] * line["height"] > 1000 * 64 * 64
    shell.fails("dr-render", folder, "--columns", 1, "--out", "o.mp4", status=2, says="--columns 1")


def test_a_metric_that_differs_in_its_last_bit_is_plotted(shell, log):
    shell.run("dr-render", log, "--out", "o.png", **shell.in_memory(LIMIT))


@pytest.mark.parametrize("name", ["concat:a.mp4", "http:x.gif", "file:y.png"])
def test_a_name_with_a_colon_is_the_name_of_a_file(shell, made, name):
    shell.run("dr-render", made.dream, "--out", name)
    assert shell.files() == [name]
