#!/usr/bin/env python3
"""One update of sheeprl's dreamer_v1 for every line on stdin; its seconds as JSON on stdout.

    sheeprl_update.py --sizes JSON [--threads N] [OVERRIDE…]

Everything is sheeprl's own, set up as its command line does (sheeprl/cli.py): its configuration with
our sizes, its agent, its optimizers through Fabric, its `train`. Only the batch is made here: random
numbers, as float32, which is how its replay hands batches over. `--sizes` are our settings, as
`bench_update --print-config` prints them; an OVERRIDE is one of sheeprl's own,
`algo.compile.enabled=True`. Its heads count hidden layers, as ours do.
"""

import argparse
import json
import os
import resource
import sys
import time
import warnings


def overrides(sizes, action):
    model, fit, behavior = sizes["model"], sizes["fit_model"], sizes["behavior"]
    rows = fit["batch"] * fit["length"]
    differing = {
        # sheeprl has one width for both.
        "model.hidden differs from model.deter": model["hidden"] != model["deter"],
        "model.gru is not torch": model["gru"] != "torch",
        "the discount head is on": model["discount_head"],
        "imagination starts from some states only":
            0 < behavior["imagination_starts"] < rows,
        "batches differ": (fit["batch"], fit["length"]) != (behavior["batch"], behavior["length"]),
    }
    for what, differs in differing.items():
        if differs:
            sys.exit(f"sheeprl_update.py: error: {what}: sheeprl cannot do the same work")
    return [
        "exp=dreamer_v1", "env=dummy", "env.id=continuous_dummy", "metric.log_level=0",
        f"algo.per_rank_batch_size={fit['batch']}",
        f"algo.per_rank_sequence_length={fit['length']}",
        f"algo.horizon={behavior['horizon']}",
        f"algo.world_model.stochastic_size={model['stoch']}",
        f"algo.world_model.recurrent_model.recurrent_state_size={model['deter']}",
        f"algo.world_model.transition_model.hidden_size={model['hidden']}",
        f"algo.world_model.representation_model.hidden_size={model['hidden']}",
        f"algo.world_model.encoder.cnn_channels_multiplier={model['depth']}",
        f"algo.world_model.reward_model.mlp_layers={model['reward_layers']}",
        f"algo.world_model.reward_model.dense_units={model['units']}",
        "algo.world_model.use_continues=False",
        f"algo.actor.mlp_layers={behavior['actor_layers']}",
        f"algo.actor.dense_units={behavior['units']}",
        f"algo.critic.mlp_layers={behavior['value_layers']}",
        f"algo.critic.dense_units={behavior['units']}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", required=True, type=json.loads)
    parser.add_argument("--action", type=int, default=6)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("override", nargs="*")
    options = parser.parse_args()
    # What the libraries print goes to stderr; stdout is for the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    # Read when OpenMP starts. sheeprl's own default is one thread.
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    warnings.simplefilter("ignore")

    import gymnasium
    import hydra
    import numpy
    import torch
    from omegaconf import OmegaConf
    from sheeprl.algos.dreamer_v1.agent import build_agent
    from sheeprl.algos.dreamer_v1.dreamer_v1 import train
    from sheeprl.utils.utils import dotdict
    from torch.distributions import Distribution

    with hydra.initialize_config_module("sheeprl.configs", version_base="1.3"):
        composed = hydra.compose("config.yaml", overrides(options.sizes, options.action)
                                 + [f"num_threads={options.threads}"] + options.override)
    OmegaConf.set_struct(composed, False)
    composed.pop("hydra", None)
    cfg = dotdict(OmegaConf.to_container(composed, resolve=True))

    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision(cfg.float32_matmul_precision)
    Distribution.set_default_validate_args(cfg.distribution.validate_args)
    cfg.fabric.pop("callbacks", None)  # they write checkpoints
    fabric = hydra.utils.instantiate(cfg.fabric, _convert_="all")
    fabric.launch()
    fabric.seed_everything(cfg.seed)

    image = gymnasium.spaces.Box(0, 255, (3, 64, 64), numpy.uint8)
    model, actor, critic, _ = build_agent(fabric, (options.action,), True, cfg,
                                          gymnasium.spaces.Dict({"rgb": image}))
    optimizers = fabric.setup_optimizers(*[
        hydra.utils.instantiate(settings.optimizer, params=module.parameters(), _convert_="all")
        for settings, module in ((cfg.algo.world_model, model), (cfg.algo.actor, actor),
                                 (cfg.algo.critic, critic))])
    length, batch = cfg.algo.per_rank_sequence_length, cfg.algo.per_rank_batch_size
    data = {
        "rgb": torch.randint(0, 256, (length, batch, 3, 64, 64)).float(),
        "actions": torch.rand(length, batch, options.action) * 2 - 1,
        "rewards": torch.rand(length, batch, 1),
        "terminated": torch.zeros(length, batch, 1),
        "is_first": torch.zeros(length, batch, 1),
    }

    def update():
        train(fabric, model, actor, critic, *optimizers, data, None, cfg)

    update()  # the first one sets things up
    for _ in sys.stdin:
        start = time.perf_counter()
        update()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
        print(json.dumps({"seconds": seconds, "peak_memory_gib": peak}), file=answers, flush=True)


if __name__ == "__main__":
    main()
