#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace dreamer {

enum class SpaceKind {
  image,    // uint8 [Y,X,C]
  box,      // float32 of any shape
  discrete  // one-hot float32 [n]; multi-discrete: one-hot groups side by side
};

/// What one observation, or an action, looks like at one step.
struct Space {
  std::string name;  // "image", "position", "action"
  SpaceKind kind = SpaceKind::box;
  std::vector<std::int64_t> shape = {};
  /// Of a box, one bound a value, or empty where it is unbounded; of an action box, what −1 and 1
  /// of a stored action stand for.
  std::vector<float> low = {}, high = {};
  /// Of a discrete space, how many choices each one-hot group has; together the shape.
  std::vector<std::int64_t> groups = {};

  /// The product of the shape.
  [[nodiscard]] std::int64_t size() const;
  bool operator==(const Space&) const = default;
};

/// One choice, or several at once, as one-hot groups side by side.
[[nodiscard]] Space discrete_space(std::string name, std::vector<std::int64_t> groups);

/// Whether actions of one space are actions of the other; their bounds may differ.
[[nodiscard]] bool same_actions(const Space& a, const Space& b);
/// "3 values", "one of 5", "one of 3, one of 2".
[[nodiscard]] std::string action_text(const Space& action);

/// What an agent sees and does: the same for an environment, an episode of it, a replay buffer, and
/// the model and the policy that were learned from it.
struct Signature {
  std::string task;
  std::vector<Space> observations;  // by name
  Space action{.name = "action"};
  std::int64_t frames_per_step = 1;  // the action repeat
  /// How episodes are made, such as {"action_repeat": 2, "time_limit": 1000}: compared and shown,
  /// never computed with.
  Json protocol = Json::object();

  /// Null if there is no observation of this name.
  [[nodiscard]] const Space* observation(std::string_view name) const;
  bool operator==(const Signature&) const = default;
};

/// The observations whose names match a pattern, in which '*' stands for any text. Without patterns
/// all images; where there are none, all others.
/// @throws Error for a pattern that matches none, or if there are no observations
[[nodiscard]] std::vector<Space> select_observations(const Signature& signature,
                                                     const std::vector<std::string>& patterns);

/// The dimensions of an image: rows, columns, channels.
struct ImageShape {
  std::int64_t height = 0, width = 0, channels = 0;
  [[nodiscard]] std::int64_t size() const { return height * width * channels; }
  bool operator==(const ImageShape&) const = default;
};

/// The shape of the observation "image"; all zero if there is none.
[[nodiscard]] ImageShape image_shape(const Signature& signature);
/// The observation "image" of this shape.
[[nodiscard]] Space image_space(const ImageShape& shape);

/// As Gymnasium and Minari write spaces: {"task", "action_space": {"type": "Box", …},
/// "observation_space": {"type": "Dict", "subspaces": {…}}, "frames_per_step", "protocol"}.
[[nodiscard]] Json to_json(const Signature& signature);
/// @throws Error that begins with `where`
[[nodiscard]] Signature signature_of(const Json& json, std::string_view where);

/// "64x64x3".
[[nodiscard]] std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace dreamer
