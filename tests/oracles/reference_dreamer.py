"""Dreamer's losses (arXiv 1912.01603) in plain PyTorch, one sequence step at a time.

This is a reference to judge other implementations by, so it is written to be read beside the
paper: nothing is fused, hoisted or reordered, and each fact that is easy to get wrong is a small
function of its own.

Letters: B sequences, L rows of a window, N imagined starts, H horizon, A action, Y,X,C image,
S stochastic, D deterministic, E embedding, F = S+D. `p` holds the parameters by their names in a
step file ("model/rssm/gru/weight_ih") and `c` is one section of its configuration.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

HALF_LN_2PI = 0.5 * math.log(2 * math.pi)
PAPER_SIDE = 64
DECODER_KERNELS = (5, 5, 6, 6)  # of images of that side


# ---- Which parameters there are -----------------------------------------------------------------


def part(name, observation):
    """Where a part ("encoder") of an observation is; that of "image" has the part's own name."""
    return f"model/{name}" if observation == "image" else (
        f"model/{name}_{observation.replace('.', '~')}")


def feature_maps(frame, depth):
    """(Y, X, C) after each convolution of kernel 4 and stride 2, as many as the size asks for."""
    height, width, _ = frame
    maps = []
    while not maps or (max(height, width) > 4 and min(height, width) >= 4):
        height, width = (height - 4) // 2 + 1, (width - 4) // 2 + 1
        maps.append((height, width, depth << len(maps)))
    return maps


def decoder_layers(frame, depth):
    """The map that the dense layer makes, and of each transposed convolution (out, ky, kx)."""
    if frame[:2] == (PAPER_SIDE, PAPER_SIDE):
        channels = (4 * depth, 2 * depth, depth, frame[2])
        return (1, 1, 32 * depth), [(c, k, k) for c, k in zip(channels, DECODER_KERNELS)]
    maps = [tuple(frame)] + feature_maps(frame, depth)
    layers = []
    for after, before in zip(maps[::-1], maps[-2::-1]):
        layers.append((before[2], before[0] - 2 * (after[0] - 1), before[1] - 2 * (after[1] - 1)))
    return maps[-1], layers


def _dense_shapes(name, inputs, outputs):
    return {f"{name}/weight": (outputs, inputs), f"{name}/bias": (outputs,)}


def _head_shapes(name, layers, inputs, units, outputs):
    shapes = {}
    for layer in range(1, layers + 1):
        shapes |= _dense_shapes(f"{name}/hidden{layer}", inputs, units)
        inputs = units
    return shapes | _dense_shapes(f"{name}/out", inputs, outputs)


def dynamics_shapes(c, actions):
    """The parameters that imagination needs: recurrence, prior, heads and ensemble."""
    stoch, deter, hidden = c["stoch"], c["deter"], c["hidden"]
    shapes = _dense_shapes("model/rssm/input", stoch + actions, hidden)
    shapes["model/rssm/gru/weight_ih"] = (3 * deter, hidden)
    shapes["model/rssm/gru/weight_hh"] = (3 * deter, deter)
    shapes["model/rssm/gru/bias_ih"] = (3 * deter,)
    if c["gru"] == "torch":
        shapes["model/rssm/gru/bias_hh"] = (3 * deter,)
    shapes |= _dense_shapes("model/rssm/prior_hidden", deter, hidden)
    shapes |= _dense_shapes("model/rssm/prior_out", hidden, 2 * stoch)
    if c["reward_head"]:
        shapes |= _head_shapes("model/reward", c["reward_layers"], stoch + deter, c["units"], 1)
    for k in range(c["ensemble"]):
        shapes |= _head_shapes(f"model/ensemble/member{k + 1}", c["ensemble_layers"],
                               stoch + deter + actions, c["units"], stoch)
    if c["discount_head"]:
        shapes |= _head_shapes("model/discount", c["discount_layers"], stoch + deter, c["units"], 1)
    return shapes


def image_shapes(c, name, frame):
    """The parameters of an image observation, and the size of its embedding."""
    depth, channels = c["depth"], frame[2]
    shapes = {}
    for layer, (height, width, out) in enumerate(feature_maps(frame, depth), 1):
        shapes[f"{part('encoder', name)}/conv{layer}/weight"] = (out, channels, 4, 4)
        shapes[f"{part('encoder', name)}/conv{layer}/bias"] = (out,)
        channels = out
    embedding = height * width * channels
    first, layers = decoder_layers(frame, depth)
    shapes |= _dense_shapes(f"{part('decoder', name)}/dense", c["stoch"] + c["deter"],
                            math.prod(first))
    channels = first[2]
    for layer, (out, kernel_y, kernel_x) in enumerate(layers, 1):
        shapes[f"{part('decoder', name)}/deconv{layer}/weight"] = (
            channels, out, kernel_y, kernel_x)
        shapes[f"{part('decoder', name)}/deconv{layer}/bias"] = (out,)
        channels = out
    return shapes, embedding


def vector_shapes(c, name, size):
    units, layers = c["vector_units"], c["vector_layers"]
    shapes = _head_shapes(part("encoder", name), layers, size, units, units)
    shapes |= _head_shapes(part("decoder", name), layers, c["stoch"] + c["deter"], units, size)
    return shapes, units


def model_shapes(c, actions, observations):
    """Every trained parameter of the world model; `observations` by name: the shape of an image
    (Y, X, C), or the number of values of a vector."""
    shapes, embedding = dynamics_shapes(c, actions), 0
    for name, shape in observations.items():
        more, size = (image_shapes if isinstance(shape, tuple) else vector_shapes)(c, name, shape)
        shapes |= more
        embedding += size
    shapes |= _dense_shapes("model/rssm/posterior_hidden", c["deter"] + embedding, c["hidden"])
    shapes |= _dense_shapes("model/rssm/posterior_out", c["hidden"], 2 * c["stoch"])
    return shapes


def actor_shapes(b, features, actions, discrete=False):
    return _head_shapes("actor", b["actor_layers"], features, b["units"],
                        actions if discrete else 2 * actions)


def value_shapes(b, features):
    names = ["value"] + ["value_target"] * (b["value_target_rate"] < 1)
    return {key: shape for name in names for key, shape in
            _head_shapes(name, b["value_layers"], features, b["units"], 1).items()}


# ---- Networks -----------------------------------------------------------------------------------


def dense(p, name, x):
    return F.linear(x, p[f"{name}/weight"], p[f"{name}/bias"])


def head(p, name, layers, x):
    """[..., F] -> [..., outputs]"""
    for layer in range(1, layers + 1):
        x = F.elu(dense(p, f"{name}/hidden{layer}", x))
    return dense(p, f"{name}/out", x)


def encode_image(p, c, name, frames):
    """[B,L,C,Y,X] -> embedding [B,L,E], flattened channels first"""
    x = frames.flatten(0, 1)
    layers = len(feature_maps((*frames.shape[-2:], frames.shape[2]), c["depth"]))
    for layer in range(1, layers + 1):
        group = f"{part('encoder', name)}/conv{layer}"
        x = F.relu(F.conv2d(x, p[f"{group}/weight"], p[f"{group}/bias"], stride=2))
    return x.flatten(1).unflatten(0, frames.shape[:2])


def decode_image(p, c, name, feature, frame):
    """[B,L,F] -> mean image [B,L,C,Y,X]"""
    (height, width, channels), layers = decoder_layers(frame, c["depth"])
    x = dense(p, f"{part('decoder', name)}/dense", feature.flatten(0, 1))
    x = x.unflatten(1, (channels, height, width))
    for layer in range(1, len(layers) + 1):
        group = f"{part('decoder', name)}/deconv{layer}"
        x = F.conv_transpose2d(x, p[f"{group}/weight"], p[f"{group}/bias"], stride=2)
        if layer < len(layers):
            x = F.relu(x)
    return x.unflatten(0, feature.shape[:2])


def gru_cell(p, kind, x, h):
    """One step of the recurrence: x [B,hidden], h [B,D] -> [B,D]. Rows of the weights: r, z, n."""
    name = "model/rssm/gru"
    in_r, in_z, in_n = F.linear(x, p[f"{name}/weight_ih"], p[f"{name}/bias_ih"]).chunk(3, -1)
    if kind == "torch":
        re_r, re_z, re_n = F.linear(h, p[f"{name}/weight_hh"], p[f"{name}/bias_hh"]).chunk(3, -1)
        reset = torch.sigmoid(in_r + re_r)
        update = torch.sigmoid(in_z + re_z)
        candidate = torch.tanh(in_n + reset * re_n)
    elif kind == "gru_v1":
        w_r, w_z, w_n = p[f"{name}/weight_hh"].chunk(3, 0)
        reset = torch.sigmoid(in_r + F.linear(h, w_r))
        update = torch.sigmoid(in_z + F.linear(h, w_z))
        candidate = torch.tanh(in_n + F.linear(reset * h, w_n))
    else:
        raise ValueError(f"unknown recurrence: {kind}")
    return (1 - update) * candidate + update * h


def advance(p, c, stoch, action, deter):
    """The deterministic state one step on: [B,S], [B,A], [B,D] -> [B,D]"""
    x = F.elu(dense(p, "model/rssm/input", torch.cat([stoch, action], -1)))
    return gru_cell(p, c["gru"], x, deter)


def gaussian(p, c, name, x):
    """Mean and standard deviation [B,S] of the prior or the posterior."""
    out = dense(p, f"model/rssm/{name}_out", F.elu(dense(p, f"model/rssm/{name}_hidden", x)))
    mean, raw = out.chunk(2, -1)
    return mean, F.softplus(raw) + c["min_std"]


def feature_of(stoch, deter):
    return torch.cat([stoch, deter], -1)


# ---- World model --------------------------------------------------------------------------------


def standardized(c, x, mean, stddev):
    """A vector [B,L,K] -> what its encoder sees and its decoder is asked for."""
    if c["vector_encoding"] == "standardized":
        return (x - mean) / stddev
    if c["vector_encoding"] == "symlog":
        return torch.sign(x) * torch.log(1 + torch.abs(x))
    if c["vector_encoding"] == "raw":
        return x
    raise ValueError(f"unknown vector encoding: {c['vector_encoding']}")


def preprocess(c, image, dither, mean_image):
    """uint8 levels [B,L,Y,X,C] -> what the encoder sees and the decoder is asked for."""
    if c["image_encoding"] == "dithered":
        x = (image + dither) / 256
    elif c["image_encoding"] == "scaled":
        x = image / 255
    else:
        raise ValueError(f"unknown image encoding: {c['image_encoding']}")
    center = mean_image if c["image_center"] else 0.5
    return (x - center) * c["image_gain"]


def leading_action(action, t):
    """The action that led to row t: its own row's. So a window begins with a logged action."""
    return action[:, t]


def carried(state):
    """What the recurrence hands on carries gradient: through the window, and through a dream."""
    return state


def gaussian_nll(mean, target):
    """-log Normal(target; mean, 1), elementwise."""
    return 0.5 * (target - mean) ** 2 + HALF_LN_2PI


def image_nll(mean, target):
    """[B,L,...] -> [B,L], summed over the values of an observation."""
    return gaussian_nll(mean, target).flatten(2).sum(-1)


def kl_divergence(mean_q, std_q, mean_p, std_p):
    """KL(q || p) of diagonal Gaussians in nats, summed over the last dimension."""
    ratio = (std_q / std_p) ** 2
    shift = ((mean_q - mean_p) / std_p) ** 2
    return 0.5 * (ratio + shift - 1 - torch.log(ratio)).sum(-1)


def balanced_kl(c, posterior, prior):
    """Two KLs, each of which trains one side (arXiv 2010.02193, algorithm 2), with the value of one
    and the gradients of both: posterior and prior are (mean, stddev)."""
    fixed = [tuple(x.detach() for x in side) for side in (posterior, prior)]
    mixed = (c["kl_balance"] * kl_divergence(*fixed[0], *prior)
             + (1 - c["kl_balance"]) * kl_divergence(*posterior, *fixed[1]))
    return 2 * mixed - mixed.detach()


def discount_target(c, discount):
    return c["discount_gamma"] * discount if c["discount_target"] == "discounted" else discount


def bernoulli_nll(logit, target):
    """-log-likelihood of a target in [0,1], which need not be 0 or 1."""
    return -(target * F.logsigmoid(logit) + (1 - target) * F.logsigmoid(-logit))


def valid_mean(x, mask):
    """Mean of [B,L] over the rows that are no padding, whatever the padding holds."""
    return x[mask].mean()


def after_free_nats(c, kl, mask):
    """The KL term of the loss, from [B,L]."""
    if c["free_nats_mode"] == "mean":
        return torch.clamp(valid_mean(kl, mask), min=c["free_nats"])
    if c["free_nats_mode"] == "per_state":
        return valid_mean(torch.clamp(kl - c["free_nats"], min=0), mask)
    raise ValueError(f"unknown free_nats_mode: {c['free_nats_mode']}")


def members(p, c, feature, action):
    """What each of the ensemble says of the state after `action` [...,A]: a list of [...,S]."""
    x = torch.cat([feature, action], -1)
    return [head(p, f"model/ensemble/member{k + 1}", c["ensemble_layers"], x)
            for k in range(c["ensemble"])]


def ensemble_input(feature):
    """The ensemble looks at the states and does not shape them."""
    return feature.detach()


def ensemble_target(states):
    return states["posterior/mean"].detach()


def ensemble_loss(p, c, states, feature, batch):
    """Row t's action was taken in the state of row t - 1; a row counts that follows a valid one."""
    seen, target = ensemble_input(feature)[:, :-1], ensemble_target(states)[:, 1:]
    losses = [gaussian_nll(guess, target).sum(-1)
              for guess in members(p, c, seen, batch["action"][:, 1:])]
    return valid_mean(sum(losses) / len(losses), batch["mask"][:, 1:])


def disagreement(p, c, feature, action):
    """Population standard deviation of the members' guesses, root mean square over the state: [...]"""
    guesses = members(p, c, feature, action)
    mean = sum(guesses) / len(guesses)
    variance = sum((guess - mean) ** 2 for guess in guesses) / len(guesses)
    return torch.sqrt(variance.mean(-1) + 1e-8)


def states_acted_in(start, feature):
    """[H,N,F]: the state before each imagined action."""
    return torch.cat([feature_of(start["stoch"], start["deter"])[None], feature[:-1]])


def model_total(c, loss, observations):
    """`observations` by name: whether it is an image."""
    total = c["kl_scale"] * loss["kl_floored"]
    if c["reward_head"]:
        total = total + c["reward_scale"] * loss["reward"]
    if c["ensemble"]:
        total = total + loss["ensemble"]
    for name, is_image in observations.items():
        total = total + c["image_scale" if is_image else "vector_scale"] * loss[name]
    if c["discount_head"]:
        total = total + c["discount_scale"] * loss["discount"]
    return total


def observe(p, c, embedding, action, noise):
    """Filters a window: embedding [B,L,E], action [B,L,A], noise [B,L,S] -> states [B,L,...]."""
    batch, length = action.shape[:2]
    stoch = action.new_zeros(batch, c["stoch"])
    deter = action.new_zeros(batch, c["deter"])
    steps = []
    for t in range(length):
        deter = advance(p, c, carried(stoch), leading_action(action, t), carried(deter))
        prior_mean, prior_std = gaussian(p, c, "prior", deter)
        mean, std = gaussian(p, c, "posterior", torch.cat([deter, embedding[:, t]], -1))
        stoch = mean + std * noise[:, t]
        steps.append((mean, std, stoch, deter, prior_mean, prior_std))
    names = ("posterior/mean", "posterior/stddev", "posterior/stoch", "posterior/deter",
             "prior/mean", "prior/stddev")
    return {name: torch.stack(x, 1) for name, x in zip(names, zip(*steps))}


def gradients(loss, parameters):
    """The gradient by name; zeros where the loss does not depend on a parameter."""
    if not loss.requires_grad:
        return {name: torch.zeros_like(x) for name, x in parameters.items()}
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {name: torch.zeros_like(x) if g is None else g
            for (name, x), g in zip(parameters.items(), found)}


def trainable(parameters):
    return {name: x.detach().requires_grad_() for name, x in parameters.items()}


def model_step(c, parameters, statistics, batch, noise):
    """One update of the world model up to the gradients.

    statistics: of the data, by observation: the mean of an image, or mean and standard deviation
    of a vector, where the settings ask for them.
    batch: images by name [B,L,Y,X,C] in levels, vectors by name [B,L,K], action [B,L,A], reward
    and discount [B,L], mask [B,L] bool.
    noise: posterior [B,L,S] and, for dithered images, dither by name [B,L,Y,X,C] in [0,1).
    Returns loss/..., posterior/..., prior/... and gradient/... by name.
    """
    p = trainable(parameters)
    mask = batch["mask"]
    seen, embeddings = {}, []
    for name in sorted([*batch["images"], *batch["vectors"]]):
        if name in batch["images"]:
            image = preprocess(c, batch["images"][name], noise["dither"].get(name),
                               statistics.get(name))
            seen[name] = image.permute(0, 1, 4, 2, 3)  # [B,L,C,Y,X]
            embeddings.append(encode_image(p, c, name, seen[name]))
        else:
            mean, stddev = statistics.get(name, (None, None))
            seen[name] = standardized(c, batch["vectors"][name], mean, stddev)
            embeddings.append(head(p, part("encoder", name), c["vector_layers"], seen[name]))
    states = observe(p, c, torch.cat(embeddings, -1), batch["action"], noise["posterior"])
    feature = feature_of(states["posterior/stoch"], states["posterior/deter"])

    kl = balanced_kl(c, (states["posterior/mean"], states["posterior/stddev"]),
                     (states["prior/mean"], states["prior/stddev"]))
    loss = {}
    for name, target in seen.items():
        if name in batch["images"]:
            frame = tuple(batch["images"][name].shape[2:])
            predicted = decode_image(p, c, name, feature, frame)
        else:
            predicted = head(p, part("decoder", name), c["vector_layers"], feature)
        loss[name] = valid_mean(image_nll(predicted, target), mask)
    loss |= {
        "kl": valid_mean(kl, mask),
        "kl_floored": after_free_nats(c, kl, mask),
    }
    if c["reward_head"]:
        reward = head(p, "model/reward", c["reward_layers"], feature)[..., 0]
        loss["reward"] = valid_mean(gaussian_nll(reward, batch["reward"]), mask)
    if c["ensemble"]:
        loss["ensemble"] = ensemble_loss(p, c, states, feature, batch)
    if c["discount_head"]:
        logit = head(p, "model/discount", c["discount_layers"], feature)[..., 0]
        target = discount_target(c, batch["discount"])
        loss["discount"] = valid_mean(bernoulli_nll(logit, target), mask)
    loss["total"] = model_total(c, loss, {name: name in batch["images"] for name in seen})

    gradient = gradients(loss["total"], p)
    return ({f"loss/{name}": x.detach() for name, x in loss.items()}
            | {name: x.detach() for name, x in states.items()}
            | {f"gradient/{name}": x for name, x in gradient.items()})


# ---- Behavior -----------------------------------------------------------------------------------


def actor_input(feature):
    """The one detach of imagination: the actor does not improve by moving its own input."""
    return feature.detach()


def imagined_state(state):
    """An imagined state keeps its gradient, or the actor learns nothing from the dynamics."""
    return state


def actor_gaussian(p, b, feature):
    """[N,F] -> mean and standard deviation [N,A] before the tanh."""
    mean, raw = head(p, "actor", b["actor_layers"], feature).chunk(2, -1)
    scale = b["actor_mean_scale"]
    offset = math.log(math.expm1(b["actor_init_std"]))
    return scale * torch.tanh(mean / scale), F.softplus(raw + offset) + b["actor_min_std"]


def tanh_log_det(x):
    """ln d tanh(x)/dx, finite where 1 - tanh(x)^2 is not."""
    return 2 * (math.log(2) - x - F.softplus(-2 * x))


def tanh_normal_log_prob(mean, std, x):
    """Log-density of the action tanh(x), x ~ Normal(mean, std): [N,A] -> [N]"""
    normal = -0.5 * ((x - mean) / std) ** 2 - torch.log(std) - HALF_LN_2PI
    return (normal - tanh_log_det(x)).sum(-1)


def one_hot_action(logits, noise, groups):
    """A sample by the Gumbel-max trick with the gradient of the probabilities, and the entropy:
    logits [N,A], noise [N,A] uniform in [0,1), of independent choices of these sizes."""
    u = noise.clamp(1e-20, 1 - 6e-8)
    gumbel, actions, entropy = -torch.log(-torch.log(u)), [], 0
    for x, g in zip(logits.split(groups, -1), gumbel.split(groups, -1)):
        chosen = F.one_hot((x + g).argmax(-1), x.shape[-1])
        p = torch.softmax(x, -1)
        actions.append(chosen.to(p.dtype) + p - p.detach())
        entropy = entropy - (p * torch.log_softmax(x, -1)).sum(-1)
    return torch.cat(actions, -1), entropy


def predicted_discount(p, c, b, feature):
    """The head's mean, times gamma where its target held none; gamma where there is no head."""
    if c["discount_head"]:
        mean = torch.sigmoid(head(p, "model/discount", c["discount_layers"], feature)[..., 0])
        return mean if c["discount_target"] == "discounted" else c["discount_gamma"] * mean
    return torch.full_like(feature[..., 0], b["gamma"])


def pessimistic(b, reward, u):
    """Rewards less what the ensemble does not agree about, u [H,N] or None."""
    return reward if u is None else reward - b["disagreement_scale"] * u


def lambda_returns(reward, value, discount, lam):
    """Equation 6 as a recursion: [H,N] each -> V_1 … V_{H-1} [H-1,N], bootstrapped by V_H = v_H."""
    result = value[-1]
    returns = []
    for i in range(len(reward) - 2, -1, -1):
        result = reward[i] + discount[i] * ((1 - lam) * value[i + 1] + lam * result)
        returns.append(result)
    return torch.stack(returns[::-1])


def step_weights(discount):
    """w_1 = 1, w_{i+1} = w_i d_i, constants: [H,N] -> [H-1,N]"""
    weight = [torch.ones_like(discount[0])]
    for i in range(len(discount) - 2):
        weight.append(weight[-1] * discount[i])
    return torch.stack(weight).detach()


def entropy_of_step(entropy):
    """Entropy estimates of a_0 … a_{H-1} [H,N] -> [H-1,N]; step i's action is the one that led to
    s_i, which is the first that V_i can credit."""
    return entropy[:-1]


def running_range(before, returns):
    """How far returns reach (arXiv 2301.04104: decay 0.99, 5th to 95th percentile), a constant."""
    low, high = np.percentile(returns.detach().numpy(), [5, 95])
    return torch.tensor(0.99 * before + 0.01 * (high - low), dtype=returns.dtype)


def divisor(reach):
    """Small returns are left as they are."""
    return torch.clamp(reach, min=1)


def bootstrap(b):
    """Whose predictions end and fill the returns."""
    return "value_target" if b["value_target_rate"] < 1 else "value"


def actor_objective(b, weight, returns, entropy):
    objective = (weight * returns).mean()
    if b["entropy_scale"]:
        objective = objective + b["entropy_scale"] * (weight * entropy_of_step(entropy)).mean()
    return -objective


def value_objective(weight, value, returns):
    """value [H-1,N] at constant states against constant returns."""
    return (weight * gaussian_nll(value, returns.detach())).mean()


def imagine(p, c, b, start, noise):
    """H steps from start/stoch [N,S], start/deter [N,D]; noise/action [H,N,A], noise/prior [H,N,S].

    Returns action, entropy estimate, stoch and deter, [H,N,...]: the action at step i led to the
    state at step i.
    """
    stoch, deter = start["stoch"], start["deter"]
    steps = []
    for i in range(b["horizon"]):
        feature = actor_input(feature_of(stoch, deter))
        if b["groups"]:
            logits = head(p, "actor", b["actor_layers"], feature)
            action, entropy = one_hot_action(logits, noise["action"][i], b["groups"])
        else:
            mean, std = actor_gaussian(p, b, feature)
            x = mean + std * noise["action"][i]
            action = torch.tanh(x)
            entropy = -tanh_normal_log_prob(mean, std, x)
        deter = imagined_state(advance(p, c, carried(stoch), action, carried(deter)))
        prior_mean, prior_std = gaussian(p, c, "prior", deter)
        stoch = imagined_state(prior_mean + prior_std * noise["prior"][i])
        steps.append((action, entropy, stoch, deter))
    return [torch.stack(x) for x in zip(*steps)]


def behavior_step(c, b, parameters, start, noise, range_before=None):
    """One update of actor and value up to the gradients; the world model is frozen.

    Returns imagined/..., returns, weight, loss/... and gradient/... by name, and loss_scale/actor,
    the mean size of what the actor's loss averages.
    """
    frozen = {name: x.detach() for name, x in parameters.items()}
    actor = trainable({k: x for k, x in parameters.items() if k.startswith("actor/")})
    value = trainable({k: x for k, x in parameters.items() if k.startswith("value/")})

    # For the actor the value function is a fixed landscape …
    p = frozen | actor
    action, entropy, stoch, deter = imagine(p, c, b, start, noise)
    feature = feature_of(stoch, deter)
    r = head(p, "model/reward", c["reward_layers"], feature)[..., 0]
    v = head(p, bootstrap(b), b["value_layers"], feature)[..., 0]
    d = predicted_discount(p, c, b, feature)
    u = None
    if b["disagreement_scale"]:
        u = disagreement(p, c, states_acted_in(start, feature), action)
    returns = lambda_returns(pessimistic(b, r, u), v, d, b["lambda"])
    weight = step_weights(d)
    reach = None if range_before is None else running_range(range_before, returns)
    scaled = returns if reach is None else returns / divisor(reach)
    actor_loss = actor_objective(b, weight, scaled, entropy)
    actor_gradient = gradients(actor_loss, actor)

    # … and for the value function the imagined states and their returns are data.
    v_fit = head(frozen | value, "value", b["value_layers"], feature[:-1].detach())[..., 0]
    value_loss = value_objective(weight, v_fit, returns)
    value_gradient = gradients(value_loss, value)

    results = {
        "imagined/action": action, "imagined/stoch": stoch, "imagined/deter": deter,
        "imagined/reward": r, "imagined/value": v, "imagined/discount": d,
        "returns": returns, "weight": weight,
        "loss/actor": actor_loss, "loss/value": value_loss,
        "loss_scale/actor": (weight * scaled).abs().mean(),
    }
    if reach is not None:
        results["return_range/with"] = reach
    if u is not None:
        results["imagined/disagreement"] = u
    gradient = actor_gradient | value_gradient
    return ({name: x.detach() for name, x in results.items()}
            | {f"gradient/{name}": x for name, x in gradient.items()})


# ---- Optimizer ----------------------------------------------------------------------------------


def adam(parameter, gradient, m, v, step, lr, beta1, beta2, epsilon):
    """TensorFlow's Adam: epsilon stands beside the uncorrected second moment. `step` counts this
    update (1 for the first); m and v are the moments before it."""
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    rate = lr * math.sqrt(1 - beta2**step) / (1 - beta1**step)
    return parameter - rate * m / (torch.sqrt(v) + epsilon)
