"""Storage that fails: whenever it does, the true cause is named in one line, what was there before
is whole, what is there afterwards is whole, and nothing is reported as saved that is not.

Every operation of a program on its files fails once (failing_storage.c); `--thorough` tries every
error at every operation, and dr-train.
"""

import ctypes
import errno
import fcntl
import os
import pathlib
import re
import shutil
import signal
import stat
import struct
import subprocess
import termios
import time

import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, Shell, datasets

HERE = pathlib.Path(__file__).parent
CAUSES = {errno.ENOSPC: "[Nn]o space left", errno.EIO: "Input/output error",
          errno.EMFILE: "[Tt]oo many open files", errno.EDQUOT: "quota exceeded"}


def collect(made):
    return ["dr-collect", "--task", "cartpole_balance", "--episodes", 2, "--out", "e",
            "--threads", 1, "--render", "none", "--set", "collect.action_repeat=25"]


def fit_model(made):
    return ["dr-fit-model", "--data", made.episodes, "--updates", 2, "--log-every", 1,
            "--save-every", 1, "--out", "m.h5", "--logdir", "tb", "--dump-step", "step.h5",
            *TINY_MODEL]


def image(made):
    return ["dr-render", made.dream, "--out", "o.png"]


def video(made):
    return ["dr-render", made.dream, "--out", "o.mp4", "--scale", 1]


def imagine(made):
    return ["dr-imagine", "--model", made.model, "--data", made.episodes, "--starts", 1,
            "--context", 2, "--horizon", 2, "--threads", 1, "--out", "d.h5"]


def fit_behavior(made):
    return ["dr-fit-behavior", "--model", made.model, "--data", made.episodes, "--updates", 2,
            "--log-every", 1, "--out", "p.h5", *TINY_BEHAVIOR]


def evaluate(made):
    return ["dr-eval", "--task", "cartpole_balance", "--policy", "random", "--episodes", 1,
            "--video", "v.gif", *SHORT_EPISODES]


def train(made):
    return ["dr-train", "--task", "cartpole_balance", "--rounds", 2, "--out", "run", "--render",
            "fast", *TINY_MODEL, "behavior.horizon=3", "behavior.units=8",
            "behavior.imagination_starts=4", "collect.action_repeat=25", "train.updates=2",
            "train.episodes=1", "train.prefill=1", "train.pretrain=1",
            "train.evaluate_episodes=1"]


QUICK = [collect, fit_model, image, video]
ALL = [*QUICK, imagine, fit_behavior, evaluate]


@pytest.fixture(scope="session")
def failing_storage(tmp_path_factory):
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp("shim") / "failing_storage.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "failing_storage.c",
                    "-ldl"], check=True)
    return library


class FailingShell(Shell):
    def __init__(self, shell, library, folder):
        super().__init__(shell.bin, folder)
        self.library = library
        os.makedirs(folder, exist_ok=True)

    def fail(self, command, at, code, ever=False):
        env = {"LD_PRELOAD": str(self.library), "FAIL_UNDER": f"{self.folder}/",
               "FAIL_AT": str(at), "FAIL_WITH": str(code), "FAIL_COUNT": f"{self.folder}.count",
               "MESA_SHADER_CACHE_DISABLE": "true",
               "ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"}
        result = self.run(*command, status=None, env={**env, **({"FAIL_EVER": "1"} if ever else {})})
        self.operations = int(pathlib.Path(f"{self.folder}.count").read_text())
        return result


def outputs(folder):
    """Every file below, without the logs that are appended to."""
    return {str(p.relative_to(folder)): p for p in folder.rglob("*")
            if p.is_file() and "tfevents" not in p.name and p.suffix != ".jsonl"}


def assert_whole(folder, reference):
    """What lies there is what the undisturbed command wrote, or unfinished work that reads."""
    for name, path in outputs(folder).items():
        assert not path.name.startswith("."), f"{name} was left behind"
        if path.suffix == ".h5":
            assert reference.get(name) in (None, datasets(path)), f"{name} differs"
        else:
            assert path.read_bytes() == reference[name], f"{name} differs"


def assert_said(result, folder):
    """One line of error at a failure and none else; reported outputs are in place."""
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    assert result.status in (0, 1), str(result)
    assert len(errors) == result.status, str(result)
    assert all(line.startswith(f"{result.command[0]}: ") for line in result.stderr.splitlines())
    for line in re.findall(r'^\{.*\}$', result.stdout, re.MULTILINE):
        for name in re.findall(r'"(?:episode|video)":"([^"]*)"', line):
            assert (folder / name).is_file(), f"{name} is not there\n{result}"
    return errors[0] if errors else ""


def undisturbed(command, shell, library, folder):
    ok = FailingShell(shell, library, folder)
    result = ok.fail(command, 0, 0)
    assert result.status == 0, str(result)
    reference = {name: datasets(path) if path.suffix == ".h5" else path.read_bytes()
                 for name, path in outputs(ok.folder).items()}
    return ok.operations, reference


def failures(operations, thorough):
    """Each operation fails once, with errors in turn; thoroughly: with all of them."""
    errors = [(errno.ENOSPC, True), (errno.EIO, False), (errno.EMFILE, False),
              (errno.EDQUOT, False)]
    for at in range(1, operations + 1):
        for code, ever in errors if thorough else [errors[at % len(errors)]]:
            yield at, code, ever


def try_everywhere(command, shell, library, thorough):
    operations, reference = undisturbed(command, shell, library, shell.folder / "ok")
    assert operations > 3
    for at, code, ever in failures(operations, thorough):
        failing = FailingShell(shell, library, shell.folder / f"at-{at}-{code}")
        result = failing.fail(command, at, code, ever)
        message = assert_said(result, failing.folder)
        if result.status == 0:  # a folder that cannot be listed, say, is no harm
            assert outputs(failing.folder).keys() == reference.keys(), f"{at}: {result}"
        else:
            assert re.search(CAUSES[code], message), f"{at}: {result}"
        assert_whole(failing.folder, reference)
        shutil.rmtree(failing.folder)


@pytest.mark.parametrize("command", QUICK)
def test_any_operation_may_fail(command, shell, made, failing_storage, request):
    try_everywhere(command(made), shell, failing_storage, request.config.getoption("--thorough"))


@pytest.mark.parametrize("command", [imagine, fit_behavior, evaluate, train])
def test_any_operation_of_the_others_may_fail(command, shell, made, failing_storage, request):
    if not request.config.getoption("--thorough"):
        pytest.skip("takes minutes: --thorough")
    try_everywhere(command(made), shell, failing_storage, True)


@pytest.mark.parametrize("command", [collect, image, video])
def test_short_writes_and_interrupted_calls_are_gone_on_with(command, shell, made,
                                                             failing_storage, request):
    operations, reference = undisturbed(command(made), shell, failing_storage, shell.folder / "ok")
    for code in (0, errno.EINTR):  # all of the writes are short; one call is interrupted
        for at in [1] if code == 0 else range(1, operations + 1):
            failing = FailingShell(shell, failing_storage, shell.folder / f"at-{at}-{code}")
            result = failing.fail(command(made), at, code, ever=code == 0)
            assert result.status == 0 and result.stderr == "", f"{at}: {result}"
            assert outputs(failing.folder).keys() == reference.keys()
            assert_whole(failing.folder, reference)


@pytest.fixture
def small_disk(shell):
    """A file system of two megabytes at `disk`, in a mount namespace of the tests' own."""
    libc = ctypes.CDLL(None, use_errno=True)
    private = 0x40000 | 0x4000  # MS_PRIVATE | MS_REC
    disk = shell.folder / "disk"
    disk.mkdir()
    if (libc.unshare(0x20000) != 0 or libc.mount(None, b"/", None, private, None) != 0 or
            libc.mount(b"none", bytes(disk), b"tmpfs", 0, b"size=2m") != 0):
        pytest.skip("file systems cannot be mounted here")
    yield disk
    libc.umount2(bytes(disk), 2)


@pytest.mark.parametrize("command", ALL)
@pytest.mark.parametrize("free", [0, 8192])
def test_a_full_disk_is_named_and_keeps_the_old_file(command, free, shell, made, small_disk):
    small = Shell(shell.bin, small_disk)
    arguments = command(made)
    place = next((arguments[i + 1] for i, word in enumerate(arguments) if word in ("--out", "--video")))
    if command is not collect:
        (small_disk / place).write_bytes(b"precious")
        arguments.append("--force")
    space = os.statvfs(small_disk)
    with open(small_disk / "filler", "ab") as filler:
        while os.statvfs(small_disk).f_bavail * space.f_frsize > free:
            filler.write(bytes(space.f_frsize))
            filler.flush()
    result = small.run(*arguments, status=None)
    message = assert_said(result, small_disk)
    if result.status == 1:
        assert re.search(CAUSES[errno.ENOSPC], message), str(result)
        if command is not collect:
            assert (small_disk / place).read_bytes() == b"precious"
    else:
        assert free > 0 and command is not fit_model, str(result)
    assert not [name for name in small.files() if pathlib.Path(name).name.startswith(".")]


def with_output_in(folder, arguments):
    return [f"{folder}/{word}" if before in ("--out", "--video") else word
            for before, word in zip([None, *arguments], arguments)]


def test_a_save_at_a_signal_that_fails_is_said(shell, made, small_disk):
    process = shell.start("dr-fit-model", "--data", made.episodes, "--updates", 100000,
                          "--log-every", 1, "--out", small_disk / "m.h5", *TINY_MODEL)
    process.stdout.readline()
    with open(small_disk / "filler", "wb", buffering=0) as filler:
        with pytest.raises(OSError):
            while True:
                filler.write(bytes(4096))
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and re.search(CAUSES[errno.ENOSPC], said), said
    assert os.listdir(small_disk) == ["filler"]


@pytest.mark.parametrize("command", ALL)
def test_a_read_only_file_system_is_named_before_the_work(command, shell, made, small_disk):
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(b"none", bytes(small_disk), None, 0x20 | 0x1, None) == 0  # MS_REMOUNT, RDONLY
    result = shell.run(*with_output_in(small_disk, command(made)), status=1)
    assert re.search("(?i)read-only file system", assert_said(result, shell.folder)), str(result)
    assert result.stdout == ""


@pytest.mark.parametrize("command", [c for c in ALL if c is not collect])  # which makes its folder
def test_a_folder_that_is_not_there_is_named_before_the_work(command, shell, made):
    result = shell.run(*with_output_in("gone", command(made)), status=1)
    assert "mkdir -p gone" in assert_said(result, shell.folder)
    assert result.stdout == "" and not shell.files()


def test_a_working_folder_that_is_gone_is_named(shell, made):
    gone = shell.folder / "gone"
    result = shell.pipe(f"mkdir gone; cd gone; rmdir {gone}; dr-render {made.dream} --out o.png",
                        status=1)
    assert result.stderr.count("error:") == 1 and "working folder is gone" in result.stderr
    result = shell.pipe(f"mkdir gone; cd gone; rmdir {gone}; dr-info {made.dream}")
    assert result.stderr == ""


def test_a_limit_on_open_files_is_named(shell, made):
    result = shell.pipe(f"ulimit -n 3; dr-info {made.dream}", status=None)
    assert result.status != 0
    for most in range(4, 12):
        result = shell.pipe(f"ulimit -n {most}; dr-info {made.dream} {made.model}", status=None)
        if result.status == 1 and "dr-info: error" in result.stderr:
            assert re.search("[Tt]oo many open files", result.stderr), f"{most}: {result}"


# --- What --out may be -----------------------------------------------------------------------------

@pytest.mark.parametrize("force", [[], ["--force"]])
def test_an_output_is_a_plain_file(shell, made, force):
    os.mkfifo(shell.folder / "fifo.png")
    os.symlink("fifo.png", shell.folder / "link.png")
    os.symlink("/dev/stdout", shell.folder / "stdout.png")
    names = ["fifo.png", "link.png", "stdout.png"]
    if os.geteuid() == 0:  # a device of our own: a fault here must not replace the machine's
        os.mknod(shell.folder / "null.png", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        names.append("null.png")
    before = shell.files()
    for name in names:
        result = shell.fails("dr-render", made.dream, "--out", name, *force, status=1,
                             says=[name, "plain file"])
        assert "--force" not in result.stderr
    shell.fails("dr-render", made.dream, "--out", "x" * 300 + ".png", *force, status=1,
                says="too long")
    assert shell.files() == before and (shell.folder / "fifo.png").is_fifo()


def test_an_output_through_a_symbolic_link_leaves_the_link(shell, made):
    os.mkdir(shell.folder / "scratch")
    os.symlink("scratch/o.png", shell.folder / "link.png")
    shell.run("dr-render", made.dream, "--out", "link.png")
    first = (shell.folder / "scratch/o.png").read_bytes()
    shell.fails("dr-render", made.dream, "--out", "link.png", status=1, says="exists already")
    shell.run("dr-render", made.dream, "--out", "link.png", "--force", "--scale", 3)
    assert (shell.folder / "link.png").is_symlink()
    assert (shell.folder / "scratch/o.png").read_bytes() != first
    assert not (shell.folder / "scratch/o.png").is_symlink()


def test_closed_standard_descriptors_do_not_become_files(shell, made):
    for closed in ("<&-", "2>&-", "<&- 2>&-"):
        shell.pipe(f"dr-render {made.dream} --out o.png --force {closed}")
        assert (shell.folder / "o.png").read_bytes().startswith(b"\x89PNG")
    result = shell.pipe(f"dr-render {made.dream} --out o.png --force >&-", status=1)
    assert result.stderr == ("dr-render: error: standard output is closed; open it, or send it to "
                             "a file\n")
    assert (shell.folder / "o.png").read_bytes().startswith(b"\x89PNG")


def test_a_reader_that_stands_still_does_not_keep_a_fit_from_stopping(shell, made):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)  # full after a line
    process = subprocess.Popen([shell.bin / "dr-fit-model", "--data", made.episodes, "--updates",
                                "100000", "--log-every", "1", "--out", "m.h5", *TINY_MODEL],
                               cwd=shell.folder, stdout=writer, stderr=subprocess.PIPE, text=True,
                               env=shell.environment())
    os.close(writer)
    while struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, b"    "))[0] == 0:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(timeout=60) == -signal.SIGTERM, process.stderr.read()
    finally:
        process.kill()
        os.close(reader)
    assert (shell.folder / "m.resume.h5").is_file()
