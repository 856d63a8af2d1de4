#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"
#include "io/file.h"

namespace dreamer {

// What a program hands to the learning library: its options, resolved. No LibTorch here.

/// What every stage that computes with tensors needs to know.
struct Compute {
  std::int64_t seed = 0;
  std::int64_t threads = 0;  // 0: as many as the process may use (core/processors.h)
  std::string device = "auto";
};

/// What all that learns from episodes shares.
struct LearnJob : Compute {
  std::vector<std::filesystem::path> data;  // episodes; with follow, folders that may be empty yet
  std::filesystem::path out;
  io::Replace replace = io::Replace::no;
  Config config;
  std::int64_t log_every = 10;                         // updates between lines of metrics
  std::int64_t replay_memory = std::int64_t{1} << 30;  // bytes of decoded frames
  std::filesystem::path logdir;                        // TensorBoard: runs below it; empty: none
  double save_minutes = 5;  // between saves of unfinished work; 0: none by time
};

/// What the two fitting stages share.
struct FitJob : LearnJob {
  std::filesystem::path init;       // empty: a new one
  std::int64_t updates = 0;         // further updates; 0: until a signal (follow)
  std::int64_t save_every = 0;      // updates between saves, beside those by time; 0: none
  bool follow = false;              // learn from what grows, publish `out` instead of saving beside
  std::int64_t min_episodes = 1;    // follow: to begin with
  double train_ratio = 0;           // follow: updates an agent step in the data; 0: no limit
  std::filesystem::path dump_step;  // one update in full; empty: none
};

/// dr-fit-model. `config.model` and `config.fit_model` apply; with `init` the sizes come from it.
struct FitModelJob : FitJob {
  std::int64_t image_every = 500;  // updates between open-loop images in the log
};

/// dr-fit-behavior. `config.behavior` applies; the model's sizes come from the model file.
struct FitBehaviorJob : FitJob {
  std::filesystem::path model;
};

/// dr-train: algorithm 1. All sections of `config` apply. `data` are episodes to begin with instead
/// of random ones; `out` is the folder of everything that is made.
struct TrainJob : LearnJob {
  std::string task;
  std::filesystem::path init_model, init_policy;  // empty: a new one
  std::int64_t rounds = 0;
  std::int64_t envs = 1;        // environments side by side, a thread each
  std::int64_t save_every = 1;  // rounds between saves, beside those by time; 0: none
  std::string render = "exact";
  bool change = false;  // the run may be continued with other settings than it was begun with
};

/// dr-imagine.
struct ImagineJob : Compute {
  std::filesystem::path model;
  std::filesystem::path policy;  // empty: open loop along the logged actions
  std::vector<std::filesystem::path> data;
  std::filesystem::path out;
  io::Replace replace = io::Replace::no;
  std::int64_t starts = 6;
  std::vector<std::string> at = {};  // FILE:ROW, in place of `starts`
  std::int64_t every = 0;            // rows from start to start in every episode; likewise
  std::int64_t samples = 1;          // futures of each start
  std::int64_t context = 5;
  std::int64_t horizon = 45;       // imagined rows after the context
  std::string actions = "replay";  // or zero, random, hold, or the path of an episode
  double temperature = 1;
  bool simulate = false;  // the same actions in the simulator, as the truth
};

/// dr-eval --model: open-loop prediction on held-out episodes.
struct EvaluateModelJob : Compute {
  std::filesystem::path model;
  std::vector<std::filesystem::path> data;
  std::int64_t starts = 100;
  std::int64_t context = 5;
  std::int64_t horizon = 15;
};

/// How a policy acts: sampled, with exploration noise, or by the mode of its distribution.
enum class ActionMode { explore, deterministic };

/// A policy checkpoint that is to act.
struct PolicyJob : Compute {
  std::filesystem::path policy;
  ActionMode mode = ActionMode::deterministic;
  CollectConfig collect = {};
};

}  // namespace dreamer
