#pragma once

#include <cstdint>

#include "config/config.h"
#include "core/signature.h"

namespace dreamer::bench {

/// Floating-point operations of one update, in units of 10⁹, 2 for each multiplication with its
/// addition. They follow from the shapes of the layers alone: activations, losses, noise and
/// optimizers count nothing, and nothing is recomputed.
struct Work {
  double encoder_forward, encoder_backward;
  double rssm_forward, rssm_backward;
  double decoder_forward, decoder_backward;
  double reward_forward, reward_backward;  // and the discount head, where it is on
  double imagine_forward;                  // the actor, the model's steps, the heads
  double actor_backward;                   // through heads, model and actor to the actor's weights
  double value_backward;

  [[nodiscard]] double model_forward() const {
    return encoder_forward + rssm_forward + decoder_forward + reward_forward;
  }
  [[nodiscard]] double model_backward() const {
    return encoder_backward + rssm_backward + decoder_backward + reward_backward;
  }
  [[nodiscard]] double update() const {
    return model_forward() + model_backward() + imagine_forward + actor_backward + value_backward;
  }
};

/// Of the model's update on [batch,length] rows and the behavior's from `starts` of them, of one
/// observation: an image of 64×64, or a vector.
[[nodiscard]] Work count_work(const Config& config, std::int64_t starts,
                              const Signature& signature);

}  // namespace dreamer::bench
