#include <algorithm>
#include <cctype>
#include <optional>

#include "core/error.h"
#include "core/progress.h"
#include "io/atomic_file.h"
#include "io/foreign_writer.h"
#include "logged/export_formats.h"

// Minari (Farama-Foundation/Minari, dataset/_storages/hdf5_storage.py): one HDF5 file, a group an
// episode, and metadata.json.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// Values of one number in every element, nested as the shape says.
Json nested(const std::vector<std::int64_t>& shape, std::size_t axis, const Json& value) {
  if (axis == shape.size()) return value;
  return Json(
      std::vector<Json>(static_cast<std::size_t>(shape[axis]), nested(shape, axis + 1, value)));
}

/// A space as Minari writes it: bounds for every value; Infinity is a bare word there.
std::string minari_space(const Space& space) {
  const auto bounds = [&](const std::vector<float>& values, const char* none) {
    if (!values.empty()) return Json(values).dump();
    std::string text = nested(space.shape, 0, "?").dump();
    for (std::size_t at; (at = text.find("\"?\"")) != std::string::npos;) text.replace(at, 3, none);
    return text;
  };
  if (space.kind == SpaceKind::discrete && space.groups.size() == 1)
    return fmt::format(R"({{"type": "Discrete", "dtype": "int64", "start": 0, "n": {}}})",
                       space.groups[0]);
  if (space.kind == SpaceKind::discrete)
    return fmt::format(R"({{"type": "MultiDiscrete", "dtype": "int64", "nvec": {}}})",
                       Json(space.groups).dump());
  const bool image = space.kind == SpaceKind::image;
  return fmt::format(R"({{"type": "Box", "dtype": "{}", "shape": {}, "low": {}, "high": {}}})",
                     image ? "uint8" : "float32", Json(space.shape).dump(),
                     image ? nested(space.shape, 0, 0).dump() : bounds(space.low, "-Infinity"),
                     image ? nested(space.shape, 0, 255).dump() : bounds(space.high, "Infinity"));
}

std::string minari_observations(const Signature& signature) {
  std::vector<std::string> parts;
  for (const Space& space : signature.observations)
    parts.push_back(fmt::format("{}: {}", Json(space.name).dump(), minari_space(space)));
  return fmt::format(R"({{"type": "Dict", "subspaces": {{{}}}}})", fmt::join(parts, ", "));
}

void write_minari_episode(io::ForeignWriter& file, std::int64_t number, const data::Episode& e) {
  const std::string group = fmt::format("/episode_{}", number);
  const std::int64_t rows = e.length(), steps = rows - 1;
  file.group(group);
  file.attribute(group, "id", number);
  file.attribute(group, "total_steps", steps);
  for (const auto& [name, values] : e.images) {
    io::Shape shape = e.signature.observation(name)->shape;
    shape.insert(shape.begin(), rows);
    file.dataset(group + "/observations/" + name, shape, values);
  }
  for (const auto& [name, array] : e.vectors)
    file.dataset(group + "/observations/" + name, array.shape, array.values);
  const Space& space = e.signature.action;
  std::vector<float> raw;
  std::vector<std::int64_t> choices;
  std::vector<double> rewards;
  for (std::int64_t t = 1; t < rows; ++t) {
    add_raw_action(space, &e.action[static_cast<std::size_t>(t * space.size())], raw, choices);
    rewards.push_back(e.reward[static_cast<std::size_t>(t)]);
  }
  if (space.kind == SpaceKind::box)
    file.dataset(group + "/actions", {steps, space.size()}, raw);
  else if (space.groups.size() == 1)
    file.dataset(group + "/actions", {steps}, choices);
  else
    file.dataset(group + "/actions", {steps, static_cast<std::int64_t>(space.groups.size())},
                 choices);
  file.dataset(group + "/rewards", {steps}, rewards);
  const bool ended = e.discount.back() == 0;
  std::vector<std::uint8_t> terminations(static_cast<std::size_t>(steps), 0),
      truncations = terminations;
  if (steps > 0) (ended ? terminations : truncations).back() = 1;
  file.booleans(group + "/terminations", terminations);
  file.booleans(group + "/truncations", truncations);
  file.group(group + "/infos");
}

/// "pendulum-v0": what Minari can load.
bool is_minari_name(const std::string& name) {
  const auto dash = name.rfind("-v");
  return dash != std::string::npos && dash > 0 && dash + 2 < name.size() &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dash) + 2, name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

void export_minari(const ExportOptions& options, const ExportSink& sink) {
  const fs::path folder = options.out / "data", path = folder / "main_data.hdf5";
  const std::string name = fs::absolute(options.out).lexically_normal().filename();
  if (!is_minari_name(name))
    throw usage_error("--out {}: Minari's datasets are called NAME-vN, such as {}-v0",
                      options.out.string(), name.empty() ? "pendulum" : name);
  fs::create_directories(folder);
  io::check_output(path, options.replace);
  io::check_output(folder / "metadata.json", options.replace);
  std::optional<Signature> signature;
  std::int64_t steps = 0;
  Progress progress("episodes", static_cast<std::int64_t>(options.episodes.size()));
  io::write_atomically(
      path, options.replace,
      [&](const fs::path& temporary) {
        io::ForeignWriter file(temporary);
        for (std::size_t i = 0; i < options.episodes.size(); ++i) {
          const data::Episode episode = read_exported(options.episodes[i]);
          if (!signature) signature = episode.signature;
          check_same(*signature, episode.signature, options.episodes[i]);
          write_minari_episode(file, static_cast<std::int64_t>(i), episode);
          steps += episode.length() - 1;
          progress.advance();
        }
        file.close();
      },
      /*named=*/true);
  const std::string metadata = fmt::format(
      R"({{"total_episodes": {}, "total_steps": {}, "data_format": "hdf5", "jpeg_encoding": false, )"
      R"("observation_space": {}, "action_space": {}, "dataset_id": {}, "minari_version": "0.5.4", )"
      R"("description": {}}})",
      options.episodes.size(), steps, Json(minari_observations(*signature)).dump(),
      Json(minari_space(signature->action)).dump(), Json(name).dump(),
      Json(signature->task).dump());
  io::write_atomically(folder / "metadata.json", std::as_bytes(std::span(metadata)),
                       options.replace);
  sink({{"file", path.string()}, {"episodes", options.episodes.size()}, {"steps", steps}});
}

}  // namespace dreamer::logged
