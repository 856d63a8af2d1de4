#pragma once

#include <string>

#include "agent/tensors.h"
#include "model/world_model.h"

namespace dreamer {

/// Draws the noise under which a model infers the states of a batch.
class ModelNoiseStreams {
 public:
  /// @param name of the streams: "NAME-posterior", "NAME-dither"
  ModelNoiseStreams(std::int64_t seed, std::string name) : seed_(seed), name_(std::move(name)) {}

  [[nodiscard]] ModelNoise draw(const WorldModel& model, const Sequences& batch,
                                std::uint64_t update) const {
    const auto device = batch.action.device();
    ModelNoise noise;
    noise.posterior =
        normal_tensor(stream("posterior"), update,
                      {batch.action.size(0), batch.action.size(1), model.config().stoch}, device);
    for (const auto& [name, modality] : model.modalities())
      if (modality->dithered())
        noise.dither[name] = uniform_tensor(stream(name == "image" ? "dither" : "dither-" + name),
                                            update, batch.observations.at(name).sizes(), device);
    return noise;
  }

 private:
  [[nodiscard]] RandomStream stream(const std::string& what) const {
    return {static_cast<std::uint64_t>(seed_), name_ + "-" + what};
  }

  std::int64_t seed_;
  std::string name_;
};

}  // namespace dreamer
