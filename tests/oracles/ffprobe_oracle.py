"""ffprobe agrees with what dr-render says it wrote.

ffprobe_oracle.py --bin DIR: DIR holds dr-render. The episodes and dreams are written here, with
h5py and from the description of the formats alone.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np


def start_file(path, kind):
    file = h5py.File(path, "w", libver=("earliest", "v110"))
    file.attrs["format"] = f"dreamer.{kind}"
    file.attrs["format_version"] = "1.0"
    provenance = file.create_group("provenance")
    for name in ("id", "program", "version", "time"):
        provenance.attrs[name] = "0"
    provenance.attrs["argv"] = provenance.attrs["parents"] = "[]"
    provenance.attrs["config"] = "null"
    provenance.attrs["seed"] = 0
    return file


def put(file, path, dims, values):
    file.create_dataset(path, data=values).attrs["dims"] = dims


def write_episode(path, steps, height, width):
    random = np.random.default_rng(steps)
    with start_file(path, "episode") as file:
        attributes = {
            "task": "cartpole_swingup", "seed": 0, "index": steps, "action_repeat": 2,
            "action_space": json.dumps({"type": "continuous", "size": 1}), "render": "exact",
            "return": 0.0, "length": steps,
        }
        for name, value in attributes.items():
            file.attrs[name] = value
        put(file, "image", "T,H,W,C", random.integers(0, 255, (steps, height, width, 3), np.uint8))
        put(file, "action", "T,A", np.zeros((steps, 1), np.float32))
        put(file, "reward", "T", random.random(steps, np.float32))
        put(file, "discount", "T", np.ones(steps, np.float32))


def write_dream(path, kind, starts, rows):
    random = np.random.default_rng(rows)
    image = random.integers(0, 255, (starts, rows, 16, 16, 3), np.uint8)
    with start_file(path, "dream") as file:
        file.attrs["kind"] = kind
        file.attrs["task"] = "cartpole_swingup"
        file.attrs["context"] = 5
        file.create_group("start").attrs["episode"] = json.dumps(["a.h5"] * starts)
        put(file, "start/row", "N", np.zeros(starts, np.int64))
        put(file, "action", "N,H,A", np.zeros((starts, rows, 1), np.float32))
        put(file, "stoch", "N,H,S", np.zeros((starts, rows, 2), np.float32))
        put(file, "deter", "N,H,D", np.zeros((starts, rows, 2), np.float32))
        for name in ("reward", "value", "discount"):
            put(file, name, "N,H", random.random((starts, rows), np.float32))
        put(file, "image", "N,H,Y,X,C", image)
        if kind == "open_loop":
            put(file, "truth/image", "N,H,Y,X,C", np.flip(image, 1))
            put(file, "truth/reward", "N,H", random.random((starts, rows), np.float32))


def probe(path):
    command = ["ffprobe", "-loglevel", "error", "-count_frames", "-show_streams", "-show_format",
               "-of", "json", path]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    (stream,) = result["streams"]
    return stream, result["format"]


def render(program, out, *arguments):
    """What dr-render says: exactly one JSON line on stdout, nothing on stderr."""
    run = subprocess.run([program, *arguments, "--out", out, "--quiet"], capture_output=True,
                         text=True)
    assert run.returncode == 0 and run.stderr == "", run
    (line,) = run.stdout.splitlines()
    said = json.loads(line)
    assert said["video"] == str(out), said
    return said


def ratio(text):
    numerator, denominator = text.split("/")
    return float(numerator) / float(denominator)


def check(program, out, frames, *arguments):
    said = render(program, out, *arguments)
    stream, container = probe(out)
    assert (stream["width"], stream["height"]) == (said["width"], said["height"]), (stream, said)
    form = out.suffix[1:]
    assert said["format"] == form
    codec, pixels = {"mp4": ("h264", "yuv420p"), "gif": ("gif", "bgra"),
                     "png": ("png", "rgb24")}[form]
    assert (stream["codec_name"], stream["pix_fmt"]) == (codec, pixels), stream
    assert int(stream["nb_read_frames"]) == said["frames"] == (1 if form == "png" else frames), said
    if form == "png":
        return
    assert abs(ratio(stream["avg_frame_rate"]) - said["fps"]) < 0.05 * said["fps"], (stream, said)
    assert abs(float(stream["duration"]) - frames / said["fps"]) < 0.02, (stream, said)
    if form == "mp4":
        data = out.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat"), "the index is not in front"
        assert "creation_time" not in container.get("tags", {}), container
    again = out.with_stem(out.stem + "-again")
    render(program, again, *arguments)
    assert again.read_bytes() == out.read_bytes(), "the same command wrote other bytes"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    program = parser.parse_args().bin / "dr-render"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        episodes = [folder / "a.h5", folder / "b.h5"]
        write_episode(episodes[0], 7, 15, 17)
        write_episode(episodes[1], 12, 15, 17)
        dreams = {kind: folder / f"{kind}.h5" for kind in ("open_loop", "policy")}
        for kind, path in dreams.items():
            write_dream(path, kind, 3, 9)

        cases = [
            (7, [episodes[0], "--scale", "1"]),
            (12, [*episodes, "--overlay", "--fps", "30"]),
            (9, [dreams["open_loop"], "--overlay", "--scale", "3"]),
            (9, [dreams["policy"], "--columns", "2", "--fps", "12.5"]),
            (12 + 9 + 9, [*episodes, *dreams.values(), "--scale", "2"]),
        ]
        for number, (frames, arguments) in enumerate(cases):
            for form in ("mp4", "gif", "png"):
                options = [str(argument) for argument in arguments]
                if form == "png" and "--fps" in options:  # of what moves
                    del options[options.index("--fps"):options.index("--fps") + 2]
                check(program, folder / f"{number}.{form}", frames, *options)
    print("ok")


if __name__ == "__main__":
    main()
