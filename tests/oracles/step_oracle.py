#!/usr/bin/env python3
"""Judges one update of the fitting programs against an independent PyTorch reference.

    step_oracle.py [--double] [--verbose] FILE...
    step_oracle.py --self-test [--paper-size]

A step file is what `dr-fit-model --dump-step FILE` and `dr-fit-behavior --dump-step FILE` write:
parameters, batch, noise, and what the program made of them. Everything is computed again by
reference_dreamer.py from parameters, batch and noise alone and compared to 1e-4 relative: losses
and their parts, states, returns, weights, and the gradient of every parameter (before clipping).

The error of a tensor is max|a-b| / max|b|; of a scalar |a-b| / |b|, where the image loss counts
from its floor of ½ ln 2π a pixel, which would otherwise hide what it is about. Padded rows are not
compared.

A ReLU whose argument is within rounding of zero may switch between two correct programs. At the
paper's size (2e8 units) a handful do between float32 and float64, and one alone moved the gradient
of deconv1/weight by 3.4e-4; with the switches forced alike it agreed to 4e-5. Such an error sits in
one unit and goes with the batch; a mistake stays with every batch.

Exit 0: all agree; 1: something differs or cannot be judged; 2: usage.

Layout (HDF5; root attributes format="dreamer.step", format_version, kind, config as JSON text with
the sections `model` and `behavior`):

  /parameters/model/<module>/<parameter>, /parameters/actor/…, /parameters/value/…
  kind "model"
    /batch/image and further images /batch/observation/<name> uint8 [B,L,Y,X,C]; vectors
    /batch/observation/<name> float32 [B,L,…]; /batch/{reward,discount,mask} [B,L]; /batch/action [B,L,A];
    rewards as the reward head is asked for them, mask 1 on rows that are no padding
    /noise/posterior [B,L,S]; /noise/dither[_<name>] [B,L,Y,X,C] in [0,1) where images are dithered
    /loss/{total,<observation>,reward,kl[,kl_floored][,discount][,ensemble]}: means over valid rows, unweighted except
    for the total; /posterior/{mean,stddev,stoch,deter}, /prior/{mean,stddev} [B,L,…]
    /gradient/model/…, /gradient_norm/model
  kind "behavior"
    /start/{stoch,deter} [N,…]; /noise/action [H,N,A]; /noise/prior [H,N,S]
    /imagined/{action,stoch,deter} [H,N,…], /imagined/{reward,value,discount[,disagreement]} [H,N]
    /returns, /weight [H-1,N]; /loss/{actor,value}; where returns are scaled, their running range
    /return_range/{before,with} this update; /parameters/value_target/… where returns are
    bootstrapped from it
    /gradient/{actor,value}/…, /gradient_norm/{actor,value}
  either, optional
    /adam_check[/…]/{parameter,gradient_clipped,m,v,step,lr,beta1,beta2,epsilon,result}: one Adam
    step; m and v are the moments before it, step counts it (1 for the first)
"""

import argparse
import json
import math
import os
import sys
from dataclasses import dataclass

# OpenMP threads that spin at barriers ruin every neighbour on a shared machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import h5py
import numpy as np
import torch

import reference_dreamer as reference

TOLERANCE = 1e-4
FLOAT32_EPSILON = 2.0**-23
MOST_ROWS = 40  # of the table of offenders

# How far two tensors are apart, relative to the reference: the largest difference of an element
# ("max"), or the length of the difference ("l2"). Among the millions of ReLUs of a full-size step a
# few inputs lie within rounding of 0 and open in one program and not in the other; each moves a
# few elements of a gradient, which "max" counts as if all were wrong.
NORM = "max"
GRADIENT_TOLERANCE = TOLERANCE

MODEL_KEYS = ("depth stoch deter hidden units reward_head reward_layers ensemble ensemble_layers discount_head discount_layers "
              "discount_target discount_gamma discount_scale reward_scale image_scale free_nats free_nats_mode "
              "kl_scale kl_balance min_std gru image_encoding image_center image_gain "
              "vector_units vector_layers vector_encoding vector_scale").split()
BEHAVIOR_KEYS = ("horizon gamma lambda value_target_rate return_scale actor_layers value_layers units actor_mean_scale "
                 "actor_init_std actor_min_std entropy_scale disagreement_scale").split()


class StepError(Exception):
    """The file cannot be judged: what, where."""


@dataclass
class Comparison:
    name: str
    error: float
    tolerance: float
    detail: str = ""

    @property
    def agrees(self):
        return self.error <= self.tolerance  # false for NaN


# ---- Reading ------------------------------------------------------------------------------------


class StepFile:
    """An open step file that remembers which datasets were asked for."""

    def __init__(self, file, dtype):
        self.file, self.dtype, self.used = file, dtype, set()
        if self.attribute("format") != "dreamer.step":
            raise StepError("not a step file: the attribute format is not dreamer.step")
        if not self.attribute("format_version").startswith("1."):
            raise StepError(f"format_version {self.attribute('format_version')}, 1.x is known")
        self.kind = self.attribute("kind")
        self.config = json.loads(self.attribute("config"))
        self.datasets = []
        file.visititems(
            lambda name, x: self.datasets.append(name) if isinstance(x, h5py.Dataset) else None)

    def attribute(self, name):
        if name not in self.file.attrs:
            raise StepError(f"no attribute {name}")
        text = self.file.attrs[name]
        return text.decode() if isinstance(text, bytes) else str(text)

    def section(self, name, keys):
        section = self.config.get(name, {})
        missing = [f"{name}.{key}" for key in keys if key not in section]
        if missing:
            raise StepError(f"config lacks {', '.join(missing)}")
        return section

    def array(self, name, shape=None):
        """`shape` may hold None for any size."""
        if name not in self.datasets:
            raise StepError(f"no dataset /{name}")
        self.used.add(name)
        array = self.file[name][()]
        if shape is not None and (array.ndim != len(shape) or any(
                want is not None and want != have for want, have in zip(shape, array.shape))):
            raise StepError(f"/{name} is {array.shape}, expected {shape}")
        return array

    def tensor(self, name, shape=None):
        return torch.from_numpy(np.ascontiguousarray(self.array(name, shape))).to(self.dtype)

    def parameters(self, shapes):
        return {name: self.tensor(f"parameters/{name}", shape) for name, shape in shapes.items()}

    def under(self, *groups):
        return [name for name in self.datasets if name.startswith(groups)]


def read_mask(step, shape):
    mask = step.array("batch/mask", shape)
    if not np.isin(mask, (0, 1)).all():
        raise StepError("/batch/mask holds more than 0 and 1")
    mask = mask.astype(bool)
    if not mask[:, 0].all() or (mask[:, 1:] & ~mask[:, :-1]).any():
        raise StepError("/batch/mask: a window is one or more valid rows, then padding")
    return torch.from_numpy(mask)


# ---- Comparing ----------------------------------------------------------------------------------


def show(x):
    return f"{float(x):.9g}"


def compare_tensor(name, ours, expected, floor=1e-12):
    """ours: numpy, from the file; expected: torch, from the reference."""
    a, b = np.asarray(ours, np.float64), expected.numpy().astype(np.float64)
    if a.shape != b.shape:
        return Comparison(name, math.inf, TOLERANCE, f"shape {a.shape}, reference {b.shape}")
    if a.size == 0:
        return Comparison(name, 0.0, TOLERANCE)
    difference = np.abs(a - b)
    at = np.unravel_index(np.argmax(difference), a.shape)  # a NaN counts as the largest
    if NORM == "max":
        error = difference[at] / max(np.abs(b).max(), floor)
    else:
        error = np.linalg.norm(difference) / max(np.linalg.norm(b), floor)
    where = f"[{','.join(map(str, at))}] " if at else ""
    return Comparison(name, float(error), TOLERANCE,
                      f"{where}file {show(a[at])}, reference {show(b[at])}")


def compare_scalar(name, ours, expected, offset=0.0, scale=0.0):
    """offset: a known constant inside the value, left out of what the error is relative to, except
    that float32 can hold the value no better than a few units in its last place."""
    a, b = float(ours), float(expected)
    rounding = 4 * FLOAT32_EPSILON * abs(offset)
    difference = abs(a - b)
    error = (difference - min(difference, rounding)) / max(abs(b - offset), 1e-6 * scale, 1e-12)
    return Comparison(name, error, TOLERANCE, f"file {show(a)}, reference {show(b)}")


def compare_gradients(step, results, groups):
    """Every parameter's gradient and the norm of each group's; one too many is an error as well."""
    rows = []
    for group in groups:
        names = [name for name in results if name.startswith(f"gradient/{group}/")]
        norm = math.sqrt(sum(float(results[name].double().square().sum()) for name in names))
        # A gradient that is nothing but rounding noise beside the others is not judged.
        floor = max(1e-12, 1e-7 * norm)
        rows += [compare_tensor(name, step.array(name), results[name], floor) for name in names]
        for row in rows[-len(names):]:
            row.tolerance = GRADIENT_TOLERANCE
        rows.append(compare_scalar(f"gradient_norm/{group}", step.array(f"gradient_norm/{group}"),
                                   norm))
    for name in step.under("gradient/"):
        if name not in results:
            rows.append(Comparison(name, math.inf, TOLERANCE, "nothing of this name is trained"))
            step.used.add(name)
    return rows


def read_observations(step):
    """Images and vectors of the batch, by name, as stored."""
    places = {name: "batch/image" for name in ["image"] if "batch/image" in step.datasets}
    group = "batch/observation/"
    places |= {name.removeprefix(group): name for name in step.under(group)}
    if not places:
        raise StepError("there are no observations in the batch")
    return {name: step.array(place) for name, place in sorted(places.items())}


def read_statistics(step, c, images, vectors):
    """What the settings ask for of the data, by observation."""
    statistics = {}
    if c["image_center"]:
        for name, image in images.items():
            place = reference.part("mean", name) + ("_image" if name == "image" else "")
            statistics[name] = step.tensor(f"parameters/{place}", image.shape[2:])
    if c["vector_encoding"] == "standardized":
        for name, vector in vectors.items():
            statistics[name] = tuple(
                step.tensor(f"parameters/{reference.part(what, name)}", vector.shape[2:])
                for what in ("mean", "stddev"))
    return statistics


def judge_model(step):
    c = step.section("model", MODEL_KEYS)
    stored = read_observations(step)
    rows_shape = next(iter(stored.values())).shape[:2]
    images, vectors = {}, {}
    for name, array in stored.items():
        if array.shape[:2] != rows_shape:
            raise StepError(f"{name} is {array.shape}, others begin with {rows_shape}")
        tensor = torch.from_numpy(array).to(step.dtype)
        if array.dtype == np.uint8:
            images[name] = tensor
        else:
            vectors[name] = tensor.reshape(*rows_shape, -1)
    action = step.tensor("batch/action", (*rows_shape, None))
    batch = {
        "images": images,
        "vectors": vectors,
        "action": action,
        "reward": step.tensor("batch/reward", rows_shape),
        "discount": step.tensor("batch/discount", rows_shape),
        "mask": read_mask(step, rows_shape),
    }
    noise = {"posterior": step.tensor("noise/posterior", (*rows_shape, c["stoch"])), "dither": {}}
    if c["image_encoding"] == "dithered":
        for name, image in images.items():
            place = "noise/dither" if name == "image" else f"noise/dither_{name}"
            dither = noise["dither"][name] = step.tensor(place, image.shape)
            if not ((dither >= 0) & (dither <= 1)).all():
                raise StepError(f"/{place} leaves [0,1)")
    statistics = read_statistics(step, c, images, vectors)
    shapes = reference.model_shapes(
        c, action.shape[-1],
        {name: tuple(images[name].shape[2:]) if name in images else vectors[name].shape[-1]
         for name in stored})
    parameters = step.parameters(shapes)
    results = reference.model_step(c, parameters, statistics, batch, noise)

    offsets = {name: reference.HALF_LN_2PI * math.prod(array.shape[2:])
               for name, array in stored.items()}
    offsets["ensemble"] = reference.HALF_LN_2PI * c["stoch"]
    offsets["total"] = sum(
        c["image_scale" if name in images else "vector_scale"] * offsets[name] for name in stored)
    rows = []
    for name in ("total", *stored, "reward", "kl", "kl_floored", "discount", "ensemble"):
        full = f"loss/{name}"
        if full in results and (full in step.datasets or name != "kl_floored"):
            rows.append(compare_scalar(full, step.array(full), results[full],
                                       offsets.get(name, 0.0), float(results["loss/kl"])))
    mask = batch["mask"]
    for name in sorted(results):
        if name.startswith(("posterior/", "prior/")):
            ours = step.array(name, results[name].shape)
            rows.append(compare_tensor(name, ours[mask.numpy()], results[name][mask]))
    rows += compare_gradients(step, results, ["model"])
    for name in step.under("parameters/model/"):
        if name not in step.used:
            rows.append(Comparison(name, math.inf, TOLERANCE, "the model has no such parameter"))
            step.used.add(name)
    return rows


def judge_behavior(step):
    c, b = step.section("model", MODEL_KEYS), step.section("behavior", BEHAVIOR_KEYS)
    action = {"type": "Box"}
    if "signature" in step.file.attrs:
        action = json.loads(step.attribute("signature"))["action_space"]
    b = b | {"groups": action.get("nvec", [action["n"]] if "n" in action else [])}
    if b["horizon"] < 2:
        raise StepError("config says behavior.horizon 1: no step is left to learn from")
    start = {"stoch": step.tensor("start/stoch", (None, c["stoch"]))}
    count = len(start["stoch"])
    start["deter"] = step.tensor("start/deter", (count, c["deter"]))
    noise = {"action": step.tensor("noise/action", (b["horizon"], count, None)),
             "prior": step.tensor("noise/prior", (b["horizon"], count, c["stoch"]))}
    actions, features = noise["action"].shape[-1], c["stoch"] + c["deter"]
    shapes = (reference.dynamics_shapes(c, actions)
              | reference.actor_shapes(b, features, actions, b["groups"] != [])
              | reference.value_shapes(b, features))
    range_before = None
    if b["return_scale"] == "percentiles":
        range_before = float(step.array("return_range/before", ()))
    results = reference.behavior_step(c, b, step.parameters(shapes), start, noise, range_before)

    scales = {"actor": float(results.pop("loss_scale/actor")), "value": 0.0}
    rows = [compare_scalar(f"loss/{name}", step.array(f"loss/{name}"), results[f"loss/{name}"],
                           scale=scale) for name, scale in scales.items()]
    for name, expected in results.items():
        if name.startswith("imagined/") or name in ("returns", "weight", "return_range/with"):
            rows.append(compare_tensor(name, step.array(name), expected))
    return rows + compare_gradients(step, results, ["actor", "value"])


def judge_adam(step):
    rows = []
    for name in step.under("adam_check/"):
        if not name.endswith("/parameter"):
            continue
        group = name.removesuffix("/parameter")
        parameter, gradient, m, v = (torch.from_numpy(np.float64(step.array(f"{group}/{part}")))
                                     for part in ("parameter", "gradient_clipped", "m", "v"))
        count, lr, beta1, beta2, epsilon = (
            float(step.array(f"{group}/{part}"))
            for part in ("step", "lr", "beta1", "beta2", "epsilon"))
        change = reference.adam(parameter, gradient, m, v, count, lr, beta1, beta2, epsilon)
        change -= parameter
        # The step is judged, not the parameter it disappears in; float32 rounds it at the
        # parameter's size.
        ours = step.array(f"{group}/result") - parameter.numpy()
        row = compare_tensor(f"{group}/result - parameter", ours, change)
        rounding = FLOAT32_EPSILON * float(parameter.abs().max() / change.abs().max())
        row.tolerance = TOLERANCE + rounding
        rows.append(row)
    return rows


def judge(file, dtype=torch.float32):
    """Compares an open step file with the reference: a list of comparisons, and the names of the
    datasets that nothing was compared with."""
    step = StepFile(file, dtype)
    if step.kind not in ("model", "behavior"):
        raise StepError(f"kind {step.kind}, expected model or behavior")
    rows = judge_model(step) if step.kind == "model" else judge_behavior(step)
    rows += judge_adam(step)
    rest = [name for name in step.datasets
            if name not in step.used and not name.startswith(("parameters/", "provenance/"))]
    return rows, rest


# ---- Telling ------------------------------------------------------------------------------------


def report(path, rows, rest, verbose):
    """Prints the verdict; true if everything agrees."""
    offenders = [row for row in rows if not row.agrees]
    worst = max(rows, key=lambda row: math.inf if math.isnan(row.error) else row.error)
    if offenders:
        print(f"{path}: {len(offenders)} of {len(rows)} quantities differ")
    else:
        print(f"{path}: {len(rows)} quantities agree, the largest error is {worst.error:.1e} "
              f"({worst.name})")
    listed = rows if verbose else offenders
    listed = sorted(listed, key=lambda row: -math.inf if math.isnan(row.error) else -row.error)
    shown = listed if verbose else listed[:MOST_ROWS]
    width = max((len(row.name) for row in shown), default=0)
    for row in shown:
        print(f"  {row.name:{width}}  {row.error:.1e}  {row.detail}")
    if len(shown) < len(listed):
        print(f"  … and {len(listed) - len(shown)} more")
    if rest:
        print(f"  not compared: {', '.join(rest)}")
    return not offenders


def main():
    parser = argparse.ArgumentParser(description="Judges step files against PyTorch.")
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--double", action="store_true", help="compute the reference in float64")
    parser.add_argument("--norm", choices=("max", "l2"), default="max",
                        help="how far apart two tensors are: their worst element, or their length")
    parser.add_argument("--gradient-tolerance", type=float, default=TOLERANCE, metavar="X",
                        help="relative error allowed in a gradient (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="list every quantity")
    parser.add_argument("--self-test", action="store_true",
                        help="check that the oracle itself agrees and disagrees as it should")
    parser.add_argument("--paper-size", action="store_true",
                        help="with --self-test: judge files of the paper's size as well")
    options = parser.parse_args()
    global NORM, GRADIENT_TOLERANCE
    NORM, GRADIENT_TOLERANCE = options.norm, options.gradient_tolerance
    torch.set_num_threads(2)
    if options.self_test:
        import step_oracle_self_test
        return step_oracle_self_test.run(options.paper_size)
    if not options.files:
        parser.error("no step file given")
    good = True
    for path in options.files:
        try:
            with h5py.File(path, "r", locking=False) as file:
                rows, rest = judge(file, torch.float64 if options.double else torch.float32)
            good &= report(path, rows, rest, options.verbose)
        except (StepError, OSError, ValueError) as failure:
            print(f"{path}: cannot be judged: {failure}")
            good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
