"""Runs a program within bounds of memory and time and judges what it says and leaves."""

import ctypes
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time

MEMORY = 2 << 30
SECONDS = 20  # of processor time
HANGS = 20  # seconds in which all of its threads sleep, however busy the machine is
LONGEST_ERROR = 2000  # characters that one line of error may have
NO_MEMORY = re.compile(r"^==\d+==WARNING: AddressSanitizer failed to allocate.*\n", re.MULTILINE)
# What a user must never see: words of libraries, of C++ and of sanitizers.
FORBIDDEN = re.compile(
    r"std::|c10::|at::native|torch::|\[json\.exception|Exception raised from|frame #|HDF5-DIAG|"
    r"terminate called|[Aa]ssertion|bad_alloc|basic_string|vector::|_M_|stoll|stod|map::at|"
    r"Sanitizer|runtime error|core dumped|out of memory|not enough memory|can't allocate|CLI::")
ALLOCATOR = re.compile(r"(free|malloc|realloc|calloc|munmap_chunk)\(\)|double free|corrupted|malloc_")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
IN_OPEN = 0x20


@dataclasses.dataclass
class Outcome:
    command: list
    status: int = 0
    stdout: str = ""
    stderr: str = ""
    megabytes: int = 0
    seconds: float = 0
    faults: list = dataclasses.field(default_factory=list)


def is_sanitized(program):
    """Whether a program was built with AddressSanitizer."""
    return b"__asan_init" in program.read_bytes()


def run(programs, command, folder, sanitized):
    """Runs a command line in a folder; the outcome without a verdict but for its bounds."""
    words, _, stdin = " ".join(command).partition(" < ")
    words = words.split(" ")
    limits = ["prlimit", f"--cpu={SECONDS * (10 if sanitized else 1)}", "--core=0",
              "--fsize=500000000"]
    environment = dict(os.environ)
    if sanitized:  # which takes address space without end
        environment["ASAN_OPTIONS"] = (environment.get("ASAN_OPTIONS", "") +
                                       f":max_allocation_size_mb={MEMORY >> 20}")
    else:
        limits.append(f"--as={MEMORY}")
    outcome = Outcome(command)
    with open(folder / ".stdout", "wb+") as out, open(folder / ".stderr", "wb+") as err, \
            open(folder / stdin if stdin else os.devnull, "rb") as given:
        process = subprocess.Popen([*limits, programs / words[0], *words[1:]], cwd=folder,
                                   stdin=given, stdout=out, stderr=err, env=environment)
        status, usage, hangs = _wait(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        said = out.read()
        # AddressSanitizer also says that it returned no memory, which the program then says itself.
        outcome.stderr = NO_MEMORY.sub("", err.read().decode("utf-8", "backslashreplace"))
    os.remove(folder / ".stdout"), os.remove(folder / ".stderr")
    outcome.status = process.returncode
    outcome.megabytes = usage.ru_maxrss >> 10
    outcome.seconds = usage.ru_utime + usage.ru_stime
    try:
        outcome.stdout = said.decode()
    except UnicodeDecodeError:
        outcome.stdout = said.decode("utf-8", "backslashreplace")
        if words[0] != "dr-info" or "--json" in words:  # names of files may be any bytes
            outcome.faults.append("stdout is not UTF-8")
    if hangs:
        outcome.faults.append(f"hangs: nothing moved for {HANGS} s")
    elif outcome.status < 0:
        outcome.faults.append(f"ended by signal {-outcome.status}"
                              + (f" after {outcome.seconds:.0f} s" if outcome.seconds > 15 else ""))
    if outcome.megabytes > MEMORY >> 20:
        outcome.faults.append(f"took {outcome.megabytes} MB")
    return outcome


def _wait(pid):
    """Waits for the end of a process, or of its patience: what hangs is killed."""
    nap, moved, hangs = 0.002, time.monotonic(), False
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage, hangs
        if _moves(pid):
            moved = time.monotonic()
        elif time.monotonic() - moved > HANGS:
            hangs = True
            os.kill(pid, signal.SIGKILL)
        time.sleep(nap)
        nap = min(nap * 1.2, 0.2)


def _moves(pid):
    """Whether any thread of a process runs, could run, or waits for a disk."""
    try:
        states = [(task / "stat").read_text().rsplit(")", 1)[1].split()[0]
                  for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it just ended
        return True
    return any(state != "S" for state in states)


def judge(outcome, names):
    """Adds to the outcome's faults what is wrong with status and messages. `names`: what an error
    must name one of."""
    if _sanitizer_blames_hdf5(outcome.stderr):
        return
    program = outcome.command[0]
    faults, status = outcome.faults, outcome.status
    lines = outcome.stderr.splitlines()
    if "the HDF5 library crashes on" in outcome.stderr:  # the C library may complain of it before
        lines = [line for line in lines if not ALLOCATOR.match(line)]
    errors = [line for line in lines if line.startswith(f"{program}: error: ")]
    if status not in ({0, 1, 2, 3} if "--check" in outcome.command else {0, 1, 2}) and status > 0:
        faults.append(f"status {status}")
    if status in (1, 2) and len(errors) != 1:
        faults.append(f"{len(errors)} lines of error")
    if status in (0, 3) and errors:
        faults.append(f"an error with status {status}")
    if any(not line.startswith(f"{program}: ") for line in lines):
        faults.append("a message not of the program's form")
    if found := FORBIDDEN.search(outcome.stderr):
        faults.append(f"{found.group()} in a message")
    if CONTROL.search(outcome.stderr.replace("\n", "")):
        faults.append("control characters in a message")
    if any(len(line) > LONGEST_ERROR for line in lines):
        faults.append("a message too long")
    if errors and not any(name in errors[0] for name in names):
        faults.append("an error that does not name the file")
    if "--print-config" in outcome.command:
        return
    for line in outcome.stdout.splitlines():
        if program == "dr-info" and "--json" not in outcome.command:
            if CONTROL.search(line):
                faults.append("control characters on stdout")
                break
            continue
        try:
            json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError) as e:
            faults.append(f"stdout is not JSON: {str(e)[:60]}")
            break


def _sanitizer_blames_hdf5(stderr):
    """Whether AddressSanitizer stopped the program for what HDF5's own code did. Without it such a
    crash is one line (lib/io/crash.h)."""
    _, found, report = stderr.partition("ERROR: AddressSanitizer")
    frames = re.findall(r"^ +#\d+ 0x[0-9a-f]+ (.*)$", report, re.MULTILINE)
    own = [frame for frame in frames if "libasan" not in frame and "sanitizer_common" not in frame]
    return bool(found and own) and "libhdf5" in own[0]


def _refuse(word):
    raise ValueError(f"{word} is not JSON")


def contents(folder):
    """Every file of a folder, but for what it only links to, with a digest."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name in (".stdout", ".stderr"):
            continue
        found[str(path.relative_to(folder))] = hashlib.sha1(path.read_bytes()).hexdigest()
    return found


class Watch:
    """Tells whether anybody opened a file (inotify)."""

    def __init__(self, paths):
        libc = ctypes.CDLL(None, use_errno=True)
        self.handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.handle >= 0, os.strerror(ctypes.get_errno())
        for path in paths:
            added = libc.inotify_add_watch(self.handle, os.fsencode(path), IN_OPEN)
            assert added >= 0, os.strerror(ctypes.get_errno())

    def opened(self):
        try:
            return len(os.read(self.handle, 4096)) > 0
        except BlockingIOError:
            return False

    def close(self):
        os.close(self.handle)
