#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/child_process.h"
#include "env/environment.h"

namespace dreamer::env {

/// An environment in a program of its own, which speaks the protocol of man dreamer-environment(7).
class ChildEnvironment final : public Environment {
 public:
  /// Who repeats an action and ends an episode at the time limit.
  enum class Paced { by_us, by_program };

  /// @param task the name of the episodes' task
  /// @param command the program and its arguments
  ChildEnvironment(std::string task, const std::vector<std::string>& command,
                   const EnvironmentOptions& options, Paced paced = Paced::by_us);

  [[nodiscard]] const Signature& signature() const override { return signature_; }
  Step begin(EpisodeId id) override;
  Step step(std::span<const float> action) override;

 private:
  /// What a reply says: reward, ends, observations.
  struct Reply {
    Step step;
    double reward = 0;
    bool terminated = false, truncated = false;
  };
  [[nodiscard]] Signature handshake();
  [[nodiscard]] Reply receive();
  template <class T>
  [[nodiscard]] std::vector<T> receive_values(const Space& space);

  std::string task_;
  EnvironmentOptions options_;
  Paced paced_;
  std::unique_ptr<ChildProcess> process_;
  Signature signature_;
  std::int64_t frames_ = 0;  // of this episode
  bool over_ = true;
};

}  // namespace dreamer::env
