#pragma once

#include <map>
#include <string>

#include <torch/torch.h>

namespace dreamer {

/// Tensors of several observations, by name.
using Observations = std::map<std::string, torch::Tensor>;

/// A batch of logged sequences as tensors. Row t's action led to row t's observations.
struct Sequences {
  Observations observations;  // as stored; an image: [B,L,Y,X,C] uint8
  torch::Tensor action;       // [B,L,A]
  torch::Tensor reward;       // [B,L], transformed as the model wants it
  torch::Tensor discount;     // [B,L]
  torch::Tensor mask;         // [B,L]: 1 where a row is real, 0 where it is padding
};

}  // namespace dreamer
