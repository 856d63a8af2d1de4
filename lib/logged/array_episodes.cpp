#include "logged/array_episodes.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"

namespace dreamer::logged {
namespace {

constexpr std::int64_t kMostColumns = 1'000'000;

}  // namespace

std::string plain_name(const std::string& name) {
  std::string plain;
  for (const char c : name)
    plain += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.'
                 ? c
                 : '_';
  while (plain.starts_with('.')) plain.erase(0, 1);
  return plain.empty() ? "observation" : plain;
}

std::optional<Observed> observed_array(const ArrayFile& file, const ArrayInfo& info,
                                       const std::string& name) {
  if (info.shape.empty() || info.element == Element::other) return std::nullopt;
  Observed found;
  found.space.name = plain_name(name);
  found.array = info.name;
  if (info.element == Element::encoded) {
    found.space.kind = SpaceKind::image;
    found.space.shape = {0, 0, 0};
    if (info.rows() > 0) {
      const Frame frame = frames(file, info, 0, 1)();
      found.space.shape = {frame.height, frame.width, frame.channels};
    }
  } else if (const auto layout = image_layout(info)) {
    found.space.kind = SpaceKind::image;
    found.space.shape = {layout->height, layout->width, layout->channels};
  } else {
    if (info.columns() > kMostColumns) return std::nullopt;
    found.space.shape = {info.shape.begin() + 1, info.shape.end()};
    if (found.space.shape.empty()) found.space.shape = {1};
  }
  return found;
}

std::vector<Observed> observed(const ArrayFile& file, const std::string& group,
                               std::vector<std::string>& notes) {
  std::vector<Observed> all;
  const auto add = [&](const ArrayInfo& info, std::string name) {
    std::ranges::replace(name, '/', '.');
    if (auto found = observed_array(file, info, name))
      all.push_back(*std::move(found));
    else
      notes.push_back(fmt::format("{} is left out: it holds no numbers, or too many", name));
  };
  if (!file.is_group(group)) {
    add(file.info(group), "observation");
    return all;
  }
  for (const ArrayInfo& info : arrays_under(file, group))
    add(info, info.name.substr(group.empty() ? 0 : group.size() + 1));
  return all;
}

void read_observations(const ArrayFile& file, const std::vector<Observed>& all,
                       const std::vector<std::string>& wanted, std::int64_t first,
                       std::int64_t count, LoggedEpisode& episode) {
  episode.observations = count;
  for (const Observed& one : all) {
    if (std::ranges::find(wanted, one.space.name) == wanted.end()) continue;
    const ArrayInfo info = file.info(one.array);
    if (info.rows() < first + count)
      throw error("{} has {} rows, {} are needed", file.where(one.array), info.rows(),
                  first + count);
    if (one.space.kind == SpaceKind::image) {
      episode.cameras[one.space.name] = frames(file, info, first, count);
      continue;
    }
    auto& vector = episode.vectors[one.space.name];
    vector.shape = one.space.shape;
    vector.shape.insert(vector.shape.begin(), count);
    const auto values = file.numbers(one.array, first, count);
    vector.values.assign(values.begin(), values.end());
  }
}

void append(LoggedEpisode& episode, LoggedEpisode part) {
  const auto add = [](auto& to, const auto& values) {
    to.insert(to.end(), values.begin(), values.end());
  };
  for (auto& [name, vector] : episode.vectors) {
    add(vector.values, part.vectors.at(name).values);
    vector.shape.front() += part.observations;
  }
  for (auto& [name, frames] : episode.cameras)
    frames = [one = std::move(frames), two = std::move(part.cameras.at(name)),
              left = episode.observations]() mutable { return left-- > 0 ? one() : two(); };
  episode.observations += part.observations;
  if (part.action.rows() > 0) {
    add(episode.action.values, part.action.values);
    episode.action.shape.front() += part.action.rows();
  }
  add(episode.reward, part.reward);
}

Array<double> matrix(const ArrayFile& file, const std::string& name, std::int64_t first,
                     std::int64_t count) {
  const ArrayInfo info = file.info(name);
  if (info.shape.empty()) throw error("{} has no rows", file.where(name));
  return {.shape = {count < 0 ? info.rows() - first : count, info.columns()},
          .values = file.numbers(name, first, count)};
}

Array<double> matrix(const ArrayFile& file, const std::vector<std::string>& names,
                     std::int64_t first, std::int64_t count) {
  if (names.size() == 1) return matrix(file, names.front(), first, count);
  std::vector<Array<double>> parts;
  std::int64_t columns = 0;
  for (const std::string& name : names) {
    parts.push_back(matrix(file, name, first, count));
    if (parts.back().rows() != parts.front().rows())
      throw error("{} has {} rows, {} has {}", file.where(name), parts.back().rows(), names.front(),
                  parts.front().rows());
    columns += parts.back().columns();
  }
  Array<double> whole{.shape = {parts.front().rows(), columns}, .values = {}};
  for (std::int64_t row = 0; row < whole.rows(); ++row)
    for (const auto& part : parts) {
      const auto begin = part.values.begin() + row * part.columns();
      whole.values.insert(whole.values.end(), begin, begin + part.columns());
    }
  return whole;
}

std::vector<double> column(const ArrayFile& file, const std::string& name, std::int64_t first,
                           std::int64_t count) {
  const ArrayInfo info = file.info(name);
  if (info.shape.empty() || info.columns() != 1)
    throw error("{} has {} values a row, one is needed", file.where(name), info.columns());
  return file.numbers(name, first, count);
}

void check_rows(const ArrayFile& file, const std::string& name, std::int64_t rows) {
  const std::int64_t found = file.info(name).rows();
  if (found != rows) throw error("{} has {} rows, {} are needed", file.where(name), found, rows);
}

}  // namespace dreamer::logged
