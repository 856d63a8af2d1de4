#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/checkpoint.h"
#include "agent/tensors.h"
#include "core/json.h"
#include "io/file.h"

namespace dreamer {

/// Called with the name of each phase of an update when it has ended, by the benchmark. A phase may
/// come in several pieces.
using PhaseEnds = std::function<void(const char* phase)>;
inline const PhaseEnds kUntimed = [](const char*) {};

/// An update that is computed and not yet made: losses and gradients at the present parameters.
class Update {
 public:
  virtual ~Update() = default;

  /// Which losses or gradient norms are not finite, in words; empty if all are finite.
  [[nodiscard]] virtual std::string nonfinite() const = 0;
  /// Everything an independent program needs to compute the same (batch, noise, losses, gradients),
  /// as --dump-step shows it and OUT.nonfinite.h5 keeps it.
  virtual void write(io::FileWriter& file) const = 0;
  /// Makes the optimizer steps. Returns the metrics, scalars by name.
  virtual Json apply() = 0;
};

/// What the fitting loop drives: a model or a behavior with its optimizers.
class Trainer {
 public:
  virtual ~Trainer() = default;

  /// Computes an update on a batch; nothing changes before its apply(). `update` counts over all
  /// runs that led here and names the random draws.
  [[nodiscard]] virtual std::unique_ptr<Update> compute(const data::Batch& batch,
                                                        std::uint64_t update) = 0;

  /// Parameters and optimizer state.
  virtual void write(io::FileWriter& file) = 0;
  virtual void read(const io::FileReader& file) = 0;

  /// The settings that go into the checkpoint.
  [[nodiscard]] virtual Json config() const = 0;
  [[nodiscard]] virtual const char* format() const = 0;
};

}  // namespace dreamer
