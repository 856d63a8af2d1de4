#include "dream/what_if.h"

#include <filesystem>

#include "agent/tensors.h"
#include "core/error.h"
#include "data/episode.h"
#include "ops/distributions.h"

namespace dreamer {

using torch::Tensor;

namespace {

/// Each choice alike.
Tensor random_actions(const Space& action, torch::IntArrayRef shape, std::int64_t seed,
                      torch::Device device) {
  const Tensor uniform = uniform_tensor(
      RandomStream(static_cast<std::uint64_t>(seed), "what-if-action"), 0, shape, device);
  if (action.kind != SpaceKind::discrete) return 2 * uniform - 1;
  return OneHot{torch::zeros_like(uniform), action.groups}.sample(uniform);
}

Tensor actions_of(const std::filesystem::path& path, const Space& action, std::int64_t horizon) {
  const data::Episode episode = data::read_logged_actions(path);
  const std::int64_t size = episode.signature.action.size(),
                     rows = std::ssize(episode.action) / size;
  if (size != action.size())
    throw error("{}: has actions of {} values, the model takes {}", path.string(), size,
                action.size());
  if (rows - 1 < horizon)
    throw error("{}: has {} actions, --horizon {} needs as many; give --horizon {} or less",
                path.string(), rows - 1, horizon, rows - 1);
  return torch::tensor(episode.action).view({rows, size}).slice(0, 1, 1 + horizon);
}

}  // namespace

Tensor what_if_actions(const std::string& choice, const Space& action, const Tensor& seen,
                       std::int64_t horizon, std::int64_t seed) {
  const std::int64_t rows = seen.size(0), size = action.size();
  if (choice == "hold") return seen.slice(1, -1).expand({rows, horizon, size}).contiguous();
  if (choice == "random") return random_actions(action, {rows, horizon, size}, seed, seen.device());
  if (choice == "zero") {
    if (action.kind == SpaceKind::discrete)
      throw usage_error(
          "--actions zero: {} has choices, of which none is zero; hold, random or a "
          "file",
          action.name);
    return torch::zeros({rows, horizon, size}, seen.options());
  }
  return actions_of(choice, action, horizon)
      .to(seen.device())
      .unsqueeze(0)
      .expand({rows, horizon, size})
      .contiguous();
}

}  // namespace dreamer
