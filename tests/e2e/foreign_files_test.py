"""Files that others wrote by h5py, or that somebody made to do harm: read as they are meant, or
refused in one line, in little memory and time."""

import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import zlib

import h5py
import numpy as np
import pytest
from conftest import TINY_MODEL, as_version_1_0

MEMORY, SECONDS = 2 << 30, 20
V110 = ("v110", "v110")  # the newest format that the HDF5 of the programs reads
FIT = ["dr-fit-model", "--updates", 1, "--out", "out.h5", "--force", *TINY_MODEL, "--data"]
DIMS = {"image": "T,H,W,C", "action": "T,A", "reward": "T", "discount": "T"}


def arrays(rows=12):
    return {"image": np.full((rows, 64, 64, 3), 100, np.uint8),
            "action": np.zeros((rows, 1), "f4"),
            "reward": np.zeros(rows, "f4"),
            "discount": np.ones(rows, "f4")}


def attributes(rows=12):
    space = {"type": "continuous", "size": 1, "low": -1, "high": 1}
    return {"format": "dreamer.episode", "format_version": "1.0", "task": "cartpole_swingup",
            "seed": 0, "index": 0, "action_repeat": 4, "render": "", "length": rows,
            "return": 0.0, "action_space": json.dumps(space)}


def write(path, data=None, attrs=None, options=None, **file_options):
    """An episode as `man dreamer-files` has it, with the deviations that a test asks for."""
    with h5py.File(path, "w", **file_options) as file:
        for name, value in {**attributes(), **(attrs or {})}.items():
            file.attrs[name] = value
        for name, value in (arrays() if data is None else data).items():
            dataset = file.create_dataset(name, data=value, **(options or {}).get(name, {}))
            dataset.attrs["dims"] = DIMS[name]
        provenance = file.create_group("provenance")
        for name in ("id", "program", "version", "time"):
            provenance.attrs[name] = "0"
        for name, value in {"argv": "[]", "config": "null", "parents": "[]", "seed": 0}.items():
            provenance.attrs[name] = value
    return path


@pytest.fixture
def bounded(shell):
    """Runs a program in little memory and time; one line where it fails, and never a crash."""
    def run(program, *args, status=None):
        # LibTorch alone maps more.
        memory = {} if program.startswith("dr-fit") else shell.in_memory(MEMORY)

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            memory.get("preexec_fn", lambda: None)()
        process = subprocess.run(
            [shell.bin / program, *map(str, args)], cwd=shell.folder, text=True, timeout=300,
            capture_output=True, env=shell.environment(memory.get("env")), preexec_fn=limit)
        assert process.returncode in ((0, 1, 3) if status is None else (status,)), process
        assert process.stderr.count("\n") <= 1, process.stderr
        return process.stdout + process.stderr
    return run


# --- Good files of others --------------------------------------------------------------------------

INTEGERS = ["seed", "index", "action_repeat", "length"]


@pytest.mark.parametrize("change", ["uint8", "int32", "uint64", ">i8", "float64", "array", "bytes",
                                    "space_padded", "number_version", "latest"])
def test_attributes_read_whatever_type_says_them(shell, change):
    attrs = attributes()
    if change in ("uint8", "int32", "uint64", ">i8", "float64"):
        attrs.update({name: np.array(attrs[name], change) for name in INTEGERS})
    if change == "array":
        attrs = {name: [value] for name, value in attrs.items()}
    if change == "bytes":
        attrs = {k: np.bytes_(v) if isinstance(v, str) and v else v for k, v in attrs.items()}
    if change == "number_version":
        attrs["format_version"] = 1.0
    write(shell.folder / "a.h5", attrs=attrs, libver=V110 if change == "latest" else None)
    if change == "space_padded":
        with h5py.File(shell.folder / "a.h5", "r+") as file:
            del file.attrs["task"]
            kind = h5py.h5t.FORTRAN_S1.copy()
            kind.set_size(20)
            space = h5py.h5s.create(h5py.h5s.SCALAR)
            h5py.h5a.create(file.id, b"task", kind, space).write(
                np.array(b"cartpole_swingup".ljust(20)), mtype=kind)
    shell.run("dr-info", "--check", "a.h5")
    shell.run(*FIT, "a.h5")
    assert shell.run("dr-info", "--json", "a.h5").lines()[0]["attributes"]["/"]["task"] in (
        "cartpole_swingup", ["cartpole_swingup"])


def test_a_block_of_the_user_stands_before_the_file(shell):
    path = write(shell.folder / "a.h5", userblock_size=1024)
    with open(path, "r+b") as file:
        file.write(b"#!/bin/sh\n")
    shell.run("dr-info", "--check", "a.h5")
    shell.run(*FIT, "a.h5")


def test_empty_datasets_and_soft_links_are_read(shell):
    with h5py.File(write(shell.folder / "a.h5"), "r+") as file:
        file["note"] = h5py.Empty("f")
        file["images"] = file["image"]
        del file["image"]
        file["image"] = h5py.SoftLink("/images")
        file["nowhere"] = h5py.SoftLink("/nothing")
    shell.run("dr-info", "--check", "a.h5")
    shell.run(*FIT, "a.h5")


def test_our_texts_are_str_in_h5py(made):
    for path in (made.episode, made.model, made.policy, made.dream):
        texts = 0
        with h5py.File(path) as file:
            def visit(name, node):
                nonlocal texts
                for key, value in node.attrs.items():
                    assert not isinstance(value, bytes), (path, name, key)
                    texts += isinstance(value, str)
            visit("/", file)
            file.visititems(visit)
        assert texts > 8, path


# --- Links and data in other files -----------------------------------------------------------------

def link(kind, file, other):
    """Makes /reward of an open episode lie in another file."""
    values = file["reward"][:]
    del file["reward"]
    if kind == "external":
        file["reward"] = h5py.ExternalLink(other, "/reward")
    elif kind == "external_behind_soft":
        file["far"] = h5py.ExternalLink(other, "/")
        file["reward"] = h5py.SoftLink("/far/reward")
    elif kind == "storage":
        file.create_dataset("reward", (12,), "f4", external=[(other, 0, 48)])
    elif kind == "virtual":
        layout = h5py.VirtualLayout((12,), "f4")
        layout[:] = h5py.VirtualSource(other, "reward", (12,))
        file.create_virtual_dataset("reward", layout)
    if kind in ("storage", "virtual"):
        file["reward"].attrs["dims"] = "T"


@pytest.mark.parametrize("target", ["file", "pipe"])
@pytest.mark.parametrize("kind", ["external", "external_behind_soft", "storage", "virtual"])
def test_links_into_other_files_are_refused_by_name(shell, bounded, kind, target):
    other = write(shell.folder / "other.h5")
    with h5py.File(write(shell.folder / "a.h5"), "r+") as file:
        link(kind, file, str(other))
    if target == "pipe":  # opening one to read waits for somebody who writes
        os.remove(other)
        os.mkfifo(other)
    for command in (["dr-info"], ["dr-info", "--check"], FIT):
        said = bounded(command[0], *command[1:], "a.h5", status=1)
        assert "a.h5" in said and "file; copy its contents here" in said


def test_a_pipe_or_device_is_refused_at_once(shell, bounded):
    os.mkfifo(shell.folder / "pipe.h5")
    for name in ("pipe.h5", "/dev/zero"):
        assert "not a regular file" in bounded("dr-info", name, status=1)


# --- What makes programs crash, or fill memory -----------------------------------------------------

def test_nesting_without_end_is_refused(shell, bounded):
    with h5py.File(write(shell.folder / "json.h5", libver=V110), "r+") as file:
        file.attrs["deep"] = file["provenance"].attrs["config"] = "[" * 300000 + "]" * 300000
    said = bounded("dr-info", "--check", "json.h5", status=3)
    assert "/provenance/@config" in said
    bounded("dr-info", "json.h5")
    bounded("dr-info", "--json", "json.h5")
    (shell.folder / "deep.jsonl").write_text("[" * 300000 + "]" * 300000 + "\n")
    bounded("dr-render", "deep.jsonl", "--out", "a.png", status=1)
    (shell.folder / "deep.json").write_text('{"a":' * 300000 + "1" + "}" * 300000)
    bounded("dr-fit-model", "--print-config", "--config", "deep.json", status=2)
    with h5py.File(write(shell.folder / "groups.h5"), "r+") as file:
        group = file
        for _ in range(20000):
            group = group.create_group("g")
    assert "groups nest deeper" in bounded("dr-info", "groups.h5", status=1)


def test_groups_that_contain_each_other_end(shell, bounded):
    with h5py.File(write(shell.folder / "a.h5"), "r+") as file:
        file.create_group("x")["up"] = file["/"]
        file["y"] = file["x"]
    bounded("dr-info", "--check", "a.h5", status=0)


HUGE = {
    # A file of 1 MB, whose one chunk inflates to a gigabyte.
    "chunk_larger_than_dataset": lambda file: chunk_larger_than_dataset(file),
    "never_written": lambda file: replace(file, shape=(1 << 40, 64, 64, 3), chunks=(1, 64, 64, 3)),
    "never_written_below_the_limit": lambda file: replace(file, shape=(80000, 64, 64, 3),
                                                          chunks=(16, 64, 64, 3)),
    "product_of_extents": lambda file: replace(file, shape=(1 << 33, 1 << 33, 1 << 33, 3),
                                               chunks=(1, 64, 64, 3)),
    "contiguous": lambda file: replace(file, shape=(1 << 30, 64, 64, 3)),
    "many_at_the_limit": lambda file: many_at_the_limit(file),
    "attribute": lambda file: file.attrs.create("big", np.zeros(40 << 20, "u1")),
}


def replace(file, **kwargs):
    del file["image"]
    kwargs = {"dtype": "u1", **kwargs}
    if "chunks" in kwargs:
        kwargs["maxshape"] = tuple(None for _ in kwargs["shape"])
    file.create_dataset("image", **kwargs).attrs["dims"] = "T,H,W,C"


def deflated_zeros(size, block=1 << 20):
    """A zlib stream of so many zeros, put together from equal blocks."""
    blocks, rest = divmod(size, block)
    deflate = zlib.compressobj(9)
    first = deflate.compress(bytes(block)) + deflate.flush(zlib.Z_FULL_FLUSH)
    same = deflate.compress(bytes(block)) + deflate.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, wbits=-15)
    end = last.compress(bytes(rest)) + last.flush()
    checksum = (size % 65521) << 16 | 1
    return first + same * (blocks - 1) + end + checksum.to_bytes(4, "big")


def chunk_larger_than_dataset(file):
    rows = (1 << 30) // (64 * 64 * 3)
    replace(file, shape=(12, 64, 64, 3), chunks=(rows, 64, 64, 3), compression="gzip")
    file["image"].id.write_direct_chunk((0, 0, 0, 0), deflated_zeros(rows * 64 * 64 * 3))


def many_at_the_limit(file):
    rows, columns = 12, 7 << 20  # 336 MiB of zeros each
    zeros = deflated_zeros(4 * columns)
    for i in range(8):
        dataset = file.create_dataset(f"observation/o{i}", (rows, columns), "f4",
                                      chunks=(1, columns), compression="gzip")
        for row in range(rows):
            dataset.id.write_direct_chunk((row, 0), zeros)
        dataset.attrs["dims"] = "T,o"


@pytest.mark.parametrize("name", HUGE)
def test_what_claims_too_much_is_refused_or_read_in_little_memory(shell, bounded, name):
    with h5py.File(write(shell.folder / "a.h5", libver=V110), "r+") as file:
        HUGE[name](file)
    fine = name == "attribute"
    said = bounded("dr-info", "--check", "a.h5", status=0 if fine else 1)
    assert fine or "a.h5" in said
    bounded("dr-info", "a.h5")
    bounded("dr-render", "a.h5", "--out", "a.png", "--force")


def v1_dataset_with_chunk_of_other_rank(path):
    """An episode in HDF5's oldest format, the rank of whose chunks is one less than the data's."""
    write(path, options={"image": {"chunks": (12, 64, 64, 3)}})
    content = bytearray(path.read_bytes())
    # A layout message: version 3, class chunked, axes (with that of the bytes), address, extents.
    tail = struct.pack("<5I", 12, 64, 64, 3, 1)
    at = content.index(tail)
    assert content[at - 11:at - 8] == bytes([3, 2, 5])
    content[at - 9] = 4
    path.write_bytes(content)


def test_chunks_of_another_rank_are_refused(shell, bounded):
    v1_dataset_with_chunk_of_other_rank(shell.folder / "a.h5")
    assert "/image" in bounded("dr-info", "--check", "a.h5", status=1)
    bounded("dr-info", "a.h5", status=1)


def heap_changes(path):
    """Files in whose heap of texts one object's number, size or reference is another."""
    whole = path.read_bytes()
    heap = whole.index(b"GCOL")
    for offset, value in ((16, 0), (16, 0xffff), (24, 0), (24, 1 << 63), (24, 0xffffffffffffffff),
                          (8, 0), (8, 1 << 40), (8, 17)):
        size = 2 if offset == 16 else 8
        changed = bytearray(whole)
        changed[heap + offset:heap + offset + size] = value.to_bytes(8, "little")[:size]
        yield bytes(changed)


def test_a_damaged_heap_of_texts_is_an_error(shell, bounded):
    path = write(shell.folder / "a.h5")
    for content in list(heap_changes(path)):
        path.write_bytes(content)
        assert "a.h5" in bounded("dr-info", "--check", "a.h5", status=1)


# --- The reason is the true one --------------------------------------------------------------------

def test_a_missing_filter_is_named(shell):
    write(shell.folder / "a.h5", options={name: {"compression": "lzf"} for name in ("image",)})
    for command in (["dr-info", "--check"], FIT):
        result = shell.run(*command, "a.h5", status=1)
        assert "LZF" in result.stderr and "h5repack" in result.stderr
        assert "damaged" not in result.stderr


def test_a_file_left_open_by_its_writer_says_h5clear(shell):
    code = ("import h5py, os, sys; f = h5py.File(sys.argv[1], 'w', libver=('v110', 'v110')); "
            "f.attrs['format'] = 'dreamer.episode'; f.flush(); os._exit(0)")
    path = shell.folder / "a.h5"
    subprocess.run([sys.executable, "-c", code, path], check=True)
    shell.fails("dr-info", "a.h5", status=1, says=["a.h5", "h5clear -s"])


def test_too_many_open_files_are_not_a_damaged_file(shell, made):
    if shell.sanitized:
        pytest.skip("UndefinedBehaviorSanitizer opens files of its own to tell types apart")
    result = shell.pipe(f"ulimit -n 4; dr-info {made.episode}", status=1)
    assert "too many open files" in result.stderr.lower()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permissions_are_not_a_damaged_file(shell, made):
    path = shutil.copy(made.episode, shell.folder / "a.h5")
    os.chmod(path, 0)
    shell.fails("dr-info", "a.h5", status=1, says=["a.h5", "Permission denied"])


def test_wrong_attributes_name_file_object_and_attribute(shell, made):
    def changed(source, where, name, value):
        path = shutil.copy(source, shell.folder / "a.h5")
        with h5py.File(path, "r+") as file:
            file[where].attrs[name] = value
        return path

    as_version_1_0(changed(made.policy, "model", "action_repeat", "four"))
    for command in (["dr-eval", "--task", "cartpole_balance"],
                    ["dr-collect", "--task", "cartpole_balance", "--episodes", 1, "--out", "e"]):
        shell.fails(*command, "--policy", "a.h5", status=1, says=["a.h5", "/model/@action_repeat"])
    for where, name, value in (("model", "image", "big"), ("model", "image", [64, 64]),
                               ("provenance", "config", "[]")):
        as_version_1_0(changed(made.model, where, name, value))
        shell.fails("dr-eval", "--model", "a.h5", "--data", made.episodes, status=1,
                    says=["a.h5", name])
    for where, name, value in (("model", "signature", "{"), ("model", "signature", "[]"),
                               ("model", "signature", '{"task": 3}'), ("model", "config", "{"),
                               ("model", "config", '{"depth": "x"}'),
                               ("progress", "updates", "x"), ("provenance", "config", "{"),
                               ("provenance", "parents", "[3]"), ("provenance", "argv", "{}")):
        changed(made.model, where, name, value)
        shell.fails("dr-eval", "--model", "a.h5", "--data", made.episodes, status=1,
                    says=["a.h5", "depth" if "depth" in value else f"/{where}/@{name}"])
    for where, name, value in (("/", "kind", 3), ("/", "context", "x"), ("start", "episode", "3"),
                               ("start", "episode", "[1]")):
        changed(made.dream, where, name, value)
        shell.fails("dr-render", "a.h5", "--out", "a.png", status=1,
                    says=["a.h5", f"{where}/@{name}".replace("//", "/")])


def test_a_signature_that_its_file_does_not_bear_out_is_refused(shell, made):
    space = {"type": "Box", "dtype": "float32", "shape": [1], "low": -1, "high": 1}
    images = {"type": "Dict", "subspaces": {}}
    with h5py.File(made.episode) as file:
        right = json.loads(file.attrs["signature"])
    for wrong, says in (({"task": "walker_walk"}, "task is walker_walk"),
                        ({"frames_per_step": 3}, "frames_per_step is 3"),
                        ({"frames_per_step": 0}, "frames_per_step"),
                        ({"frames_per_step": "x"}, "frames_per_step"),
                        ({"action_space": space | {"shape": [7]}}, "the action is 7"),
                        ({"action_space": {"type": "Tuple"}}, "Tuple"),
                        ({"action_space": space | {"low": [1, 2]}}, "'low' of action"),
                        ({"action_space": space | {"shape": [1 << 62, 4]}}, "too large"),
                        ({"observation_space": images | {"subspaces": {"wrist": space}}},
                         "wrist is 1, but the file has none"),
                        ({"observation_space": 3}, "subspaces")):
        path = shutil.copy(made.episode, shell.folder / "a.h5")
        with h5py.File(path, "r+") as file:
            file.attrs["signature"] = json.dumps(right | wrong)
        shell.fails("dr-render", "a.h5", "--out", "a.png", status=1,
                    says=["a.h5", "/@signature", re.escape(says)])


def test_the_sizes_of_a_checkpoint_are_not_those_of_its_provenance(shell, made):
    path = shutil.copy(made.policy, shell.folder / "a.h5")
    with h5py.File(path, "r+") as file:
        file["provenance"].attrs["config"] = "null"
    acting = ["dr-eval", "--episodes", 1, "--render", "fast", "--policy"]
    ours, theirs = (shell.run(*acting, policy).lines()[0]["mean"] for policy in ("a.h5", made.policy))
    assert ours == theirs


# --- Versions --------------------------------------------------------------------------------------

def test_settings_of_a_newer_minor_version_are_ignored(shell, made):
    path = shutil.copy(made.model, shell.folder / "new.h5")
    with h5py.File(path, "r+") as file:
        config = json.loads(file["provenance"].attrs["config"])
        config["model"]["attention"] = True
        config["planner"] = {"width": 3}
        file["provenance"].attrs["config"] = json.dumps(config)
        file.attrs["format_version"] = "1.9"
    shell.run("dr-info", "--check", "new.h5")
    shell.run("dr-eval", "--model", "new.h5", "--data", made.episodes, "--starts", 1, "--context",
              2, "--horizon", 2, "--threads", 1)
    shell.run(*FIT, made.episodes, "--init", "new.h5")


# --- Ranges and names ------------------------------------------------------------------------------

def test_what_check_refuses_programs_refuse(shell):
    data = arrays()
    data["action"] = data["action"] + 100
    write(shell.folder / "action.h5", data)
    data = arrays()
    data["discount"] = data["discount"] * 2
    write(shell.folder / "discount.h5", data)
    write(shell.folder / "length.h5", attrs={"length": 13})
    write(shell.folder / "repeat.h5", attrs={"action_repeat": 0})
    for name, says in {"action": "/action row 0 is 100", "discount": "/discount row 0 is 2",
                       "length": "@length is 13", "repeat": "@action_repeat is 0"}.items():
        checked = shell.run("dr-info", "--check", f"{name}.h5", status=3)
        assert says in checked.stdout
        shell.fails(*FIT, f"{name}.h5", status=1, says=[f"{name}.h5", says])


def test_one_folder_under_two_names_counts_once(shell, made):
    def steps(*data):
        shell.run(*FIT, *data)
        with h5py.File(shell.folder / "out.h5") as file:
            return file["progress"].attrs["environment_steps"]

    assert steps(made.episodes) == steps(made.episodes, os.path.relpath(made.episodes, shell.folder))


def test_names_that_are_not_utf8_pass_through_a_pipe(shell, made):
    folder = os.fsencode(shell.folder) + b"/lat\xe9in%41"
    os.mkdir(folder)
    shutil.copy(made.episode, folder + b"/a.h5")
    line = json.dumps({"episode": "file:lat%E9in%2541/a.h5"})
    shell.run(*FIT, "-", stdin=line + "\n")
    collected = shell.pipe("dr-collect --task cartpole_balance --episodes 1 --render none "
                           "--set collect.time_limit=50 --out $'lat\\xe9in'")
    assert json.loads(collected.stdout)["episode"].startswith("file:lat%E9in/")


def test_a_share_folder_that_is_not_there_is_named(shell, made):
    shell.fails("dr-info", "--check", made.episode, status=1, env={"DREAMER_SHARE": "/nowhere"},
                says=["DREAMER_SHARE", "/nowhere"])


def test_no_negative_memory_for_the_replay(shell, made):
    shell.fails(*FIT, made.episodes, "--replay-memory", "-1", status=2, says="--replay-memory")
