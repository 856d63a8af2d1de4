#pragma once

#include <functional>

#include "agent/checkpoint.h"
#include "agent/tensors.h"
#include "core/error.h"
#include "core/json.h"
#include "io/file.h"

namespace dreamer {

/// Where an update shows everything it computed (batch, noise, losses, gradients), if anyone asks:
/// for --dump-step, and for the file that a non-finite loss leaves behind.
using StepSink = std::function<void(const std::function<void(io::FileWriter&)>& write)>;

/// Told the name of each phase of an update when it has ended: for who times them. A phase may come
/// in several pieces.
using PhaseEnds = std::function<void(const char* phase)>;
inline const PhaseEnds kUntimed = [](const char*) {};

/// What the fitting loop drives: a model or a behavior with its optimizers.
class Trainer {
 public:
  virtual ~Trainer() = default;

  /// One optimizer step on a batch. `update` counts over all runs that led here and names the
  /// random draws. Returns the metrics, scalars by name.
  /// @throws NonFinite before anything is changed.
  virtual Json update(const data::Batch& batch, std::uint64_t update, const StepSink& sink) = 0;

  /// Steps of all its optimizers so far: whether an update that failed has changed anything.
  [[nodiscard]] virtual std::int64_t steps() const = 0;

  /// Parameters and optimizer state.
  virtual void write(io::FileWriter& file) = 0;
  virtual void read(const io::FileReader& file) = 0;

  /// The settings that go into the checkpoint.
  [[nodiscard]] virtual Json config() const = 0;
  [[nodiscard]] virtual const char* format() const = 0;
};

/// A loss or gradient that is not a number; the parameters are as before the update.
class NonFinite : public Error {
 public:
  using Error::Error;
};

}  // namespace dreamer
