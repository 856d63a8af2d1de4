#pragma once

#include <string>

#include <torch/torch.h>

#include "core/random.h"
#include "data/replay.h"
#include "io/file.h"
#include "model/world_model.h"

namespace dreamer {

// Between LibTorch's tensors and everything that knows none: files, batches, random streams.

/// Normal or uniform values of one update of a stream, in row-major order.
[[nodiscard]] torch::Tensor normal_tensor(const RandomStream& stream, std::uint64_t update,
                                          torch::IntArrayRef shape, torch::Device device);
[[nodiscard]] torch::Tensor uniform_tensor(const RandomStream& stream, std::uint64_t update,
                                           torch::IntArrayRef shape, torch::Device device);

/// What a sample of an action takes: standard normal noise, or uniform for discrete actions.
[[nodiscard]] torch::Tensor action_noise(const Space& action, const RandomStream& stream,
                                         std::uint64_t update, torch::IntArrayRef shape,
                                         torch::Device device);

/// The one number in a tensor.
[[nodiscard]] inline double scalar(const torch::Tensor& tensor) { return tensor.item<double>(); }

/// The batch as the model takes it.
[[nodiscard]] Sequences to_sequences(const data::Batch& batch, torch::Device device);

/// Writes a float32 or uint8 tensor as a dataset; `dims` may be empty for parameters.
void write_tensor(io::FileWriter& file, const std::string& path, std::string_view dims,
                  const torch::Tensor& tensor);

/// Reads a float32 dataset. With `like`, its shape must be that tensor's and its values finite: an
/// Error names what is wrong.
[[nodiscard]] torch::Tensor read_tensor(const io::FileReader& file, const std::string& path);
void read_tensor_into(const io::FileReader& file, const std::string& path,
                      const torch::Tensor& like);

/// All parameters and buffers of a module under `group`, "/model" → "/model/rssm/gru/weight_ih".
void write_module(io::FileWriter& file, const std::string& group, const torch::nn::Module& module);
void read_module(const io::FileReader& file, const std::string& group, torch::nn::Module& module);
/// Copies the values of `from` into `to`, a module of the same sizes; the tensors stay the same
/// objects.
void copy_module(const torch::nn::Module& from, torch::nn::Module& to);

}  // namespace dreamer
