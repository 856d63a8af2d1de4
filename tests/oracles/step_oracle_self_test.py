"""Checks the step oracle itself: that the reference's pieces are what their definitions say, that a
right step file passes, and that each known way of getting Dreamer wrong makes one fail."""

import contextlib
import io
import itertools
import json
import math
import resource
import time
from unittest import mock

import h5py
import numpy as np
import torch
import torch.distributions as td

import reference_dreamer as reference
import step_oracle

MODEL = dict(depth=2, stoch=5, deter=7, hidden=8, units=9, reward_layers=2, discount_head=True,
             discount_layers=3, discount_target="discounted", discount_gamma=0.99,
             discount_scale=10.0, reward_head=True, reward_scale=1.0, ensemble=0, ensemble_layers=2, image_scale=1.0, free_nats=3.0,
             free_nats_mode="mean", kl_scale=1.0, kl_balance=0.5, min_std=0.1, gru="torch",
             image_encoding="scaled", image_center=False, image_gain=1.0, vector_units=6,
             vector_layers=2, vector_encoding="standardized", vector_scale=1.0)
BEHAVIOR = {"horizon": 6, "gamma": 0.99, "lambda": 0.95, "actor_layers": 4, "value_layers": 3,
            "units": 9, "actor_mean_scale": 5.0, "actor_init_std": 5.0, "actor_min_std": 1e-4,
            "entropy_scale": 0.0, "disagreement_scale": 0.0, "value_target_rate": 1.0,
            "return_scale": "none",
            "groups": []}  # sizes of the choices of a discrete action; none: a continuous one
PAPER = dict(depth=32, stoch=30, deter=200, hidden=200, units=400)
FRAME = (64, 64, 3)
IMAGE = {"image": FRAME}  # the observations of most steps


class Checks:
    def __init__(self):
        self.count, self.failed = 0, []

    def that(self, fact, holds):
        self.count += 1
        if not holds:
            self.failed.append(fact)
            print(f"FAILED: {fact}")

    def close(self, fact, a, b, tolerance=1e-10):
        scale = max(1.0, float(b.abs().max()))
        self.that(fact, a.shape == b.shape and float((a - b).abs().max()) <= tolerance * scale)


# ---- Making step files --------------------------------------------------------------------------


def random_parameters(shapes, generator):
    """Glorot-like weights and biases that are not zero, so that every parameter matters."""
    parameters = {}
    for name, shape in shapes.items():
        fan = sum(shape[:2]) * math.prod(shape[2:]) if len(shape) > 1 else 50
        limit = math.sqrt(6 / fan)
        parameters[name] = limit * (2 * torch.rand(shape, generator=generator) - 1)
    return parameters


def smooth_images(sequences, length, generator, frame=FRAME):
    """Frames with large shapes, nearer to what cameras see than independent pixels are."""
    coarse = torch.rand(sequences * length, frame[2], 6, 6, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, frame[:2], mode="bilinear")
    levels = (255 * fine).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 1).unflatten(0, (sequences, length)).contiguous()


def write(file, kind, config, datasets):
    file.attrs.update(format="dreamer.step", format_version="1.0", kind=kind,
                      config=json.dumps(config))
    for name, x in datasets.items():
        file[name] = x.numpy() if isinstance(x, torch.Tensor) else x


def gradient_norms(results, groups):
    return {f"gradient_norm/{group}": math.sqrt(
        sum(float(x.double().square().sum()) for name, x in results.items()
            if name.startswith(f"gradient/{group}/"))) for group in groups}


def as_floats(results):
    """What a program would store: single precision, scalars as they are."""
    return {name: x.float() if x.dim() else float(x) for name, x in results.items()}


def to(dtype, tensors):
    return {name: x if x.dtype == torch.bool else x.to(dtype) for name, x in tensors.items()}


def make_model_step(changes=None, sequences=3, length=6, seed=0, dtype=torch.float64, actions=2,
                    observations=IMAGE):
    """A step file in memory, from the reference as it is at the moment (patched or not)."""
    c = MODEL | (changes or {})
    generator = torch.Generator().manual_seed(seed)
    rand = lambda *shape: torch.rand(shape, generator=generator)
    normal = lambda *shape: torch.randn(shape, generator=generator)
    parameters = random_parameters(reference.model_shapes(c, actions, observations), generator)
    images = {name: smooth_images(sequences, length, generator, shape)
              for name, shape in observations.items() if isinstance(shape, tuple)}
    vectors = {name: 3 + 10 * normal(sequences, length, size)
               for name, size in observations.items() if name not in images}
    valid = torch.randint(2, length + 1, (sequences,), generator=generator)
    valid[0], valid[-1] = length, length // 2
    mask = torch.arange(length)[None] < valid[:, None]
    batch = {"action": 2 * rand(sequences, length, actions) - 1,
             "reward": normal(sequences, length),
             "discount": (rand(sequences, length) > 0.2).float(), "mask": mask}
    posterior = normal(sequences, length, c["stoch"])
    dither = {name: rand(*image.shape) for name, image in images.items()
              if c["image_encoding"] == "dithered"}
    datasets = {f"parameters/{k}": x for k, x in parameters.items()}
    statistics = {}
    for name, shape in observations.items():
        if name in images and c["image_center"]:
            statistics[name] = 0.3 + 0.4 * rand(*shape)
            place = reference.part("mean", name) + ("_image" if name == "image" else "")
            datasets[f"parameters/{place}"] = statistics[name]
        if name in vectors and c["vector_encoding"] == "standardized":
            statistics[name] = (3 + rand(shape), 9 + rand(shape))
            for part, values in zip(("mean", "stddev"), statistics[name]):
                datasets[f"parameters/{reference.part(part, name)}"] = values
    results = reference.model_step(
        c, to(dtype, parameters),
        {name: tuple(x.to(dtype) for x in values) if isinstance(values, tuple)
         else values.to(dtype) for name, values in statistics.items()},
        to(dtype, batch) | {"images": to(dtype, images), "vectors": to(dtype, vectors)},
        {"posterior": posterior.to(dtype), "dither": to(dtype, dither)})
    for name, x in (images | vectors).items():
        datasets["batch/image" if name == "image" else f"batch/observation/{name}"] = x
    datasets |= {f"batch/{k}": x for k, x in batch.items() if k != "mask"}
    datasets["batch/mask"] = mask.float()
    datasets["noise/posterior"] = posterior
    for name, x in dither.items():
        datasets["noise/dither" if name == "image" else f"noise/dither_{name}"] = x
    datasets |= as_floats(results) | gradient_norms(results, ["model"])
    file = h5py.File.in_memory()
    write(file, "model", {"model": c, "behavior": BEHAVIOR}, datasets)
    return file


def make_behavior_step(changes=None, behavior=None, starts=4, seed=0, dtype=torch.float64,
                       actions=2):
    c, b = MODEL | (changes or {}), BEHAVIOR | (behavior or {})
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(shape, generator=generator)
    features, horizon, groups = c["stoch"] + c["deter"], b["horizon"], b["groups"]
    actions = sum(groups) or actions
    shapes = (reference.dynamics_shapes(c, actions)
              | reference.actor_shapes(b, features, actions, groups != [])
              | reference.value_shapes(b, features))
    parameters = random_parameters(shapes, generator)
    start = {"stoch": normal(starts, c["stoch"]), "deter": torch.tanh(normal(starts, c["deter"]))}
    shape = (horizon, starts, actions)
    noise = {"action": torch.rand(shape, generator=generator) if groups else 0.3 * normal(*shape),
             "prior": normal(horizon, starts, c["stoch"])}
    range_before = 2.5 if b["return_scale"] == "percentiles" else None
    results = reference.behavior_step(c, b, to(dtype, parameters), to(dtype, start),
                                      to(dtype, noise), range_before)
    del results["loss_scale/actor"]
    datasets = {f"parameters/{k}": x for k, x in parameters.items()}
    datasets |= {f"start/{k}": x for k, x in start.items()}
    datasets |= {f"noise/{k}": x for k, x in noise.items()}
    datasets |= as_floats(results) | gradient_norms(results, ["actor", "value"])
    if range_before is not None:
        datasets["return_range/before"] = range_before
    file = h5py.File.in_memory()
    write(file, "behavior", {"model": c, "behavior": b}, datasets)
    action_space = {"type": "MultiDiscrete", "nvec": groups} if groups else {"type": "Box"}
    file.attrs["signature"] = json.dumps({"action_space": action_space})
    return file


def verdict(file, dtype=torch.float32):
    """Names of what differs; "cannot be judged" if that is the answer."""
    try:
        rows, rest = step_oracle.judge(file, dtype)
    except step_oracle.StepError as failure:
        return [f"cannot be judged: {failure}"]
    return [row.name for row in rows if not row.agrees] + [f"not compared: {x}" for x in rest]


def differs(file):
    """True if the file was judged and did not agree."""
    found = verdict(file)
    return bool(found) and not found[0].startswith("cannot")


# ---- The pieces against their definitions -------------------------------------------------------


def check_returns(checks):
    """V_i as the weighted sum of n-step returns it is defined by, O(H²) and without recursion."""
    generator = torch.Generator().manual_seed(1)
    for horizon, lam in itertools.product((2, 3, 15), (0.0, 0.7, 0.95, 1.0)):
        r, v, d = (torch.rand(horizon, 4, generator=generator, dtype=torch.float64)
                   for _ in range(3))
        direct = torch.zeros(horizon - 1, 4, dtype=torch.float64)
        for i in range(horizon - 1):
            longest = horizon - 1 - i
            for n in range(1, longest + 1):
                n_step = d[i : i + n].prod(0) * v[i + n]
                for k in range(n):
                    n_step = n_step + d[i : i + k].prod(0) * r[i + k]
                share = lam ** (n - 1) * (1 - lam if n < longest else 1)
                direct[i] += share * n_step
        checks.close(f"lambda-returns are the sum of their definition (H={horizon}, λ={lam})",
                     reference.lambda_returns(r, v, d, lam), direct)
        direct_weight = torch.stack([d[:i].prod(0) for i in range(horizon - 1)])
        checks.close("weights are products of the discounts before", reference.step_weights(d),
                     direct_weight)


def check_distributions(checks):
    generator = torch.Generator().manual_seed(2)
    normal = lambda *shape: torch.randn(shape, generator=generator, dtype=torch.float64)
    mean, std = normal(50, 3), 0.1 + normal(50, 3).abs()
    x = mean + std * normal(50, 3)
    policy = td.Independent(td.TransformedDistribution(
        td.Normal(mean, std), td.TanhTransform(cache_size=1)), 1)
    action = policy.base_dist.transforms[0](x)
    checks.close("the tanh-normal's log-density is torch.distributions'",
                 reference.tanh_normal_log_prob(mean, std, x), policy.log_prob(action))
    # Its integral over the actions is one, which needs no library to be right.
    grid = torch.linspace(-1 + 1e-7, 1 - 1e-7, 400001, dtype=torch.float64)
    x = torch.atanh(grid)[:, None]
    density = reference.tanh_normal_log_prob(torch.tensor(0.3), torch.tensor(0.7), x).exp()
    checks.close("the tanh-normal's density integrates to one", torch.trapezoid(density, grid),
                 torch.tensor(1.0, dtype=torch.float64), 1e-4)
    checks.that("the log-determinant is finite far in the tails",
                torch.isfinite(reference.tanh_log_det(torch.tensor([-80.0, 80.0]))).all())

    mean_p, std_p = normal(50, 3), 0.1 + normal(50, 3).abs()
    expected = td.kl_divergence(td.Independent(td.Normal(mean, std), 1),
                                td.Independent(td.Normal(mean_p, std_p), 1))
    checks.close("the KL is torch.distributions'",
                 reference.kl_divergence(mean, std, mean_p, std_p), expected)
    checks.close("the Gaussian likelihood is torch.distributions'",
                 reference.gaussian_nll(mean, mean_p), -td.Normal(mean, 1.0).log_prob(mean_p))
    logit, target = normal(50), torch.rand(50, generator=generator, dtype=torch.float64)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
    checks.close("the Bernoulli likelihood is PyTorch's", reference.bernoulli_nll(logit, target),
                 expected)


def check_networks(checks):
    torch.manual_seed(3)
    cell = torch.nn.GRUCell(6, 5).double()
    p = {f"model/rssm/gru/{name}": x.detach() for name, x in cell.named_parameters()}
    x, h = torch.randn(4, 6).double(), torch.randn(4, 5).double()
    checks.close("the torch recurrence is torch.nn.GRUCell", reference.gru_cell(p, "torch", x, h),
                 cell(x, h).detach())
    # With a reset gate that is open in both, and no bias_hh, the two kinds are one.
    p["model/rssm/gru/bias_hh"] = torch.zeros(15).double()
    p["model/rssm/gru/bias_ih"][:5] = 1e3
    checks.close("the recurrences agree where the reset gate is open",
                 reference.gru_cell(p, "gru_v1", x, h), reference.gru_cell(p, "torch", x, h))
    # z = 1 keeps the old state in both.
    p["model/rssm/gru/bias_ih"][5:10] = 1e3
    for kind in ("torch", "gru_v1"):
        checks.close("z = 1 keeps the state", reference.gru_cell(p, kind, x, h), h)

    sides = [height for height, _, _ in reference.feature_maps(FRAME, 1)]
    checks.that("the encoder goes 64, 31, 14, 6, 2", sides == [31, 14, 6, 2])
    c = MODEL | PAPER
    p = random_parameters(reference.model_shapes(c, 6, IMAGE), torch.Generator().manual_seed(4))
    seen = []
    for name, call in (("conv2d", reference.F.conv2d),
                       ("conv_transpose2d", reference.F.conv_transpose2d)):
        def spy(x, *rest, call=call, **named):
            out = call(x, *rest, **named)
            seen.append(tuple(out.shape[1:3]))
            return out
        with mock.patch.object(reference.F, name, spy):
            if name == "conv2d":
                embedding = reference.encode_image(p, c, "image", torch.zeros(1, 1, 3, 64, 64))
            else:
                decoded = reference.decode_image(p, c, "image", torch.zeros(1, 1, 230), FRAME)
    checks.that("feature maps at paper size",
                seen == [(32, 31), (64, 14), (128, 6), (256, 2),
                         (128, 5), (64, 13), (32, 30), (3, 64)])
    checks.that("the embedding has 1024 entries", embedding.shape == (1, 1, 1024))
    checks.that("the decoded image is 3×64×64", decoded.shape == (1, 1, 3, 64, 64))


def check_gradients(checks):
    """One directional derivative of each loss by central differences: autograd cuts nothing that
    the value depends on, other than the stop-gradients that are meant."""
    c = MODEL | dict(gru="gru_v1", free_nats=0.0, free_nats_mode="per_state")
    generator = torch.Generator().manual_seed(5)
    observations = IMAGE | {"joints": 4, "wrist": (24, 40, 1)}
    p = to(torch.float64, random_parameters(reference.model_shapes(c, 2, observations), generator))
    direction = {k: torch.randn(x.shape, generator=generator).double() for k, x in p.items()}
    normal = lambda *shape: torch.randn(shape, generator=generator).double()
    batch = {"images": {name: 255 * torch.rand(2, 3, *shape, generator=generator).double()
                        for name, shape in observations.items() if isinstance(shape, tuple)},
             "vectors": {"joints": normal(2, 3, 4)},
             "action": normal(2, 3, 2), "reward": normal(2, 3),
             "discount": torch.ones(2, 3).double(),
             "mask": torch.tensor([[True, True, True], [True, True, False]])}
    noise = {"posterior": normal(2, 3, c["stoch"]), "dither": {}}
    statistics = {"joints": (torch.zeros(4).double(), torch.ones(4).double())}
    step = lambda q: reference.model_step(c, q, statistics, batch, noise)
    results = step(p)
    slope = sum((results[f"gradient/{k}"] * direction[k]).sum() for k in p)
    h = 1e-7  # small enough that no ReLU switches on the way
    up, down = (step({k: x + s * h * direction[k] for k, x in p.items()})["loss/total"]
                for s in (1, -1))
    checks.close("the model's gradient is the slope of its loss", slope, (up - down) / (2 * h),
                 1e-6)


# ---- Files that are right, and files that are not -----------------------------------------------

MODEL_VARIANTS = [
    dict(zip(("discount_head", "gru", "free_nats_mode", "free_nats", "image_center",
              "image_encoding", "image_gain", "image_scale"), values))
    for values in (
        (False, "torch", "mean", 0.1, False, "scaled", 1.0, 1.0),
        (True, "torch", "mean", 100.0, False, "scaled", 1.0, 1.0),
        (True, "gru_v1", "per_state", 1.5, False, "dithered", 1.0, 1.0),
        (False, "gru_v1", "per_state", 1.5, True, "scaled", 10.0, 0.1),
        (True, "torch", "per_state", 1.5, True, "dithered", 10.0, 0.1),
        (True, "gru_v1", "mean", 0.1, True, "scaled", 1.0, 1.0),
    )
] + [dict(discount_target="continue"), dict(reward_head=False), dict(ensemble=2),
     dict(kl_balance=0.8, free_nats=0.1), dict(kl_balance=0.0, free_nats_mode="per_state")]
SEVERAL = {"joints": 5, "image": FRAME, "arm.height": 1, "wrist": (24, 40, 1)}
OBSERVATION_VARIANTS = [
    (dict(vector_encoding="standardized"), {"position": 3, "velocity": 2}),
    (dict(vector_encoding="symlog", vector_scale=0.5), {"position": 3}),
    (dict(image_center=True, free_nats=0.1), SEVERAL),
    (dict(image_encoding="dithered", vector_encoding="raw"), SEVERAL),
]
BEHAVIOR_VARIANTS = [
    (dict(discount_head=False), {}),
    (dict(discount_head=True), {}),
    (dict(discount_head=False, gru="gru_v1"), dict(entropy_scale=1e-2)),
    (dict(discount_head=True, gru="gru_v1"), dict(entropy_scale=1e-2, horizon=2)),
    (dict(discount_head=True), dict(gamma=0.9, actor_init_std=2.0, actor_mean_scale=2.0)),
    (dict(discount_target="continue"), dict(groups=[3])),
    (dict(discount_head=False), dict(groups=[3, 4], entropy_scale=1e-2)),
    (dict(ensemble=3), dict(disagreement_scale=2.0)),
    ({}, dict(value_target_rate=0.02)),
    ({}, dict(value_target_rate=0.1, return_scale="percentiles", entropy_scale=1e-2)),
]


def check_right_files(checks):
    for seed, changes in enumerate(MODEL_VARIANTS):
        for dtype in (torch.float32, torch.float64):
            with make_model_step(changes, seed=seed, dtype=dtype) as file:
                for judge in (torch.float32, torch.float64):
                    found = verdict(file, judge)
                    checks.that(f"a model step passes ({changes}): {found}", not found)
    for seed, (changes, observations) in enumerate(OBSERVATION_VARIANTS):
        with make_model_step(changes, seed=seed, observations=observations) as file:
            found = verdict(file, torch.float64)
            checks.that(f"a step of {list(observations)} passes ({changes}): {found}", not found)
    for seed, (changes, behavior) in enumerate(BEHAVIOR_VARIANTS):
        for dtype in (torch.float32, torch.float64):
            with make_behavior_step(changes, behavior, seed=seed, dtype=dtype) as file:
                for judge in (torch.float32, torch.float64):
                    found = verdict(file, judge)
                    checks.that(f"a behavior step passes ({changes}, {behavior}): {found}",
                                not found)


def shifted(x, dim):
    return torch.cat([torch.zeros_like(x.narrow(dim, 0, 1)), x.narrow(dim, 0, x.shape[dim] - 1)],
                     dim)


def model_mutants():
    """What a wrong implementation would compute in place of one function of the reference."""
    r = reference
    original = {name: getattr(r, name) for name in dir(r)}
    call = lambda name: original[name]

    def z_takes_the_new(p, kind, x, h):
        """(1 - z) h + z n, by the other sign of the update gate's arguments."""
        gate = [name for name in p if "/gru/" in name]
        size = h.shape[-1]
        sign = torch.ones(3 * size, dtype=x.dtype)
        sign[size : 2 * size] = -1
        flipped = {name: p[name] * (sign if p[name].dim() == 1 else sign[:, None]) for name in gate}
        return call("gru_cell")(flipped, kind, x, h)

    def no_floor(p, c, name, x):
        mean, std = call("gaussian")(p, c, name, x)
        return mean, std - c["min_std"] + 1e-6

    def other_total(part, factor):
        return lambda c, loss, seen: call("model_total")(c, loss, seen) + (factor - 1) * loss[part]

    def clamped_above(c, kl, mask):
        return torch.clamp(r.valid_mean(kl, mask), max=c["free_nats"])

    def other_mode(c, kl, mask):
        mode = "mean" if c["free_nats_mode"] == "per_state" else "per_state"
        return call("after_free_nats")(c | {"free_nats_mode": mode}, kl, mask)

    def not_subtracted(c, kl, mask):
        return r.valid_mean(torch.clamp(kl, min=c["free_nats"]), mask)

    per_state = dict(free_nats_mode="per_state", free_nats=1.5)
    return [
        ("the action leads away from its row", {}, "leading_action",
         lambda action, t: action[:, min(t + 1, action.shape[1] - 1)]),
        ("the window begins with a zero action", {}, "leading_action",
         lambda action, t: action[:, t] * (t > 0)),
        ("the state is detached between steps", {}, "carried", lambda state: state.detach()),
        ("z takes the new state", {}, "gru_cell", z_takes_the_new),
        ("the recurrence is of the other kind", dict(gru="torch"), "gru_cell",
         lambda p, kind, x, h: call("gru_cell")(p, "gru_v1", x, h)),
        ("no floor under the standard deviation", {}, "gaussian", no_floor),
        ("the mean runs over padded rows too", {}, "valid_mean", lambda x, mask: x.mean()),
        ("a padded row counts as zero", {}, "valid_mean", lambda x, mask: (x * mask).mean()),
        ("sequences are averaged before the batch", {}, "valid_mean",
         lambda x, mask: ((x * mask).sum(1) / mask.sum(1)).mean()),
        ("the squared error lacks its half", {}, "gaussian_nll",
         lambda mean, target: (target - mean) ** 2 + r.HALF_LN_2PI),
        ("the squared error lacks its constant", {}, "gaussian_nll",
         lambda mean, target: 0.5 * (target - mean) ** 2),
        ("a mean over pixels", {}, "image_nll",
         lambda mean, target: r.gaussian_nll(mean, target).flatten(2).mean(-1)),
        ("the KL is the other way round", {}, "kl_divergence",
         lambda a, b, c, d: call("kl_divergence")(c, d, a, b)),
        ("the KL is a mean over its dimensions", {}, "kl_divergence",
         lambda *x: call("kl_divergence")(*x) / x[0].shape[-1]),
        ("the KL does not reach the prior", dict(free_nats=0.1), "kl_divergence",
         lambda a, b, c, d: call("kl_divergence")(a, b, c.detach(), d.detach())),
        ("prior and posterior change places in the balance", dict(kl_balance=0.8, free_nats=0.1),
         "balanced_kl", lambda c, *sides: call("balanced_kl")(c | {"kl_balance": 0.2}, *sides)),
        ("the KL is not balanced", dict(kl_balance=0.8, free_nats=0.1), "balanced_kl",
         lambda c, *sides: call("balanced_kl")(c | {"kl_balance": 0.5}, *sides)),
        ("free nats are clamped from above", dict(free_nats=0.1), "after_free_nats", clamped_above),
        ("free nats in the other mode", per_state, "after_free_nats", other_mode),
        ("free nats are not subtracted from a state", per_state, "after_free_nats", not_subtracted),
        ("no free nats", dict(free_nats=100.0), "after_free_nats",
         lambda c, kl, mask: r.valid_mean(kl, mask)),
        ("the discount target lacks gamma", {}, "discount_target", lambda c, x: x),
        ("the discount target is the row before's", {}, "discount_target",
         lambda c, x: c["discount_gamma"] * shifted(x, 1)),
        ("gamma is in a target of whether the episode goes on", dict(discount_target="continue"),
         "discount_target", lambda c, x: c["discount_gamma"] * x),
        ("the reward loss has another weight", {}, "model_total", other_total("reward", 1.01)),
        ("the ensemble shapes the states", dict(ensemble=2), "ensemble_input",
         lambda feature: feature),
        ("the ensemble's targets learn", dict(ensemble=2), "ensemble_target",
         lambda states: states["posterior/mean"]),
        ("the ensemble predicts a sample", dict(ensemble=2), "ensemble_target",
         lambda states: states["posterior/stoch"].detach()),
        ("the ensemble's loss has another weight", dict(ensemble=2), "model_total",
         other_total("ensemble", 1.01)),
        ("the discount loss has weight 1", {}, "model_total", other_total("discount", -8.0)),
        ("the KL has another weight", dict(free_nats=0.1), "model_total",
         other_total("kl_floored", 1.01)),
        ("the total holds the KL before free nats", dict(free_nats=100.0), "model_total",
         lambda c, loss, seen: call("model_total")(c, loss | {"kl_floored": loss["kl"]}, seen)),
        ("images are divided by 256", {}, "preprocess",
         lambda c, image, *_: image / 256 - 0.5),
        ("the dither is left out", dict(image_encoding="dithered"), "preprocess",
         lambda c, image, *_: image / 256 - 0.5),
        ("the gain comes before the centre", dict(image_center=True, image_gain=10.0), "preprocess",
         lambda c, image, dither, mean: image / 255 * c["image_gain"] - mean),
        ("the centre is left out", dict(image_center=True), "preprocess",
         lambda c, image, dither, mean: (image / 255 - 0.5) * c["image_gain"]),
        ("the embedding is flattened channels last", {}, "encode_image",
         lambda *x: call("encode_image")(*x).unflatten(2, (-1, 4)).transpose(2, 3).flatten(2)),
        ("the feature is [deter, stoch]", dict(stoch=7), "feature_of",
         lambda stoch, deter: torch.cat([deter, stoch], -1)),
    ]


def behavior_mutants():
    r = reference
    returns, weights, discount, objective, value_objective, log_prob = (
        r.lambda_returns, r.step_weights, r.predicted_discount, r.actor_objective,
        r.value_objective, r.tanh_normal_log_prob)
    without_head, entropic = dict(discount_head=False), dict(entropy_scale=1e-2)
    surprised, pessimist, disagree = dict(ensemble=3), dict(disagreement_scale=2.0), r.disagreement
    target, scaled = dict(value_target_rate=0.02), dict(return_scale="percentiles")
    choose, choices = r.one_hot_action, dict(groups=[3, 4], entropy_scale=1e-2)

    def lookahead_target(weight, value, target):
        """The target of the value carries gradient through the value it bootstraps from."""
        ahead = torch.cat([value[1:], value[-1:]])
        leak = 0.5 * (ahead - ahead.detach())
        return (weight * (0.5 * (target.detach() + leak - value) ** 2 + r.HALF_LN_2PI)).mean()

    def repeated_bootstrap(reward, value, discount, lam):
        return returns(reward, torch.cat([value[:-1], value[-2:-1]]), discount, lam)

    def constant_parts(*which):
        def mutant(reward, value, discount, lam):
            parts = dict(reward=reward, value=value, discount=discount)
            parts |= {name: parts[name].detach() for name in which}
            return returns(parts["reward"], parts["value"], parts["discount"], lam)
        return mutant

    def choice(change):
        """`change` of (action, entropy)"""
        return lambda logits, noise, groups: change(*choose(logits, noise, groups))

    return [
        ("the actor's input is not detached", {}, {}, "actor_input", lambda feature: feature),
        ("the imagined state is detached", {}, {}, "imagined_state", lambda state: state.detach()),
        ("dreamt states pass no gradient on", {}, {}, "carried", lambda state: state.detach()),
        ("the first weight is a discount", {}, {}, "step_weights", lambda d: weights(d) * d[:-1]),
        ("weights lag behind by one", {}, {}, "step_weights",
         lambda d: torch.cat([weights(d)[:1], weights(d)[:-1]])),
        ("weights carry gradient", {}, {}, "step_weights",
         lambda d: torch.cat([torch.ones_like(d[:1]), torch.cumprod(d, 0)[:-2]])),
        ("the actor's loss lacks weights", {}, {}, "actor_objective",
         lambda b, w, v, e: objective(b, torch.ones_like(w), v, e)),
        ("the value's loss lacks weights", {}, {}, "value_objective",
         lambda w, v, target: value_objective(torch.ones_like(w), v, target)),
        ("the actor's loss is a sum over steps", {}, {}, "actor_objective",
         lambda b, w, v, e: len(w) * objective(b, w, v, e)),
        ("the value's loss lacks its half", {}, {}, "value_objective",
         lambda w, v, target: (w * ((v - target.detach()) ** 2 + r.HALF_LN_2PI)).mean()),
        ("the value's target carries gradient", {}, {}, "value_objective", lookahead_target),
        ("gamma is multiplied in again", {}, {}, "predicted_discount",
         lambda p, c, b, f: b["gamma"] * discount(p, c, b, f)),
        ("the discount head is ignored", {}, {}, "predicted_discount",
         lambda p, c, b, f: discount(p, c | without_head, b, f)),
        ("the bootstrap repeats the value before", {}, {}, "lambda_returns", repeated_bootstrap),
        ("the reward is the next state's", {}, {}, "lambda_returns",
         lambda rew, v, d, lam: returns(torch.cat([rew[1:], rew[-1:]]), v, d, lam)),
        ("the discount is the next state's", {}, {}, "lambda_returns",
         lambda rew, v, d, lam: returns(rew, v, torch.cat([d[1:], d[-1:]]), lam)),
        ("the disagreement is a sample variance", surprised, pessimist, "disagreement",
         lambda *x: math.sqrt(3 / 2) * disagree(*x)),
        ("the disagreement is a variance", surprised, pessimist, "disagreement",
         lambda *x: disagree(*x) ** 2),
        ("the disagreement is a constant", surprised, pessimist, "disagreement",
         lambda *x: disagree(*x).detach()),
        ("the disagreement is that of the next step", surprised, pessimist, "states_acted_in",
         lambda start, feature: feature),
        ("disagreement is rewarded", surprised, pessimist, "pessimistic",
         lambda b, reward, u: reward + b["disagreement_scale"] * u),
        ("the value bootstraps itself", {}, target, "bootstrap", lambda b: "value"),
        ("returns are divided by the range of this batch", {}, scaled, "running_range",
         lambda before, v: r.np.ptp(v.detach().numpy()) * torch.ones((), dtype=v.dtype)),
        ("returns are divided by the range before", {}, scaled, "running_range",
         lambda before, v: torch.tensor(before, dtype=v.dtype)),
        ("returns are not divided", {}, scaled, "divisor", lambda reach: 1),
        ("λ is mirrored", without_head, {}, "lambda_returns",
         lambda rew, v, d, lam: returns(rew, v, d, 1 - lam)),
        ("rewards give the actor no gradient", {}, {}, "lambda_returns", constant_parts("reward")),
        ("values give the actor no gradient", {}, {}, "lambda_returns", constant_parts("value")),
        ("discounts give the actor no gradient", {}, {}, "lambda_returns",
         constant_parts("discount")),
        ("the entropy's sign is wrong", {}, entropic, "entropy_of_step", lambda e: -e[:-1]),
        ("the entropy is the next action's", {}, entropic, "entropy_of_step", lambda e: e[1:]),
        ("the entropy is a constant", {}, entropic, "entropy_of_step",
         lambda e: e[:-1].detach()),
        ("choices pass no gradient on", {}, choices, "one_hot_action",
         choice(lambda action, entropy: (action.detach(), entropy))),
        ("the entropy of a choice is a constant", {}, choices, "one_hot_action",
         choice(lambda action, entropy: (action, entropy.detach()))),
        ("groups of choices are one", {}, choices, "one_hot_action",
         lambda logits, noise, groups: choose(logits, noise, [sum(groups)])),
        ("gamma is missing from the probability to go on", dict(discount_target="continue"), {},
         "predicted_discount", lambda p, c, b, f: discount(p, c, b, f) / c["discount_gamma"]),
        ("the log-density lacks the tanh", {}, entropic, "tanh_normal_log_prob",
         lambda mean, std, x: log_prob(mean, std, x) + r.tanh_log_det(x).sum(-1)),
    ]


def check_mutants(checks):
    """A file made by the wrong implementation must not pass the right oracle."""
    for fact, changes, name, mutant in model_mutants():
        with mock.patch.object(reference, name, mutant):
            file = make_model_step(changes)
        with file:
            checks.that(f"noticed: {fact}", differs(file))
    for fact, changes, behavior, name, mutant in behavior_mutants():
        with mock.patch.object(reference, name, mutant):
            file = make_behavior_step(changes, behavior)
        with file:
            checks.that(f"noticed: {fact}", differs(file))


def once(function):
    """`function`, computed the first time and repeated after that, whatever it is asked."""
    known = []

    def repeat(*arguments):
        if not known:
            known.append(function(*arguments))
        return dict(known[0])

    return repeat


def check_perturbed_files(checks):
    """Each number of a right file matters: 3e-4 of its size off it is named, 3e-5 off it passes."""
    for make in (lambda: make_model_step(dict(free_nats=0.1)), make_behavior_step):
        with make() as file, contextlib.ExitStack() as memo:
            # Only results change here, so the reference need be computed but once.
            for step in ("model_step", "behavior_step"):
                repeated = once(getattr(reference, step))
                memo.enter_context(mock.patch.object(reference, step, repeated))
            names = []
            file.visititems(
                lambda name, x: names.append(name) if isinstance(x, h5py.Dataset) else None)
            for name in names:
                if name.startswith(("parameters/", "batch/", "noise/", "start/")):
                    continue
                right = file[name][()]
                size = np.abs(right).max()
                if name in ("loss/image", "loss/total"):  # judged from the floor of the image loss
                    size = file["loss/image"][()] - reference.HALF_LN_2PI * math.prod(FRAME)
                entry = (0,) * right.ndim
                for factor, passes in ((3e-5, True), (3e-4, False), (math.nan, False)):
                    wrong = np.array(right)
                    wrong[entry] += factor * size
                    file[name][...] = wrong
                    found = verdict(file)
                    checks.that(f"{name} off by {factor} {'passes' if passes else 'is named'}",
                                found == ([] if passes else [name]))
                file[name][...] = right
            checks.that("the file is right again", not verdict(file))
            for name in names:
                if name.startswith(("loss/", "gradient/", "posterior/", "returns")):
                    file.move(name, "aside")
                    found = verdict(file)
                    expected = ["not compared: aside"] if name == "loss/kl_floored" else None
                    checks.that(f"{name} may not be absent",
                                found == expected if expected else found[0].startswith("cannot"))
                    file.move("aside", name)
            file["gradient/model/reward/extra"] = np.zeros(3, np.float32)
            checks.that("a gradient of what is not trained is named",
                        verdict(file) == ["gradient/model/reward/extra"])


def check_perturbed_batch(checks):
    def fails(fact, change):
        with make_model_step(dict(free_nats=0.1)) as file:
            change(file)
            checks.that(f"noticed: {fact}", verdict(file))

    def edit(name, change):
        def apply(file):
            file[name][...] = change(file[name][()])
        return apply

    def one_less(mask):
        mask[0, -1] = 0
        return mask

    def hole(mask):
        mask[0, 1] = 0
        return mask

    fails("a row more is padding", edit("batch/mask", one_less))
    fails("padding in the middle", edit("batch/mask", hole))
    fails("rewards are a row late", edit("batch/reward", lambda x: np.roll(x, 1, 1)))
    fails("actions are a row late", edit("batch/action", lambda x: np.roll(x, 1, 1)))
    fails("images are a row late", edit("batch/image", lambda x: np.roll(x, 1, 1)))
    fails("discounts are a row late", edit("batch/discount", lambda x: np.roll(x, 1, 1)))
    fails("noise is of other sequences", edit("noise/posterior", lambda x: np.roll(x, 1, 0)))
    with make_model_step(dict(free_nats=0.1)) as file:
        padded = file["batch/mask"][()] == 0
        for name in ("batch/image", "batch/reward", "batch/action", "posterior/mean"):
            x = file[name][()]
            x[padded] = 77
            file[name][...] = x
        checks.that("what the padding holds does not matter", not verdict(file))


def check_adam(checks):
    torch.manual_seed(6)
    start = torch.randn(50).double()
    parameter = start.clone().requires_grad_()
    # Where epsilon is as good as nothing, both forms are one: PyTorch's own is the judge.
    optimizer = torch.optim.Adam([parameter], lr=1e-3, betas=(0.9, 0.99), eps=1e-30)
    ours, m, v = start, torch.zeros(50).double(), torch.zeros(50).double()
    for step in range(1, 6):
        parameter.grad = torch.randn(50).double()
        before, m_before, v_before = ours, m, v
        ours = reference.adam(ours, parameter.grad, m, v, step, 1e-3, 0.9, 0.99, 1e-30)
        m = 0.9 * m + 0.1 * parameter.grad
        v = 0.99 * v + 0.01 * parameter.grad**2
        optimizer.step()
        checks.close("Adam without epsilon is PyTorch's", ours, parameter.detach())

    entries = {"parameter": before.float(), "gradient_clipped": parameter.grad.float(),
               "m": m_before.float(), "v": v_before.float(), "step": 5, "lr": 1e-3, "beta1": 0.9,
               "beta2": 0.99, "epsilon": 1e-2}
    right = reference.adam(before.float(), parameter.grad.float(), m_before.float(),
                           v_before.float(), 5, 1e-3, 0.9, 0.99, 1e-2)
    pytorchs = reference.adam(before, parameter.grad, m_before, v_before, 5, 1e-3, 0.9, 0.99,
                              1e-2 * math.sqrt(1 - 0.99**5))
    for result, passes in ((right, True), (pytorchs.float(), False)):
        with make_behavior_step() as file:
            for name, x in (entries | {"result": result}).items():
                file[f"adam_check/actor/{name}"] = x.numpy() if torch.is_tensor(x) else x
            checks.that("Adam's epsilon stands beside the uncorrected moment",
                        (not verdict(file)) == passes)


def check_paper_size(checks):
    """The paper's sizes, made in float32 and judged in float32: time and memory."""
    for what, make in (
            ("model", lambda: make_model_step(PAPER, 50, 50, dtype=torch.float32, actions=6)),
            ("behavior", lambda: make_behavior_step(
                PAPER, dict(units=400, horizon=15), 2500, dtype=torch.float32, actions=6))):
        with make() as file:
            began = time.monotonic()
            rows, _ = step_oracle.judge(file)
            taken = time.monotonic() - began
        checks.that(f"a {what} step of paper size passes", all(row.agrees for row in rows))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{what} step at paper size: judged in {taken:.0f} s, peak memory {peak:.1f} GiB")


def run(paper_size):
    """Exit code of the self-test."""
    checks = Checks()
    began = time.monotonic()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # these models are too small to share
    for check in (check_returns, check_distributions, check_networks, check_gradients,
                  check_right_files, check_mutants, check_perturbed_files, check_perturbed_batch,
                  check_adam):
        check(checks)
    torch.set_num_threads(threads)
    if paper_size:
        check_paper_size(checks)
    with contextlib.redirect_stdout(io.StringIO()) as told:
        good = step_oracle.report("x", [step_oracle.Comparison("loss/total", math.nan, 1e-4)], [],
                                  False)
    checks.that("a NaN is reported", not good and "1 of 1" in told.getvalue())
    print(f"{checks.count - len(checks.failed)} of {checks.count} checks passed in "
          f"{time.monotonic() - began:.0f} s")
    return 1 if checks.failed else 0
