#include "core/signature.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "core/error.h"

namespace dreamer {
namespace {

Json bounds(const std::vector<float>& values) {
  if (values.empty()) return nullptr;
  // One number where all are the same, as Gymnasium's Box takes it, too.
  if (std::ranges::all_of(values, [&](float x) { return x == values.front(); }))
    return values.front();
  return values;
}

Json to_json(const Space& space) {
  switch (space.kind) {
    case SpaceKind::image:
      return {
          {"type", "Box"}, {"dtype", "uint8"}, {"shape", space.shape}, {"low", 0}, {"high", 255}};
    case SpaceKind::box:
      return {{"type", "Box"},
              {"dtype", "float32"},
              {"shape", space.shape},
              {"low", bounds(space.low)},
              {"high", bounds(space.high)}};
    case SpaceKind::discrete:
      if (space.groups.size() == 1) return {{"type", "Discrete"}, {"n", space.size()}};
      return {{"type", "MultiDiscrete"}, {"nvec", space.groups}};
  }
  return {};
}

/// Reads the parts of a signature's JSON; what is wrong is said with the place.
class Reader {
  static constexpr std::int64_t kMostChoices = 1 << 28;
  static constexpr std::size_t kMostGroups = 1 << 16;

 public:
  explicit Reader(std::string_view where) : where_(where) {}

  [[noreturn]] void refuse(const std::string& what) const { throw error("{}: {}", where_, what); }

  [[nodiscard]] const Json& at(const Json& object, const char* name) const {
    if (!object.is_object()) refuse(fmt::format("no object that has '{}'", name));
    const auto found = object.find(name);
    if (found == object.end()) refuse(fmt::format("has no '{}'", name));
    return *found;
  }

  [[nodiscard]] std::string text(const Json& object, const char* name) const {
    const Json& value = at(object, name);
    if (!value.is_string()) refuse(fmt::format("'{}' is no text", name));
    return value.get<std::string>();
  }

  [[nodiscard]] std::int64_t count(const Json& value, const char* name) const {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
      refuse(fmt::format("'{}' is no count", name));
    return value.get<std::int64_t>();
  }

  [[nodiscard]] Space space(const std::string& name, const Json& json) const {
    const std::string type = text(json, "type");
    if (type == "Discrete") return discrete_space(name, {choices(at(json, "n"), "n")});
    if (type == "MultiDiscrete") return multi_discrete(name, at(json, "nvec"));
    if (type != "Box")
      refuse(fmt::format("{} is a {}; Box, Discrete and MultiDiscrete are known", name, type));
    Space space{.name = name};
    space.kind = text(json, "dtype") == "uint8" ? SpaceKind::image : SpaceKind::box;
    const Json& shape = at(json, "shape");
    if (!shape.is_array()) refuse(fmt::format("the shape of {} is no array", name));
    for (const Json& extent : shape) space.shape.push_back(count(extent, "shape"));
    if (space.kind == SpaceKind::image && space.shape.size() != 3)
      refuse(fmt::format("{} has {} axes; an image has rows, columns and channels", name,
                         space.shape.size()));
    check_size(space);
    if (space.kind == SpaceKind::box) {
      space.low = bounds(json, "low", space);
      space.high = bounds(json, "high", space);
    }
    return space;
  }

 private:
  [[nodiscard]] std::int64_t choices(const Json& value, const char* name) const {
    const std::int64_t n = count(value, name);
    if (n < 1 || n > kMostChoices)
      refuse(fmt::format("'{}' is {}; a choice has 1 to {} values", name, n, kMostChoices));
    return n;
  }

  [[nodiscard]] Space multi_discrete(const std::string& name, const Json& sizes) const {
    if (!sizes.is_array() || sizes.empty() || sizes.size() > kMostGroups)
      refuse(fmt::format("'nvec' of {} is no array of 1 to {} sizes", name, kMostGroups));
    std::vector<std::int64_t> groups;
    for (const Json& size : sizes) groups.push_back(choices(size, "nvec"));
    return discrete_space(name, std::move(groups));
  }

  void check_size(const Space& space) const {
    std::int64_t size = 1;
    for (const std::int64_t extent : space.shape)
      if (__builtin_mul_overflow(size, extent, &size))
        refuse(fmt::format("the shape of {} is too large", space.name));
  }

  [[nodiscard]] std::vector<float> bounds(const Json& json, const char* name,
                                          const Space& space) const {
    constexpr std::int64_t kMost = 1 << 20;  // values of one bound for all
    const auto found = json.find(name);
    if (found == json.end() || found->is_null()) return {};
    if (found->is_number()) {
      if (space.size() > kMost) return {};
      return std::vector<float>(static_cast<std::size_t>(space.size()), found->get<float>());
    }
    std::vector<float> values;
    if (found->is_array())
      for (const Json& value : *found)
        if (value.is_number()) values.push_back(value.get<float>());
    if (static_cast<std::int64_t>(values.size()) != space.size())
      refuse(fmt::format("'{}' of {} is neither a number nor one for each of {} values", name,
                         space.name, space.size()));
    return values;
  }

  std::string_view where_;
};

/// Whether `name` is of `pattern`, in which `*` stands for any characters. Only the last `*` is
/// ever tried again, one character further: the time is at most the product of both lengths.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, after_star = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

std::int64_t Space::size() const {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) size *= extent;
  return size;
}

Space discrete_space(std::string name, std::vector<std::int64_t> groups) {
  const std::int64_t size = std::accumulate(groups.begin(), groups.end(), std::int64_t{0});
  return {.name = std::move(name),
          .kind = SpaceKind::discrete,
          .shape = {size},
          .groups = std::move(groups)};
}

bool same_actions(const Space& a, const Space& b) {
  return a.kind == b.kind && a.shape == b.shape && a.groups == b.groups;
}

std::string action_text(const Space& action) {
  if (action.kind != SpaceKind::discrete)
    return fmt::format("{} value{}", action.size(), action.size() == 1 ? "" : "s");
  std::vector<std::string> choices;
  for (const std::int64_t size : action.groups) choices.push_back(fmt::format("one of {}", size));
  return fmt::format("{}", fmt::join(choices, ", "));
}

std::vector<Space> select_observations(const Signature& signature,
                                       const std::vector<std::string>& patterns) {
  const auto& all = signature.observations;
  if (all.empty()) throw error("there are no observations, neither images nor vectors");
  std::vector<Space> selected;
  if (patterns.empty()) {
    const auto is_image = [](const Space& space) { return space.kind == SpaceKind::image; };
    std::ranges::copy_if(all, std::back_inserter(selected), is_image);
    return selected.empty() ? all : selected;
  }
  for (const std::string& pattern : patterns)
    if (std::ranges::none_of(all, [&](const Space& s) { return matches(pattern, s.name); })) {
      std::vector<std::string> names;
      std::ranges::transform(all, std::back_inserter(names), &Space::name);
      throw error("no observation matches '{}'; there are: {}", pattern, fmt::join(names, ", "));
    }
  std::ranges::copy_if(all, std::back_inserter(selected), [&](const Space& space) {
    return std::ranges::any_of(patterns, [&](const auto& p) { return matches(p, space.name); });
  });
  return selected;
}

const Space* Signature::observation(std::string_view name) const {
  const auto found = std::ranges::find(observations, name, &Space::name);
  return found == observations.end() ? nullptr : &*found;
}

ImageShape image_shape(const Signature& signature) {
  const Space* const image = signature.observation("image");
  if (image == nullptr) return {};
  return {image->shape[0], image->shape[1], image->shape[2]};
}

Space image_space(const ImageShape& shape) {
  return {.name = "image",
          .kind = SpaceKind::image,
          .shape = {shape.height, shape.width, shape.channels}};
}

Json to_json(const Signature& signature) {
  Json subspaces = Json::object();
  for (const Space& space : signature.observations) subspaces[space.name] = to_json(space);
  return {{"task", signature.task},
          {"action_space", to_json(signature.action)},
          {"observation_space", {{"type", "Dict"}, {"subspaces", std::move(subspaces)}}},
          {"frames_per_step", signature.frames_per_step},
          {"protocol", signature.protocol}};
}

Signature signature_of(const Json& json, std::string_view where) {
  const Reader reader(where);
  Signature signature;
  signature.task = reader.text(json, "task");
  signature.action = reader.space("action", reader.at(json, "action_space"));
  const Json& observations = reader.at(json, "observation_space");
  const Json& subspaces = reader.at(observations, "subspaces");
  if (!subspaces.is_object()) reader.refuse("'subspaces' is no object");
  for (const auto& [name, space] : subspaces.items())
    signature.observations.push_back(reader.space(name, space));
  signature.frames_per_step = reader.count(reader.at(json, "frames_per_step"), "frames_per_step");
  if (signature.frames_per_step < 1) reader.refuse("'frames_per_step' is 0");
  if (const auto protocol = json.find("protocol"); protocol != json.end())
    signature.protocol = *protocol;
  return signature;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

}  // namespace dreamer
