"""TensorBoard's own reader reads our event files.

tensorboard_oracle.py --bin DIR: DIR holds tensorboard_writer, whose files are read back.
"""

import argparse
import io
import math
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader


def check_files(logdir):
    """Every record of every file passes its checksums, and each file begins with its version."""
    files = sorted(logdir.iterdir())
    assert len(files) == 2, files
    counts = []
    for file in files:
        events = list(EventFileLoader(str(file)).Load())
        assert events[0].file_version == "brain.Event:2"
        assert all(abs(event.wall_time - events[0].wall_time) < 60 for event in events)
        counts.append(len(events))
    assert sorted(counts) == [1 + 1 + 2, 1 + 20 + 1], counts


def check_merged(logdir):
    """Scalars and the image come back; the resumed run replaces the steps that were lost."""
    run = EventAccumulator(str(logdir), size_guidance={"scalars": 0, "images": 0})
    run.Reload()

    def scalars(tag):
        return [(event.step, event.value) for event in run.Scalars(tag)]

    want = [(step, 1.5 - step) for step in range(6)] + [(6, 106.0), (7, 107.0)]
    assert scalars("loss/model") == want, scalars("loss/model")
    other = scalars("loss/not_finite")
    assert math.isnan(other[3][1]) and other[2] == (2, float(np.float32(1e30))), other


def check_image(logdir):
    """Its step is beyond 32 bits. The resumed run drops it from the merged view: it is later."""
    first = max(logdir.iterdir(), key=lambda file: file.stat().st_size)
    run = EventAccumulator(str(first), size_guidance={"scalars": 0, "images": 0})
    run.Reload()
    (event,) = run.Images("open_loop")
    assert event.step == 1 << 40
    assert (event.width, event.height) == (5, 3)
    pixels = np.array(Image.open(io.BytesIO(event.encoded_image_string)))
    y, x = np.mgrid[:3, :5]
    assert (pixels == np.stack([50 * y, 50 * x, 0 * x + 7], -1)).all()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logdir = pathlib.Path(folder) / "log"
        subprocess.run([arguments.bin / "tensorboard_writer", logdir], check=True)
        check_files(logdir)
        check_merged(logdir)
        check_image(logdir)
    print("ok")


if __name__ == "__main__":
    main()
