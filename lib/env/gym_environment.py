#!/usr/bin/env python3
"""Speaks the protocol of dreamer-environment(7) for any Gymnasium environment.

    gym_environment.py ID [OPTIONS]

ID is what gymnasium.make takes, with keyword arguments behind a question mark: "CartPole-v1",
"mymodule:Mine-v0", "HalfCheetah-v5?forward_reward_weight=2&healthy=false". OPTIONS is a JSON object:

    render         whether an environment that observes no image gives its rendered frame as the
                   image, of height x width pixels
    action_repeat  frames, which are steps of the environment, in which an action is held
    time_limit     frames of an episode; 0: the environment's own

Observations that are dictionaries and tuples are flattened to names with dots; a single one is
called "image" or "observation". Requests come by descriptor 3, replies go to descriptor 4: what an
environment prints cannot get between them.
"""

import functools
import json
import os
import struct
import sys

REQUESTS, REPLIES = 3, 4

# Frames are drawn in memory, without a display or sound, and environments side by side need no
# threads each.
for setting, value in (("SDL_VIDEODRIVER", "dummy"), ("SDL_AUDIODRIVER", "dummy"),
                       ("OPENBLAS_NUM_THREADS", "1")):
    os.environ.setdefault(setting, value)


class Refused(Exception):
    """What cannot be expressed, in words."""


@functools.cache
def areas(old, new):
    """[new, old]: the part of each new pixel that an old one covers."""
    import numpy as np
    edges = np.linspace(0, old, new + 1)
    first, last = edges[:-1, None], edges[1:, None]
    pixel = np.arange(old)
    overlap = np.minimum(last, pixel + 1) - np.maximum(first, pixel)
    return np.float32(overlap.clip(0) * new / old)


def resized(image, height, width):
    """[Y,X,C] -> [height,width,C]: the mean of the pixels under each new one, by exact areas."""
    import numpy as np
    if image.shape[:2] == (height, width):
        return image
    rows = areas(image.shape[0], height) @ np.float32(image).reshape(image.shape[0], -1)
    values = areas(image.shape[1], width) @ rows.reshape(height, *image.shape[1:])
    return np.rint(values).clip(0, 255).astype(np.uint8)


class Observation:
    """One observation: its space as JSON, and how a value of it becomes bytes."""

    def __init__(self, name, space, path):
        import gymnasium.spaces as spaces
        import numpy as np
        self.name, self.path, self.space = name, path, space
        self.one_hot = None
        if isinstance(space, spaces.Box):
            self.image = space.dtype == np.uint8 and len(space.shape) in (2, 3)
            shape = list(space.shape) + [1] * (self.image and len(space.shape) == 2)
            self.json = {"type": "Box", "dtype": "uint8" if self.image else "float32",
                         "shape": shape}
            if self.image:
                self.json.update(low=0, high=255)
        elif isinstance(space, spaces.Discrete):
            self.image, self.one_hot = False, int(space.n)
            self.json = {"type": "Discrete", "n": self.one_hot}
        elif isinstance(space, (spaces.MultiBinary, spaces.MultiDiscrete)):
            self.image = False
            self.json = {"type": "Box", "dtype": "float32", "shape": list(space.shape)}
        else:
            raise Refused(f"the observation {name} is a {type(space).__name__}; Box, Discrete, "
                          "MultiDiscrete, MultiBinary, Dict and Tuple can be learned from")

    def bytes_of(self, observation):
        import numpy as np
        for key in self.path:
            observation = observation[key]
        value = np.asarray(observation)
        if self.one_hot is not None:
            return np.eye(self.one_hot, dtype="<f4")[int(value) - int(self.space.start)].tobytes()
        if value.shape != self.space.shape:
            raise Refused(f"the observation {self.name} is of shape {value.shape}, its space of "
                          f"{self.space.shape}")
        return np.ascontiguousarray(value, "u1" if self.image else "<f4").tobytes()


def flattened(space, name="", path=()):
    """The observations of a space, however deep."""
    import gymnasium.spaces as spaces
    if isinstance(space, spaces.Dict):
        parts = space.spaces.items()
    elif isinstance(space, spaces.Tuple):
        parts = enumerate(space.spaces)
    else:
        yield Observation(name or "observation", space, path)
        return
    for key, part in parts:
        yield from flattened(part, f"{name}.{key}" if name else str(key), (*path, key))


class Actions:
    """The action space as JSON, and actions as the environment takes them."""

    def __init__(self, space):
        import gymnasium.spaces as spaces
        import numpy as np
        self.space = space
        if isinstance(space, spaces.Box):
            bounded = bool(np.isfinite(space.low).all() and np.isfinite(space.high).all())
            self.size = int(np.prod(space.shape))
            self.json = {"type": "Box", "dtype": "float32", "shape": [self.size],
                         "low": space.low.flatten().tolist() if bounded else None,
                         "high": space.high.flatten().tolist() if bounded else None}
        elif isinstance(space, spaces.Discrete):
            self.size = int(space.n)
            self.json = {"type": "Discrete", "n": self.size}
        elif isinstance(space, (spaces.MultiDiscrete, spaces.MultiBinary)):
            binary = isinstance(space, spaces.MultiBinary)
            sizes = np.full(space.shape, 2) if binary else space.nvec
            self.start = 0 if binary else getattr(space, "start", 0)
            self.size = int(sizes.sum())
            self.json = {"type": "MultiDiscrete", "nvec": sizes.flatten().tolist()}
        else:
            raise Refused(f"the actions are a {type(space).__name__}; Box, Discrete, MultiDiscrete "
                          "and MultiBinary can be acted")

    def value_of(self, numbers):
        import numpy as np
        values = np.frombuffer(numbers, "<f4")
        if self.json["type"] == "Discrete":
            return int(values.argmax()) + int(self.space.start)
        if self.json["type"] == "MultiDiscrete":
            groups = np.split(values, np.cumsum(self.json["nvec"])[:-1])
            chosen = np.array([group.argmax() for group in groups]).reshape(self.space.shape)
            return (chosen + self.start).astype(self.space.dtype)
        return values.reshape(self.space.shape).astype(self.space.dtype)


def gymnasium_module():
    try:
        import gymnasium
    except ImportError as error:
        raise Refused(f"{sys.executable} has no Gymnasium ({error}): pip install gymnasium, or "
                      "activate the virtual environment that has it") from None
    return gymnasium


def name_and_keywords(identifier):
    """"ID?key=value&key=value" -> ID, {key: value}; values are JSON, or text."""
    name, _, query = identifier.partition("?")
    keywords = {}
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        try:
            keywords[key] = json.loads(value)
        except ValueError:
            keywords[key] = value
    return name, keywords


def make(identifier, options):
    """The environment of gymnasium.make."""
    gymnasium = gymnasium_module()
    name, keywords = name_and_keywords(identifier)
    if options.get("render"):
        keywords.setdefault("render_mode", "rgb_array")
    try:
        return gymnasium.make(name, **keywords)
    except TypeError as error:
        if "render_mode" not in str(error):
            raise
        del keywords["render_mode"]
        return gymnasium.make(name, **keywords)


class Served:
    """An environment as the protocol has it."""

    def __init__(self, environment, options):
        self.environment = environment
        self.repeat, self.limit = options.get("action_repeat", 1), options.get("time_limit", 0)
        self.renders = bool(options.get("render"))
        self.height, self.width = options.get("height", 64), options.get("width", 64)
        self.observations = sorted(flattened(self.environment.observation_space),
                                   key=lambda observation: observation.name)
        images = [o for o in self.observations if o.image]
        self.renders = self.renders and not images
        if len(images) == 1 and len(self.observations) == 1:
            images[0].name = "image"
        self.actions = Actions(self.environment.action_space)

    def hello(self):
        spaces = {o.name: o.json for o in self.observations}
        if self.renders:
            spaces["image"] = {"type": "Box", "dtype": "uint8", "low": 0, "high": 255,
                               "shape": [self.height, self.width, 3]}
        return {"protocol": 1, "action_space": self.actions.json,
                "observation_space": {"type": "Dict", "subspaces": spaces}}

    def rendered(self):
        import numpy as np
        image = self.environment.render()
        if isinstance(image, list):
            image = image[-1] if image else None
        if image is None:
            raise Refused("render() gives no image: it needs render_mode rgb_array, or "
                          "--render none")
        return resized(np.asarray(image)[..., :3], self.height, self.width).tobytes()

    def record(self, reward, terminated, truncated, observation):
        parts = {o.name: o.bytes_of(observation) for o in self.observations}
        if self.renders:
            parts["image"] = self.rendered()
        ends = (1 if terminated else 0) | (2 if truncated else 0)
        return b"R" + struct.pack("<dB", float(reward), ends) + b"".join(
            parts[name] for name in sorted(parts))

    def begin(self, seed, index):
        import numpy as np
        own = int(np.random.SeedSequence([seed, index]).generate_state(1)[0]) >> 1
        self.environment.action_space.seed(own)
        observation, _ = self.environment.reset(seed=own)
        self.frames = 0
        return self.record(0.0, False, False, observation)

    def step(self, numbers):
        action, total = self.actions.value_of(numbers), 0.0
        for _ in range(self.repeat):
            observation, reward, terminated, truncated, _ = self.environment.step(action)
            total += float(reward)
            self.frames += 1
            truncated = truncated or 0 < self.limit <= self.frames
            if terminated or truncated:
                break
        return self.record(total, terminated, truncated, observation)


def in_words(error):
    """One line for an exception."""
    text = " ".join(str(error).split())
    return text if isinstance(error, Refused) else f"{type(error).__name__}: {text}"


def serve(make):
    """Answers requests until there are no more. make(ID, OPTIONS) gives the environment."""
    requests = os.fdopen(REQUESTS, "rb")
    replies = os.fdopen(REPLIES, "wb")

    def send(data):
        replies.write(data)
        replies.flush()

    try:
        options = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
        served = Served(make(sys.argv[1], options), options)
        send(json.dumps(served.hello()).encode() + b"\n")
    except Exception as error:  # whatever the environment raises is said
        send(json.dumps({"error": in_words(error)}).encode() + b"\n")
        return
    while kind := requests.read(1):
        try:
            if kind == b"B":
                reply = served.begin(*struct.unpack("<qq", requests.read(16)))
            else:
                reply = served.step(requests.read(4 * served.actions.size))
        except Exception as error:
            text = in_words(error).encode()
            reply = b"E" + struct.pack("<I", len(text)) + text
        send(reply)


def main(make):
    try:
        serve(make)
    except BrokenPipeError:  # the collector is gone
        os._exit(0)


if __name__ == "__main__":
    main(make)
