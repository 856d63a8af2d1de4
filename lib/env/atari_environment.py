#!/usr/bin/env python3
"""Speaks the protocol of dreamer-environment(7) for the games of the Arcade Learning Environment,
with the paper's preprocessing (after Machado et al. 2018):

    atari_environment.py NAME [OPTIONS]

NAME is a game as "pong", "SpaceInvaders" or "space_invaders", with keyword arguments of its Gymnasium
environment behind a question mark; terminal_on_life_loss=false lets an episode go on to the end of
the game. OPTIONS are those of gym_environment.py and

    evaluates  whether whole games are played; if not, the loss of a life ends the episode

All 18 actions, each repeated with a probability of 0.25 (sticky actions); up to 30 frames without an
action at the beginning; the image is the larger of the last two frames, pixel by pixel, resized; at
most 108,000 frames.
"""

import sys

import gym_environment as gym

MOST_NOOPS = 30


def title(name):
    """The name of a game as ale_py has it: space_invaders -> SpaceInvaders."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def make(identifier, options):
    gymnasium = gym.gymnasium_module()
    try:
        import ale_py
    except ImportError as error:
        raise gym.Refused(f"{sys.executable} has no Arcade Learning Environment ({error}): pip "
                          "install ale-py, or activate the virtual environment that has it") from None
    import numpy as np
    gymnasium.register_envs(ale_py)
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    name, keywords = gym.name_and_keywords(identifier)
    settings = {"frameskip": 1, "repeat_action_probability": 0.25, "full_action_space": True,
                "obs_type": "rgb"}
    life_ends_episode = keywords.pop("terminal_on_life_loss", True) and not options.get("evaluates")
    environment = gymnasium.make(f"ALE/{title(name)}-v5", **(settings | keywords))
    height, width = options.get("height", 64), options.get("width", 64)
    # Actions are repeated here, where each frame is seen: to the server a step is one.
    repeat = options.pop("action_repeat", 1)
    options["time_limit"] = -(-options.get("time_limit", 0) // repeat)

    class Atari(gymnasium.Wrapper):
        observation_space = gymnasium.spaces.Box(0, 255, (height, width, 3), np.uint8)

        def reset(self, *, seed=None, options=None):
            screen, info = self.env.reset(seed=seed, options=options)
            for _ in range(np.random.default_rng(seed).integers(1, MOST_NOOPS + 1)):
                screen, _, terminated, truncated, info = self.env.step(0)
                if terminated or truncated:
                    screen, info = self.env.reset()
            self.lives = self.unwrapped.ale.lives()
            return gym.resized(screen, height, width), info

        def step(self, action):
            total, screens = 0.0, []
            for _ in range(repeat):
                screen, reward, terminated, truncated, info = self.env.step(action)
                screens.append(screen)
                total += float(reward)
                lives = self.unwrapped.ale.lives()
                terminated = terminated or (life_ends_episode and lives < self.lives)
                self.lives = lives
                if terminated or truncated:
                    break
            seen = np.maximum.reduce(screens[-2:])
            return gym.resized(seen, height, width), total, terminated, truncated, info

    return Atari(environment)


if __name__ == "__main__":
    gym.main(make)
